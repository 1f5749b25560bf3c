/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * ulakctl tail: the event log as it grows.
 *
 * Reads from the log by cursor and is only woken by the EventsStored signal, so nothing is missed or shown twice, and the
 * dispatcher may restart meanwhile.
 */
#include "ctl/command.h"

#include "core/error.h"

#define PAGE 200
#define RETRY_MS 1000 /* how long to wait for a dispatcher that is restarting */

typedef struct
{
  UlakInvocation *invocation; /* unowned */
  guint64 cursor;
  gboolean is_woken;
} Tail;

static void
stored_cb (GDBusConnection *connection G_GNUC_UNUSED,
           const char *sender G_GNUC_UNUSED,
           const char *path G_GNUC_UNUSED,
           const char *interface G_GNUC_UNUSED,
           const char *signal G_GNUC_UNUSED,
           GVariant *parameters G_GNUC_UNUSED,
           gpointer user_data)
{
  ((Tail *) user_data)->is_woken = TRUE;
}

static gboolean
retry_cb (gpointer user_data)
{
  ((Tail *) user_data)->is_woken = TRUE;
  return G_SOURCE_REMOVE;
}

static GVariant *
make_filter (UlakInvocation *self)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  const char *account = ulak_invocation_get (self, "account"), *type = ulak_invocation_get (self, "type");
  const char *chat = ulak_invocation_get (self, "chat");

  if (account != NULL)
    g_variant_dict_insert_value (&dict, "accounts", g_variant_new_strv (&account, 1));
  if (type != NULL)
    g_variant_dict_insert_value (&dict, "types", g_variant_new_strv (&type, 1));
  if (chat != NULL)
    g_variant_dict_insert (&dict, "chat", "s", chat);
  return g_variant_dict_end (&dict);
}

static void
print_event (const UlakInvocation *self, const char *event)
{
  static const char *const paths[] = { "timestamp", "account", "type", "data.message.chat", "data.message.status", "data.message.text" };
  g_autoptr (JsonNode) node = self->as_json ? NULL : json_from_string (event, NULL);

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    {
      g_print ("%s\n", event);
      return;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree char *cell = ulak_table_get_cell (json_node_get_object (node), paths[i]);

      g_print ("%s%s", cell, i + 1 < G_N_ELEMENTS (paths) ? "  " : "\n");
    }
}

/* One page. TRUE with *is_end_out when the log has nothing more now. */
static gboolean
read_page (Tail *tail, gboolean *is_end_out, GError **error)
{
  UlakInvocation *self = tail->invocation;
  g_autoptr (GVariantIter) events = NULL;
  g_autoptr (GVariant) reply = NULL;
  guint64 sequence, last, oldest;
  const char *event;

  reply = ulak_client_call (self->client, &ulak_client_webhooks, "ReadEvents",
                            g_variant_new ("(tu@a{sv})", tail->cursor, PAGE, make_filter (self)), error);
  if (reply == NULL)
    return FALSE;

  g_variant_get (reply, "(a(ts)tt)", &events, &last, &oldest);
  if (tail->cursor + 1 < oldest && tail->cursor > 0)
    g_printerr ("ulakctl: events %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT " are no longer kept\n", tail->cursor + 1, oldest - 1);
  while (g_variant_iter_next (events, "(t&s)", &sequence, &event))
    print_event (self, event);
  *is_end_out = last <= tail->cursor;
  tail->cursor = MAX (tail->cursor, last);
  return TRUE;
}

static gboolean
find_end (UlakInvocation *self, guint64 *end_out, GError **error)
{
  g_autoptr (GVariant) reply = NULL, value = NULL;
  const UlakClientTarget properties
      = { ulak_client_webhooks.bus_name, ulak_client_webhooks.object_path, "org.freedesktop.DBus.Properties" };

  reply = ulak_client_call (self->client, &properties, "Get",
                            g_variant_new ("(ss)", ulak_client_webhooks.interface, "LastSequence"), error);
  if (reply == NULL)
    return FALSE;

  g_variant_get (reply, "(v)", &value);
  *end_out = g_variant_get_uint64 (value);
  return TRUE;
}

static gboolean
read_start (Tail *tail, GError **error)
{
  const char *after = ulak_invocation_get (tail->invocation, "after");

  if (after == NULL)
    return find_end (tail->invocation, &tail->cursor, error);
  if (g_ascii_string_to_unsigned (after, 10, 0, G_MAXINT64, &tail->cursor, NULL))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--after is ‘%s’; allowed is a sequence number, 0 or more", after);
  return FALSE;
}

static gboolean
tail (UlakInvocation *self, GError **error)
{
  Tail tail = { .invocation = self };
  gboolean is_end = FALSE;

  g_dbus_connection_signal_subscribe (ulak_client_get_connection (self->client), ulak_client_webhooks.bus_name,
                                      ulak_client_webhooks.interface, "EventsStored", NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                      stored_cb, &tail, NULL);
  if (!read_start (&tail, error))
    return FALSE;

  for (;;)
    {
      g_autoptr (GError) local_error = NULL;

      tail.is_woken = FALSE;
      if (!read_page (&tail, &is_end, &local_error))
        {
          if (!g_error_matches (local_error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE))
            {
              g_propagate_error (error, g_steal_pointer (&local_error));
              return FALSE;
            }
          g_timeout_add (RETRY_MS, retry_cb, &tail);
          is_end = TRUE;
        }
      if (is_end && ulak_invocation_has (self, "no-follow"))
        return TRUE;
      while (is_end && !tail.is_woken)
        g_main_context_iteration (NULL, TRUE);
    }
}

const UlakCommand ulak_tail_commands[] = {
  { "tail", NULL, "", 0, 0, "account=ACCOUNT type=TYPE chat=CHAT after=SEQUENCE no-follow", TRUE, tail,
    "print events as they are stored" },
  { NULL },
};
