/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What the webhook tests share: a store in a folder of its own, a clock that stands still, and waiting without sleeping.
 */
#pragma once

#include "unit/fakes/clock.h"
#include "unit/fakes/random.h"
#include "webhooks/webhook-store.h"

typedef struct
{
  char *folder;            /* (owned) */
  UlakFakeClock *clock;    /* (owned) */
  UlakFakeRandom *random;  /* (owned) */
  UlakWebhookStore *store; /* (owned) (nullable) */
  gint64 max_bytes;
  GPtrArray *endpoints; /* (owned) (element-type UlakEndpoint) */
} Fixture;

void fixture_set_up (Fixture *self, gconstpointer data);
void fixture_tear_down (Fixture *self, gconstpointer data);
void fixture_open (Fixture *self);
void fixture_close (Fixture *self);

/* Runs the main context until a callback has put its result here. */
void keep_result_cb (GObject *source, GAsyncResult *result, gpointer user_data);
GAsyncResult *wait_for_result (GAsyncResult **slot);

UlakEvent *make_event (Fixture *self, const char *account, const char *type, const char *chat, const char *data);
UlakEndpoint *fixture_add_endpoint (Fixture *self, const char *document);
gint64 fixture_submit (Fixture *self, UlakEvent *event);                      /* (transfer full) */
gint64 fixture_submit_all (Fixture *self, GPtrArray *events, GError **error); /* (transfer full) */
GPtrArray *fixture_claim (Fixture *self, gint64 endpoint, guint limit, gint64 *next_due_us_out);
void fixture_end (Fixture *self, const UlakDelivery *delivery, UlakDeliveryStatus status);
void fixture_retry (Fixture *self, const UlakDelivery *delivery, gint64 wait_us, gint64 block_us);
