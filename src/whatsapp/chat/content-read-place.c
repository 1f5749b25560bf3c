/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Bodies that are places.
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
