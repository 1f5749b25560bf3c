/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What every kind of message may have: a quote, mentions, the chat's timer.
 */
#include "whatsapp/chat/content-writing.h"

#include "core/error.h"
#include "core/json.h"
#include "whatsapp/chat/content-fields.h"

#include <string.h>

gpointer
ulak_content_keep (UlakContentWriting *writing, gpointer allocated)
{
  g_ptr_array_add (writing->kept, allocated);
  return allocated;
}

gboolean
ulak_content_refuse (GError **error, const char *what)
{
  g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_INVALID, what);
  return FALSE;
}

/* (transfer none) (nullable) */
Wa__Message *
ulak_content_unpack_kept (UlakContentWriting *writing, UlakSpan bytes, GError **error)
{
  Wa__Message *message = ulak_protobuf_unpack (&wa__message__descriptor, bytes.bytes, bytes.size_bytes, error);

  if (message != NULL)
    g_ptr_array_add (writing->unpacked, message);
  return message;
}

ProtobufCBinaryData
ulak_content_decode (UlakContentWriting *writing, JsonObject *object, const char *name)
{
  const char *text = ulak_json_peek_string (object, name);
  gsize size = 0;
  guchar *bytes = text == NULL ? NULL : ulak_content_keep (writing, g_base64_decode (text, &size));

  return (ProtobufCBinaryData){ size, bytes };
}

Wa__MessageKey *
ulak_content_make_key (UlakContentWriting *writing, GError **error)
{
  const UlakContentKey *target = &writing->request->target;
  Wa__MessageKey *key;

  if (target->id == NULL || target->chat == NULL)
    {
      g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_INVALID, "The message that is referred to is not known");
      return NULL;
    }
  key = ULAK_CONTENT_NEW (writing, Wa__MessageKey, wa__message_key);
  key->remote_jid = (char *) target->chat;
  key->has_from_me = TRUE;
  key->from_me = target->from_me;
  key->id = (char *) target->id;
  key->participant = (char *) target->participant;
  return key;
}

/* --- people --- */

static char *
default_jid (const char *person)
{
  const char *digits = *person == '+' ? person + 1 : person;

  if (*digits != '\0' && digits[strspn (digits, "0123456789")] == '\0')
    return g_strconcat (digits, "@s.whatsapp.net", NULL);
  return g_strdup (person);
}

char *
ulak_content_make_jid (UlakContentWriting *writing, const char *person)
{
  const UlakContentRequest *request = writing->request;
  char *jid = request->to_jid != NULL ? request->to_jid (person, request->to_jid_data) : NULL;

  return ulak_content_keep (writing, jid != NULL ? jid : default_jid (person));
}

static JsonArray *
get_mentions (const UlakContentWriting *writing)
{
  return ulak_json_peek_array (writing->request->document, "mentions");
}

static char *
replace (const char *text, const char *from, const char *to)
{
  g_auto (GStrv) parts = g_strsplit (text, from, -1);

  return g_strjoinv (to, parts);
}

/* Apps find who is mentioned by "@" and the user of the JID, which a group's form may make another one than was written. */
char *
ulak_content_name_mentions (UlakContentWriting *writing, const char *text)
{
  JsonArray *mentions = get_mentions (writing);
  g_autofree char *named = g_strdup (text);

  for (guint i = 0; mentions != NULL && i < json_array_get_length (mentions); i++)
    {
      const char *person = json_array_get_string_element (mentions, i);
      const char *jid = ulak_content_make_jid (writing, person);
      const char *digits = *person == '+' ? person + 1 : person;
      g_autofree char *written = g_strdup_printf ("@%.*s", (int) strcspn (digits, "@"), digits);
      g_autofree char *written_plus = g_strdup_printf ("@+%s", written + 1);
      g_autofree char *wanted = g_strdup_printf ("@%.*s", (int) strcspn (jid, ":@"), jid);
      g_autofree char *without_plus = replace (named, written_plus, wanted);

      g_free (named);
      named = replace (without_plus, written, wanted);
    }
  return ulak_content_keep (writing, g_steal_pointer (&named));
}

static void
put_mentions (UlakContentWriting *writing, Wa__ContextInfo *context)
{
  JsonArray *mentions = get_mentions (writing);
  guint n = mentions == NULL ? 0 : json_array_get_length (mentions);

  if (n == 0)
    return;
  context->n_mentioned_jid = n;
  context->mentioned_jid = ulak_content_keep (writing, g_new (char *, n));
  for (guint i = 0; i < n; i++)
    context->mentioned_jid[i] = ulak_content_make_jid (writing, json_array_get_string_element (mentions, i));
}

/* --- quote, timer --- */

/* Secrets and keys that are not for a quote. */
static Wa__Message *
unpack_quoted (UlakContentWriting *writing, UlakSpan bytes)
{
  g_autoptr (GByteArray) plain = ulak_fields_reduce (bytes, "2 15 35", ULAK_FIELDS_OTHERS, FALSE);

  return plain == NULL ? NULL : ulak_content_unpack_kept (writing, ULAK_SPAN (plain->data, plain->len), NULL);
}

static Wa__Message *
make_quoted (UlakContentWriting *writing)
{
  UlakSpan bytes = writing->request->quoted;
  Wa__Message *quoted = bytes.size_bytes == 0 ? NULL : unpack_quoted (writing, bytes);

  if (quoted == NULL)
    {
      quoted = ULAK_CONTENT_NEW (writing, Wa__Message, wa__message);
      quoted->conversation = (char *) "";
    }
  return quoted;
}

/* The document's wish, else the chat's timer. */
static void
put_timer (UlakContentWriting *writing, Wa__ContextInfo *context)
{
  const UlakContentRequest *request = writing->request;
  gint64 timer_s = ulak_json_peek_integer (request->document, "disappears_after_s", request->timer_s);

  if (timer_s <= 0)
    return;
  context->has_expiration = TRUE;
  context->expiration = (guint32) timer_s;
  context->has_ephemeral_setting_timestamp = request->timer_set_s > 0;
  context->ephemeral_setting_timestamp = request->timer_set_s;
}

/* (transfer none) (nullable): NULL: there is nothing to say. Valid until the message is packed. */
Wa__ContextInfo *
ulak_content_make_context (UlakContentWriting *writing)
{
  const UlakContentRequest *request = writing->request;
  Wa__ContextInfo *context = &writing->context;

  wa__context_info__init (context);
  if (request->quoted_id != NULL)
    {
      context->stanza_id = (char *) request->quoted_id;
      context->participant = (char *) request->quoted_author;
      context->remote_jid = (char *) request->quoted_chat;
      context->quoted_message = make_quoted (writing);
    }
  put_mentions (writing, context);
  put_timer (writing, context);
  return request->quoted_id != NULL || context->n_mentioned_jid > 0 || context->has_expiration ? context : NULL;
}
