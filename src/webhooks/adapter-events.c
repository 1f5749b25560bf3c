/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Submit and ReadEvents.
 */
#include "webhooks/adapter-calls.h"

#include "core/error.h"
#include "core/event-types.h"
#include "core/log.h"
#include "core/messages.h"
#include "webhooks/documents.h"

#define READ_MAX 500

static void
submitted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakPending *pending = user_data;
  GError *error = NULL;
  gint64 sequence = ulak_webhook_store_submit_finish (ULAK_WEBHOOK_STORE (source), result, &error);

  if (error == NULL)
    {
      ulak_pending_answer (pending, g_variant_new ("(t)", (guint64) sequence));
      return;
    }
  if (g_error_matches (error, ULAK_ERROR, ULAK_ERROR_FULL))
    ulak_log_warning (ULAK_MESSAGE_DISK_BUDGET_FULL, NULL, "Events are refused: %s", error->message);
  ulak_pending_refuse (pending, error);
}

static void
submitter_checked_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  UlakPending *pending = user_data;
  const UlakAdapterParts *parts = pending->parts;
  g_autoptr (GVariant) events = NULL;
  GPtrArray *batch = NULL;
  GError *error = NULL;
  const char *account;

  g_variant_get (ulak_call_get_parameters (pending->call), "(&s@a(ssxsay)@a{sv})", &account, &events, NULL);
  if (ulak_call_check_line_finish (result, &error))
    batch = ulak_documents_read_events (account, events, &error);
  if (batch == NULL)
    ulak_pending_refuse (pending, error);
  else
    ulak_webhook_store_submit_async (parts->store, batch, ulak_endpoints_get_all (parts->endpoints), submitted_cb, pending);
}

void
ulak_adapter_submit (UlakCall *call, gpointer adapter)
{
  const char *account;

  g_variant_get_child (ulak_call_get_parameters (call), 0, "&s", &account);
  ulak_call_check_line_async (call, account, submitter_checked_cb, ulak_pending_new (adapter, call, NULL, NULL));
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakPending *pending = user_data;
  GError *error = NULL;
  const UlakEventPage *page = ulak_webhook_store_read_finish (ULAK_WEBHOOK_STORE (source), result, &error);

  if (page != NULL)
    ulak_pending_answer (pending, ulak_documents_page_to_variant (page));
  else
    ulak_pending_refuse (pending, error);
}

static gboolean
check_types (const char *const *types, GError **error)
{
  for (; types != NULL && *types != NULL; types++)
    if (!ulak_event_filter_is_valid (*types))
      {
        g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID,
                     "types: \"%.64s\" must be an event type, or a prefix of some ending in \".*\"", *types);
        return FALSE;
      }
  return TRUE;
}

void
ulak_adapter_read_events (UlakCall *call, gpointer adapter)
{
  const UlakAdapterParts *parts = ulak_adapter_get_parts (adapter);
  GVariant *options = ulak_call_get_options (call);
  g_autofree const char **accounts = NULL, **types = NULL;
  const char *chat = NULL;
  GError *error = NULL;
  UlakEventFilter filter;
  guint64 after;
  guint limit;

  g_variant_get (ulak_call_get_parameters (call), "(tu@a{sv})", &after, &limit, NULL);
  g_variant_lookup (options, "accounts", "^a&s", &accounts);
  g_variant_lookup (options, "types", "^a&s", &types);
  g_variant_lookup (options, "chat", "&s", &chat);
  if (!ulak_adapter_check_limit (limit, READ_MAX, &error) || !check_types (types, &error))
    {
      ulak_call_fail (call, error);
      return;
    }
  filter = (UlakEventFilter){ (GStrv) accounts, (GStrv) types, (char *) chat };
  ulak_webhook_store_read_async (parts->store, (gint64) MIN (after, (guint64) G_MAXINT64), limit, &filter, read_cb,
                                 ulak_pending_new (adapter, call, NULL, NULL));
}
