/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Messages and chats. Sending: the id is made here; with an Idempotency-Key it is committed with the key before the line
 * hears of it, so that a repeat, after whatever happened in between, sends the same id and is harmless. Without a key the
 * line's commit is the durable one.
 */
#include "api/routes.h"

#include "api/request-call.h"
#include "core/error.h"
#include "core/id.h"
#include "core/json.h"
#include "core/log.h"
#include "core/names.h"

#include <sodium.h>
#include <string.h>

#define KEY_MAX 128

typedef struct
{
  UlakRequest *request; /* (owned) */
  char *id;             /* (owned): of the message */
  char *key;            /* (owned) (nullable) */
  const char *text;     /* unowned, the request's */
  GError *error;        /* (owned) (nullable) */
} Send;

static void
send_free (Send *self)
{
  ulak_request_unref (self->request);
  g_clear_error (&self->error);
  g_free (self->id);
  g_free (self->key);
  g_free (self);
}

static gboolean
key_is_valid (const char *key)
{
  gsize length = strlen (key);

  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isgraph (key[i]))
      return FALSE;
  return length >= 1 && length <= KEY_MAX;
}

/* The path is part of it: one key cannot stand for two accounts. */
static void
hash_body (const char *account, const char *text, guint8 *hash_out)
{
  crypto_generichash_state state;

  crypto_generichash_init (&state, NULL, 0, ULAK_BODY_HASH_BYTES);
  crypto_generichash_update (&state, (const guint8 *) account, strlen (account) + 1);
  crypto_generichash_update (&state, (const guint8 *) text, strlen (text));
  crypto_generichash_final (&state, hash_out, ULAK_BODY_HASH_BYTES);
}

/* A lost write is mended by the next repeat, which asks the line again. */
static void
keep_answer (Send *self, const char *answer)
{
  UlakApi *api = ulak_request_get_api (self->request);

  if (self->key != NULL)
    ulak_gateway_store_answer_claim_async (api->store, ulak_request_get_principal (self->request)->id, self->key, self->id,
                                           answer, NULL, NULL);
}

/* The document was refused: nothing stands under the key. */
static void
release_key (Send *self)
{
  UlakApi *api = ulak_request_get_api (self->request);
  gboolean is_refused = g_error_matches (self->error, ULAK_ERROR, ULAK_ERROR_INVALID)
                        || g_error_matches (self->error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE)
                        || g_error_matches (self->error, ULAK_ERROR, ULAK_ERROR_UNSUPPORTED);

  if (self->key != NULL && is_refused)
    ulak_gateway_store_release_claim_async (api->store, ulak_request_get_principal (self->request)->id, self->key, self->id,
                                            NULL, NULL);
}

static void
answer_sent (Send *self, const char *status)
{
  g_autoptr (JsonObject) document = json_object_new ();
  g_autofree char *answer = NULL;

  json_object_set_string_member (document, "id", self->id);
  json_object_set_string_member (document, "status", status);
  answer = ulak_json_print_object (document);
  keep_answer (self, answer);
  ulak_request_answer_json (self->request, 202, g_steal_pointer (&answer));
}

static void
sent_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  Send *self = user_data;
  g_autoptr (UlakPeerReply) reply = ulak_peer_call_finish (result, &self->error);
  const char *status;

  if (reply != NULL)
    {
      g_variant_get (reply->values, "(&s)", &status);
      answer_sent (self, status);
      send_free (self);
      return;
    }
  release_key (self);
  ulak_request_answer_call_error (self->request, ulak_request_get_parameter (self->request, 0), self->error);
  send_free (self);
}

static void
hand_over (Send *self)
{
  UlakApi *api = ulak_request_get_api (self->request);
  const UlakPeerCall call = {
    .account = ulak_request_get_parameter (self->request, 0),
    .method = "Send",
    .arguments = g_variant_new ("(ss)", self->id, self->text),
    .reply_type = "(s)",
  };

  ulak_peer_call_async (api->connection, &call, ulak_request_get_context (self->request), NULL, sent_cb, self);
}

static void
claimed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Send *self = user_data;
  g_autoptr (UlakClaim) claim
      = ulak_gateway_store_claim_finish (ULAK_GATEWAY_STORE (source), result, &self->error);

  if (claim != NULL && claim->is_same && claim->answer == NULL)
    {
      g_free (self->id);
      self->id = g_steal_pointer (&claim->message_id);
      hand_over (self);
      return;
    }
  if (claim == NULL)
    ulak_request_answer_error (self->request, self->error);
  else if (!claim->is_same)
    ulak_request_answer_fault (self->request, 409, "E_CONFLICT", "This Idempotency-Key stands for another body");
  else
    ulak_request_answer_json (self->request, 202, g_strdup (claim->answer));
  send_free (self);
}

static void
claim_and_send (Send *self, const char *account)
{
  UlakApi *api = ulak_request_get_api (self->request);
  guint8 hash[ULAK_BODY_HASH_BYTES];

  hash_body (account, self->text, hash);
  ulak_gateway_store_claim_async (api->store, ulak_request_get_principal (self->request)->id, self->key, hash, self->id,
                                  ulak_clock_get_wall_us (api->clock), claimed_cb, self);
}

void
ulak_route_send_message (UlakRequest *request)
{
  const char *account = ulak_request_get_account (request);
  const char *text = account == NULL ? NULL : ulak_request_get_body_text (request);
  const char *key = ulak_request_get_header (request, "Idempotency-Key");
  UlakApi *api = ulak_request_get_api (request);
  Send *self;

  if (text == NULL)
    return;
  if (key != NULL && !key_is_valid (key))
    {
      ulak_request_answer_fault (request, 400, "E_INVALID",
                                 "Idempotency-Key must be 1 to 128 printable ASCII characters without spaces");
      return;
    }
  self = g_new0 (Send, 1);
  self->request = ulak_request_ref (request);
  self->id = ulak_id_new (api->clock, api->random);
  self->key = g_strdup (key);
  self->text = text;
  if (key == NULL)
    hand_over (self);
  else
    claim_and_send (self, account);
}

void
ulak_route_get_message (UlakRequest *request)
{
  const char *account = ulak_request_get_account (request);

  if (account == NULL)
    return;
  ulak_request_call (request,
                     &(const UlakPeerCall){
                         .account = account,
                         .method = "GetMessage",
                         .arguments = g_variant_new ("(s)", ulak_request_get_parameter (request, 1)),
                         .reply_type = "(s)",
                     },
                     ulak_reply_document);
}

/* An empty body means neither. FALSE and answered if it is wrong. */
static gboolean
read_mark (UlakRequest *request, gboolean *typing_out, gboolean *played_out)
{
  static const char *const known[] = { "typing", "played", NULL };
  g_autoptr (GBytes) body = ulak_request_get_body (request);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  g_autoptr (JsonObject) document = NULL;
  g_autoptr (GError) error = NULL;
  gsize size_bytes;
  const char *bytes = g_bytes_get_data (body, &size_bytes);

  *typing_out = *played_out = FALSE;
  if (size_bytes == 0)
    return TRUE;
  document = ulak_json_parse_object (bytes, size_bytes, &ULAK_JSON_LIMITS_REQUEST, &error);
  if (document != NULL)
    {
      ulak_json_refuse_unknown (document, "", known, issues);
      *typing_out = ulak_json_read_boolean (document, "", "typing", FALSE, issues);
      *played_out = ulak_json_read_boolean (document, "", "played", FALSE, issues);
    }
  if (document != NULL && ulak_issues_to_error (issues, &error))
    return TRUE;
  ulak_request_answer_error (request, error);
  return FALSE;
}

void
ulak_route_read_message (UlakRequest *request)
{
  const char *account = ulak_request_get_account (request);
  gboolean typing, played;
  GVariantDict options;

  if (account == NULL || !read_mark (request, &typing, &played))
    return;
  g_variant_dict_init (&options, NULL);
  if (played)
    g_variant_dict_insert (&options, "played", "b", TRUE);
  ulak_request_call (request,
                     &(const UlakPeerCall){
                         .account = account,
                         .method = "MarkRead",
                         .arguments = g_variant_new ("(sb)", ulak_request_get_parameter (request, 1), typing),
                         .options = g_variant_dict_end (&options),
                         .reply_type = "()",
                     },
                     ulak_reply_empty);
}

void
ulak_route_list_chats (UlakRequest *request)
{
  const char *account = ulak_request_get_account (request), *cursor;
  guint limit;

  if (account == NULL || !ulak_request_get_page (request, &cursor, &limit))
    return;
  ulak_request_call (request,
                     &(const UlakPeerCall){
                         .account = account,
                         .method = "ListChats",
                         .arguments = g_variant_new ("(su)", cursor, limit),
                         .reply_type = "(ss)",
                     },
                     ulak_reply_list);
}

void
ulak_route_list_messages (UlakRequest *request)
{
  const char *account = ulak_request_get_account (request), *cursor;
  guint limit;

  if (account == NULL || !ulak_request_get_page (request, &cursor, &limit))
    return;
  ulak_request_call (request,
                     &(const UlakPeerCall){
                         .account = account,
                         .method = "ListMessages",
                         .arguments = g_variant_new ("(ssu)", ulak_request_get_parameter (request, 1), cursor, limit),
                         .reply_type = "(ss)",
                     },
                     ulak_reply_list);
}
