/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Random: where unpredictable bytes come from.
 *
 * Programs use the kernel's generator; tests inject a seeded one and see the same bytes each time.
 * Never the source of long-lived keys in tests' shadow: key material always asks the system instance.
 */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define ULAK_TYPE_RANDOM (ulak_random_get_type ())
G_DECLARE_INTERFACE (UlakRandom, ulak_random, ULAK, RANDOM, GObject)

struct _UlakRandomInterface
{
  GTypeInterface parent;

  void (*fill) (UlakRandom *self, guint8 *bytes, gsize size_bytes);
};

void ulak_random_fill (UlakRandom *self, guint8 *bytes, gsize size_bytes);
guint32 ulak_random_below (UlakRandom *self, guint32 limit);

UlakRandom *ulak_random_system_new (void);

G_END_DECLS
