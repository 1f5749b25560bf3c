/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Keys: 32 secret bytes by value.
 *
 * For keys that live inside one function or one struct: declare them with g_auto and they are wiped on every way out.
 * A key has no printer on purpose. Keys that travel between rooms are UlakSecret (core/secret-source.h).
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define ULAK_KEY_BYTES 32

typedef struct
{
  guint8 bytes[ULAK_KEY_BYTES];
} UlakKey;

void ulak_key_set (UlakKey *self, const void *bytes, gsize size_bytes);
void ulak_key_clear (UlakKey *self);
gboolean ulak_key_equals (const UlakKey *self, const UlakKey *other);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakKey, ulak_key_clear)

G_END_DECLS
