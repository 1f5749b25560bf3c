/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Ids: UUIDv7 for messages, events, deliveries and requests; account ids chosen by people.
 *
 * A UUIDv7 sorts by its millisecond of birth, which keeps database indexes compact. It is an identity, never a
 * cursor: clocks jump, so lists page by the log's own sequence.
 */
#pragma once

#include "core/clock.h"
#include "core/random.h"

#define ULAK_ID_LENGTH 36
#define ULAK_ACCOUNT_ID_MAX 32

/* Ids made away from the main thread, to which clock and random belong: the series takes a millisecond and 128 random bits
 * along. A copy of a series makes the same ids again. Not for key material. */
typedef struct
{
  guint64 ms;
  guint64 state[2];
} UlakIdSeries;

char *ulak_id_new (UlakClock *clock, UlakRandom *random);
void ulak_id_series_init (UlakIdSeries *self, UlakClock *clock, UlakRandom *random);
char *ulak_id_series_next (UlakIdSeries *self);
gboolean ulak_id_is_valid (const char *text);
gboolean ulak_account_id_is_valid (const char *text);
