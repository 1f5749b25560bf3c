/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Fake random: the same bytes for the same seed, every time. Include as "unit/fakes/random.h".
 */
#pragma once

#include "core/random.h"

G_BEGIN_DECLS

#define ULAK_TYPE_FAKE_RANDOM (ulak_fake_random_get_type ())
G_DECLARE_FINAL_TYPE (UlakFakeRandom, ulak_fake_random, ULAK, FAKE_RANDOM, GObject)

UlakFakeRandom *ulak_fake_random_new (guint64 seed);

G_END_DECLS
