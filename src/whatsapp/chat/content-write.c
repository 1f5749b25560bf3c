/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * One row per content of a send document.
 */
#include "whatsapp/chat/content-writing.h"

#include "core/json.h"

static const struct
{
  const char *name;
  gboolean has_secret; /* a message of its own, which can be voted on, answered or reported */
  UlakContentWriter write;
} kinds[] = {
  { "text", TRUE, ulak_content_write_text },
  { "image", TRUE, ulak_content_write_image },
  { "video", TRUE, ulak_content_write_video },
  { "audio", TRUE, ulak_content_write_audio },
  { "document", TRUE, ulak_content_write_document },
  { "sticker", TRUE, ulak_content_write_sticker },
  { "location", TRUE, ulak_content_write_location },
  { "live_location", TRUE, ulak_content_write_live_location },
  { "contacts", TRUE, ulak_content_write_contacts },
  { "group_invite", TRUE, ulak_content_write_group_invite },
  { "poll", TRUE, ulak_content_write_poll },
  { "forward", TRUE, ulak_content_write_forward },
  { "reaction", FALSE, ulak_content_write_reaction },
  { "poll_vote", FALSE, ulak_content_write_vote },
  { "edit", FALSE, ulak_content_write_edit },
  { "revoke", FALSE, ulak_content_write_revoke },
  { "pin", FALSE, ulak_content_write_pin },
};

static gint
find_kind (JsonObject *document)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (json_object_has_member (document, kinds[i].name) && !json_object_get_null_member (document, kinds[i].name))
      return (gint) i;
  return -1;
}

gboolean
ulak_content_wants_secret (JsonObject *document)
{
  gint kind = find_kind (document);

  return kind >= 0 && kinds[kind].has_secret;
}

static void
put_secret (UlakContentWriting *writing)
{
  const UlakKey *secret = writing->request->secret;
  Wa__MessageContextInfo *context = &writing->message_context;

  context->has_message_secret = TRUE;
  context->message_secret = (ProtobufCBinaryData){ sizeof secret->bytes, (guint8 *) secret->bytes };
  writing->message.message_context_info = context;
}

static GBytes *
write_kind (UlakContentWriting *writing, gint kind, UlakContentStanza *stanza_out, GError **error)
{
  const UlakContentRequest *request = writing->request;

  if (!ulak_content_write_body (writing, error))
    return NULL;
  if (writing->needs_secret && request->secret == NULL)
    {
      ulak_content_refuse (error, "This kind of message needs a secret");
      return NULL;
    }
  if (kinds[kind].has_secret && request->secret != NULL)
    put_secret (writing);
  ulak_content_describe (&writing->message, stanza_out);
  return ulak_protobuf_pack (&writing->message);
}

gboolean
ulak_content_write_body (UlakContentWriting *writing, GError **error)
{
  JsonObject *document = writing->request->document;
  gint kind = find_kind (document);

  if (kind < 0)
    return ulak_content_refuse (error, "A linked device cannot send this kind of message");
  wa__message__init (&writing->message);
  wa__message_context_info__init (&writing->message_context);
  return kinds[kind].write (writing, json_object_get_member (document, kinds[kind].name), error);
}

GBytes *
ulak_content_write (const UlakContentRequest *request, UlakContentStanza *stanza_out, GError **error)
{
  g_autoptr (GPtrArray) kept = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) unpacked = g_ptr_array_new_with_free_func (ulak_protobuf_free);
  UlakContentWriting writing = { .request = request, .kept = kept, .unpacked = unpacked };

  *stanza_out = (UlakContentStanza){ 0 };
  return write_kind (&writing, find_kind (request->document), stanza_out, error);
}
