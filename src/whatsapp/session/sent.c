/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Rows by (chat, network id), and beside them how often each device asked for one again.
 */
#include "whatsapp/session/sent.h"

#include "whatsapp/session/chat-forms.h"
#include "whatsapp/session/device-cipher.h"
#include "whatsapp/session/query.h"
#include "whatsapp/session/signal-visit.h"

#include "core/error.h"

/* A session is begun anew for retries at most this often, unless the device says that it has another one. */
#define RENEW_INTERVAL_US G_TIME_SPAN_HOUR
#define REMEMBER_AT_COUNT 2

void
ulak_sent_message_free (UlakSentMessage *self)
{
  g_clear_pointer (&self->plain, g_bytes_unref);
  g_free (self->note);
  g_free (self);
}

/**
 * ulak_sent_keep:
 *
 * Errors: TOO_LARGE over ULAK_SENT_MAX_BYTES.
 */
gboolean
ulak_sent_keep (UlakDatabase *database,
                const UlakJid *chat,
                const char *network_id,
                UlakSpan plain,
                const char *note,
                gint64 now_us,
                GError **error)
{
  UlakJid account = ulak_jid_get_account (chat);
  g_autofree char *text = ulak_jid_print (&account);
  UlakStatement *statement;

  if (plain.size_bytes > ULAK_SENT_MAX_BYTES)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE,
                   "A message to send has %" G_GSIZE_FORMAT " bytes; at most %d are allowed", plain.size_bytes,
                   ULAK_SENT_MAX_BYTES);
      return FALSE;
    }
  statement = ulak_sql_query (database, ULAK_QUERY ("sent-put"),
                              ULAK_BINDINGS (ULAK_TEXT ("chat", text), ULAK_TEXT ("network_id", network_id),
                                             ULAK_TEXT ("note", note), ULAK_INTEGER ("now_us", now_us)),
                              error);
  if (statement == NULL)
    return FALSE;
  ulak_query_bind_span (statement, "plain", plain);
  return ulak_statement_run (statement, error);
}

gboolean
ulak_sent_find (UlakDatabase *database,
                const UlakJid *chat,
                const char *network_id,
                UlakSentMessage **message_out,
                GError **error)
{
  g_auto (UlakChatForms) forms = { 0 };
  UlakStatement *row;

  if (!ulak_chat_forms_find (database, chat, &forms, error)
      || !ulak_sql_find (database, ULAK_QUERY ("sent-find"),
                         ULAK_BINDINGS (ULAK_TEXT ("chat", forms.given), ULAK_TEXT ("other_chat", forms.other),
                                        ULAK_TEXT ("network_id", network_id)),
                         &row, error))
    return FALSE;
  *message_out = NULL;
  if (row == NULL)
    return TRUE;
  *message_out = g_new0 (UlakSentMessage, 1);
  (*message_out)->plain = ulak_query_get_bytes (row, "plain");
  (*message_out)->note = ulak_query_get_text (row, "note");
  (*message_out)->sent_us = ulak_statement_get_integer (row, "sent_us");
  return TRUE;
}

/* What is known when somebody asks. */
typedef struct
{
  char *chat;              /* (owned) */
  gint64 times;            /* this one not counted */
  GBytes *seen_base_key;   /* (owned) (nullable): of the session at the second request */
  guint32 registration_id; /* of our session with the device; 0: none */
  GBytes *base_key;        /* (owned) (nullable) */
  gint64 renewed_us;
} Asked;

static void
asked_clear (Asked *self)
{
  g_clear_pointer (&self->chat, g_free);
  g_clear_pointer (&self->seen_base_key, g_bytes_unref);
  g_clear_pointer (&self->base_key, g_bytes_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Asked, asked_clear)

#define REQUEST_BINDINGS(asked, request) \
  ULAK_TEXT ("chat", (asked)->chat), ULAK_TEXT ("network_id", (request)->network_id), \
      ULAK_INTEGER ("peer", (request)->device.peer), ULAK_INTEGER ("device", (request)->device.device)

static gboolean
read_asked (UlakSession *session, UlakDatabase *database, const UlakRetryRequest *request, Asked *asked, GError **error)
{
  UlakJid account = ulak_jid_get_account (request->chat);
  UlakStatement *row;

  asked->chat = ulak_jid_print (&account);
  if (!ulak_sql_find (database, ULAK_QUERY ("retry-served-find"), ULAK_BINDINGS (REQUEST_BINDINGS (asked, request)),
                      &row, error))
    return FALSE;
  if (row != NULL)
    {
      asked->times = ulak_statement_get_integer (row, "times");
      asked->seen_base_key = ulak_query_get_bytes (row, "base_key");
    }
  if (!ulak_sql_find (
          database, ULAK_QUERY ("identity-find"),
          ULAK_BINDINGS (ULAK_INTEGER ("peer", request->device.peer), ULAK_INTEGER ("device", request->device.device)),
          &row, error))
    return FALSE;
  asked->renewed_us = row == NULL ? 0 : ulak_statement_get_integer (row, "renewed_us");
  return ulak_device_read_state (session, database, &request->device, &asked->registration_id, &asked->base_key, error);
}

static gboolean
is_stuck (const UlakRetryRequest *request, const Asked *asked)
{
  return request->count > REMEMBER_AT_COUNT && asked->seen_base_key != NULL && asked->base_key != NULL
         && g_bytes_equal (asked->seen_base_key, asked->base_key);
}

static UlakRetryVerdict
judge (const UlakRetryRequest *request, const Asked *asked, gint64 now_us)
{
  gboolean may_renew = asked->renewed_us == 0 || now_us - asked->renewed_us >= RENEW_INTERVAL_US;

  if (request->count > ULAK_SENT_RETRY_COUNT_MAX || asked->times >= ULAK_SENT_RETRY_TIMES_MAX)
    return ULAK_RETRY_REFUSE;
  if (request->has_keys)
    return ULAK_RETRY_PROCESS_KEYS;
  if (asked->base_key == NULL || is_stuck (request, asked)
      || (request->registration_id != 0 && request->registration_id != asked->registration_id)
      || (request->count >= REMEMBER_AT_COUNT && may_renew))
    return ULAK_RETRY_FETCH_BUNDLE;
  return ULAK_RETRY_SERVE;
}

static gboolean
remember_base_key (UlakDatabase *database, const UlakRetryRequest *request, const Asked *asked, GError **error)
{
  UlakStatement *statement;

  if (request->count != REMEMBER_AT_COUNT || asked->base_key == NULL)
    return TRUE;
  statement = ulak_sql_query (database, ULAK_QUERY ("retry-served-base-key"),
                              ULAK_BINDINGS (REQUEST_BINDINGS (asked, request)), error);
  if (statement == NULL)
    return FALSE;
  ulak_query_bind_span (statement, "base_key", ulak_span_of (asked->base_key));
  return ulak_statement_run (statement, error);
}

gboolean
ulak_sent_admit_retry (UlakSession *session,
                       UlakDatabase *database,
                       const UlakRetryRequest *request,
                       gint64 now_us,
                       UlakRetryVerdict *verdict_out,
                       GError **error)
{
  g_auto (Asked) asked = { 0 };

  if (!read_asked (session, database, request, &asked, error))
    return FALSE;
  *verdict_out = judge (request, &asked, now_us);
  if (*verdict_out == ULAK_RETRY_REFUSE)
    return TRUE;

  if (!ulak_sql_run (database, ULAK_QUERY ("retry-served-count"),
                     ULAK_BINDINGS (REQUEST_BINDINGS (&asked, request), ULAK_INTEGER ("now_us", now_us)), error)
      || !remember_base_key (database, request, &asked, error))
    return FALSE;
  if (*verdict_out == ULAK_RETRY_SERVE)
    return TRUE;
  if (is_stuck (request, &asked) && !ulak_device_delete_session (database, &request->device, error))
    return FALSE;
  return ulak_sql_run (database, ULAK_QUERY ("identity-renew"),
                       ULAK_BINDINGS (ULAK_INTEGER ("peer", request->device.peer),
                                      ULAK_INTEGER ("device", request->device.device), ULAK_INTEGER ("now_us", now_us)),
                       error);
}
