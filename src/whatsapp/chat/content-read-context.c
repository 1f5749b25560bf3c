/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What stands around a body: quote, mentions, forwarding and timer in its own context, secret and album in the message's.
 */
#include "whatsapp/chat/content-reading.h"

#include <string.h>

#define FORWARDED_OFTEN 5 /* forwarding_score from which apps say "many times" */
#define MENTIONS_MAX 2048

const char *
ulak_content_text_or_null (const char *text)
{
  return text != NULL && *text != '\0' ? text : NULL;
}

/* "@4915..." in a text names the person whose JID begins with that. */
static JsonObject *
new_mention (const UlakContentNames *names, const char *jid)
{
  JsonObject *mention = json_object_new ();
  g_autofree char *name = ulak_content_get_name (names, jid);
  g_autofree char *text = g_strdup_printf ("@%.*s", (int) strcspn (jid, ":@"), jid);

  json_object_set_string_member (mention, "id", name);
  json_object_set_string_member (mention, "text", text);
  return mention;
}

static void
apply_mentions (UlakContentReading *reading, const Wa__ContextInfo *context)
{
  gsize n = MIN (context->n_mentioned_jid, MENTIONS_MAX);
  const char **jids;
  JsonArray *mentions;

  if (n == 0)
    return;
  jids = g_new0 (const char *, n + 1);
  mentions = json_array_sized_new ((guint) n);
  for (gsize i = 0; i < n; i++)
    {
      jids[i] = context->mentioned_jid[i];
      json_array_add_object_element (mentions, new_mention (reading->names, jids[i]));
    }
  g_free ((gpointer) reading->content->mentions);
  reading->content->mentions = jids;
  json_object_set_array_member (reading->content->document, "mentions", mentions);
}

static void
apply_forwarding (JsonObject *document, const Wa__ContextInfo *context)
{
  guint32 score = context->has_forwarding_score ? context->forwarding_score : 0;

  ulak_content_set_true (document, "forwarded", context->has_is_forwarded && context->is_forwarded);
  ulak_content_set_true (document, "frequently_forwarded", score >= FORWARDED_OFTEN);
  ulak_content_set_positive (document, "forwarding_score", score);
}

void
ulak_content_apply_context (UlakContentReading *reading)
{
  const Wa__ContextInfo *context = reading->context;
  UlakContent *content = reading->content;

  if (context == NULL || content->document == NULL)
    return;
  if (ulak_content_text_or_null (context->stanza_id) != NULL && strlen (context->stanza_id) <= ULAK_CONTENT_ID_MAX)
    {
      content->quoted_id = context->stanza_id;
      content->quoted_participant = ulak_content_text_or_null (context->participant);
      content->quoted_chat = ulak_content_text_or_null (context->remote_jid);
    }
  apply_mentions (reading, context);
  apply_forwarding (content->document, context);
  if (!context->has_expiration)
    return;
  content->has_timer = TRUE;
  content->timer_s = context->expiration;
  content->timer_set_s = context->has_ephemeral_setting_timestamp ? context->ephemeral_setting_timestamp : 0;
  ulak_content_set_positive (content->document, "disappears_after_s", context->expiration);
}

void
ulak_content_apply_message_context (UlakContentReading *reading, const Wa__MessageContextInfo *context)
{
  UlakContent *content = reading->content;
  const Wa__MessageAssociation *association = context == NULL ? NULL : context->message_association;

  if (context == NULL)
    return;
  if (content->secret.size_bytes == 0 && context->has_message_secret && context->message_secret.len == ULAK_MSG_SECRET_BYTES)
    content->secret = ULAK_SPAN (context->message_secret.data, context->message_secret.len);
  if (content->kind == ULAK_CONTENT_PIN && context->has_message_add_on_duration_in_secs)
    content->duration_s = context->message_add_on_duration_in_secs;
  if (content->document != NULL && association != NULL && association->has_association_type
      && association->association_type == WA__MESSAGE_ASSOCIATION__ASSOCIATION_TYPE__MEDIA_ALBUM
      && association->parent_message_key != NULL)
    ulak_content_set_text (content->document, "album", association->parent_message_key->id);
}

void
ulak_content_take_sender_key (UlakContent *content, const Wa__Message *message)
{
  const Wa__SenderKeyDistributionMessage *key = message->sender_key_distribution_message;

  if (content->sender_key_group != NULL || key == NULL || key->group_id == NULL
      || !key->has_axolotl_sender_key_distribution_message)
    return;
  content->sender_key_group = key->group_id;
  content->sender_key = ULAK_SPAN (key->axolotl_sender_key_distribution_message.data,
                                   key->axolotl_sender_key_distribution_message.len);
}
