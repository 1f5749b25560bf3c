/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A gateway store in a folder of its own, with time that stands still.
 */
#pragma once

#include "api/gateway-store.h"
#include "unit/fakes/clock.h"
#include "unit/fakes/random.h"

typedef struct
{
  char *folder;            /* (owned) */
  UlakFakeClock *clock;    /* (owned) */
  UlakFakeRandom *random;  /* (owned) */
  UlakGatewayStore *store; /* (owned) */
} Fixture;

void fixture_set_up (Fixture *self, gconstpointer data);
void fixture_tear_down (Fixture *self, gconstpointer data);
void fixture_reopen (Fixture *self);

void keep_result_cb (GObject *source, GAsyncResult *result, gpointer user_data);
GAsyncResult *wait_for_result (GAsyncResult **slot);
