/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/app-state.h"

#include "whatsapp/crypto/cbc.h"
#include "whatsapp/crypto/hkdf.h"

#include "core/error.h"

#include <openssl/crypto.h>

/* The least that a value can be: iv, one block, MAC. */
#define BLOB_MIN_BYTES (ULAK_CBC_BLOCK_BYTES + ULAK_CBC_BLOCK_BYTES + ULAK_APP_STATE_MAC_BYTES)

/* The bytes that stand for an operation in MACs, by UlakAppStateOperation. */
static const guint8 operation_bytes[] = { 0x01, 0x02 };

/**
 * ulak_app_state_keys_derive:
 * @key_data: from a key share of the phone
 *
 * Source: docs/protocol/crypto.md, "App state".
 */
void
ulak_app_state_keys_derive (UlakAppStateKeys *self, UlakSpan key_data)
{
  /* The struct is five keys in a row, in the order in which they are derived. */
  G_STATIC_ASSERT (sizeof *self == 5 * ULAK_KEY_BYTES);

  ulak_hkdf (key_data, ULAK_SPAN_NONE, ULAK_SPAN_TEXT ("WhatsApp Mutation Keys"), (guint8 *) self, sizeof *self);
}

void
ulak_app_state_keys_clear (UlakAppStateKeys *self)
{
  OPENSSL_cleanse (self, sizeof *self);
}

/**
 * ulak_app_state_index_mac:
 * @index: the JSON array as it stands in SyncActionData
 *
 * Whoever opened a value compares this with the MAC that the record was found by (ulak_span_equals()).
 */
void
ulak_app_state_index_mac (const UlakAppStateKeys *keys, UlakSpan index, guint8 mac_out[ULAK_APP_STATE_MAC_BYTES])
{
  ulak_hmac (ULAK_HMAC_SHA256, ULAK_SPAN_ARRAY (keys->index.bytes), &index, 1, mac_out);
}

/* The first half of an HMAC-SHA512 over operation, key id, iv and ciphertext, and the length of the first two. */
static void
value_mac (const UlakAppStateKeys *keys,
           UlakAppStateOperation operation,
           UlakSpan key_id,
           UlakSpan encrypted,
           guint8 mac_out[ULAK_APP_STATE_MAC_BYTES])
{
  guint64 length = GUINT64_TO_BE ((guint64) key_id.size_bytes + 1);
  const UlakSpan spans[] = {
    ULAK_SPAN (&operation_bytes[operation], 1),
    key_id,
    encrypted,
    ULAK_SPAN (&length, sizeof length),
  };
  guint8 mac[ULAK_SHA512_BYTES];

  ulak_hmac (ULAK_HMAC_SHA512, ULAK_SPAN_ARRAY (keys->value_mac.bytes), spans, G_N_ELEMENTS (spans), mac);
  memcpy (mac_out, mac, ULAK_APP_STATE_MAC_BYTES);
}

/**
 * ulak_app_state_seal_value:
 * @plain: serialized SyncActionData, at most ULAK_CBC_MAX_BYTES
 *
 * Returns: (transfer full): the content of value.blob
 */
GBytes *
ulak_app_state_seal_value (const UlakAppStateKeys *keys,
                           UlakAppStateOperation operation,
                           UlakSpan key_id,
                           UlakRandom *random,
                           UlakSpan plain)
{
  g_autoptr (GByteArray) ciphertext = NULL;
  g_autoptr (GByteArray) blob = g_byte_array_new ();
  guint8 iv[ULAK_CBC_BLOCK_BYTES], mac[ULAK_APP_STATE_MAC_BYTES];

  ulak_random_fill (random, iv, sizeof iv);
  ciphertext = ulak_cbc_encrypt (&keys->value, iv, plain);
  g_byte_array_append (blob, iv, sizeof iv);
  g_byte_array_append (blob, ciphertext->data, ciphertext->len);
  value_mac (keys, operation, key_id, ULAK_SPAN (blob->data, blob->len), mac);
  g_byte_array_append (blob, mac, sizeof mac);
  return g_byte_array_free_to_bytes (g_steal_pointer (&blob));
}

static gboolean
check_length (UlakSpan blob, GError **error)
{
  if (blob.size_bytes >= BLOB_MIN_BYTES)
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "An app-state value has at least %d bytes, not %" G_GSIZE_FORMAT,
               BLOB_MIN_BYTES, blob.size_bytes);
  return FALSE;
}

/**
 * ulak_app_state_open_value:
 * @blob: the content of value.blob
 *
 * Errors: ULAK_ERROR_INVALID for impossible lengths, ULAK_ERROR_DAMAGED when the MAC does not belong to these bytes, this
 * operation and this key.
 *
 * Returns: (transfer full): serialized SyncActionData, or NULL
 */
GBytes *
ulak_app_state_open_value (const UlakAppStateKeys *keys,
                           UlakAppStateOperation operation,
                           UlakSpan key_id,
                           UlakSpan blob,
                           GError **error)
{
  const guint8 *bytes = blob.bytes;
  gsize size_bytes = blob.size_bytes - ULAK_APP_STATE_MAC_BYTES;
  guint8 mac[ULAK_APP_STATE_MAC_BYTES];
  GByteArray *plain;

  if (!check_length (blob, error))
    return NULL;

  value_mac (keys, operation, key_id, ULAK_SPAN (bytes, size_bytes), mac);
  if (!ulak_span_equals (ULAK_SPAN_ARRAY (mac), ULAK_SPAN (bytes + size_bytes, ULAK_APP_STATE_MAC_BYTES)))
    {
      g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_DAMAGED, "An app-state value is not genuine: its MAC is wrong");
      return NULL;
    }

  plain = ulak_cbc_decrypt (&keys->value, bytes,
                            ULAK_SPAN (bytes + ULAK_CBC_BLOCK_BYTES, size_bytes - ULAK_CBC_BLOCK_BYTES), error);
  return plain != NULL ? g_byte_array_free_to_bytes (plain) : NULL;
}

/**
 * ulak_app_state_get_value_mac:
 *
 * Reads the MAC, which is what the sum of a collection is made of. It is checked by ulak_app_state_open_value() only.
 *
 * Errors: ULAK_ERROR_INVALID when @blob is too short to have one.
 */
gboolean
ulak_app_state_get_value_mac (UlakSpan blob, guint8 mac_out[ULAK_APP_STATE_MAC_BYTES], GError **error)
{
  if (!check_length (blob, error))
    return FALSE;
  memcpy (mac_out, (const guint8 *) blob.bytes + blob.size_bytes - ULAK_APP_STATE_MAC_BYTES, ULAK_APP_STATE_MAC_BYTES);
  return TRUE;
}

/**
 * ulak_app_state_snapshot_mac:
 * @hash: the sum after the change
 * @version: the version after the change
 */
void
ulak_app_state_snapshot_mac (const UlakAppStateKeys *keys,
                             const UlakLtHash *hash,
                             guint64 version,
                             const char *collection,
                             guint8 mac_out[ULAK_APP_STATE_MAC_BYTES])
{
  guint64 number = GUINT64_TO_BE (version);
  const UlakSpan spans[] = {
    ULAK_SPAN_ARRAY (hash->bytes),
    ULAK_SPAN (&number, sizeof number),
    ULAK_SPAN_TEXT (collection),
  };

  ulak_hmac (ULAK_HMAC_SHA256, ULAK_SPAN_ARRAY (keys->snapshot_mac.bytes), spans, G_N_ELEMENTS (spans), mac_out);
}

/**
 * ulak_app_state_patch_mac:
 * @snapshot_mac: the one in the patch
 * @value_macs: those of all its records, in order and in a row
 * @version: the version after the patch
 */
void
ulak_app_state_patch_mac (const UlakAppStateKeys *keys,
                          UlakSpan snapshot_mac,
                          UlakSpan value_macs,
                          guint64 version,
                          const char *collection,
                          guint8 mac_out[ULAK_APP_STATE_MAC_BYTES])
{
  guint64 number = GUINT64_TO_BE (version);
  const UlakSpan spans[] = { snapshot_mac, value_macs, ULAK_SPAN (&number, sizeof number), ULAK_SPAN_TEXT (collection) };

  ulak_hmac (ULAK_HMAC_SHA256, ULAK_SPAN_ARRAY (keys->patch_mac.bytes), spans, G_N_ELEMENTS (spans), mac_out);
}
