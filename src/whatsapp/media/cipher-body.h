/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Cipher body: a file as the body of an upload, encrypted while it is read.
 *
 * Holds one chunk. Its length is known beforehand; a file that changed since its hashes were taken ends in an error
 * instead of a wrong file. Read on whatever thread GIO reads it.
 */
#pragma once

#include "whatsapp/crypto/media-cipher.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define ULAK_CIPHER_BODY_CHUNK_BYTES (64 * 1024)

#define ULAK_TYPE_CIPHER_BODY (ulak_cipher_body_get_type ())
G_DECLARE_FINAL_TYPE (UlakCipherBody, ulak_cipher_body, ULAK, CIPHER_BODY, GInputStream)

/* plain: (transfer none), at its start. keys: NULL for a body that is the file itself. */
UlakCipherBody *ulak_cipher_body_new (GInputStream *plain, const UlakMediaKeys *keys_or_null, const UlakMediaSummary *summary);
goffset ulak_cipher_body_count (const UlakMediaSummary *summary, gboolean is_encrypted); /* bytes of the whole body */

/* Blocking, for a thread: what ulak_cipher_body_new() wants to know. */
gboolean ulak_cipher_body_summarize (GInputStream *plain,
                                     const UlakMediaKeys *keys_or_null,
                                     GCancellable *cancellable,
                                     UlakMediaSummary *summary_out,
                                     GError **error);

G_END_DECLS
