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
