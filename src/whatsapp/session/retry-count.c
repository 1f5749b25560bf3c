/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The count only grows, until the message arrives or is too old to matter.
 */
#include "whatsapp/session/retry-count.h"

#include "whatsapp/session/chat-forms.h"
#include "whatsapp/session/query.h"

#define MESSAGE_BINDINGS(forms, id, author) \
  ULAK_TEXT ("chat", (forms)->given), ULAK_TEXT ("other_chat", (forms)->other), ULAK_TEXT ("network_id", id), \
      ULAK_INTEGER ("peer", (author)->peer), ULAK_INTEGER ("device", (author)->device)

static gboolean
find_count (UlakDatabase *database,
            const UlakChatForms *forms,
            const char *network_id,
            const UlakPeerDevice *author,
            guint *count_out,
            GError **error)
{
  UlakStatement *row;

  if (!ulak_sql_find (database, ULAK_QUERY ("retry-count-find"),
                      ULAK_BINDINGS (MESSAGE_BINDINGS (forms, network_id, author)), &row, error))
    return FALSE;
  *count_out = ulak_statement_is_null (row, "count") ? 0 : (guint) ulak_statement_get_integer (row, "count");
  return TRUE;
}

gboolean
ulak_retry_count_next (UlakDatabase *database,
                       const UlakJid *chat,
                       const char *network_id,
                       const UlakPeerDevice *author,
                       guint enc_count,
                       gint64 now_us,
                       guint *count_out,
                       GError **error)
{
  g_auto (UlakChatForms) forms = { 0 };
  guint count;

  if (!ulak_chat_forms_find (database, chat, &forms, error)
      || !find_count (database, &forms, network_id, author, &count, error))
    return FALSE;
  *count_out = MIN (MAX (count, enc_count), ULAK_RETRY_COUNT_MAX) + 1;
  return ulak_sql_run (database, ULAK_QUERY ("retry-count-put"),
                       ULAK_BINDINGS (ULAK_TEXT ("chat", forms.given), ULAK_TEXT ("network_id", network_id),
                                      ULAK_INTEGER ("peer", author->peer), ULAK_INTEGER ("device", author->device),
                                      ULAK_INTEGER ("count", *count_out), ULAK_INTEGER ("now_us", now_us)),
                       error);
}

gboolean
ulak_retry_count_get (UlakDatabase *database,
                      const UlakJid *chat,
                      const char *network_id,
                      const UlakPeerDevice *author,
                      guint *count_out,
                      GError **error)
{
  g_auto (UlakChatForms) forms = { 0 };

  return ulak_chat_forms_find (database, chat, &forms, error)
         && find_count (database, &forms, network_id, author, count_out, error);
}

gboolean
ulak_retry_count_forget (UlakDatabase *database,
                         const UlakJid *chat,
                         const char *network_id,
                         const UlakPeerDevice *author,
                         GError **error)
{
  g_auto (UlakChatForms) forms = { 0 };

  return ulak_chat_forms_find (database, chat, &forms, error)
         && ulak_sql_run (database, ULAK_QUERY ("retry-count-forget"),
                          ULAK_BINDINGS (MESSAGE_BINDINGS (&forms, network_id, author)), error);
}

/* --- what is still missing --- */

static void
open_retry_free (gpointer data)
{
  UlakOpenRetry *self = data;

  g_free (self->chat);
  g_free (self->network_id);
  g_free (self->author);
  g_free (self);
}

static UlakOpenRetry *
read_open_retry (UlakStatement *row)
{
  UlakOpenRetry *self = g_new0 (UlakOpenRetry, 1);

  self->chat = ulak_query_get_text (row, "chat");
  self->network_id = ulak_query_get_text (row, "network_id");
  self->author = ulak_query_get_text (row, "author");
  self->is_own = ulak_statement_get_integer (row, "is_own") != 0;
  return self;
}

gboolean
ulak_retry_count_list_open (UlakDatabase *database, gint64 after_us, guint limit, GPtrArray **open_out, GError **error)
{
  g_autoptr (GPtrArray) open = g_ptr_array_new_with_free_func (open_retry_free);
  UlakStatement *rows
      = ulak_sql_query (database, ULAK_QUERY ("retry-counts-open"),
                        ULAK_BINDINGS (ULAK_INTEGER ("after_us", after_us), ULAK_INTEGER ("limit", limit)), error);
  gboolean has_row;

  if (rows == NULL)
    return FALSE;
  while (ulak_statement_step (rows, &has_row, error))
    {
      if (!has_row)
        {
          *open_out = g_steal_pointer (&open);
          return TRUE;
        }
      g_ptr_array_add (open, read_open_retry (rows));
    }
  return FALSE;
}
