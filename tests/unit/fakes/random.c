/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "unit/fakes/random.h"

struct _UlakFakeRandom
{
  GObject parent_instance;

  guint64 state;
};

static void ulak_fake_random_iface_init (UlakRandomInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (UlakFakeRandom,
                               ulak_fake_random,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ULAK_TYPE_RANDOM, ulak_fake_random_iface_init))

/* SplitMix64: any seed is a good one, zero included. */
static guint64
next (UlakFakeRandom *self)
{
  guint64 z = (self->state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15));

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static void
fill (UlakRandom *random, guint8 *bytes, gsize size_bytes)
{
  for (gsize i = 0; i < size_bytes; i++)
    bytes[i] = (guint8) next (ULAK_FAKE_RANDOM (random));
}

static void
ulak_fake_random_iface_init (UlakRandomInterface *iface)
{
  iface->fill = fill;
}

static void
ulak_fake_random_class_init (UlakFakeRandomClass *klass G_GNUC_UNUSED)
{
}

static void
ulak_fake_random_init (UlakFakeRandom *self G_GNUC_UNUSED)
{
}

UlakFakeRandom *
ulak_fake_random_new (guint64 seed)
{
  UlakFakeRandom *self = g_object_new (ULAK_TYPE_FAKE_RANDOM, NULL);

  self->state = seed;
  return self;
}
