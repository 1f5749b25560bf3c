/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Privacy tokens: proofs that a user lets us write to them, and the salt of the substitute.
 *
 * Times of tokens are Unix seconds and count in buckets of seven days; a token is good for its own bucket and the
 * three after it. Store's thread.
 */
#pragma once

#include "whatsapp/crypto/key.h"
#include "whatsapp/crypto/span.h"
#include "whatsapp/session/peers.h"

G_BEGIN_DECLS

#define ULAK_PRIVACY_TOKEN_MAX_BYTES 1024
#define ULAK_PRIVACY_TOKEN_BUCKET_S 604800
#define ULAK_PRIVACY_TOKEN_BUCKETS 3
#define ULAK_CS_TOKEN_BYTES 32

/* Stored if newer than what is there. *is_news_out: (nullable). A token out of 1..MAX_BYTES is not stored. */
gboolean ulak_privacy_tokens_put (UlakDatabase *database,
                                  gint64 peer,
                                  UlakSpan token,
                                  gint64 token_time_s,
                                  gboolean *is_news_out,
                                  GError **error);
/* *token_out: (transfer full) (nullable): NULL: none, or expired. */
gboolean ulak_privacy_tokens_get (UlakDatabase *database,
                                  gint64 peer,
                                  gint64 now_s,
                                  GBytes **token_out,
                                  GError **error);
/* The server says that it is not good (nack): forget it. */
gboolean ulak_privacy_tokens_drop (UlakDatabase *database, gint64 peer, GError **error);

/* Whether the other side is to get ours: the bucket of now is newer than that of the last time. */
gboolean ulak_privacy_tokens_is_ours_due (UlakDatabase *database,
                                          gint64 peer,
                                          gint64 now_s,
                                          gboolean *is_due_out,
                                          GError **error);
/* sender_time_s 0: due again, after a change of the peer's identity. Never goes back otherwise. */
gboolean ulak_privacy_tokens_mark_ours (UlakDatabase *database, gint64 peer, gint64 sender_time_s, GError **error);

gboolean ulak_privacy_tokens_put_salt (UlakDatabase *database,
                                       UlakSpan salt,
                                       GError **error); /* 32 bytes, or not stored */
/* HMAC of "LID@lid" under the salt; *has_token_out FALSE: no salt, or no LID. */
gboolean ulak_privacy_tokens_make_cs (UlakDatabase *database,
                                      const UlakPeer *peer,
                                      guint8 token_out[ULAK_CS_TOKEN_BYTES],
                                      gboolean *has_token_out,
                                      GError **error);

G_END_DECLS
