/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Passkey: accounts that have one prove it before a device is linked.
 *
 * The server sends a WebAuthn challenge, which only a browser or a security key of the account's owner can answer. What it
 * answers is brought here; then a short code is compared with the phone's, and the phone gets our keys sealed.
 * Source: docs/protocol/pairing.md, "Accounts with a passkey".
 */
#include "whatsapp/link/link-private.h"

#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "whatsapp/codec/protobufs.h"
#include "whatsapp/crypto/aead.h"
#include "whatsapp/crypto/digest.h"
#include "whatsapp/crypto/hkdf.h"
#include "whatsapp/link/passkey-assertion.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define HANDOFF_INFO "shortcake-passkey-handoff-v1"
#define REQUEST_INFO "Pairing Information Encryption Key"
#define HANDOFF_US (5 * 60 * G_USEC_PER_SEC)
#define REF_BYTES_MAX 1024
#define DEVICE_TYPE WA__DEVICE_PROPS__PLATFORM_TYPE__CHROME /* as in the payload of registration */

static const UlakJsonLimits json_limits = { .max_bytes = ULAK_PASSKEY_JSON_MAX, .max_depth = 16, .max_elements = 1000 };

void
ulak_link_clear_passkey (UlakLink *self)
{
  UlakLinkPasskey *passkey = &self->passkey;

  ulak_key_clear (&passkey->handoff_key);
  ulak_key_pair_clear (&passkey->ephemeral);
  ulak_key_clear (&passkey->request_key);
  g_free (passkey->ref);
  *passkey = (UlakLinkPasskey){ 0 };
}

/* -- The challenge -- */

static void
show_challenge (UlakLink *self, const char *options)
{
  const UlakLinkState state = { .phase = ULAK_LINK_PASSKEY, .text = options };

  ulak_link_report (self, &state);
}

static char *
read_options (const UlakNode *node)
{
  const UlakNode *options = ulak_node_get_child (node, "passkey_request_options");
  g_autofree char *text = options == NULL ? NULL : ulak_node_dup_text (options);
  g_autoptr (JsonObject) json = NULL;

  if (text == NULL || strlen (text) > ULAK_PASSKEY_JSON_MAX)
    return NULL;
  json = ulak_json_parse_object (text, strlen (text), &json_limits, NULL);
  return json != NULL ? g_steal_pointer (&text) : NULL;
}

typedef struct
{
  UlakLinkAsk *ask;
  char *options;
} Challenge;

static void
secret_stored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Challenge *challenge = user_data;
  g_autoptr (UlakLinkAsk) ask = challenge->ask;
  g_autofree char *options = challenge->options;
  UlakLink *self = ask->link;
  g_auto (UlakAccountState) state = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean is_stored = ulak_account_change_finish (ULAK_STORE (source), result, &state, &error);

  g_free (challenge);
  if (!ulak_link_ask_is_current (ask))
    return;
  if (!is_stored)
    {
      ulak_link_fail_pairing (self, error->message);
      return;
    }
  ulak_link_take_credentials (self, &state);
  show_challenge (self, options);
}

/* The secret of the QR proves later that it is the same attempt; from now on another one is used. */
static void
begin_challenge (UlakLink *self, const char *options)
{
  const UlakKey *old = ulak_credentials_get_adv_secret (self->credentials);
  UlakAccountChange *change = ulak_account_change_new ();
  Challenge *challenge = g_new0 (Challenge, 1);

  ulak_link_clear_passkey (self);
  self->passkey.is_asked = TRUE;
  ulak_hkdf (ULAK_SPAN_ARRAY (old->bytes), ULAK_SPAN_NONE, ULAK_SPAN_TEXT (HANDOFF_INFO), self->passkey.handoff_key.bytes,
             sizeof self->passkey.handoff_key.bytes);
  self->passkey.handoff_until_us = ulak_clock_get_monotonic_us (self->clock) + HANDOFF_US;
  challenge->ask = ulak_link_ask_new (self);
  challenge->options = g_strdup (options);
  change->adv_secret = g_new0 (UlakKey, 1);
  ulak_random_fill (self->random, change->adv_secret->bytes, sizeof change->adv_secret->bytes);
  ulak_link_change (self, change, secret_stored_cb, challenge);
}

static void
options_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakLink *self = ULAK_LINK (source);
  g_autoptr (UlakLinkAsk) ask = user_data;
  g_autoptr (UlakNode) answer = ulak_link_query_finish (self, result, NULL, NULL);
  g_autofree char *options = answer == NULL ? NULL : read_options (answer);

  if (!ulak_link_ask_is_current (ask))
    return;
  if (options != NULL)
    begin_challenge (self, options);
  else
    ulak_link_fail_pairing (self, "WhatsApp asks for the account's passkey and does not say how");
}

static UlakNodeBuilder *
begin_query (UlakLink *self, const char *type, const char *tag)
{
  UlakNodeBuilder *builder = ulak_link_begin_query (self, type, "md", NULL);

  ulak_node_builder_open (builder, tag);
  return builder;
}

void
ulak_link_take_passkey_request (UlakLink *self, UlakNode *notification)
{
  g_autofree char *options = read_options (notification);

  if (!ulak_link_is_pairing (self))
    return;
  if (options != NULL)
    begin_challenge (self, options);
  else
    ulak_link_query_async (self, begin_query (self, "get", "passkey_request_options"), ULAK_LINK_QUERY_MS, NULL, options_cb,
                           ulak_link_ask_new (self));
}

/* -- The assertion -- */

/* Who we are for this attempt, and a promise of the nonce that is shown later. */
static GBytes *
make_prologue (UlakLink *self)
{
  Wa__CompanionEphemeralIdentity identity = WA__COMPANION_EPHEMERAL_IDENTITY__INIT;
  Wa__CompanionCommitment commitment = WA__COMPANION_COMMITMENT__INIT;
  Wa__ProloguePayload payload = WA__PROLOGUE_PAYLOAD__INIT;
  g_autoptr (GBytes) packed = NULL;
  guint8 hash[ULAK_SHA256_BYTES];
  UlakSpan spans[2];

  identity.has_public_key = identity.has_device_type = TRUE;
  identity.public_key = (ProtobufCBinaryData){ sizeof self->passkey.ephemeral.public_key, self->passkey.ephemeral.public_key };
  identity.device_type = DEVICE_TYPE;
  identity.ref = self->passkey.ref;
  packed = ulak_protobuf_pack (&identity);
  spans[0] = ulak_span_of (packed);
  spans[1] = ULAK_SPAN_ARRAY (self->passkey.nonce);
  ulak_sha256 (spans, G_N_ELEMENTS (spans), hash);
  commitment.has_hash = payload.has_companion_ephemeral_identity = TRUE;
  commitment.hash = (ProtobufCBinaryData){ sizeof hash, hash };
  payload.companion_ephemeral_identity = (ProtobufCBinaryData){ spans[0].size_bytes, (guint8 *) spans[0].bytes };
  payload.commitment = &commitment;
  return ulak_protobuf_pack (&payload);
}

static void
add_bytes (UlakNodeBuilder *builder, const char *tag, UlakSpan bytes)
{
  ulak_node_builder_open (builder, tag);
  ulak_node_builder_set_bytes (builder, bytes.bytes, bytes.size_bytes);
  ulak_node_builder_close (builder);
}

static void
return_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakLink *self = ULAK_LINK (source);
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) answer = ulak_link_query_finish (self, result, NULL, &error);

  if (answer == NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_boolean (task, TRUE);
}

static void
send_prologue (UlakLink *self, GTask *task)
{
  UlakPasskeyAssertion *answer = g_task_get_task_data (task);
  UlakNodeBuilder *builder = begin_query (self, "set", "passkey_prologue");
  g_autoptr (GBytes) prologue = make_prologue (self);
  UlakSpan payload = ulak_span_of (prologue);

  add_bytes (builder, "credential_id", ulak_span_of (answer->credential_id));
  add_bytes (builder, "webauthn_assertion", ULAK_SPAN_TEXT (answer->text));
  add_bytes (builder, "prologue_payload", payload);
  self->passkey.skips_confirmation = ulak_clock_get_monotonic_us (self->clock) < self->passkey.handoff_until_us;
  if (self->passkey.skips_confirmation)
    {
      guint8 proof[ULAK_SHA256_BYTES];

      ulak_hmac (ULAK_HMAC_SHA256, ULAK_SPAN_ARRAY (self->passkey.handoff_key.bytes), &payload, 1, proof);
      add_bytes (builder, "pairing_handoff_proof", ULAK_SPAN_ARRAY (proof));
    }
  ulak_link_query_async (self, builder, ULAK_LINK_QUERY_MS, NULL, return_done, g_object_ref (task));
}

static void
ref_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakLink *self = ULAK_LINK (source);
  g_autoptr (GTask) task = user_data;
  UlakPasskeyAssertion *pending = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) answer = ulak_link_query_finish (self, result, NULL, &error);
  const UlakNode *ref = answer == NULL ? NULL : ulak_node_read_child (answer, "ref", &error);
  gsize size_bytes;

  if (ref == NULL || ulak_node_read_bytes (ref, 1, REF_BYTES_MAX, &size_bytes, &error) == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  if (pending->epoch != self->epoch || !self->passkey.is_asked)
    {
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "The attempt to link ended meanwhile");
      return;
    }
  g_free (self->passkey.ref);
  self->passkey.ref = ulak_node_dup_text (ref);
  if (self->passkey.ref == NULL)
    {
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_REMOTE, "WhatsApp's answer names no pairing");
      return;
    }
  ulak_key_pair_generate (&self->passkey.ephemeral, self->random);
  ulak_random_fill (self->random, self->passkey.nonce, sizeof self->passkey.nonce);
  send_prologue (self, task);
}

static gboolean
check_phase (UlakLink *self, gboolean is_ready, GError **error)
{
  if (self->phase == ULAK_LINK_PASSKEY && is_ready)
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "WhatsApp does not ask for this now");
  return FALSE;
}

void
ulak_link_answer_passkey_async (UlakLink *self, const char *assertion, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autoptr (GError) error = NULL;
  UlakPasskeyAssertion *answer;

  g_task_set_source_tag (task, ulak_link_answer_passkey_async);
  answer = check_phase (self, self->passkey.is_asked, &error) ? ulak_passkey_assertion_parse (assertion, &error) : NULL;
  if (answer == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  answer->epoch = self->epoch;
  g_task_set_task_data (task, answer, ulak_passkey_assertion_free);
  ulak_link_query_async (self, begin_query (self, "get", "ref"), ULAK_LINK_QUERY_MS, NULL, ref_cb, g_object_ref (task));
}

gboolean
ulak_link_answer_passkey_finish (UlakLink *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* -- The comparison -- */

/* Five bytes as a link code shows them. */
static void
make_code (UlakLink *self, UlakSpan phone_key, const guint8 *phone_nonce, UlakLinkCode *code_out)
{
  static const char letters[] = "123456789ABCDEFGHJKLMNPQRSTVWXYZ";
  const UlakSpan spans[] = { ULAK_SPAN_ARRAY (self->passkey.nonce), phone_key };
  guint8 digest[ULAK_SHA256_BYTES];
  guint64 bits = 0;

  ulak_sha256 (spans, G_N_ELEMENTS (spans), digest);
  for (guint i = 0; i < 5; i++)
    bits = bits << 8 | (guint8) (digest[i] ^ phone_nonce[i]);
  for (guint i = 0; i < ULAK_LINK_CODE_LETTERS; i++)
    code_out->letters[i] = letters[bits >> (35 - 5 * i) & 31];
  code_out->letters[ULAK_LINK_CODE_LETTERS] = '\0';
}

static gboolean
derive_request_key (UlakLink *self, UlakSpan phone_key, GError **error)
{
  g_autofree char *salt = g_strdup_printf ("Companion Pairing %d with ref %s", DEVICE_TYPE, self->passkey.ref);
  g_auto (UlakKey) shared = { 0 };

  if (!ulak_curve_agree (&self->passkey.ephemeral.private_key, phone_key, &shared, error))
    return FALSE;
  ulak_hkdf (ULAK_SPAN_ARRAY (shared.bytes), ULAK_SPAN_TEXT (salt), ULAK_SPAN_TEXT (REQUEST_INFO), self->passkey.request_key.bytes,
             sizeof self->passkey.request_key.bytes);
  self->passkey.has_request_key = TRUE;
  return TRUE;
}

typedef struct
{
  UlakLinkAsk *ask;
  UlakLinkCode code;
} Comparison;

static void
nonce_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakLink *self = ULAK_LINK (source);
  g_autofree Comparison *comparison = user_data;
  g_autoptr (UlakLinkAsk) ask = comparison->ask;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) answer = ulak_link_query_finish (self, result, NULL, &error);
  g_autofree char *text = ulak_link_code_display (&comparison->code);
  const UlakLinkState state = {
    .phase = ULAK_LINK_PASSKEY,
    .text = text,
    .needs_confirmation = TRUE,
    .may_skip_confirmation = self->passkey.skips_confirmation,
  };

  if (!ulak_link_ask_is_current (ask))
    return;
  if (answer == NULL)
    ulak_link_fail_pairing (self, error->message);
  else
    ulak_link_report (self, &state);
}

static void
continue_with (UlakLink *self, const Wa__PrimaryEphemeralIdentity *phone)
{
  UlakSpan key = ULAK_SPAN (phone->public_key.data, phone->public_key.len);
  g_autoptr (GError) error = NULL;
  UlakNodeBuilder *builder;
  Comparison *comparison;

  if (!derive_request_key (self, key, &error))
    {
      ulak_link_fail_pairing (self, error->message);
      return;
    }
  comparison = g_new0 (Comparison, 1);
  comparison->ask = ulak_link_ask_new (self);
  make_code (self, key, phone->nonce.data, &comparison->code);
  builder = begin_query (self, "set", "companion_nonce");
  ulak_node_builder_set_bytes (builder, self->passkey.nonce, sizeof self->passkey.nonce);
  ulak_link_query_async (self, builder, ULAK_LINK_QUERY_MS, NULL, nonce_cb, comparison);
}

void
ulak_link_take_passkey_continuation (UlakLink *self, UlakNode *notification)
{
  const UlakNode *node = ulak_node_get_child (notification, "primary_ephemeral_identity");
  Wa__PrimaryEphemeralIdentity *phone = NULL;
  gsize size_bytes;
  const guint8 *bytes = node == NULL ? NULL : ulak_node_read_bytes (node, 1, REF_BYTES_MAX, &size_bytes, NULL);

  if (self->passkey.ref == NULL || self->passkey.has_request_key || !ulak_link_is_pairing (self))
    {
      ulak_log_warning (NULL, NULL, "The phone goes on with a passkey that nobody was asked for");
      return;
    }
  if (bytes != NULL)
    phone = ulak_protobuf_unpack (&wa__primary_ephemeral_identity__descriptor, bytes, size_bytes, NULL);
  if (phone != NULL && phone->has_public_key && phone->public_key.len == ULAK_CURVE_PUBLIC_BYTES && phone->has_nonce
      && phone->nonce.len == sizeof self->passkey.nonce)
    continue_with (self, phone);
  else
    ulak_link_fail_pairing (self, "What the phone said after the passkey cannot be read");
  g_clear_pointer (&phone, ulak_protobuf_free);
}

/* -- Our keys, sealed for the phone -- */

static GBytes *
pack_request (UlakLink *self)
{
  Wa__PairingRequest request = WA__PAIRING_REQUEST__INIT;
  const UlakKeyPair *noise = ulak_credentials_get_noise (self->credentials);
  const UlakKeyPair *identity = ulak_credentials_get_identity (self->credentials);
  const UlakKey *secret = ulak_credentials_get_adv_secret (self->credentials);

  request.has_companion_public_key = request.has_companion_identity_key = request.has_adv_secret = TRUE;
  request.companion_public_key = (ProtobufCBinaryData){ sizeof noise->public_key, (guint8 *) noise->public_key };
  request.companion_identity_key = (ProtobufCBinaryData){ sizeof identity->public_key, (guint8 *) identity->public_key };
  request.adv_secret = (ProtobufCBinaryData){ sizeof secret->bytes, (guint8 *) secret->bytes };
  return ulak_protobuf_pack (&request);
}

static GBytes *
seal_request (UlakLink *self)
{
  Wa__EncryptedPairingRequest sealed = WA__ENCRYPTED_PAIRING_REQUEST__INIT;
  g_autoptr (GBytes) request = pack_request (self), cipher = NULL;
  guint8 nonce[ULAK_AEAD_NONCE_BYTES];
  UlakSpan bytes;

  ulak_random_fill (self->random, nonce, sizeof nonce);
  cipher = ulak_aead_seal (&self->passkey.request_key, nonce, ULAK_SPAN_NONE, ulak_span_of (request));
  bytes = ulak_span_of (cipher);
  sealed.has_encrypted_payload = sealed.has_iv = TRUE;
  sealed.encrypted_payload = (ProtobufCBinaryData){ bytes.size_bytes, (guint8 *) bytes.bytes };
  sealed.iv = (ProtobufCBinaryData){ sizeof nonce, nonce };
  return ulak_protobuf_pack (&sealed);
}

void
ulak_link_confirm_passkey_async (UlakLink *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) request = NULL;
  UlakNodeBuilder *builder;

  g_task_set_source_tag (task, ulak_link_confirm_passkey_async);
  if (!check_phase (self, self->passkey.has_request_key, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      g_object_unref (task);
      return;
    }
  request = seal_request (self);
  builder = begin_query (self, "set", "encrypted_pairing_request");
  ulak_node_builder_set_bytes (builder, g_bytes_get_data (request, NULL), g_bytes_get_size (request));
  ulak_link_query_async (self, builder, ULAK_LINK_QUERY_MS, NULL, return_done, task);
}

gboolean
ulak_link_confirm_passkey_finish (UlakLink *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
