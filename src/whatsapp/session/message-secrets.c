/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Chats and authors are found under both forms; what is given back is the form that was kept.
 */
#include "whatsapp/session/message-secrets.h"

#include "whatsapp/session/chat-forms.h"
#include "whatsapp/session/query.h"

void
ulak_message_secret_clear (UlakMessageSecret *self)
{
  ulak_key_clear (&self->secret);
}

gboolean
ulak_message_secrets_keep (UlakDatabase *database,
                           const UlakJid *chat,
                           const char *network_id,
                           const UlakJid *author_jid,
                           const guint8 secret[ULAK_MSG_SECRET_BYTES],
                           gint64 now_us,
                           GError **error)
{
  UlakJid chat_account = ulak_jid_get_account (chat), author_account = ulak_jid_get_account (author_jid);
  g_autofree char *chat_text = ulak_jid_print (&chat_account), *author_text = ulak_jid_print (&author_account);
  UlakStatement *statement
      = ulak_sql_query (database, ULAK_QUERY ("secret-put"),
                        ULAK_BINDINGS (ULAK_TEXT ("chat", chat_text), ULAK_TEXT ("network_id", network_id),
                                       ULAK_TEXT ("author", author_text), ULAK_INTEGER ("now_us", now_us)),
                        error);

  if (statement == NULL)
    return FALSE;
  ulak_query_bind_span (statement, "secret", ULAK_SPAN (secret, ULAK_MSG_SECRET_BYTES));
  return ulak_statement_run (statement, error);
}

static gboolean
find_row (UlakDatabase *database,
          const UlakChatForms *chat,
          const char *network_id,
          const UlakChatForms *author,
          UlakStatement **row_out,
          GError **error)
{
  if (author->given == NULL)
    return ulak_sql_find (database, ULAK_QUERY ("secret-find-any"),
                          ULAK_BINDINGS (ULAK_TEXT ("chat", chat->given), ULAK_TEXT ("other_chat", chat->other),
                                         ULAK_TEXT ("network_id", network_id)),
                          row_out, error);
  return ulak_sql_find (database, ULAK_QUERY ("secret-find"),
                        ULAK_BINDINGS (ULAK_TEXT ("chat", chat->given), ULAK_TEXT ("other_chat", chat->other),
                                       ULAK_TEXT ("network_id", network_id), ULAK_TEXT ("author", author->given),
                                       ULAK_TEXT ("other_author", author->other)),
                        row_out, error);
}

gboolean
ulak_message_secrets_find (UlakDatabase *database,
                           const UlakJid *chat,
                           const char *network_id,
                           const UlakJid *author_jid,
                           UlakMessageSecret *secret_out,
                           gboolean *is_found_out,
                           GError **error)
{
  g_auto (UlakChatForms) chat_forms = { 0 };
  g_auto (UlakChatForms) author_forms = { 0 };
  UlakStatement *row;
  UlakSpan secret;

  if (!ulak_chat_forms_find (database, chat, &chat_forms, error)
      || (author_jid != NULL && !ulak_chat_forms_find (database, author_jid, &author_forms, error))
      || !find_row (database, &chat_forms, network_id, &author_forms, &row, error))
    return FALSE;
  *is_found_out = row != NULL;
  if (row == NULL)
    return TRUE;
  secret = ulak_query_get_span (row, "secret");
  ulak_key_set (&secret_out->secret, secret.bytes, secret.size_bytes);
  return ulak_jid_parse (ulak_statement_get_text (row, "author"), &secret_out->author, error);
}
