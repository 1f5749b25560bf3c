/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/chat/plan-content.h"

#include "connector/sql.h"
#include "core/error.h"
#include "core/json.h"
#include "whatsapp/chat/chat-sql.h"
#include "whatsapp/chat/people.h"
#include "whatsapp/chat/timers.h"
#include "whatsapp/chat/address.h"
#include "whatsapp/session/group-cache.h"
#include "whatsapp/session/message-secrets.h"
#include "whatsapp/session/sent.h"

#include <string.h>

/* What a request points into. */
typedef struct
{
  UlakPlan *plan;
  UlakDatabase *database;
  const UlakJid *chat;
  const UlakJid *me;
  gboolean as_lid;

  JsonObject *document;                                                                         /* (owned) */
  char *chat_text, *me_text, *quoted_author, *quoted_chat, *target_participant, *target_author; /* (owned) */
  GBytes *quoted;                                                                               /* (owned) (nullable) */
  GBytes *original;                                                                             /* (owned) (nullable): the target's Message, where it is known */
  UlakKey secret;
  UlakMessageSecret target_secret;
  UlakContentUpload upload;
} Making;

static void
making_clear (Making *self)
{
  g_clear_pointer (&self->document, json_object_unref);
  g_clear_pointer (&self->quoted, g_bytes_unref);
  g_clear_pointer (&self->original, g_bytes_unref);
  g_free (self->chat_text);
  g_free (self->me_text);
  g_free (self->quoted_author);
  g_free (self->quoted_chat);
  g_free (self->target_participant);
  g_free (self->target_author);
  ulak_key_clear (&self->secret);
  ulak_message_secret_clear (&self->target_secret);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Making, making_clear)

static gboolean
parse_document (Making *self)
{
  static const UlakJsonLimits limits = { 4 * 1024 * 1024, 32, 100000, FALSE };

  self->document
      = ulak_json_parse_object (self->plan->document, strlen (self->plan->document), &limits, NULL);
  return self->document != NULL;
}

/* A person in the form of the chat. */
static char *
to_jid (const char *person, gpointer data)
{
  Making *self = data;
  UlakPeer peer;
  UlakJid jid, found;

  if (!ulak_people_parse_chat (person, &jid))
    return NULL;
  jid = ulak_jid_get_account (&jid);
  if (!ulak_jid_is_user (&jid) || !ulak_peers_find (self->database, &jid, &peer, NULL) || peer.id == 0
      || !ulak_people_get_jid (&peer, self->as_lid, 0, &found))
    return ulak_jid_print (&jid);
  return ulak_jid_print (&found);
}

static char *
to_author (Making *self, const char *from)
{
  return from == NULL ? g_strdup (self->me_text) : to_jid (from, self);
}

static JsonObject *
parse_message (const char *text)
{
  static const UlakJsonLimits limits = { 8 * 1024 * 1024, 40, 200000, FALSE };

  return text == NULL ? NULL : ulak_json_parse_object (text, strlen (text), &limits, NULL);
}

/* A quote shows what it quotes: the words, and what kind of message it is. */
static GBytes *
make_quote (const char *text)
{
  g_autoptr (JsonObject) message = parse_message (text);

  return message == NULL ? NULL : ulak_content_rewrite (message, NULL, NULL);
}

/* Where the file of a message is, as its sender said it. *reference_out: NULL: it has none. */
static gboolean
find_reference (UlakDatabase *database, JsonObject *message, JsonObject **reference_out, GError **error)
{
  JsonObject *media = ulak_json_peek_object (message, "media");
  const char *id = media == NULL ? NULL : ulak_json_peek_string (media, "media_id");
  g_autofree char *text = NULL;

  *reference_out = NULL;
  if (id == NULL)
    return TRUE;
  if (!ulak_sql_get_text (database, ULAK_CHAT_SQL ("chat-media-reference"), ULAK_BINDINGS (ULAK_TEXT ("id", id)),
                          "reference", &text, error))
    return FALSE;
  *reference_out = parse_message (text);
  return TRUE;
}

/* What others sent is kept as words and the reference of its file: the file stays where it is. *whole_out: NULL: it cannot be
 * made again. */
static gboolean
make_whole (Making *self, const char *text, GBytes **whole_out, GError **error)
{
  g_autoptr (JsonObject) message = parse_message (text), reference = NULL;

  *whole_out = NULL;
  if (message == NULL)
    return TRUE;
  if (!find_reference (self->database, message, &reference, error))
    return FALSE;
  if (reference != NULL || ulak_json_peek_object (message, "media") == NULL)
    *whole_out = ulak_content_rewrite (message, reference, NULL);
  return TRUE;
}

static void
fill_reply (Making *self, UlakContentRequest *request)
{
  const UlakPlanTarget *reply_to = &self->plan->reply_to;

  if (reply_to->network_id == NULL)
    return;
  self->quoted_author = to_author (self, reply_to->from);
  self->quoted = make_quote (reply_to->message);
  if (reply_to->chat != NULL && !g_str_equal (reply_to->chat, self->plan->chat))
    self->quoted_chat = to_jid (reply_to->chat, self);
  request->quoted_id = reply_to->network_id;
  request->quoted_author = self->quoted_author;
  request->quoted_chat = self->quoted_chat;
  if (self->quoted != NULL)
    request->quoted = ulak_span_of (self->quoted);
}

/* What we sent is here whole; others' messages are made again. */
static gboolean
find_original (Making *self, UlakContentRequest *request, GError **error)
{
  const UlakPlanTarget *target = &self->plan->target;
  g_autoptr (UlakSentMessage) sent = NULL;
  UlakJid chat = self->plan->chat_jid;

  if (target->chat != NULL && !ulak_people_parse_chat (target->chat, &chat))
    chat = self->plan->chat_jid;
  if (!ulak_sent_find (self->database, &chat, target->network_id, &sent, error))
    return FALSE;
  if (sent != NULL)
    self->original = g_bytes_ref (sent->plain);
  else if (!make_whole (self, target->message, &self->original, error))
    return FALSE;
  if (sent != NULL)
    request->original = ulak_span_of (self->original);
  if (self->original != NULL)
    request->forwarded = ulak_span_of (self->original);
  return TRUE;
}

static gboolean
fill_target (Making *self, UlakContentRequest *request, GError **error)
{
  const UlakPlanTarget *target = &self->plan->target;
  gboolean is_found = FALSE;

  if (target->network_id == NULL)
    return TRUE;
  if (!find_original (self, request, error))
    return FALSE;
  self->target_author = to_author (self, target->from);
  if (self->plan->kind != ULAK_PLAN_DIRECT)
    self->target_participant = g_strdup (self->target_author);
  request->target = (UlakContentKey){ .chat = self->chat_text,
                                      .from_me = target->from == NULL,
                                      .id = target->network_id,
                                      .participant = self->target_participant };
  request->target_author = self->target_author;
  if (!ulak_message_secrets_find (self->database, &self->plan->chat_jid, target->network_id, NULL, &self->target_secret,
                                  &is_found, error))
    return FALSE;
  if (is_found)
    {
      request->target_secret = &self->target_secret.secret;
      g_free (self->target_author);
      self->target_author = ulak_jid_print (&self->target_secret.author);
      request->target_author = self->target_author;
    }
  return TRUE;
}

static gboolean
fill_timer (Making *self, UlakContentRequest *request, guint32 group_timer_s, GError **error)
{
  request->timer_s = group_timer_s;
  if (self->plan->kind == ULAK_PLAN_DIRECT
      && !ulak_timers_get (self->database, self->plan->chat, &request->timer_s, &request->timer_set_s, error))
    return FALSE;
  return TRUE;
}

static void
fill_upload (Making *self, UlakContentRequest *request)
{
  const UlakMediaUpload *upload = self->plan->upload;

  if (upload == NULL)
    return;
  self->upload = (UlakContentUpload){
    .url = upload->url,
    .direct_path = upload->direct_path,
    .file_sha256 = ULAK_SPAN_ARRAY (upload->summary.plain_sha256),
    .size_bytes = upload->summary.plain_size_bytes,
    .key_time_s = upload->key_time_s,
    .mime_type = self->plan->mime_type,
    .file_name = self->plan->file_name,
    .width = self->plan->width,
    .height = self->plan->height,
  };
  if (upload->is_encrypted)
    {
      self->upload.media_key = ULAK_SPAN_ARRAY (upload->media_key.bytes);
      self->upload.file_enc_sha256 = ULAK_SPAN_ARRAY (upload->summary.encrypted_sha256);
    }
  request->upload = &self->upload;
}

static gboolean
keep_secret (Making *self, const UlakContentRequest *request, GError **error)
{
  return request->secret == NULL
         || ulak_message_secrets_keep (self->database, &self->plan->chat_jid, self->plan->network_id, self->me,
                                       request->secret->bytes, self->plan->view.now_us, error);
}

/* (transfer full) (nullable): who may see a status: only they get it again. */
static char *
make_note (const Making *self)
{
  JsonArray *recipients = self->plan->kind == ULAK_PLAN_STATUS ? ulak_json_peek_array (self->document, "recipients") : NULL;
  GString *note;

  if (recipients == NULL)
    return NULL;
  note = g_string_new (NULL);
  for (guint i = 0; i < json_array_get_length (recipients); i++)
    g_string_append_printf (note, "%s%s", i == 0 ? "" : " ", json_array_get_string_element (recipients, i));
  return g_string_free (note, FALSE);
}

static gboolean
keep_plain (const Making *self, GBytes *plain, GError **error)
{
  const UlakPlan *plan = self->plan;
  g_autofree char *note = make_note (self);

  return ulak_sent_keep (self->database, &plan->chat_jid, plan->network_id, ulak_span_of (plain), note, plan->view.now_us,
                         error);
}

/* The server passes on what other clients then ignore: a deletion by somebody who may not would be one here only. */
static gboolean
may_delete (const Making *self, gboolean *may_out, GError **error)
{
  UlakGroupMember member = { 0 };
  gboolean is_member = FALSE;
  UlakPeer own;

  *may_out = self->plan->target.from == NULL || !json_object_has_member (self->document, "revoke");
  if (*may_out || self->plan->kind != ULAK_PLAN_GROUP)
    return TRUE;
  if (!ulak_peers_get_own (self->database, &own, error)
      || !ulak_group_cache_is_member (self->database, self->chat_text, own.id, &member, &is_member, error))
    return FALSE;
  *may_out = is_member && member.rank != ULAK_GROUP_RANK_MEMBER;
  return TRUE;
}

static gboolean
write_content (Making *self, guint32 group_timer_s, GBytes **plain_out, GError **error)
{
  UlakPlan *plan = self->plan;
  g_autoptr (GBytes) plain = NULL;
  g_autoptr (GError) why = NULL;
  UlakContentStanza stanza;
  gboolean may;
  UlakContentRequest request = {
    .document = self->document,
    .chat = self->chat_text,
    .me = self->me_text,
    .now_ms = plan->view.now_us / 1000,
    .random = plan->view.random,
    .to_jid = to_jid,
    .to_jid_data = self,
  };

  if (!may_delete (self, &may, error))
    return FALSE;
  if (!may)
    {
      plan->failure = "E_WA_CONTENT";
      plan->failure_message = g_strdup ("Only an administrator of the group may delete what somebody else wrote");
      return TRUE;
    }
  if (ulak_content_wants_secret (self->document))
    {
      ulak_random_fill (plan->view.random, self->secret.bytes, sizeof self->secret.bytes);
      request.secret = &self->secret;
    }
  fill_reply (self, &request);
  fill_upload (self, &request);
  if (!fill_target (self, &request, error) || !fill_timer (self, &request, group_timer_s, error))
    return FALSE;
  plain = ulak_content_write (&request, &stanza, &why);
  if (plain == NULL)
    {
      plan->failure = "E_WA_CONTENT";
      plan->failure_message = g_strdup (why->message);
      return TRUE;
    }
  if (!keep_secret (self, &request, error) || !keep_plain (self, plain, error))
    return FALSE;
  *plain_out = g_steal_pointer (&plain);
  return TRUE;
}

gboolean
ulak_plan_make_content (UlakPlan *plan,
                        UlakDatabase *database,
                        const UlakJid *chat,
                        const UlakJid *me,
                        guint32 group_timer_s,
                        GBytes **plain_out,
                        GError **error)
{
  g_auto (Making) making
      = { .plan = plan, .database = database, .chat = chat, .me = me, .as_lid = ulak_jid_is_lid (me) };
  g_autoptr (UlakSentMessage) sent = NULL;

  *plain_out = NULL;
  if (!ulak_sent_find (database, &plan->chat_jid, plan->network_id, &sent, error))
    return FALSE;
  if (sent != NULL)
    {
      *plain_out = g_bytes_ref (sent->plain);
      return TRUE;
    }
  if (!parse_document (&making))
    {
      plan->failure = "E_WA_CONTENT";
      plan->failure_message = g_strdup ("The message is no JSON object that can be sent");
      return TRUE;
    }
  making.chat_text = ulak_jid_print (chat);
  making.me_text = ulak_jid_print (me);
  return write_content (&making, group_timer_s, plain_out, error);
}
