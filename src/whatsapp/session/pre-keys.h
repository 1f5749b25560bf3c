/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Pre-keys: the public keys by which strangers begin a session with us while we are away.
 *
 * One-time keys are stored before they are uploaded and marked after; ids only grow, and begin again at 1 before
 * 0xFFFFFF. A key that was used is kept for ULAK_PRE_KEYS_GRACE_US, so that a repeated first message is recognised,
 * then deleted (clean-up.h). Unused ones stay, up to a limit far above what a server holds. The signed pre-key changes every 27 days; old ones stay
 * loadable. Store's thread.
 */
#pragma once

#include "whatsapp/session/session.h"

G_BEGIN_DECLS

#define ULAK_PRE_KEYS_FIRST_UPLOAD 812
#define ULAK_PRE_KEYS_NEXT_UPLOAD 50
#define ULAK_PRE_KEYS_UPLOAD_MAX 1000
#define ULAK_PRE_KEYS_ID_MAX 0xFFFFFE
#define ULAK_PRE_KEYS_GRACE_US (7 * G_TIME_SPAN_DAY)
#define ULAK_SIGNED_PRE_KEY_AGE_US (27 * G_TIME_SPAN_DAY)

typedef struct
{
  guint32 id;
  guint8 public_key[ULAK_CURVE_PUBLIC_BYTES];
} UlakPreKey;

/* n keys that the server does not have: first those of an upload that was not confirmed, then new ones.
 * n: 1..ULAK_PRE_KEYS_UPLOAD_MAX. *keys_out (element-type UlakPreKey). */
gboolean ulak_pre_keys_prepare (UlakSession *session,
                                UlakDatabase *database,
                                guint n,
                                gint64 now_us,
                                GArray **keys_out,
                                GError **error);
/* The server has these now. */
gboolean ulak_pre_keys_mark_uploaded (UlakDatabase *database, const UlakPreKey *keys, gsize n_keys, GError **error);
/* One fresh key for a retry receipt; it is never uploaded. */
gboolean ulak_pre_keys_make_one (UlakSession *session,
                                 UlakDatabase *database,
                                 gint64 now_us,
                                 UlakPreKey *key_out,
                                 GError **error);
/* Uploaded keys that nobody used yet, as far as we know. */
gboolean ulak_pre_keys_count (UlakDatabase *database, guint *n_uploaded_out, GError **error);

/* The newest one that the server has: for uploads, bundles, retry receipts. */
gboolean ulak_signed_pre_keys_get_current (UlakDatabase *database, UlakSignedPreKey *key_out, GError **error);
/* *is_due_out: key_out is to be sent with <rotate>; until it is marked, the same one comes again. */
gboolean ulak_signed_pre_keys_prepare_rotation (UlakSession *session,
                                                UlakDatabase *database,
                                                gint64 now_us,
                                                UlakSignedPreKey *key_out,
                                                gboolean *is_due_out,
                                                GError **error);
gboolean ulak_signed_pre_keys_mark_uploaded (UlakDatabase *database, guint32 id, GError **error);

G_END_DECLS
