/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Reading: what the files of content-read*.c share.
 *
 * A body's reader fills the content's document and says FALSE when the body is not what it should be; then the message is
 * kept whole, as one that was not understood.
 */
#pragma once

#include "whatsapp/chat/content.h"

#define ULAK_CONTENT_LIST_MAX 1024             /* people, options, buttons: more than any client takes */
#define ULAK_CONTENT_THUMBNAIL_MAX (16 * 1024) /* bytes; larger ones are left out, the medium itself is there */

typedef struct
{
  UlakContent *content; /* being filled */
  const UlakContentNames *names;
  const Wa__ContextInfo *context; /* (nullable): of the body */
} UlakContentReading;

typedef gboolean (*UlakContentReader) (UlakContentReading *reading, gconstpointer body);

/* content-read.c */
gboolean ulak_content_read_inner (UlakContentReading *reading, const Wa__Message *message);
const char *ulak_content_keep_text (UlakContent *self, const char *text);
void ulak_content_keep_message (UlakContent *self, gpointer message);
gboolean ulak_content_set_target (UlakContentReading *reading, const Wa__MessageKey *key);
UlakContent *ulak_content_new (void);

/* content-read-context.c */
const char *ulak_content_text_or_null (const char *text);
void ulak_content_apply_context (UlakContentReading *reading);
void ulak_content_apply_message_context (UlakContentReading *reading, const Wa__MessageContextInfo *context);
void ulak_content_take_sender_key (UlakContent *content, const Wa__Message *message);

/* content-document.c: fields that are NULL or empty are left out. */
JsonObject *ulak_content_begin (UlakContentReading *reading, const char *type);
JsonObject *ulak_content_begin_part (JsonObject *document, const char *name);
void ulak_content_set_text (JsonObject *object, const char *name, const char *text);
void ulak_content_set_base64 (JsonObject *object, const char *name, const ProtobufCBinaryData *bytes);
void ulak_content_set_positive (JsonObject *object, const char *name, gint64 number);
void ulak_content_set_true (JsonObject *object, const char *name, gboolean is_true);
void ulak_content_set_time (JsonObject *object, const char *name, gint64 unix_s);
void ulak_content_set_thumbnail (JsonObject *object, gboolean has_thumbnail, const ProtobufCBinaryData *bytes);
char *ulak_content_get_name (const UlakContentNames *names, const char *jid);

/* content-read-text.c */
gboolean ulak_content_read_conversation (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_extended_text (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_comment (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_reaction (UlakContentReading *reading, gconstpointer body);

/* content-read-media.c */
gboolean ulak_content_read_image (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_video (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_video_note (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_audio (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_media_document (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_sticker (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_sticker_pack (UlakContentReading *reading, gconstpointer body);
/* Into a document that is there: the header of a template, the picture of a product. NULL bodies are no error. */
void ulak_content_add_image (UlakContentReading *reading, const Wa__ImageMessage *body);
void ulak_content_add_video (UlakContentReading *reading, const Wa__VideoMessage *body);
void ulak_content_add_document (UlakContentReading *reading, const Wa__DocumentMessage *body);

/* content-read-place.c */
gboolean ulak_content_read_location (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_live_location (UlakContentReading *reading, gconstpointer body);
JsonObject *ulak_content_new_place (const Wa__LocationMessage *body);

/* content-read-gathering.c */
gboolean ulak_content_read_poll (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_event (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_group_invite (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_channel_invite (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_call (UlakContentReading *reading, gconstpointer body);

/* content-read-contacts.c */
gboolean ulak_content_read_contact (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_contacts (UlakContentReading *reading, gconstpointer body);

/* content-read-business.c */
gboolean ulak_content_read_template (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_buttons (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_list (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_interactive (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_product (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_order (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_template_reply (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_buttons_reply (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_list_reply (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_flow_reply (UlakContentReading *reading, gconstpointer body);

/* content-read-acts.c */
gboolean ulak_content_read_protocol (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_vote (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_event_answer (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_sealed_reaction (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_sealed_comment (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_sealed_edit (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_pin (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_keep (UlakContentReading *reading, gconstpointer body);
gboolean ulak_content_read_number_request (UlakContentReading *reading, gconstpointer body);
