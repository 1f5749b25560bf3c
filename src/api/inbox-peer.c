/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The inbox's way to the lines: org.ulak.WhatsAppCloud1.Receive.
 */
#include "api/inbox.h"

#include "api/peer.h"

typedef struct
{
  GDBusConnection *connection; /* (owned) */
  UlakLines *lines;            /* (owned) */
  UlakClock *clock;            /* (owned) */
  UlakRandom *random;          /* (owned) */
} BusPeer;

static void
bus_peer_free (BusPeer *peer)
{
  g_object_unref (peer->connection);
  g_object_unref (peer->lines);
  g_object_unref (peer->clock);
  g_object_unref (peer->random);
  g_free (peer);
}

static void
deliver (const char *account, const UlakInboxRow *row, GAsyncReadyCallback callback, gpointer user_data, gpointer data)
{
  BusPeer *peer = data;
  g_autoptr (UlakContext) context = ulak_context_make (peer->clock, peer->random);
  GVariant *body = g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, row->body, TRUE);
  const UlakPeerCall call = {
    .account = account,
    .interface = "org.ulak.WhatsAppCloud1",
    .method = "Receive",
    .arguments = g_variant_new ("(@ayx)", body, row->received_us),
    .reply_type = "()",
  };

  ulak_peer_call_async (peer->connection, &call, context, NULL, callback, user_data);
}

static gboolean
deliver_finish (GAsyncResult *result, GError **error)
{
  g_autoptr (UlakPeerReply) reply = ulak_peer_call_finish (result, error);

  return reply != NULL;
}

static gboolean
is_present (const char *account, gpointer data)
{
  BusPeer *peer = data;

  return ulak_lines_is_present (peer->lines, account);
}

static void
line_changed_cb (UlakLines *lines, const char *account, gpointer user_data)
{
  if (ulak_lines_is_present (lines, account))
    ulak_inbox_wake (user_data, account);
}

static void
inbox_gone_cb (gpointer data, G_GNUC_UNUSED GObject *inbox)
{
  bus_peer_free (data);
}

UlakInbox *
ulak_inbox_new_for_bus (UlakGatewayStore *store,
                        UlakClock *clock,
                        UlakRandom *random,
                        UlakMetrics *metrics,
                        GDBusConnection *connection,
                        UlakLines *lines)
{
  BusPeer *bus_peer = g_new0 (BusPeer, 1);
  const UlakInboxPeer peer = { deliver, deliver_finish, is_present, bus_peer };
  UlakInbox *self;

  bus_peer->connection = g_object_ref (connection);
  bus_peer->lines = g_object_ref (lines);
  bus_peer->clock = g_object_ref (clock);
  bus_peer->random = g_object_ref (random);
  self = ulak_inbox_new (store, clock, random, metrics, &peer);
  g_object_weak_ref (G_OBJECT (self), inbox_gone_cb, bus_peer);
  g_signal_connect_object (lines, "changed", G_CALLBACK (line_changed_cb), self, 0);
  return self;
}
