/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Bodies about what people do together: polls, events, invitations, calls.
 */
#include "whatsapp/chat/content-reading.h"

#include <string.h>

#define POLL_MAX_BYTES 65536 /* of its name and options together: each vote looks at them again */

static gboolean
are_short (const Wa__PollCreationMessage *body)
{
  gsize size_bytes = strlen (body->name);

  for (gsize i = 0; i < body->n_options; i++)
    size_bytes += body->options[i]->option_name != NULL ? strlen (body->options[i]->option_name) : 0;
  return size_bytes <= POLL_MAX_BYTES;
}

gboolean
ulak_content_read_poll (UlakContentReading *reading, gconstpointer data)
{
  const Wa__PollCreationMessage *body = data;
  JsonArray *options;
  JsonObject *document, *poll;

  if (body->name == NULL || body->n_options > ULAK_CONTENT_LIST_MAX || !are_short (body))
    return FALSE;
  document = ulak_content_begin (reading, "poll");
  ulak_content_set_text (document, "text", body->name);
  poll = ulak_content_begin_part (document, "poll");
  json_object_set_string_member (poll, "name", body->name);
  options = json_array_sized_new ((guint) body->n_options);
  json_object_set_array_member (poll, "options", options);
  for (gsize i = 0; i < body->n_options; i++)
    json_array_add_string_element (options, body->options[i]->option_name != NULL ? body->options[i]->option_name : "");
  json_object_set_int_member (poll, "selectable_count",
                              body->has_selectable_options_count ? body->selectable_options_count : 0);
  if (body->correct_answer != NULL)
    ulak_content_set_text (poll, "correct_answer", body->correct_answer->option_name);
  ulak_content_set_true (poll, "anonymous", body->has_hide_participant_name && body->hide_participant_name);
  reading->context = body->context_info;
  return TRUE;
}

gboolean
ulak_content_read_event (UlakContentReading *reading, gconstpointer data)
{
  const Wa__EventMessage *body = data;
  JsonObject *document, *event, *place;

  if (body->name == NULL)
    return FALSE;
  document = ulak_content_begin (reading, "event");
  ulak_content_set_text (document, "text", body->name);
  event = ulak_content_begin_part (document, "event");
  json_object_set_string_member (event, "name", body->name);
  ulak_content_set_text (event, "description", body->description);
  ulak_content_set_text (event, "join_url", body->join_link);
  ulak_content_set_time (event, "starts_at", body->has_start_time ? body->start_time : 0);
  ulak_content_set_time (event, "ends_at", body->has_end_time ? body->end_time : 0);
  ulak_content_set_true (event, "canceled", body->has_is_canceled && body->is_canceled);
  ulak_content_set_true (event, "guests_allowed", body->has_extra_guests_allowed && body->extra_guests_allowed);
  ulak_content_set_true (event, "call", body->has_is_schedule_call && body->is_schedule_call);
  place = body->location == NULL ? NULL : ulak_content_new_place (body->location);
  if (place != NULL)
    json_object_set_object_member (event, "location", place);
  reading->context = body->context_info;
  return TRUE;
}

gboolean
ulak_content_read_group_invite (UlakContentReading *reading, gconstpointer data)
{
  const Wa__GroupInviteMessage *body = data;
  JsonObject *document, *invite;

  if (body->group_jid == NULL)
    return FALSE;
  document = ulak_content_begin (reading, "group_invite");
  ulak_content_set_text (document, "text", body->caption);
  invite = ulak_content_begin_part (document, "group_invite");
  ulak_content_set_text (invite, "group", body->group_jid);
  ulak_content_set_text (invite, "name", body->group_name);
  ulak_content_set_text (invite, "code", body->invite_code);
  ulak_content_set_time (invite, "expires_at", body->has_invite_expiration ? body->invite_expiration : 0);
  ulak_content_set_text (invite, "caption", body->caption);
  ulak_content_set_thumbnail (invite, body->has_jpeg_thumbnail, &body->jpeg_thumbnail);
  reading->context = body->context_info;
  return TRUE;
}

/* To help run a channel. */
gboolean
ulak_content_read_channel_invite (UlakContentReading *reading, gconstpointer data)
{
  const Wa__NewsletterAdminInviteMessage *body = data;
  JsonObject *document, *invite;

  if (body->newsletter_jid == NULL)
    return FALSE;
  document = ulak_content_begin (reading, "group_invite");
  ulak_content_set_text (document, "text", body->caption);
  invite = ulak_content_begin_part (document, "group_invite");
  ulak_content_set_text (invite, "group", body->newsletter_jid);
  ulak_content_set_text (invite, "name", body->newsletter_name);
  ulak_content_set_time (invite, "expires_at", body->has_invite_expiration ? body->invite_expiration : 0);
  ulak_content_set_text (invite, "caption", body->caption);
  reading->context = body->context_info;
  return TRUE;
}

gboolean
ulak_content_read_call (UlakContentReading *reading, gconstpointer data)
{
  static const char *const outcomes[] = {
    [WA__CALL_LOG_MESSAGE__CALL_OUTCOME__CONNECTED] = "connected",
    [WA__CALL_LOG_MESSAGE__CALL_OUTCOME__MISSED] = "missed",
    [WA__CALL_LOG_MESSAGE__CALL_OUTCOME__FAILED] = "failed",
    [WA__CALL_LOG_MESSAGE__CALL_OUTCOME__REJECTED] = "rejected",
    [WA__CALL_LOG_MESSAGE__CALL_OUTCOME__ACCEPTED_ELSEWHERE] = "accepted_elsewhere",
    [WA__CALL_LOG_MESSAGE__CALL_OUTCOME__ONGOING] = "ongoing",
    [WA__CALL_LOG_MESSAGE__CALL_OUTCOME__SILENCED_BY_DND] = "silenced",
    [WA__CALL_LOG_MESSAGE__CALL_OUTCOME__SILENCED_UNKNOWN_CALLER] = "silenced",
  };
  const Wa__CallLogMessage *body = data;
  guint outcome = body->has_call_outcome ? (guint) body->call_outcome : 0;
  JsonObject *call;

  if (outcome >= G_N_ELEMENTS (outcomes))
    return FALSE;
  call = ulak_content_begin_part (ulak_content_begin (reading, "call_log"), "call");
  ulak_content_set_text (call, "outcome", outcomes[outcome]);
  ulak_content_set_true (call, "video", body->has_is_video && body->is_video);
  ulak_content_set_positive (call, "duration_s", body->has_duration_secs ? body->duration_secs : 0);
  return TRUE;
}
