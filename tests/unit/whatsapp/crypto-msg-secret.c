/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What refers to earlier messages, and the hash over a list of devices.
 */
#include "whatsapp/crypto/aead.h"
#include "whatsapp/crypto/digest.h"
#include "whatsapp/crypto/msg-secret.h"
#include "whatsapp/crypto/phash.h"

#include "core/error.h"

#include "unit/fakes/random.h"
#include "unit/whatsapp/crypto-vectors.h"

static void
check_sealed (const UlakMsgSecret *secret, JsonObject *row)
{
  UlakSpan nonce = vectors_hex (row, "enc_iv"), sealed = vectors_hex (row, "enc_payload");
  UlakSpan plain = vectors_hex (row, "plaintext");
  UlakMsgSecret other = *secret;
  g_autoptr (UlakRandom) random = vectors_random (&nonce, 1);
  g_autoptr (GBytes) own_nonce = NULL;
  g_autoptr (GBytes) own = ulak_msg_secret_seal (secret, random, plain, &own_nonce);
  g_autoptr (GBytes) opened = NULL;
  g_autoptr (GError) error = NULL;

  assert_spans_equal (ulak_span_of (own), sealed);
  assert_spans_equal (ulak_span_of (own_nonce), nonce);
  opened = ulak_msg_secret_open (secret, nonce, sealed, &error);
  g_assert_no_error (error);
  assert_spans_equal (ulak_span_of (opened), plain);

  for (gsize bit = 0; bit < 8 * sealed.size_bytes; bit++)
    assert_refused (ulak_msg_secret_open (secret, nonce, vectors_flip (sealed, bit), refusal), ULAK_ERROR_DAMAGED);
  assert_refused (ulak_msg_secret_open (secret, nonce, vectors_cut (sealed, 15), refusal), ULAK_ERROR_INVALID);
  assert_refused (ulak_msg_secret_open (secret, vectors_cut (nonce, 11), sealed, refusal), ULAK_ERROR_INVALID);
  other.sender = "905321112233@s.whatsapp.net";
  assert_refused (ulak_msg_secret_open (&other, nonce, sealed, refusal), ULAK_ERROR_DAMAGED);
  other = *secret;
  other.use = ULAK_MSG_SECRET_POLL_EDIT;
  assert_refused (ulak_msg_secret_open (&other, nonce, sealed, refusal), ULAK_ERROR_DAMAGED);
}

static void
check_options (JsonObject *row)
{
  JsonArray *options = json_object_get_array_member (row, "options"); /* empty when a vote is taken back */
  JsonArray *hashes = json_object_get_array_member (row, "selected_hashes");

  for (guint i = 0; i < json_array_get_length (options); i++)
    {
      guint8 digest[ULAK_SHA256_BYTES];

      ulak_sha256 (&ULAK_SPAN_TEXT (json_array_get_string_element (options, i)), 1, digest);
      assert_spans_equal (ULAK_SPAN_ARRAY (digest), vectors_decode (json_array_get_string_element (hashes, i)));
    }
}

static void
test_votes (void)
{
  JsonArray *rows = vectors_array (vectors_load ("msg-secret.json"), "poll_vote");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      UlakMsgSecret secret = {
        .use = ULAK_MSG_SECRET_POLL_VOTE,
        .secret = vectors_key (row, "message_secret"),
        .message_id = json_object_get_string_member (row, "poll_message_id"),
        .author = json_object_get_string_member (row, "poll_creator"),
        .sender = json_object_get_string_member (row, "voter"),
      };

      check_sealed (&secret, row);
      check_options (row);
    }
}

static void
test_responses (void)
{
  JsonArray *rows = vectors_array (vectors_load ("msg-secret.json"), "event_response");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      UlakMsgSecret secret = {
        .use = ULAK_MSG_SECRET_EVENT_RESPONSE,
        .secret = vectors_key (row, "message_secret"),
        .message_id = json_object_get_string_member (row, "event_message_id"),
        .author = json_object_get_string_member (row, "event_creator"),
        .sender = json_object_get_string_member (row, "responder"),
      };

      check_sealed (&secret, row);
    }
}

/* The vectors give the key alone: what we seal must open with it, and without associated data. */
static void
test_other_uses (void)
{
  JsonArray *rows = vectors_array (vectors_load ("msg-secret.json"), "enc_generic");
  g_autoptr (UlakFakeRandom) random = ulak_fake_random_new (9);

  g_assert_cmpuint (json_array_get_length (rows), ==, ULAK_N_MSG_SECRET_USES - ULAK_MSG_SECRET_REACTION);
  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      UlakKey key = vectors_key (row, "key");
      UlakMsgSecret secret = {
        .use = ULAK_MSG_SECRET_REACTION + i,
        .secret = vectors_key (row, "message_secret"),
        .message_id = json_object_get_string_member (row, "orig_message_id"),
        .author = json_object_get_string_member (row, "orig_sender"),
        .sender = json_object_get_string_member (row, "modification_sender"),
      };
      g_autoptr (GBytes) nonce = NULL;
      g_autoptr (GBytes) sealed = ulak_msg_secret_seal (&secret, ULAK_RANDOM (random), ULAK_SPAN_TEXT ("hello"), &nonce);
      g_autoptr (GBytes) plain = NULL;
      g_autoptr (GError) error = NULL;

      plain = ulak_aead_open (&key, ulak_span_of (nonce), ULAK_SPAN_NONE, ulak_span_of (sealed), &error);
      g_assert_no_error (error);
      assert_spans_equal (ulak_span_of (plain), ULAK_SPAN_TEXT ("hello"));
    }
}

static void
test_phash (void)
{
  JsonArray *rows = vectors_array (vectors_load ("phash.json"), "vectors");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      JsonArray *devices = json_object_get_array_member (row, "sorted_ad_strings");
      g_autoptr (GPtrArray) backwards = g_ptr_array_new ();
      g_autofree char *hash = NULL;

      for (guint j = json_array_get_length (devices); j > 0; j--)
        g_ptr_array_add (backwards, (gpointer) json_array_get_string_element (devices, j - 1));
      g_ptr_array_add (backwards, NULL);
      hash = ulak_phash ((const char *const *) backwards->pdata);
      g_assert_cmpstr (hash, ==, json_object_get_string_member (row, "phash"));
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/whatsapp/msg-secret/votes open and seal as the vectors say, and for their voter only", test_votes);
  g_test_add_func ("/whatsapp/msg-secret/responses open and seal as the vectors say", test_responses);
  g_test_add_func ("/whatsapp/msg-secret/the other uses have the keys of the vectors", test_other_uses);
  g_test_add_func ("/whatsapp/phash/devices hash as the vectors say, in any order", test_phash);
  return g_test_run ();
}
