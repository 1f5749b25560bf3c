/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Padding: what is added to a message before it is encrypted, so that its length says less. 1 to 16 bytes, each
 * their count.
 */
#pragma once

#include "core/random.h"

#define ULAK_PADDING_MAX 16

GBytes *ulak_padding_add (const guint8 *plain, gsize size_bytes, UlakRandom *random);
gboolean ulak_padding_remove (const guint8 *padded, gsize size_bytes, gsize *plain_bytes_out, GError **error);
