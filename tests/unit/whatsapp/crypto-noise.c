/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The handshake against recorded transcripts, the certificate chain against forged ones, and both against changed bytes.
 */
#include "whatsapp/crypto/noise.h"

#include "core/error.h"

#include "unit/whatsapp/crypto-vectors.h"

#define NOW_S G_GUINT64_CONSTANT (1790000000)

/* ServerHello in its three fields. */
typedef struct
{
  UlakSpan ephemeral;
  UlakSpan encrypted_static;
  UlakSpan encrypted_payload;
} Hello;

static Hello
read_hello (JsonObject *transcript)
{
  UlakSpan hello = vectors_field (vectors_hex (transcript, "server_hello_proto"), 3);

  return (Hello){ vectors_field (hello, 1), vectors_field (hello, 2), vectors_field (hello, 3) };
}

static GBytes *
read_server (UlakNoise *noise, Hello hello, GError **error)
{
  return ulak_noise_read_server_hello (noise, hello.ephemeral, hello.encrypted_static, hello.encrypted_payload, error);
}

static UlakCertificate
read_certificate (UlakSpan chain, guint number)
{
  UlakSpan certificate = vectors_field (chain, number), details = vectors_field (certificate, 1);

  return (UlakCertificate){
    .details = details,
    .signature = vectors_field (certificate, 2),
    .key = vectors_field (details, 3),
    .serial = (guint32) vectors_number (details, 1),
    .issuer_serial = (guint32) vectors_number (details, 2),
    .not_before_s = vectors_number (details, 4),
    .not_after_s = vectors_number (details, 5),
  };
}

static UlakNoise *
start (JsonObject *transcript)
{
  JsonObject *keys = json_object_get_object_member (transcript, "keys");
  UlakKeyPair ephemeral = vectors_pair (keys, "client_ephemeral"), own = vectors_pair (keys, "client_static");
  const UlakSpan script = ULAK_SPAN_ARRAY (ephemeral.private_key.bytes);
  g_autoptr (UlakRandom) random = vectors_random (&script, 1);
  UlakNoise *noise = ulak_noise_new (&own, vectors_hex (transcript, "prologue"), random);

  g_assert_true (vectors_random_is_used_up (random));
  assert_spans_equal (ulak_noise_get_ephemeral (noise), ULAK_SPAN_ARRAY (ephemeral.public_key));
  return noise;
}

static UlakSpan
root_key (JsonObject *transcript)
{
  JsonObject *keys = json_object_get_object_member (transcript, "keys");

  return vectors_hex (json_object_get_object_member (keys, "test_root"), "public");
}

static gboolean
accept (UlakNoise *noise, JsonObject *transcript, GError **error)
{
  UlakSpan chain = vectors_hex (transcript, "cert_chain");
  UlakCertificate leaf = read_certificate (chain, 1), intermediate = read_certificate (chain, 2);

  return ulak_noise_accept_certificate (noise, &leaf, &intermediate, root_key (transcript), NOW_S, error);
}

static void
check_frames (JsonObject *transcript, UlakNoiseResult *result)
{
  JsonArray *frames = vectors_array (transcript, "frames");

  for (guint i = 0; i < json_array_get_length (frames); i++)
    {
      JsonObject *row = json_array_get_object_element (frames, i);
      UlakSpan plain = vectors_hex (row, "plaintext"), frame = vectors_hex (row, "frame");
      UlakSpan sealed = ULAK_SPAN ((const guint8 *) frame.bytes + 3, frame.size_bytes - 3); /* behind its length */
      g_autoptr (GByteArray) out = g_byte_array_new ();
      g_autoptr (GError) error = NULL;

      if (g_str_equal (json_object_get_string_member (row, "dir"), "client_to_server"))
        {
          g_assert_true (ulak_counter_cipher_seal (result->seals, ULAK_SPAN_NONE, plain, out, &error));
          assert_spans_equal (ULAK_SPAN (out->data, out->len), sealed);
        }
      else
        {
          g_assert_true (ulak_counter_cipher_open (result->opens, ULAK_SPAN_NONE, sealed, out, &error));
          assert_spans_equal (ULAK_SPAN (out->data, out->len), plain);
        }
      g_assert_no_error (error);
    }
}

static void
test_transcripts (void)
{
  JsonArray *transcripts = vectors_array (vectors_load ("noise.json"), "transcripts");

  for (guint i = 0; i < json_array_get_length (transcripts); i++)
    {
      JsonObject *row = json_array_get_object_element (transcripts, i);
      Hello hello = read_hello (row);
      g_autoptr (UlakNoise) noise = start (row);
      g_auto (UlakNoiseResult) result = { 0 };
      g_autoptr (GBytes) chain = NULL;
      g_autoptr (GError) error = NULL;

      chain = read_server (noise, hello, &error);
      g_assert_no_error (error);
      assert_spans_equal (ulak_span_of (chain), vectors_hex (row, "cert_chain"));
      g_assert_true (accept (noise, row, &error));
      g_assert_no_error (error);
      g_assert_true (ulak_noise_finish (noise, vectors_hex (row, "client_payload_plain"), &result, &error));
      g_assert_no_error (error);
      assert_spans_equal (ulak_span_of (result.encrypted_static), vectors_hex (row, "encrypted_client_static"));
      assert_spans_equal (ulak_span_of (result.encrypted_payload), vectors_hex (row, "encrypted_client_payload"));
      check_frames (row, &result);
    }
}

static void
refuse_hello (JsonObject *transcript, Hello hello, int code)
{
  g_autoptr (UlakNoise) noise = start (transcript);
  g_auto (UlakNoiseResult) result = { 0 };

  assert_refused (read_server (noise, hello, refusal), code);
  assert_refused (accept (noise, transcript, refusal), ULAK_ERROR_WRONG_STATE);
  assert_refused (ulak_noise_finish (noise, ULAK_SPAN_NONE, &result, refusal), ULAK_ERROR_WRONG_STATE);
}

static void
test_changed_hello (void)
{
  JsonObject *row = json_array_get_object_element (vectors_array (vectors_load ("noise.json"), "transcripts"), 0);
  const Hello good = read_hello (row);
  Hello hello = good;

  /* bit 255 of a point is not part of it (RFC 7748), but it is part of the hash */
  for (gsize bit = 0; bit < 256; bit += 5, hello = good)
    {
      hello.ephemeral = vectors_flip (good.ephemeral, bit);
      refuse_hello (row, hello, ULAK_ERROR_DAMAGED);
    }
  for (gsize bit = 0; bit < 8 * good.encrypted_static.size_bytes; bit += 7, hello = good)
    {
      hello.encrypted_static = vectors_flip (good.encrypted_static, bit);
      refuse_hello (row, hello, ULAK_ERROR_DAMAGED);
    }
  for (gsize bit = 0; bit < 8 * good.encrypted_payload.size_bytes; bit += 31, hello = good)
    {
      hello.encrypted_payload = vectors_flip (good.encrypted_payload, bit);
      refuse_hello (row, hello, ULAK_ERROR_DAMAGED);
    }
}

static void
test_short_hello (void)
{
  JsonObject *row = json_array_get_object_element (vectors_array (vectors_load ("noise.json"), "transcripts"), 0);
  const Hello good = read_hello (row);
  UlakSpan zero = vectors_decode ("0000000000000000000000000000000000000000000000000000000000000000");
  const struct
  {
    Hello hello;
    int code;
  } rows[] = {
    { { ULAK_SPAN_NONE, ULAK_SPAN_NONE, ULAK_SPAN_NONE }, ULAK_ERROR_INVALID },
    { { vectors_cut (good.ephemeral, 31), good.encrypted_static, good.encrypted_payload }, ULAK_ERROR_INVALID },
    { { zero, good.encrypted_static, good.encrypted_payload }, ULAK_ERROR_INVALID },
    { { good.ephemeral, ULAK_SPAN_NONE, good.encrypted_payload }, ULAK_ERROR_INVALID },
    { { good.ephemeral, vectors_cut (good.encrypted_static, 15), good.encrypted_payload }, ULAK_ERROR_INVALID },
    { { good.ephemeral, vectors_cut (good.encrypted_static, 47), good.encrypted_payload }, ULAK_ERROR_DAMAGED },
    { { good.ephemeral, good.encrypted_static, ULAK_SPAN_NONE }, ULAK_ERROR_INVALID },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    refuse_hello (row, rows[i].hello, rows[i].code);
}

static void
test_order (void)
{
  JsonObject *row = json_array_get_object_element (vectors_array (vectors_load ("noise.json"), "transcripts"), 0);
  Hello hello = read_hello (row);
  g_autoptr (UlakNoise) uncertified = start (row);
  g_autoptr (UlakNoise) impatient = start (row);
  g_autoptr (GBytes) chain = NULL;
  g_auto (UlakNoiseResult) result = { 0 };

  chain = read_server (uncertified, hello, NULL);
  g_assert_nonnull (chain);
  assert_refused (ulak_noise_finish (uncertified, ULAK_SPAN_NONE, &result, refusal), ULAK_ERROR_WRONG_STATE);
  assert_refused (accept (uncertified, row, refusal), ULAK_ERROR_WRONG_STATE);

  assert_refused (accept (impatient, row, refusal), ULAK_ERROR_WRONG_STATE);
  assert_refused (read_server (impatient, hello, refusal), ULAK_ERROR_WRONG_STATE);
  g_assert_null (result.seals);
}

static void
test_certificates (void)
{
  JsonObject *vectors = vectors_load ("noise.json");
  JsonArray *rows = vectors_array (vectors, "cert_cases");
  UlakSpan root = root_key (json_array_get_object_element (vectors_array (vectors, "transcripts"), 0));

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      UlakSpan chain = vectors_hex (row, "cert_chain"), server_static = vectors_hex (row, "server_static");
      UlakCertificate leaf = read_certificate (chain, 1), intermediate = read_certificate (chain, 2);
      guint64 now_s = (guint64) json_object_get_int_member (row, "now");
      g_autoptr (GError) error = NULL;

      if (json_object_get_boolean_member (row, "valid"))
        {
          g_assert_true (ulak_certificate_check_chain (&leaf, &intermediate, root, server_static, now_s, &error));
          g_assert_no_error (error);
          continue;
        }
      g_assert_false (ulak_certificate_check_chain (&leaf, &intermediate, root, server_static, now_s, &error));
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_DAMAGED);
      g_assert_nonnull (strstr (error->message, json_object_get_string_member (row, "reason")));
    }
}

static void
test_changed_certificates (void)
{
  JsonObject *vectors = vectors_load ("noise.json");
  JsonObject *row = json_array_get_object_element (vectors_array (vectors, "cert_cases"), 0);
  UlakSpan root = root_key (json_array_get_object_element (vectors_array (vectors, "transcripts"), 0));
  UlakSpan chain = vectors_hex (row, "cert_chain"), server_static = vectors_hex (row, "server_static");
  const UlakCertificate leaf = read_certificate (chain, 1), intermediate = read_certificate (chain, 2);

#define REFUSED(changed_leaf, changed_intermediate, root_, static_, now_s) \
  assert_refused (ulak_certificate_check_chain (&changed_leaf, &changed_intermediate, root_, static_, now_s, refusal), \
                  ULAK_ERROR_DAMAGED)
  REFUSED (leaf, intermediate, vectors_flip (root, 3), server_static, NOW_S);
  REFUSED (leaf, intermediate, vectors_cut (root, 31), server_static, NOW_S);
  REFUSED (leaf, intermediate, root, vectors_flip (server_static, 0), NOW_S);
  REFUSED (leaf, intermediate, root, vectors_cut (server_static, 31), NOW_S);
  REFUSED (leaf, intermediate, root, server_static, leaf.not_before_s - 1);
  REFUSED (leaf, intermediate, root, server_static, leaf.not_after_s + 1);
  REFUSED (intermediate, leaf, root, server_static, NOW_S);

  for (gsize i = 0; i < 6; i++)
    {
      UlakCertificate changed = i % 2 ? leaf : intermediate;
      UlakSpan *const fields[] = { &changed.details, &changed.signature, &changed.key }, *field = fields[i / 2];
      UlakSpan whole = *field;

      *field = vectors_flip (whole, 77);
      if (i % 2)
        REFUSED (changed, intermediate, root, server_static, NOW_S);
      else
        REFUSED (leaf, changed, root, server_static, NOW_S);
      *field = vectors_cut (whole, whole.size_bytes - 1);
      if (i % 2)
        REFUSED (changed, intermediate, root, server_static, NOW_S);
      else
        REFUSED (leaf, changed, root, server_static, NOW_S);
      *field = ULAK_SPAN_NONE;
      if (i % 2)
        REFUSED (changed, intermediate, root, server_static, NOW_S);
      else
        REFUSED (leaf, changed, root, server_static, NOW_S);
    }
#undef REFUSED
}

static void
test_root_key (void)
{
  JsonObject *vectors = vectors_load ("noise.json");

  assert_spans_equal (vectors_decode (ULAK_CERTIFICATE_ROOT_KEY), vectors_hex (vectors, "production_root_public"));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/whatsapp/noise/the handshake gives the bytes and the frames of the transcripts", test_transcripts);
  g_test_add_func ("/whatsapp/noise/a changed answer ends the handshake", test_changed_hello);
  g_test_add_func ("/whatsapp/noise/an answer cut short or with a weak key ends the handshake", test_short_hello);
  g_test_add_func ("/whatsapp/noise/nothing is finished before the certificate was accepted", test_order);
  g_test_add_func ("/whatsapp/noise/each forged chain is refused with its reason", test_certificates);
  g_test_add_func ("/whatsapp/noise/each field of a chain counts", test_changed_certificates);
  g_test_add_func ("/whatsapp/noise/the built-in root key is WhatsApp's", test_root_key);
  return g_test_run ();
}
