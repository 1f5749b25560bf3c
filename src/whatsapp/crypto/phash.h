/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Participant hash: a short name for a set of devices, by which client and server notice that their lists differ.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *ulak_phash (const char *const *devices);

G_END_DECLS
