/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Media reference: all that a message says about where its file is and how to tell that it is the right one.
 *
 * It is kept as JSON in the row of the medium, written by whatsapp/chat and read by UlakBackend.fetch_media:
 *
 *   {"kind": "image",               a word of media-kind.h; required
 *    "direct_path": "/v/t62...",    begins with '/'; required unless url is there
 *    "url": "https://mmg...",       used only without direct_path, and only on hosts of *.whatsapp.net
 *    "media_key": "base64",         32 bytes; absent: the file is not encrypted (newsletters)
 *    "file_sha256": "base64",       32 bytes, of the plain file; required
 *    "file_enc_sha256": "base64",   32 bytes, of the encrypted file; required with media_key
 *    "size": 123,                   bytes of the plain file; absent: not known, the hash decides
 *    "message_id": "3EB0...",       these four: so that the phone can be asked to upload it again. Optional
 *    "chat": "JID", "participant": "JID of the author (groups)", "from_me": true}
 *
 * It holds the key of the file: it is never logged and never shown.
 */
#pragma once

#include "whatsapp/crypto/media-cipher.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define ULAK_MEDIA_PATH_MAX 4096 /* bytes of a direct path or URL; real ones stay below 1,024 */

typedef struct
{
  UlakMediaKind kind;
  gboolean is_encrypted;
  char *direct_path; /* (owned) (nullable) */
  char *url;         /* (owned) (nullable) */
  UlakKey media_key; /* is_encrypted */
  UlakMediaSummary summary;
  char *message_id;  /* (owned) (nullable) */
  char *chat;        /* (owned) (nullable) */
  char *participant; /* (owned) (nullable) */
  gboolean is_from_me;
} UlakMediaReference;

UlakMediaReference *ulak_media_reference_new (void);
UlakMediaReference *ulak_media_reference_copy (const UlakMediaReference *self);
void ulak_media_reference_free (UlakMediaReference *self); /* wipes the key */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakMediaReference, ulak_media_reference_free)

/* Errors: INVALID, naming the field. */
UlakMediaReference *ulak_media_reference_read (JsonObject *json, GError **error);
JsonObject *ulak_media_reference_write (const UlakMediaReference *self); /* (transfer full) */

G_END_DECLS
