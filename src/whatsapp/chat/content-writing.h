/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Writing: what the files of content-write*.c share.
 *
 * A Message is built of structs that own nothing; what had to be made for them (texts, bytes, unpacked messages) is kept
 * until it is packed.
 */
#pragma once

#include "whatsapp/chat/content-write.h"

typedef struct
{
  const UlakContentRequest *request;
  Wa__Message message; /* being built */
  Wa__MessageContextInfo message_context;
  Wa__ContextInfo context;
  gboolean needs_secret; /* it cannot be sent without one */
  gboolean is_sketch;    /* for a quote: files may be missing */
  GPtrArray *kept;       /* (owned): g_free() */
  GPtrArray *unpacked;   /* (owned): ulak_protobuf_free() */
} UlakContentWriting;

typedef gboolean (*UlakContentWriter) (UlakContentWriting *writing, JsonNode *part, GError **error);

/* content-writing.c */
gpointer ulak_content_keep (UlakContentWriting *writing, gpointer allocated);
Wa__ContextInfo *ulak_content_make_context (UlakContentWriting *writing);
Wa__MessageKey *ulak_content_make_key (UlakContentWriting *writing, GError **error);
Wa__Message *ulak_content_unpack_kept (UlakContentWriting *writing, UlakSpan bytes, GError **error);
char *ulak_content_make_jid (UlakContentWriting *writing, const char *person);
char *ulak_content_name_mentions (UlakContentWriting *writing, const char *text);
ProtobufCBinaryData ulak_content_decode (UlakContentWriting *writing, JsonObject *object, const char *name);
gboolean ulak_content_refuse (GError **error, const char *what); /* FALSE */

#define ULAK_CONTENT_NEW(writing, Type, type) \
  ({ \
    Type *made_ = ulak_content_keep (writing, g_new (Type, 1)); \
    type##__init (made_); \
    made_; \
  })

/* content-write.c: into writing->message; without secret */
gboolean ulak_content_write_body (UlakContentWriting *writing, GError **error);

/* content-write-text.c; also the text of an edit */
void ulak_content_put_text (UlakContentWriting *writing, Wa__Message *message, const char *text, JsonObject *preview);
gboolean ulak_content_write_text (UlakContentWriting *writing, JsonNode *part, GError **error);
gboolean ulak_content_write_location (UlakContentWriting *writing, JsonNode *part, GError **error);
gboolean ulak_content_write_live_location (UlakContentWriting *writing, JsonNode *part, GError **error);
gboolean ulak_content_write_contacts (UlakContentWriting *writing, JsonNode *part, GError **error);
gboolean ulak_content_write_group_invite (UlakContentWriting *writing, JsonNode *part, GError **error);
gboolean ulak_content_write_poll (UlakContentWriting *writing, JsonNode *part, GError **error);

/* content-write-media.c */
gboolean ulak_content_write_image (UlakContentWriting *writing, JsonNode *part, GError **error);
gboolean ulak_content_write_video (UlakContentWriting *writing, JsonNode *part, GError **error);
gboolean ulak_content_write_audio (UlakContentWriting *writing, JsonNode *part, GError **error);
gboolean ulak_content_write_document (UlakContentWriting *writing, JsonNode *part, GError **error);
gboolean ulak_content_write_sticker (UlakContentWriting *writing, JsonNode *part, GError **error);

/* content-write-acts.c */
gboolean ulak_content_write_reaction (UlakContentWriting *writing, JsonNode *part, GError **error);
gboolean ulak_content_write_vote (UlakContentWriting *writing, JsonNode *part, GError **error);
gboolean ulak_content_write_edit (UlakContentWriting *writing, JsonNode *part, GError **error);
gboolean ulak_content_write_revoke (UlakContentWriting *writing, JsonNode *part, GError **error);
gboolean ulak_content_write_pin (UlakContentWriting *writing, JsonNode *part, GError **error);
gboolean ulak_content_write_forward (UlakContentWriting *writing, JsonNode *part, GError **error);
