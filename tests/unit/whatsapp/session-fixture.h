/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Session fixture: a linked device with its own database in memory, and what two of them say to each other.
 *
 * Everything runs on the test's thread, as it would on a store's; faults of the database end the test.
 */
#pragma once

#include "whatsapp/session/device-cipher.h"
#include "whatsapp/session/group-cipher.h"
#include "whatsapp/session/pre-keys.h"

#include "store/database-private.h"

#define GROUP "120363012345678901@g.us"
#define START_US (G_GINT64_CONSTANT (1760000000) * G_USEC_PER_SEC)

typedef struct
{
  UlakDatabase *database; /* (owned) */
  UlakSeal *seal;         /* (owned) */
  UlakRandom *random;     /* (owned) */
  UlakSession *session;   /* (owned) */
  UlakJid jid;            /* phone form */
  UlakJid lid;            /* LID form */
  UlakKeyPair phone;      /* identity of the account's phone */
  gint64 now_us;
} Side;

/* jid, lid: with device. Linked, with the pairing of a phone made up here. */
void side_set_up (Side *self, const char *jid, const char *lid, guint64 seed);
void side_clear (Side *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Side, side_clear)

UlakDatabase *side_open_database (void);
UlakSeal *side_make_seal (const char *master);
UlakJid jid_of (const char *text);
gint64 side_count (Side *self, const char *from_where);
void side_run (Side *self, const char *sql);

/* The other side as this one knows it: by LID, or by phone number. */
UlakPeerDevice side_know (Side *self, const Side *other);
UlakPeerDevice side_know_phone (Side *self, const Side *other);

/* A bundle of this side's keys; spans point into it. */
typedef struct
{
  UlakBundle bundle;
  UlakPreKey pre_key;
  UlakSignedPreKey signed_pre_key;
  guint8 identity[ULAK_CURVE_PUBLIC_BYTES];
} Keys;

void side_publish (Side *self, gboolean with_pre_key, Keys *keys_out);
UlakBundleOutcome side_meet_as (Side *self, const UlakPeerDevice *device, const UlakBundle *bundle);
void side_meet (Side *self, Side *other);

UlakCiphertext side_encrypt (Side *self, const UlakPeerDevice *to, const char *text);
UlakDecryption side_decrypt (Side *self, const UlakPeerDevice *from, const UlakCiphertext *ciphertext);
/* The outcome of a decryption whose text is thrown away. */
UlakDecryptOutcome side_try (Side *self, const UlakPeerDevice *from, const UlakCiphertext *ciphertext);
/* Encrypts on one side, decrypts on the other, compares. */
void side_tell (Side *self, Side *other, const char *text);

GBytes *flip_byte (GBytes *bytes, gsize position);
void assert_reads (const UlakDecryption *decryption, const char *text);
