/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Fields of documents: what is not there, or says nothing, is left out.
 */
#include "whatsapp/chat/content-reading.h"

#include "core/clock.h"
#include "whatsapp/codec/jid.h"

#define UNIX_S_MAX G_GINT64_CONSTANT (253402300799) /* the last second of the year 9999 */

JsonObject *
ulak_content_begin (UlakContentReading *reading, const char *type)
{
  JsonObject *document = json_object_new ();

  g_clear_pointer (&reading->content->document, json_object_unref);
  json_object_set_string_member (document, "type", type);
  reading->content->document = document;
  return document;
}

JsonObject *
ulak_content_begin_part (JsonObject *document, const char *name)
{
  JsonObject *part = json_object_new ();

  json_object_set_object_member (document, name, part);
  return part;
}

void
ulak_content_set_text (JsonObject *object, const char *name, const char *text)
{
  if (text != NULL && *text != '\0')
    json_object_set_string_member (object, name, text);
}

void
ulak_content_set_base64 (JsonObject *object, const char *name, const ProtobufCBinaryData *bytes)
{
  g_autofree char *text = bytes->len == 0 ? NULL : g_base64_encode (bytes->data, bytes->len);

  ulak_content_set_text (object, name, text);
}

void
ulak_content_set_positive (JsonObject *object, const char *name, gint64 number)
{
  if (number > 0)
    json_object_set_int_member (object, name, number);
}

void
ulak_content_set_true (JsonObject *object, const char *name, gboolean is_true)
{
  if (is_true)
    json_object_set_boolean_member (object, name, TRUE);
}

void
ulak_content_set_time (JsonObject *object, const char *name, gint64 unix_s)
{
  g_autofree char *text = unix_s <= 0 || unix_s > UNIX_S_MAX ? NULL : ulak_format_rfc3339 (unix_s * G_USEC_PER_SEC);

  ulak_content_set_text (object, name, text);
}

void
ulak_content_set_thumbnail (JsonObject *object, gboolean has_thumbnail, const ProtobufCBinaryData *bytes)
{
  if (has_thumbnail && bytes->len <= ULAK_CONTENT_THUMBNAIL_MAX)
    ulak_content_set_base64 (object, "thumbnail", bytes);
}

char *
ulak_content_name (const char *jid)
{
  UlakJid parsed, account;

  if (!ulak_jid_parse (jid, &parsed, NULL))
    return g_strdup (jid);
  account = ulak_jid_get_account (&parsed);
  if (*account.user != '\0' && (account.server == ULAK_JID_SERVER_PHONE || account.server == ULAK_JID_SERVER_LEGACY))
    return g_strdup (account.user);
  return ulak_jid_print (&account);
}

char *
ulak_content_get_name (const UlakContentNames *names, const char *jid)
{
  return names != NULL && names->name != NULL ? names->name (jid, names->data) : ulak_content_name (jid);
}
