/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Calls into OpenSSL and libsignal that can fail for one reason only: no memory, or a library without the algorithm.
 *
 * GLib ends the process when memory is short, and so do we: a key that could not be made must never be used, and no
 * caller could do better. Nothing that a peer sends reaches this; whatever may fail because of its input is checked.
 */
#pragma once

#include <glib.h>

#define ulak_must(happened) \
  G_STMT_START \
  { \
    if G_UNLIKELY (!(happened)) \
      g_error ("%s: the cryptographic library failed: %s", G_STRFUNC, #happened); \
  } \
  G_STMT_END
