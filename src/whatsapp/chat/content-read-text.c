/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Bodies that are text: plain, with a link's preview, as a comment, as a reaction.
 */
#include "whatsapp/chat/content-reading.h"

gboolean
ulak_content_read_conversation (UlakContentReading *reading, gconstpointer body)
{
  json_object_set_string_member (ulak_content_begin (reading, "text"), "text", body);
  return TRUE;
}

static void
set_preview (JsonObject *document, const Wa__ExtendedTextMessage *body)
{
  JsonObject *preview;

  if (body->matched_text == NULL || *body->matched_text == '\0')
    return;
  preview = ulak_content_begin_part (document, "link_preview");
  ulak_content_set_text (preview, "url", body->matched_text);
  ulak_content_set_text (preview, "title", body->title);
  ulak_content_set_text (preview, "description", body->description);
  ulak_content_set_thumbnail (preview, body->has_jpeg_thumbnail, &body->jpeg_thumbnail);
}

/* A status of text: its colours and font. */
static void
set_style (JsonObject *document, const Wa__ExtendedTextMessage *body)
{
  g_autofree char *background = NULL;
  JsonObject *style;

  if (!body->has_background_argb || body->background_argb == 0)
    return;
  background = g_strdup_printf ("#%08x", body->background_argb);
  style = ulak_content_begin_part (document, "style");
  ulak_content_set_text (style, "background", background);
  if (body->has_font)
    json_object_set_int_member (style, "font", body->font);
}

gboolean
ulak_content_read_extended_text (UlakContentReading *reading, gconstpointer data)
{
  const Wa__ExtendedTextMessage *body = data;
  JsonObject *document;

  if (body->text == NULL)
    return FALSE;
  document = ulak_content_begin (reading, "text");
  json_object_set_string_member (document, "text", body->text);
  set_preview (document, body);
  set_style (document, body);
  reading->content->is_view_once |= body->has_view_once && body->view_once;
  reading->context = body->context_info;
  return TRUE;
}

/* In the group of announcements of a community: a message about another. */
gboolean
ulak_content_read_comment (UlakContentReading *reading, gconstpointer data)
{
  const Wa__CommentMessage *body = data;
  const Wa__MessageKey *key = body->target_message_key;

  if (body->message == NULL || key == NULL || key->id == NULL || !ulak_content_read_inner (reading, body->message)
      || reading->content->kind != ULAK_CONTENT_MESSAGE)
    return FALSE;
  reading->content->quoted_id = key->id;
  reading->content->quoted_participant = key->participant;
  return TRUE;
}

gboolean
ulak_content_read_reaction (UlakContentReading *reading, gconstpointer data)
{
  const Wa__ReactionMessage *body = data;
  JsonObject *reaction;

  if (!ulak_content_set_target (reading, body->key))
    return FALSE;
  reaction = ulak_content_begin_part (ulak_content_begin (reading, "reaction"), "reaction");
  json_object_set_string_member (reaction, "message_id", reading->content->target.id);
  json_object_set_string_member (reaction, "emoji", body->text != NULL ? body->text : "");
  reading->content->kind = ULAK_CONTENT_REACTION;
  reading->content->sent_ms = body->has_sender_timestamp_ms ? body->sender_timestamp_ms : 0;
  return TRUE;
}
