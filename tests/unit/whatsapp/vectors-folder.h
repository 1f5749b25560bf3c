/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Where vectors lie: tests/data/whatsapp, or the folder that ULAK_WHATSAPP_VECTORS names. The program test that makes
 * fresh vectors runs the same tests over them so.
 */
#pragma once

#include <glib.h>

char *ulak_vectors_find (const char *file); /* (transfer full); of a path below that folder */
