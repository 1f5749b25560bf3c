/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * QR: a text as a picture that phones read: PNG, SVG, or lines of a terminal.
 *
 * A library of its own beside core, with libqrencode, so that only the programs that show a QR carry it. Pure.
 */
#pragma once

#include <glib.h>

#define ULAK_QR_TEXT_MAX 2048 /* bytes */
#define ULAK_QR_QUIET 4       /* modules of white around it: ISO/IEC 18004 */

typedef struct _UlakQr UlakQr;

/* Errors: INVALID for what is empty or too long. */
UlakQr *ulak_qr_new (const char *text, GError **error);
void ulak_qr_free (UlakQr *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakQr, ulak_qr_free)

guint ulak_qr_get_size (const UlakQr *self);                        /* modules of a side, without the white around */
gboolean ulak_qr_is_dark (const UlakQr *self, gint x, gint y);      /* outside: not */
GBytes *ulak_qr_to_png (const UlakQr *self, guint module_pixels);   /* 1 to 64 */
char *ulak_qr_to_svg (const UlakQr *self);
/* Two rows of modules in a line of half blocks. colours: black on white by escape codes, whatever the terminal's own are. */
char *ulak_qr_to_lines (const UlakQr *self, gboolean colours);
