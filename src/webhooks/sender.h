/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Sender: one request to one endpoint, and what came of it.
 *
 * Standard Webhooks headers, signed with the endpoint's secret and, during a rotation, the old one too. One deadline reaches from
 * the resolving of the name to the last byte of the answer that we read. Success is decided by the status line alone; of
 * the body at most answer_max_bytes are read and the first KiB is kept. Redirects are not followed, certificates are
 * verified, cookies, authentication and compression are off. Private addresses are refused before the connect.
 *
 * Connections are kept and used again. HTTP/1.1 only (service/main.c): one attempt is one request, also when a kept connection
 * turns out to be dead.
 * Main thread only.
 */
#pragma once

#include "core/clock.h"
#include "webhooks/attempt.h"
#include "webhooks/endpoint.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define ULAK_TYPE_SENDER (ulak_sender_get_type ())
G_DECLARE_FINAL_TYPE (UlakSender, ulak_sender, ULAK, SENDER, GObject)

typedef struct
{
  gint64 timeout_ms;
  gsize answer_max_bytes;
  gboolean allow_private;
  guint max_in_flight;
} UlakSenderSettings;

typedef struct
{
  const char *event_id; /* webhook-id */
  const char *body;     /* JSON */
  guint attempt;        /* 1 for the first */
  gint64 sequence;      /* 0: not in the log */
  gboolean is_late;     /* earlier events of its chat were passed over and are still tried */
} UlakWebhookRequest;

UlakSender *ulak_sender_new (UlakClock *clock);
void ulak_sender_configure (UlakSender *self, const UlakSenderSettings *settings);

void ulak_sender_send_async (UlakSender *self, const UlakEndpoint *endpoint, const UlakWebhookRequest *request, GAsyncReadyCallback callback, gpointer user_data);
UlakAttempt *ulak_sender_send_finish (UlakSender *self, GAsyncResult *result); /* (transfer full), never NULL */

G_END_DECLS
