/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/random.h"

#include <errno.h>
#include <sys/random.h>

G_DEFINE_INTERFACE (UlakRandom, ulak_random, G_TYPE_OBJECT)

static void
ulak_random_default_init (UlakRandomInterface *iface G_GNUC_UNUSED)
{
}

void
ulak_random_fill (UlakRandom *self, guint8 *bytes, gsize size_bytes)
{
  ULAK_RANDOM_GET_IFACE (self)->fill (self, bytes, size_bytes);
}

/**
 * ulak_random_below:
 * @limit: 1 or more
 *
 * Returns: a number from 0 to @limit - 1; the bias of the modulo is below 2^-32 * @limit, fit for jitter, not for keys
 */
guint32
ulak_random_below (UlakRandom *self, guint32 limit)
{
  guint64 value = 0;

  g_return_val_if_fail (limit > 0, 0);

  ulak_random_fill (self, (guint8 *) &value, sizeof value);
  return (guint32) (value % limit);
}

#define ULAK_TYPE_RANDOM_SYSTEM (ulak_random_system_get_type ())
G_DECLARE_FINAL_TYPE (UlakRandomSystem, ulak_random_system, ULAK, RANDOM_SYSTEM, GObject)

struct _UlakRandomSystem
{
  GObject parent_instance;
};

static void ulak_random_system_iface_init (UlakRandomInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (UlakRandomSystem,
                               ulak_random_system,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ULAK_TYPE_RANDOM, ulak_random_system_iface_init))

static void
fill_from_kernel (UlakRandom *self G_GNUC_UNUSED, guint8 *bytes, gsize size_bytes)
{
  gsize filled = 0;

  while (filled < size_bytes)
    {
      gssize n = getrandom (bytes + filled, size_bytes - filled, 0);

      /* The only failure that a running kernel gives is an interrupted call. */
      g_assert (n > 0 || (n < 0 && errno == EINTR));
      if (n > 0)
        filled += (gsize) n;
    }
}

static void
ulak_random_system_iface_init (UlakRandomInterface *iface)
{
  iface->fill = fill_from_kernel;
}

static void
ulak_random_system_class_init (UlakRandomSystemClass *klass G_GNUC_UNUSED)
{
}

static void
ulak_random_system_init (UlakRandomSystem *self G_GNUC_UNUSED)
{
}

UlakRandom *
ulak_random_system_new (void)
{
  return g_object_new (ULAK_TYPE_RANDOM_SYSTEM, NULL);
}
