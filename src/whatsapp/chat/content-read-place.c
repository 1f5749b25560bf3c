/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Places, polls, events, invitations and calls.
 */
#include "whatsapp/chat/content-reading.h"

#include <math.h>

/* JSON has no word for what is no number. */
static gboolean
is_on_earth (gboolean has_both, double latitude, double longitude)
{
  return has_both && isfinite (latitude) && isfinite (longitude) && fabs (latitude) <= 90 && fabs (longitude) <= 180;
}

static JsonObject *
new_point (double latitude, double longitude)
{
  JsonObject *point = json_object_new ();

  json_object_set_double_member (point, "latitude", latitude);
  json_object_set_double_member (point, "longitude", longitude);
  return point;
}

static void
set_speed (JsonObject *point, gboolean has_speed, float speed_mps)
{
  if (has_speed && isfinite (speed_mps) && speed_mps > 0)
    json_object_set_double_member (point, "speed_mps", speed_mps);
}

/* (transfer full) (nullable): NULL: it is nowhere */
JsonObject *
ulak_content_new_place (const Wa__LocationMessage *body)
{
  JsonObject *place;

  if (!is_on_earth (body->has_degrees_latitude && body->has_degrees_longitude, body->degrees_latitude, body->degrees_longitude))
    return NULL;
  place = new_point (body->degrees_latitude, body->degrees_longitude);
  ulak_content_set_text (place, "name", body->name);
  ulak_content_set_text (place, "address", body->address);
  ulak_content_set_text (place, "url", body->url);
  ulak_content_set_text (place, "comment", body->comment);
  ulak_content_set_positive (place, "accuracy_m", body->has_accuracy_in_meters ? body->accuracy_in_meters : 0);
  ulak_content_set_thumbnail (place, body->has_jpeg_thumbnail, &body->jpeg_thumbnail);
  return place;
}

gboolean
ulak_content_read_location (UlakContentReading *reading, gconstpointer data)
{
  const Wa__LocationMessage *body = data;
  JsonObject *place = ulak_content_new_place (body);

  if (place == NULL)
    return FALSE;
  json_object_set_object_member (ulak_content_begin (reading, "location"), "location", place);
  ulak_content_set_true (place, "live", body->has_is_live && body->is_live);
  reading->context = body->context_info;
  return TRUE;
}

gboolean
ulak_content_read_live_location (UlakContentReading *reading, gconstpointer data)
{
  const Wa__LiveLocationMessage *body = data;
  JsonObject *document, *place;

  if (!is_on_earth (body->has_degrees_latitude && body->has_degrees_longitude, body->degrees_latitude, body->degrees_longitude))
    return FALSE;
  document = ulak_content_begin (reading, "live_location");
  place = new_point (body->degrees_latitude, body->degrees_longitude);
  json_object_set_object_member (document, "live_location", place);
  ulak_content_set_text (document, "text", body->caption);
  ulak_content_set_text (place, "caption", body->caption);
  ulak_content_set_positive (place, "accuracy_m", body->has_accuracy_in_meters ? body->accuracy_in_meters : 0);
  set_speed (place, body->has_speed_in_mps, body->speed_in_mps);
  ulak_content_set_positive (
      place, "bearing_deg",
      body->has_degrees_clockwise_from_magnetic_north ? body->degrees_clockwise_from_magnetic_north : 0);
  ulak_content_set_positive (place, "sequence", body->has_sequence_number ? body->sequence_number : 0);
  ulak_content_set_positive (place, "time_offset_s", body->has_time_offset ? body->time_offset : 0);
  ulak_content_set_thumbnail (place, body->has_jpeg_thumbnail, &body->jpeg_thumbnail);
  reading->context = body->context_info;
  return TRUE;
}

gboolean
ulak_content_read_poll (UlakContentReading *reading, gconstpointer data)
{
  const Wa__PollCreationMessage *body = data;
  JsonArray *options;
  JsonObject *document, *poll;

  if (body->name == NULL || body->n_options > ULAK_CONTENT_LIST_MAX)
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
