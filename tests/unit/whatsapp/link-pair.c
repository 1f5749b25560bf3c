/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Pairing with a phone that the test plays: by QR, by code, with a passkey, and every way in which it fails.
 */
#include "unit/whatsapp/link-fixture.h"

#include "whatsapp/codec/protobufs.h"
#include "whatsapp/crypto/adv.h"
#include "whatsapp/crypto/aead.h"
#include "whatsapp/crypto/digest.h"
#include "whatsapp/crypto/hkdf.h"
#include "whatsapp/crypto/link-code.h"
#include "whatsapp/link/stanzas.h"

#include <string.h>

#define N_REFS 6

/* -- The phone -- */

typedef enum
{
  PHONE_HONEST,
  PHONE_WRONG_MAC,
  PHONE_WRONG_SIGNATURE,
  PHONE_OTHER_DEVICE, /* signs another device's key */
  PHONE_NO_KEY,
  PHONE_SAYS_NOTHING, /* no device-identity at all */
  PHONE_NO_ADDRESS,
  PHONE_HOSTED,
} Manner;

static GBytes *
pack_statement (Fixture *self, Manner manner, const guint8 *device_key)
{
  Wa__ADVDeviceIdentity details = WA__ADVDEVICE_IDENTITY__INIT;
  Wa__ADVSignedDeviceIdentity identity = WA__ADVSIGNED_DEVICE_IDENTITY__INIT;
  g_autoptr (UlakRandom) random = ulak_random_system_new ();
  const guint8 *signed_key = manner == PHONE_OTHER_DEVICE ? self->phone.public_key : device_key;
  const guint8 prefix[] = { 6, manner == PHONE_HOSTED ? 5 : 0 };
  guint8 signature[ULAK_CURVE_SIGNATURE_BYTES];
  g_autoptr (GBytes) packed = NULL;
  gsize size_bytes;
  const void *bytes;

  details.has_raw_id = details.has_timestamp = details.has_key_index = TRUE;
  details.raw_id = 42;
  details.timestamp = 1764059400;
  details.key_index = 3;
  details.has_device_type = manner == PHONE_HOSTED;
  details.device_type = WA__ADVENCRYPTION_TYPE__HOSTED;
  packed = ulak_protobuf_pack (&details);
  bytes = g_bytes_get_data (packed, &size_bytes);
  {
    const UlakSpan spans[] = { ULAK_SPAN_ARRAY (prefix), ULAK_SPAN (bytes, size_bytes), ULAK_SPAN (signed_key, 32) };

    ulak_curve_sign (&self->phone.private_key, random, spans, G_N_ELEMENTS (spans), signature);
  }
  if (manner == PHONE_WRONG_SIGNATURE)
    signature[5] ^= 1;
  identity.has_details = identity.has_account_signature = TRUE;
  identity.has_account_signature_key = manner != PHONE_NO_KEY;
  identity.details = (ProtobufCBinaryData){ size_bytes, (guint8 *) bytes };
  identity.account_signature_key = (ProtobufCBinaryData){ 32, self->phone.public_key };
  identity.account_signature = (ProtobufCBinaryData){ sizeof signature, signature };
  return ulak_protobuf_pack (&identity);
}

static GBytes *
pack_sealed (Fixture *self, Manner manner, const guint8 *device_key, const UlakKey *secret)
{
  Wa__ADVSignedDeviceIdentityHMAC sealed = WA__ADVSIGNED_DEVICE_IDENTITY_HMAC__INIT;
  g_autoptr (GBytes) statement = pack_statement (self, manner, device_key);
  const guint8 hosted[] = { 6, 5 };
  const UlakSpan spans[] = { ULAK_SPAN (hosted, manner == PHONE_HOSTED ? 2 : 0), ulak_span_of (statement) };
  guint8 mac[ULAK_SHA256_BYTES];

  ulak_hmac (ULAK_HMAC_SHA256, ULAK_SPAN_ARRAY (secret->bytes), spans, G_N_ELEMENTS (spans), mac);
  if (manner == PHONE_WRONG_MAC)
    mac[0] ^= 1;
  sealed.has_details = sealed.has_hmac = TRUE;
  sealed.details = (ProtobufCBinaryData){ spans[1].size_bytes, (guint8 *) spans[1].bytes };
  sealed.hmac = (ProtobufCBinaryData){ sizeof mac, mac };
  sealed.has_account_type = manner == PHONE_HOSTED;
  sealed.account_type = WA__ADVENCRYPTION_TYPE__HOSTED;
  return ulak_protobuf_pack (&sealed);
}

static void
add_bytes (UlakNodeBuilder *builder, const char *tag, GBytes *bytes)
{
  ulak_node_builder_open (builder, tag);
  ulak_node_builder_set_bytes (builder, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  ulak_node_builder_close (builder);
}

static void
add_child (UlakNodeBuilder *builder, const char *tag, const char *name, const char *value, const char *other, const char *other_value)
{
  ulak_node_builder_open (builder, tag);
  ulak_node_builder_add_text (builder, name, value);
  if (other != NULL)
    ulak_node_builder_add_text (builder, other, other_value);
  ulak_node_builder_close (builder);
}

static void
send_pair_success (Fixture *self, Manner manner, const guint8 *device_key, const UlakKey *secret)
{
  static const guint8 migrated[] = { 8, 1 };
  UlakNodeBuilder *builder = ulak_node_builder_new ("iq");
  g_autoptr (GBytes) sealed = pack_sealed (self, manner, device_key, secret), props = g_bytes_new_static (migrated, sizeof migrated);

  ulak_node_builder_add_text (builder, "id", "success-1");
  ulak_node_builder_add_text (builder, "type", "set");
  ulak_node_builder_open (builder, "pair-success");
  if (manner != PHONE_SAYS_NOTHING)
    add_bytes (builder, "device-identity", sealed);
  add_child (builder, "biz", "name", "Bakery", NULL, NULL);
  add_child (builder, "platform", "name", "android", NULL, NULL);
  if (manner != PHONE_NO_ADDRESS)
    add_child (builder, "device", "jid", OWN_JID, "lid", OWN_LID);
  add_bytes (builder, "client-props", props);
  link_peer_send_built (self->peer, builder);
}

/* -- QR -- */

typedef struct
{
  char *ref;
  guint8 noise[32], identity[32];
  UlakKey secret;
} Qr;

static void
decode (const char *text, guint8 out[32])
{
  gsize size_bytes;
  g_autofree guint8 *bytes = g_base64_decode (text, &size_bytes);

  g_assert_cmpuint (size_bytes, ==, 32);
  memcpy (out, bytes, 32);
}

static Qr
scan (Fixture *self)
{
  const char *prefix = "https://wa.me/settings/linked_devices#";
  g_auto (GStrv) parts = NULL;
  Qr qr;

  g_assert_cmpint (self->phase, ==, ULAK_LINK_QR);
  g_assert_true (g_str_has_prefix (self->text, prefix));
  parts = g_strsplit (self->text + strlen (prefix), ",", -1);
  g_assert_cmpuint (g_strv_length (parts), ==, 5);
  g_assert_cmpstr (parts[4], ==, "1");
  qr.ref = g_strdup (parts[0]);
  decode (parts[1], qr.noise);
  decode (parts[2], qr.identity);
  decode (parts[3], qr.secret.bytes);
  return qr;
}

static Qr
show_qr (Fixture *self)
{
  g_autoptr (UlakNode) result = NULL;

  if (ulak_link_get_phase (self->link) == ULAK_LINK_STOPPED)
    ulak_link_start (self->link);
  link_peer_set_answers_pings (self->peer, TRUE);
  link_peer_accept (self->peer);
  send_pair_device (self, N_REFS);
  result = link_peer_take (self->peer, "iq");
  g_assert_cmpstr (ulak_node_get_attribute (result, "type"), ==, "result");
  g_assert_cmpstr (ulak_node_get_attribute (result, "id"), ==, "pair-1");
  fixture_wait_for (self, ULAK_LINK_QR);
  return scan (self);
}

static void
check_sign (Fixture *self, const UlakNode *iq, const guint8 *identity)
{
  const UlakNode *node = ulak_node_get_child (ulak_node_get_child (iq, "pair-device-sign"), "device-identity");
  g_autoptr (Wa__ADVSignedDeviceIdentity) signed_back = NULL;
  UlakAdvIdentity adv;
  gsize size_bytes;
  const guint8 *bytes;

  g_assert_cmpstr (ulak_node_get_attribute (iq, "type"), ==, "result");
  g_assert_nonnull (node);
  g_assert_cmpstr (ulak_node_get_attribute (node, "key-index"), ==, "3");
  bytes = ulak_node_get_bytes (node, &size_bytes);
  signed_back = ulak_protobuf_unpack (&wa__advsigned_device_identity__descriptor, bytes, size_bytes, NULL);
  g_assert_false (signed_back->has_account_signature_key);
  adv = (UlakAdvIdentity){
    .details = ULAK_SPAN (signed_back->details.data, signed_back->details.len),
    .account_signature_key = ULAK_SPAN_ARRAY (self->phone.public_key),
    .account_signature = ULAK_SPAN (signed_back->account_signature.data, signed_back->account_signature.len),
    .device_signature = ULAK_SPAN (signed_back->device_signature.data, signed_back->device_signature.len),
  };
  g_assert_true (ulak_adv_check_device (&adv, ULAK_SPAN (identity, 32)));
}

/* From pair-success on, the same whatever came before. */
static void
complete (Fixture *self, const guint8 *identity, const UlakKey *secret)
{
  g_autoptr (UlakNode) sign = NULL, upload = NULL;
  g_autoptr (UlakCredentials) credentials = NULL;

  send_pair_success (self, PHONE_HONEST, identity, secret);
  sign = link_peer_take (self->peer, "iq");
  g_assert_true (fixture_has_account (self)); /* before the answer left */
  check_sign (self, sign, identity);
  fixture_wait_for (self, ULAK_LINK_PAIRED);
  credentials = fixture_load (self);
  g_assert_cmpstr (ulak_credentials_get_platform (credentials), ==, "android");
  g_assert_cmpstr (ulak_credentials_get_business_name (credentials), ==, "Bakery");
  g_assert_cmpint (ulak_credentials_get_lid_migration (credentials), ==, ULAK_LID_MIGRATION_YES);
  send_tag (self, "stream:error", "code", "515", NULL, NULL);
  fixture_wait_for (self, ULAK_LINK_CONNECTING);
  link_peer_accept (self->peer);
  send_success (self);
  fixture_wait_for (self, ULAK_LINK_ONLINE);
  upload = link_peer_take_query (self->peer, "encrypt", "list");
}

static void
test_qr (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Qr qr = show_qr (self);
  g_autoptr (Wa__ClientPayload) payload = NULL;
  GBytes *bytes = link_peer_get_payload (self->peer);

  payload = ulak_protobuf_unpack (&wa__client_payload__descriptor, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL);
  g_assert_nonnull (payload->device_pairing_data);
  g_assert_cmpmem (payload->device_pairing_data->e_ident.data, 32, qr.identity, 32);
  g_assert_cmpint (self->expires_us - ulak_clock_get_wall_us (ULAK_CLOCK (self->clock)), ==, 60 * G_USEC_PER_SEC);
  complete (self, qr.identity, &qr.secret);
  g_assert_cmpstr (self->phases->str, ==, "connecting qr paired connecting online ");
  g_free (qr.ref);
}

/* The server may hang up instead of asking for a restart. */
static void
test_hung_up_after_pairing (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Qr qr = show_qr (self);

  send_pair_success (self, PHONE_HONEST, qr.identity, &qr.secret);
  fixture_wait_for (self, ULAK_LINK_PAIRED);
  link_peer_close (self->peer);
  fixture_wait_for (self, ULAK_LINK_CONNECTING);
  link_peer_accept (self->peer);
  send_success (self);
  fixture_wait_for (self, ULAK_LINK_ONLINE);
  g_free (qr.ref);
}

static void
test_no_restart_after_pairing (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Qr qr = show_qr (self);
  guint connections = link_peer_count_connections (self->peer);

  send_pair_success (self, PHONE_HONEST, qr.identity, &qr.secret);
  fixture_wait_for (self, ULAK_LINK_PAIRED);
  fixture_advance (self, 10000);
  fixture_wait_for (self, ULAK_LINK_CONNECTING);
  link_peer_accept (self->peer);
  g_assert_cmpuint (link_peer_count_connections (self->peer), ==, connections + 1);
  g_free (qr.ref);
}

static void
test_rotation (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Qr first = show_qr (self);
  guint connections = link_peer_count_connections (self->peer);

  fixture_advance (self, 59999);
  g_assert_cmpuint (self->n_states, ==, 2);
  for (guint i = 1; i < N_REFS; i++)
    {
      g_autofree char *ref = g_strdup_printf ("2@ref-%u", i);
      Qr qr;

      fixture_advance (self, i == 1 ? 1 : 20000);
      qr = scan (self);
      g_assert_cmpstr (qr.ref, ==, ref);
      g_assert_true (ulak_key_equals (&qr.secret, &first.secret));
      g_assert_cmpmem (qr.identity, 32, first.identity, 32);
      g_free (qr.ref);
    }
  fixture_advance (self, 20000);
  fixture_wait_for (self, ULAK_LINK_CONNECTING);
  link_peer_accept (self->peer);
  g_assert_cmpuint (link_peer_count_connections (self->peer), ==, connections + 1);
  g_free (first.ref);
}

static void
test_nobody_scans (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  for (guint round = 0; round < 5; round++)
    {
      Qr qr = show_qr (self);
      guint seen = self->n_states;

      g_free (qr.ref);
      link_peer_close (self->peer);
      fixture_wait_for_next (self, round < 4 ? ULAK_LINK_CONNECTING : ULAK_LINK_ENDED, seen);
    }
  g_assert_cmpint (self->outcome, ==, ULAK_OUTCOME_UNPAIRED);
  g_assert_cmpstr (self->outcome_code, ==, "E_WA_UNPAIRED");
  ulak_link_start (self->link);
  link_peer_accept (self->peer);
}

static void
begin_notification (UlakNodeBuilder *builder, const char *type)
{
  ulak_node_builder_add_text (builder, "id", "n1");
  ulak_node_builder_add_jid (builder, "from", ulak_server_jid ());
  ulak_node_builder_add_text (builder, "type", type);
}

static void
send_refresh (Fixture *self)
{
  UlakNodeBuilder *builder = ulak_node_builder_new ("notification");

  begin_notification (builder, "companion_reg_refresh");
  ulak_node_builder_open (builder, "pair-device-rotate-qr");
  link_peer_send_built (self->peer, builder);
}

static void
test_refresh (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Qr before = show_qr (self), after;
  g_autoptr (UlakNode) ack = NULL;
  guint seen;

  fixture_advance (self, 60000);
  seen = self->n_states;
  send_refresh (self);
  ack = link_peer_take (self->peer, "ack");
  g_assert_cmpstr (ulak_node_get_attribute (ack, "class"), ==, "notification");
  g_assert_cmpstr (ulak_node_get_attribute (ack, "type"), ==, "companion_reg_refresh");
  g_assert_cmpstr (ulak_node_get_attribute (ack, "to"), ==, "@s.whatsapp.net");
  fixture_wait_for_next (self, ULAK_LINK_QR, seen);
  after = scan (self);
  g_assert_cmpstr (after.ref, ==, "2@ref-1");
  g_assert_false (ulak_key_equals (&before.secret, &after.secret));
  g_assert_cmpmem (before.identity, 32, after.identity, 32);
  complete (self, after.identity, &after.secret);
  g_free (before.ref);
  g_free (after.ref);
}

typedef struct
{
  Manner manner;
  const char *code, *text;
} Forgery;

static const Forgery forgeries[] = {
  { PHONE_WRONG_MAC, "401", "hmac-mismatch" },
  { PHONE_WRONG_SIGNATURE, "401", "signature-mismatch" },
  { PHONE_OTHER_DEVICE, "401", "signature-mismatch" },
  { PHONE_NO_KEY, "401", "signature-mismatch" },
  { PHONE_SAYS_NOTHING, "500", "internal-error" },
  { PHONE_NO_ADDRESS, "500", "internal-error" },
};

static void
test_forgery (Fixture *self, gconstpointer data)
{
  const Forgery *forgery = data;
  Qr qr = show_qr (self), next;
  g_autoptr (UlakNode) refusal = NULL;
  const UlakNode *error;

  send_pair_success (self, forgery->manner, qr.identity, &qr.secret);
  refusal = link_peer_take (self->peer, "iq");
  g_assert_cmpstr (ulak_node_get_attribute (refusal, "type"), ==, "error");
  error = ulak_node_get_child (refusal, "error");
  g_assert_cmpstr (ulak_node_get_attribute (error, "code"), ==, forgery->code);
  g_assert_cmpstr (ulak_node_get_attribute (error, "text"), ==, forgery->text);
  fixture_wait_for (self, ULAK_LINK_CONNECTING);
  g_assert_false (fixture_has_account (self));
  next = show_qr (self);
  g_assert_cmpint (self->outcome, ==, ULAK_OUTCOME_UNPAIRED); /* why the last attempt failed */
  g_assert_cmpmem (qr.identity, 32, next.identity, 32);
  g_free (qr.ref);
  g_free (next.ref);
}

static void
test_hosted (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Qr qr = show_qr (self);

  send_pair_success (self, PHONE_HOSTED, qr.identity, &qr.secret);
  fixture_wait_for (self, ULAK_LINK_PAIRED);
  g_free (qr.ref);
}

/* A cut while pairing is stored: whatever happened, the next connection knows. */
static void
test_cut_while_storing (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Qr qr = show_qr (self), again;
  g_autoptr (Wa__ClientPayload) payload = NULL;
  GBytes *bytes;

  send_pair_success (self, PHONE_HONEST, qr.identity, &qr.secret);
  link_peer_close (self->peer);
  fixture_wait_for (self, ULAK_LINK_CONNECTING);
  link_peer_accept (self->peer);
  bytes = link_peer_get_payload (self->peer);
  payload = ulak_protobuf_unpack (&wa__client_payload__descriptor, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL);
  g_assert_true (payload->has_username);
  send_tag (self, "failure", "reason", "401", NULL, NULL); /* the server has not heard of it */
  while (link_peer_is_open (self->peer))
    g_main_context_iteration (NULL, TRUE);
  again = show_qr (self);
  g_assert_cmpint (self->outcome, ==, ULAK_OUTCOME_UNPAIRED);
  g_assert_false (fixture_has_account (self));
  g_free (qr.ref);
  g_free (again.ref);
}

/* -- A connection that dies while people look at it -- */

static guint
count_seconds_until_lost (Fixture *self)
{
  const guint seen = self->n_states;
  guint seconds = 0;

  while (self->phase != ULAK_LINK_DISCONNECTED && seconds++ < 60)
    fixture_advance (self, 1000);
  g_assert_cmpint (self->phase, ==, ULAK_LINK_DISCONNECTED); /* no QR and no code is shown now */
  g_assert_cmpuint (self->n_states, ==, seen + 1);
  g_assert_cmpint (self->outcome, ==, ULAK_OUTCOME_RETRY);
  g_assert_cmpstr (self->outcome_code, ==, "E_WA_CONNECTION");
  return seconds;
}

/* More often than there are rounds: silence uses up nobody's patience. */
static void
test_silent_qr (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Qr first = show_qr (self), last;

  for (guint i = 0; i < 7; i++)
    {
      const guint connections = link_peer_count_connections (self->peer);
      guint seconds;
      Qr qr;

      link_peer_set_answers_pings (self->peer, FALSE);
      seconds = count_seconds_until_lost (self);
      g_assert_cmpuint (seconds, >=, 38); /* of at least 40, the first ones may have passed while it connected */
      g_assert_cmpuint (seconds, <=, 51);
      fixture_advance (self, 2000);
      qr = show_qr (self);
      g_assert_cmpuint (link_peer_count_connections (self->peer), ==, connections + 1);
      g_assert_cmpstr (qr.ref, ==, "2@ref-0");
      g_assert_cmpmem (qr.identity, 32, first.identity, 32);
      g_assert_cmpint (self->outcome_code == NULL, ==, TRUE);
      g_free (qr.ref);
    }
  last = scan (self);
  complete (self, last.identity, &last.secret);
  g_free (first.ref);
  g_free (last.ref);
}

static void
test_alive_qr (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Qr qr = show_qr (self);
  UlakLinkStatus status;

  fixture_advance (self, 159000);
  ulak_link_get_status (self->link, &status);
  g_assert_cmpint (self->phase, ==, ULAK_LINK_QR);
  g_assert_cmpint (status.pong_age_ms, >=, 0);
  g_assert_cmpint (status.pong_age_ms, <=, 31000);
  g_assert_cmpint (status.frame_age_ms, <=, 31000);
  g_assert_cmpuint (status.reconnects, ==, 0);
  g_free (qr.ref);
}

/* Our answer got lost, so the server does not know the device that we think we are. */
static void
test_cut_before_answer (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Qr qr = show_qr (self), again;

  send_pair_success (self, PHONE_HONEST, qr.identity, &qr.secret);
  fixture_wait_for (self, ULAK_LINK_PAIRED);
  link_peer_close (self->peer);
  fixture_wait_for (self, ULAK_LINK_CONNECTING);
  link_peer_accept (self->peer);
  send_tag (self, "failure", "reason", "401", NULL, NULL);
  link_peer_forget (self->peer);
  while (link_peer_is_open (self->peer))
    g_main_context_iteration (NULL, TRUE);
  again = show_qr (self);
  g_assert_cmpint (self->outcome, ==, ULAK_OUTCOME_UNPAIRED);
  g_assert_false (fixture_has_account (self));
  g_assert_cmpint (memcmp (qr.identity, again.identity, 32), !=, 0); /* new keys: these were known to be linked */
  g_free (qr.ref);
  g_free (again.ref);
}

static void
test_uninvited (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakRandom) random = ulak_random_system_new ();
  g_autoptr (UlakNode) refusal = NULL;
  UlakKey secret;

  fixture_link_account (self, 20);
  fixture_be_ready (self);
  link_peer_forget (self->peer);
  ulak_random_fill (random, secret.bytes, sizeof secret.bytes);
  send_pair_success (self, PHONE_HONEST, self->phone.public_key, &secret);
  refusal = link_peer_take (self->peer, "iq");
  g_assert_cmpstr (ulak_node_get_attribute (refusal, "type"), ==, "error");
  g_assert_cmpint (self->phase, ==, ULAK_LINK_READY);
}

static void
test_downgrade (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Qr qr = show_qr (self);

  send_ib (self, "downgrade_webclient");
  fixture_wait_for (self, ULAK_LINK_CONNECTING);
  g_free (qr.ref);
}

static void
test_refused_registration (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  ulak_link_start (self->link);
  link_peer_accept (self->peer);
  send_tag (self, "failure", "reason", "405", NULL, NULL);
  fixture_wait_for (self, ULAK_LINK_ENDED);
  g_assert_cmpint (self->outcome, ==, ULAK_OUTCOME_OUTDATED);
}

/* -- Code -- */

typedef struct
{
  char *code;
  GError *error;
  gboolean is_done;
} CodeAnswer;

static void
code_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  CodeAnswer *answer = user_data;

  answer->code = ulak_link_request_code_finish (ULAK_LINK (source), result, &answer->error);
  answer->is_done = TRUE;
}

static void
code_answer_clear (CodeAnswer *self)
{
  g_free (self->code);
  g_clear_error (&self->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CodeAnswer, code_answer_clear)

static void
wait_code (CodeAnswer *answer)
{
  while (!answer->is_done)
    g_main_context_iteration (NULL, TRUE);
}

static GBytes *
read_bytes (const UlakNode *parent, const char *tag)
{
  gsize size_bytes;
  const UlakNode *node = ulak_node_get_child (parent, tag);
  const guint8 *bytes;

  g_assert_nonnull (node);
  bytes = ulak_node_get_bytes (node, &size_bytes);
  return g_bytes_new (bytes, size_bytes);
}

/* Answers companion_hello; the stage that was sent. */
static UlakNode *
accept_code (Fixture *self)
{
  UlakNode *hello = link_peer_take_query (self->peer, "md", "link_code_companion_reg");
  UlakNodeBuilder *builder = ulak_node_builder_new ("iq");

  ulak_node_builder_add_copy (builder, "id", hello, "id");
  ulak_node_builder_add_text (builder, "type", "result");
  ulak_node_builder_open (builder, "link_code_companion_reg");
  ulak_node_builder_open (builder, "link_code_pairing_ref");
  ulak_node_builder_set_bytes (builder, (const guint8 *) "code-ref", 8);
  link_peer_send_built (self->peer, builder);
  return hello;
}

static char *
ask_code (Fixture *self, UlakNode **hello_out)
{
  g_auto (CodeAnswer) answer = { 0 };

  ulak_link_request_code_async (self->link, "15550001111", code_cb, &answer);
  *hello_out = accept_code (self);
  wait_code (&answer);
  g_assert_no_error (answer.error);
  return g_steal_pointer (&answer.code);
}

typedef struct
{
  UlakLinkCode code;
  UlakKeyPair ephemeral;
  guint8 companion[32];
} PhoneSide;

/* The phone, where somebody typed @text. */
static void
send_primary_hello (Fixture *self, PhoneSide *phone, const char *text, const UlakNode *hello, const char *ref)
{
  g_autoptr (UlakRandom) random = ulak_random_system_new ();
  g_autoptr (GBytes) wrapped = read_bytes (ulak_node_get_child (hello, "link_code_companion_reg"), "link_code_pairing_wrapped_companion_ephemeral_pub");
  g_autoptr (GBytes) own = NULL, identity = g_bytes_new (self->phone.public_key, 32), ref_bytes = g_bytes_new (ref, strlen (ref));
  UlakNodeBuilder *builder = ulak_node_builder_new ("notification");

  memcpy (phone->code.letters, text, 4);
  memcpy (phone->code.letters + 4, text + 5, 5);
  g_assert_true (ulak_link_code_unwrap (&phone->code, ulak_span_of (wrapped), phone->companion, NULL));
  ulak_key_pair_generate (&phone->ephemeral, random);
  own = ulak_link_code_wrap (&phone->code, phone->ephemeral.public_key, random);
  begin_notification (builder, "link_code_companion_reg");
  ulak_node_builder_open (builder, "link_code_companion_reg");
  ulak_node_builder_add_text (builder, "stage", "primary_hello");
  add_bytes (builder, "link_code_pairing_ref", ref_bytes);
  add_bytes (builder, "link_code_pairing_wrapped_primary_ephemeral_pub", own);
  add_bytes (builder, "primary_identity_pub", identity);
  link_peer_send_built (self->peer, builder);
}

/* What the phone makes of companion_finish: the secret, and the identity of the device. */
static void
open_bundle (Fixture *self, PhoneSide *phone, const UlakNode *stage, UlakKey *secret_out, guint8 identity_out[32])
{
  g_autoptr (GBytes) bundle = read_bytes (stage, "link_code_pairing_wrapped_key_bundle"), plain = NULL;
  const guint8 *bytes = g_bytes_get_data (bundle, NULL), *opened;
  UlakKey shared, identity_shared, key;
  guint8 joined[96];

  g_assert_cmpuint (g_bytes_get_size (bundle), ==, 156);
  g_assert_true (ulak_curve_agree (&phone->ephemeral.private_key, ULAK_SPAN (phone->companion, 32), &shared, NULL));
  ulak_hkdf (ULAK_SPAN_ARRAY (shared.bytes), ULAK_SPAN (bytes, 32), ULAK_SPAN_TEXT ("link_code_pairing_key_bundle_encryption_key"),
             key.bytes, 32);
  plain = ulak_aead_open (&key, ULAK_SPAN (bytes + 32, 12), ULAK_SPAN_NONE, ULAK_SPAN (bytes + 44, 112), NULL);
  g_assert_nonnull (plain);
  opened = g_bytes_get_data (plain, NULL);
  g_assert_cmpmem (opened + 32, 32, self->phone.public_key, 32);
  memcpy (identity_out, opened, 32);
  g_assert_true (ulak_curve_agree (&self->phone.private_key, ULAK_SPAN (opened, 32), &identity_shared, NULL));
  memcpy (joined, shared.bytes, 32);
  memcpy (joined + 32, identity_shared.bytes, 32);
  memcpy (joined + 64, opened + 64, 32);
  ulak_hkdf (ULAK_SPAN_ARRAY (joined), ULAK_SPAN_NONE, ULAK_SPAN_TEXT ("adv_secret"), secret_out->bytes, 32);
}

static void
assert_text (const UlakNode *parent, const char *tag, const char *text)
{
  g_autoptr (GBytes) bytes = read_bytes (parent, tag);
  gsize size_bytes;
  const void *found = g_bytes_get_data (bytes, &size_bytes);

  g_assert_cmpmem (found, size_bytes, text, strlen (text));
}

static void
test_code (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Qr qr = show_qr (self);
  g_autoptr (UlakNode) hello = NULL, ack = NULL, finish = NULL;
  g_autofree char *code = ask_code (self, &hello);
  const UlakNode *stage = ulak_node_get_child (hello, "link_code_companion_reg");
  PhoneSide phone;
  UlakKey secret;
  guint8 identity[32];
  guint seen;

  g_assert_cmpint (self->phase, ==, ULAK_LINK_CODE);
  g_assert_cmpstr (self->text, ==, code);
  g_assert_cmpuint (strlen (code), ==, 9);
  g_assert_cmpint (self->expires_us - ulak_clock_get_wall_us (ULAK_CLOCK (self->clock)), ==, 180 * G_USEC_PER_SEC);
  g_assert_cmpstr (ulak_node_get_attribute (stage, "jid"), ==, "15550001111@s.whatsapp.net");
  g_assert_cmpstr (ulak_node_get_attribute (stage, "stage"), ==, "companion_hello");
  assert_text (stage, "companion_platform_id", "1");
  assert_text (stage, "companion_platform_display", "Chrome (Linux)");
  assert_text (stage, "link_code_pairing_nonce", "0");

  seen = self->n_states;
  send_primary_hello (self, &phone, code, hello, "code-ref");
  ack = link_peer_take (self->peer, "ack");
  finish = link_peer_take_query (self->peer, "md", "link_code_companion_reg");
  stage = ulak_node_get_child (finish, "link_code_companion_reg");
  g_assert_cmpstr (ulak_node_get_attribute (stage, "stage"), ==, "companion_finish");
  assert_text (stage, "link_code_pairing_ref", "code-ref");
  send_refresh (self); /* must not change the secret that was agreed */
  link_peer_answer (self->peer, finish, NULL);
  link_peer_run_until_idle ();
  fixture_advance (self, 1000);
  g_assert_cmpuint (self->n_states, ==, seen);
  open_bundle (self, &phone, stage, &secret, identity);
  g_assert_cmpmem (identity, 32, qr.identity, 32);
  {
    g_autoptr (UlakNode) ack_of_refresh = link_peer_take (self->peer, "ack");
  }
  complete (self, identity, &secret);
  g_free (qr.ref);
}

static void
test_code_while_connecting (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (CodeAnswer) answer = { 0 };
  g_autoptr (UlakNode) hello = NULL;
  Qr qr;

  ulak_link_start (self->link);
  ulak_link_request_code_async (self->link, "15550001111", code_cb, &answer);
  qr = show_qr (self);
  hello = accept_code (self);
  wait_code (&answer);
  g_assert_nonnull (answer.code);
  g_free (qr.ref);
}

/* Whoever asks may do so the moment that the refs are there, and a server may give refs again: it stays one code. */
static void
test_code_is_made_once (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (CodeAnswer) answer = { 0 };
  g_autoptr (UlakNode) hello = NULL, again = NULL, ack = NULL, finish = NULL;
  PhoneSide phone;
  UlakKey secret;
  guint8 identity[32];
  Qr qr;

  ulak_link_start (self->link);
  ulak_link_request_code_async (self->link, "15550001111", code_cb, &answer);
  qr = show_qr (self);
  send_pair_device (self, N_REFS);
  again = link_peer_take (self->peer, "iq");
  g_assert_cmpstr (ulak_node_get_attribute (again, "type"), ==, "result");
  hello = accept_code (self);
  wait_code (&answer);
  send_primary_hello (self, &phone, answer.code, hello, "code-ref");
  ack = link_peer_take (self->peer, "ack");
  finish = link_peer_take_query (self->peer, "md", "link_code_companion_reg");
  open_bundle (self, &phone, ulak_node_get_child (finish, "link_code_companion_reg"), &secret, identity);
  g_assert_cmpmem (identity, 32, qr.identity, 32);
  g_free (qr.ref);
}

static void
test_wrong_requests (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  static const char *const wrong[] = { "", "+15550001111", "0155500011", "123456", "1234567890123456", "15550001111x", "1555 0001111" };
  g_auto (CodeAnswer) early = { 0 };
  Qr qr;

  ulak_link_request_code_async (self->link, "15550001111", code_cb, &early);
  wait_code (&early);
  g_assert_error (early.error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE);
  qr = show_qr (self);
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_auto (CodeAnswer) answer = { 0 };

      ulak_link_request_code_async (self->link, wrong[i], code_cb, &answer);
      wait_code (&answer);
      g_assert_error (answer.error, ULAK_ERROR, ULAK_ERROR_INVALID);
    }
  g_free (qr.ref);
}

/* Whoever asks again sees the code again; a wrong number and a change of mind cost no three minutes. */
static void
test_second_requests (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (CodeAnswer) again = { 0 }, other = { 0 }, hasty = { 0 };
  g_autoptr (UlakNode) hello = NULL, other_hello = NULL;
  Qr qr = show_qr (self);
  g_autofree char *code = ask_code (self, &hello);

  ulak_link_request_code_async (self->link, "15550001111", code_cb, &again);
  wait_code (&again);
  g_assert_cmpstr (again.code, ==, code);
  ulak_link_request_code_async (self->link, "15550002222", code_cb, &other);
  ulak_link_request_code_async (self->link, "15550003333", code_cb, &hasty);
  wait_code (&hasty);
  g_assert_error (hasty.error, ULAK_ERROR, ULAK_ERROR_FULL);
  other_hello = accept_code (self);
  wait_code (&other);
  g_assert_no_error (other.error);
  g_assert_cmpstr (other.code, !=, code);
  g_assert_cmpstr (self->text, ==, other.code);
  g_assert_cmpstr (ulak_node_get_attribute (ulak_node_get_child (other_hello, "link_code_companion_reg"), "jid"), ==,
                   "15550002222@s.whatsapp.net");
  g_assert_true (ulak_link_prefer_qr (self->link));
  g_assert_cmpint (self->phase, ==, ULAK_LINK_QR);
  g_assert_false (ulak_link_prefer_qr (self->link));
  g_free (qr.ref);
}

/* The QRs are used up while a code is shown: a new connection brings new ones. */
static void
test_qr_after_code (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) hello = NULL;
  Qr qr = show_qr (self);
  g_autofree char *code = ask_code (self, &hello);

  fixture_advance (self, 179000);
  g_assert_true (ulak_link_prefer_qr (self->link));
  fixture_wait_for (self, ULAK_LINK_CONNECTING);
  g_free (qr.ref);
}

static void
test_refused_code (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (CodeAnswer) answer = { 0 };
  g_autoptr (UlakNode) hello = NULL;
  Qr qr = show_qr (self);

  ulak_link_request_code_async (self->link, "15550001111", code_cb, &answer);
  hello = link_peer_take_query (self->peer, "md", "link_code_companion_reg");
  link_peer_refuse (self->peer, hello, 400);
  wait_code (&answer);
  g_assert_error (answer.error, ULAK_ERROR, ULAK_ERROR_REMOTE);
  g_assert_nonnull (strstr (answer.error->message, "number"));
  g_assert_cmpint (self->phase, ==, ULAK_LINK_QR);
  g_free (qr.ref);
}

static void
test_code_runs_out (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) hello = NULL;
  g_autofree char *code = NULL;
  Qr qr = show_qr (self);

  code = ask_code (self, &hello);
  fixture_advance (self, 179000);
  g_assert_cmpint (self->phase, ==, ULAK_LINK_CODE); /* also past the last ref */
  fixture_advance (self, 1000);
  fixture_wait_for (self, ULAK_LINK_CONNECTING);
  g_free (qr.ref);
}

static void
test_foreign_hello (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) hello = NULL, ack = NULL;
  g_autofree char *code = NULL;
  PhoneSide phone;
  Qr qr = show_qr (self);

  code = ask_code (self, &hello);
  send_primary_hello (self, &phone, code, hello, "another-ref");
  ack = link_peer_take (self->peer, "ack");
  link_peer_run_until_idle ();
  g_assert_cmpint (self->phase, ==, ULAK_LINK_CODE);
  g_assert_false (link_peer_has (self->peer, "iq"));
  g_free (qr.ref);
}

static void
test_no_confirmation (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) hello = NULL, finish = NULL;
  g_autofree char *code = NULL;
  PhoneSide phone;
  Qr qr = show_qr (self);

  code = ask_code (self, &hello);
  send_primary_hello (self, &phone, code, hello, "code-ref");
  finish = link_peer_take_query (self->peer, "md", "link_code_companion_reg");
  link_peer_answer (self->peer, finish, NULL);
  link_peer_run_until_idle ();
  fixture_advance (self, 60000);
  fixture_wait_for (self, ULAK_LINK_CONNECTING);
  g_free (qr.ref);
}

/* A code is bound to its connection: what is shown after the loss is a QR that says so, and another code may be had. The secret
 * may be refreshed again, since none is agreed any more. */
static void
test_silent_code (Fixture *self, gconstpointer data)
{
  const gboolean is_finishing = GPOINTER_TO_INT (data);
  g_autoptr (UlakNode) hello = NULL, other_hello = NULL, finish = NULL;
  g_autofree char *code = NULL, *other = NULL;
  Qr qr = show_qr (self), again, refreshed;
  PhoneSide phone;
  guint seen;

  code = ask_code (self, &hello);
  if (is_finishing)
    {
      send_primary_hello (self, &phone, code, hello, "code-ref");
      finish = link_peer_take_query (self->peer, "md", "link_code_companion_reg");
    }
  link_peer_set_answers_pings (self->peer, FALSE);
  g_assert_cmpuint (count_seconds_until_lost (self), <=, 51);
  fixture_advance (self, 2000);
  again = show_qr (self);
  g_assert_cmpint (self->outcome, ==, ULAK_OUTCOME_UNPAIRED);
  g_assert_cmpstr (again.ref, ==, "2@ref-0");
  seen = self->n_states;
  send_refresh (self);
  fixture_wait_for_next (self, ULAK_LINK_QR, seen);
  refreshed = scan (self);
  g_assert_false (ulak_key_equals (&again.secret, &refreshed.secret));
  other = ask_code (self, &other_hello);
  g_assert_cmpstr (other, !=, code);
  send_primary_hello (self, &phone, other, other_hello, "code-ref");
  g_clear_pointer (&finish, ulak_node_unref);
  finish = link_peer_take_query (self->peer, "md", "link_code_companion_reg");
  g_free (qr.ref);
  g_free (again.ref);
  g_free (refreshed.ref);
}

static void
send_new_code_wish (Fixture *self, const char *is_manual)
{
  UlakNodeBuilder *builder = ulak_node_builder_new ("notification");

  begin_notification (builder, "link_code_companion_reg");
  ulak_node_builder_open (builder, "link_code_companion_reg");
  ulak_node_builder_add_text (builder, "stage", "refresh_code");
  ulak_node_builder_add_text (builder, "force_manual_refresh", is_manual);
  link_peer_send_built (self->peer, builder);
}

static void
test_new_code (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) first = NULL, second = NULL;
  g_autofree char *code = NULL;
  Qr qr = show_qr (self);
  guint seen;

  code = ask_code (self, &first);
  seen = self->n_states;
  send_new_code_wish (self, "false");
  second = accept_code (self);
  fixture_wait_for_next (self, ULAK_LINK_CODE, seen);
  g_assert_cmpstr (self->text, !=, code);
  send_new_code_wish (self, "true");
  fixture_wait_for (self, ULAK_LINK_QR);
  g_free (qr.ref);
}

/* -- Passkey -- */

#define OPTIONS "{\"challenge\":\"AAAA\",\"rpId\":\"whatsapp.com\"}"
#define ASSERTION \
  "{\"id\":\"AQID\",\"rawId\":\"AQID\",\"type\":\"public-key\",\"response\":{\"clientDataJSON\":\"e30\"," \
  "\"authenticatorData\":\"AQ\",\"signature\":\"Ag\",\"userHandle\":null}}"

typedef struct
{
  GError *error;
  gboolean is_done;
} Done;

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Done *done = user_data;

  ulak_link_answer_passkey_finish (ULAK_LINK (source), result, &done->error);
  done->is_done = TRUE;
}

static void
confirmed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Done *done = user_data;

  ulak_link_confirm_passkey_finish (ULAK_LINK (source), result, &done->error);
  done->is_done = TRUE;
}

static void
wait_done (Done *done)
{
  while (!done->is_done)
    g_main_context_iteration (NULL, TRUE);
}

static void
send_challenge (Fixture *self, const char *options)
{
  UlakNodeBuilder *builder = ulak_node_builder_new ("notification");

  begin_notification (builder, "passkey_prologue_request");
  ulak_node_builder_open (builder, "passkey_request_options");
  ulak_node_builder_set_bytes (builder, (const guint8 *) options, strlen (options));
  link_peer_send_built (self->peer, builder);
}

static void
answer_ref (Fixture *self)
{
  g_autoptr (UlakNode) query = link_peer_take_query (self->peer, "md", "ref");
  UlakNodeBuilder *builder = ulak_node_builder_new ("iq");

  ulak_node_builder_add_copy (builder, "id", query, "id");
  ulak_node_builder_add_text (builder, "type", "result");
  ulak_node_builder_open (builder, "ref");
  ulak_node_builder_set_bytes (builder, (const guint8 *) "pass-ref", 8);
  link_peer_send_built (self->peer, builder);
}

static Wa__ProloguePayload *
take_prologue (Fixture *self, const UlakKey *old_secret, gboolean has_proof)
{
  g_autoptr (UlakNode) query = link_peer_take_query (self->peer, "md", "passkey_prologue");
  const UlakNode *prologue = ulak_node_get_child (query, "passkey_prologue");
  g_autoptr (GBytes) payload = read_bytes (prologue, "prologue_payload");
  UlakSpan span = ulak_span_of (payload);
  UlakKey key;
  guint8 proof[32];

  assert_text (prologue, "webauthn_assertion", ASSERTION);
  assert_text (prologue, "credential_id", "\1\2\3");
  ulak_hkdf (ULAK_SPAN_ARRAY (old_secret->bytes), ULAK_SPAN_NONE, ULAK_SPAN_TEXT ("shortcake-passkey-handoff-v1"), key.bytes, 32);
  ulak_hmac (ULAK_HMAC_SHA256, ULAK_SPAN_ARRAY (key.bytes), &span, 1, proof);
  if (has_proof)
    {
      g_autoptr (GBytes) found = read_bytes (prologue, "pairing_handoff_proof");

      g_assert_cmpmem (g_bytes_get_data (found, NULL), g_bytes_get_size (found), proof, sizeof proof);
    }
  else
    g_assert_null (ulak_node_get_child (prologue, "pairing_handoff_proof"));
  link_peer_answer (self->peer, query, NULL);
  return ulak_protobuf_unpack (&wa__prologue_payload__descriptor, span.bytes, span.size_bytes, NULL);
}

static void
send_continuation (Fixture *self, const UlakKeyPair *ephemeral, const guint8 nonce[32])
{
  Wa__PrimaryEphemeralIdentity identity = WA__PRIMARY_EPHEMERAL_IDENTITY__INIT;
  UlakNodeBuilder *builder = ulak_node_builder_new ("notification");
  g_autoptr (GBytes) packed = NULL;

  identity.has_public_key = identity.has_nonce = TRUE;
  identity.public_key = (ProtobufCBinaryData){ 32, (guint8 *) ephemeral->public_key };
  identity.nonce = (ProtobufCBinaryData){ 32, (guint8 *) nonce };
  packed = ulak_protobuf_pack (&identity);
  begin_notification (builder, "crsc_continuation");
  add_bytes (builder, "primary_ephemeral_identity", packed);
  link_peer_send_built (self->peer, builder);
}

/* What the phone reads: our three keys. */
static UlakKey
open_request (const UlakNode *query, const UlakKeyPair *ephemeral, UlakSpan companion, const Qr *qr)
{
  const char *salt = "Companion Pairing 1 with ref pass-ref";
  g_autoptr (GBytes) bytes = read_bytes (query, "encrypted_pairing_request"), plain = NULL;
  g_autoptr (Wa__EncryptedPairingRequest) sealed = ulak_protobuf_unpack (&wa__encrypted_pairing_request__descriptor, g_bytes_get_data (bytes, NULL),
                                                                         g_bytes_get_size (bytes), NULL);
  g_autoptr (Wa__PairingRequest) request = NULL;
  UlakKey shared, key, secret;

  g_assert_true (ulak_curve_agree (&ephemeral->private_key, companion, &shared, NULL));
  ulak_hkdf (ULAK_SPAN_ARRAY (shared.bytes), ULAK_SPAN_TEXT (salt), ULAK_SPAN_TEXT ("Pairing Information Encryption Key"), key.bytes, 32);
  plain = ulak_aead_open (&key, ULAK_SPAN (sealed->iv.data, sealed->iv.len), ULAK_SPAN_NONE,
                          ULAK_SPAN (sealed->encrypted_payload.data, sealed->encrypted_payload.len), NULL);
  g_assert_nonnull (plain);
  request = ulak_protobuf_unpack (&wa__pairing_request__descriptor, g_bytes_get_data (plain, NULL), g_bytes_get_size (plain), NULL);
  g_assert_cmpmem (request->companion_public_key.data, request->companion_public_key.len, qr->noise, 32);
  g_assert_cmpmem (request->companion_identity_key.data, request->companion_identity_key.len, qr->identity, 32);
  ulak_key_set (&secret, request->adv_secret.data, request->adv_secret.len);
  return secret;
}

static void
test_passkey (Fixture *self, gconstpointer data)
{
  gboolean is_late = GPOINTER_TO_INT (data);
  g_autoptr (UlakRandom) random = ulak_random_system_new ();
  Qr qr = show_qr (self);
  g_autoptr (UlakNode) ack = NULL, nonce_query = NULL, request = NULL;
  g_autoptr (Wa__ProloguePayload) prologue = NULL;
  Wa__CompanionEphemeralIdentity *companion;
  g_autoptr (GBytes) nonce = NULL;
  UlakKeyPair ephemeral;
  guint8 phone_nonce[32], digest[32], hash[32];
  Done done = { 0 }, confirmed = { 0 };
  UlakKey secret;
  guint seen;

  ulak_key_pair_generate (&ephemeral, random);
  ulak_random_fill (random, phone_nonce, sizeof phone_nonce);
  send_challenge (self, OPTIONS);
  ack = link_peer_take (self->peer, "ack");
  fixture_wait_for (self, ULAK_LINK_PASSKEY);
  g_assert_cmpstr (self->text, ==, OPTIONS);
  g_assert_false (self->needs_confirmation);
  if (is_late)
    fixture_advance (self, 301000);
  g_assert_cmpint (self->phase, ==, ULAK_LINK_PASSKEY);

  ulak_link_answer_passkey_async (self->link, ASSERTION, answered_cb, &done);
  answer_ref (self);
  prologue = take_prologue (self, &qr.secret, !is_late);
  wait_done (&done);
  g_assert_no_error (done.error);
  companion = ulak_protobuf_unpack_bytes (&wa__companion_ephemeral_identity__descriptor, &prologue->companion_ephemeral_identity, NULL);
  g_assert_cmpstr (companion->ref, ==, "pass-ref");

  seen = self->n_states;
  send_continuation (self, &ephemeral, phone_nonce);
  nonce_query = link_peer_take_query (self->peer, "md", "companion_nonce");
  nonce = read_bytes (nonce_query, "companion_nonce");
  {
    const UlakSpan promised[] = { ULAK_SPAN (prologue->companion_ephemeral_identity.data, prologue->companion_ephemeral_identity.len), ulak_span_of (nonce) };
    const UlakSpan compared[] = { ulak_span_of (nonce), ULAK_SPAN_ARRAY (ephemeral.public_key) };

    ulak_sha256 (promised, 2, hash);
    g_assert_cmpmem (prologue->commitment->hash.data, prologue->commitment->hash.len, hash, 32);
    ulak_sha256 (compared, 2, digest);
  }
  link_peer_answer (self->peer, nonce_query, NULL);
  fixture_wait_for_next (self, ULAK_LINK_PASSKEY, seen);
  g_assert_true (self->needs_confirmation);
  g_assert_cmpint (self->may_skip_confirmation, ==, !is_late);
  g_assert_cmpuint (strlen (self->text), ==, 9);
  {
    const char *letters = "123456789ABCDEFGHJKLMNPQRSTVWXYZ";

    g_assert_cmpint (self->text[0], ==, letters[(digest[0] ^ phone_nonce[0]) >> 3]);
    g_assert_cmpint (self->text[8], ==, letters[(digest[4] ^ phone_nonce[4]) & 31]);
  }

  ulak_link_confirm_passkey_async (self->link, confirmed_cb, &confirmed);
  request = link_peer_take_query (self->peer, "md", "encrypted_pairing_request");
  secret = open_request (request, &ephemeral, ULAK_SPAN (companion->public_key.data, companion->public_key.len), &qr);
  g_assert_false (ulak_key_equals (&secret, &qr.secret));
  link_peer_answer (self->peer, request, NULL);
  wait_done (&confirmed);
  g_assert_no_error (confirmed.error);
  complete (self, qr.identity, &secret);
  ulak_protobuf_free (companion);
  g_free (qr.ref);
}

/* Options that the notification does not bring are asked for. */
static void
test_options_asked (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Qr qr = show_qr (self);
  UlakNodeBuilder *builder = ulak_node_builder_new ("iq");
  g_autoptr (UlakNode) query = NULL;

  send_challenge (self, "no JSON");
  query = link_peer_take_query (self->peer, "md", "passkey_request_options");
  ulak_node_builder_add_copy (builder, "id", query, "id");
  ulak_node_builder_add_text (builder, "type", "result");
  ulak_node_builder_open (builder, "passkey_request_options");
  ulak_node_builder_set_bytes (builder, (const guint8 *) OPTIONS, strlen (OPTIONS));
  link_peer_send_built (self->peer, builder);
  fixture_wait_for (self, ULAK_LINK_PASSKEY);
  g_assert_cmpstr (self->text, ==, OPTIONS);
  g_free (qr.ref);
}

static void
test_wrong_assertions (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  static const char *const wrong[] = {
    "", "[]", "{}", "{\"rawId\":\"AQ\"}", "{\"rawId\":\"AQ\",\"response\":{}}",
    "{\"rawId\":\"?\",\"response\":{\"clientDataJSON\":\"e30\",\"authenticatorData\":\"AQ\",\"signature\":\"Ag\"}}",
    "{\"rawId\":\"AQ\",\"response\":{\"clientDataJSON\":\"e30\",\"authenticatorData\":\"AQ\",\"signature\":7}}",
  };
  Qr qr = show_qr (self);
  Done early = { 0 }, unasked = { 0 };

  ulak_link_answer_passkey_async (self->link, ASSERTION, answered_cb, &early);
  wait_done (&early);
  g_assert_error (early.error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE);
  send_challenge (self, OPTIONS);
  fixture_wait_for (self, ULAK_LINK_PASSKEY);
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      Done done = { 0 };

      ulak_link_answer_passkey_async (self->link, wrong[i], answered_cb, &done);
      wait_done (&done);
      g_assert_error (done.error, ULAK_ERROR, ULAK_ERROR_INVALID);
      g_clear_error (&done.error);
    }
  ulak_link_confirm_passkey_async (self->link, confirmed_cb, &unasked);
  wait_done (&unasked);
  g_assert_error (unasked.error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE);
  g_clear_error (&early.error);
  g_clear_error (&unasked.error);
  g_free (qr.ref);
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/link-pair/a scanned QR links the line", test_qr);
  ADD ("/link-pair/a server that hangs up after pairing is asked again", test_hung_up_after_pairing);
  ADD ("/link-pair/a server that forgets the restart is reminded", test_no_restart_after_pairing);
  ADD ("/link-pair/refs are shown one after the other", test_rotation);
  ADD ("/link-pair/what nobody scans ends after five rounds", test_nobody_scans);
  ADD ("/link-pair/a refresh keeps the ref and changes the secret", test_refresh);
  for (gsize i = 0; i < G_N_ELEMENTS (forgeries); i++)
    {
      g_autofree char *name = g_strdup_printf ("/link-pair/a forged success is refused with %s/%zu", forgeries[i].text, i);

      g_test_add (name, Fixture, &forgeries[i], fixture_set_up, test_forgery, fixture_tear_down);
    }
  ADD ("/link-pair/a hosted account links", test_hosted);
  ADD ("/link-pair/a cut while pairing is stored is no loss", test_cut_while_storing);
  ADD ("/link-pair/a QR of a silent connection is taken back within a minute, as often as it takes", test_silent_qr);
  ADD ("/link-pair/a QR of a connection that answers pings stays", test_alive_qr);
  ADD ("/link-pair/a cut before our answer arrived begins anew", test_cut_before_answer);
  ADD ("/link-pair/a success that nobody waits for is refused", test_uninvited);
  ADD ("/link-pair/a phone too old is told so", test_downgrade);
  ADD ("/link-pair/a refused registration ends with its outcome", test_refused_registration);
  ADD ("/link-pair/a typed code links the line", test_code);
  ADD ("/link-pair/a code may be asked for while the line connects", test_code_while_connecting);
  ADD ("/link-pair/a code is made once, however often it is begun", test_code_is_made_once);
  ADD ("/link-pair/wrong requests for codes are refused", test_wrong_requests);
  ADD ("/link-pair/a code is shown again, another number gets another, and a QR comes back", test_second_requests);
  ADD ("/link-pair/a QR instead of a code may need a new connection", test_qr_after_code);
  ADD ("/link-pair/a code that the server refuses is told", test_refused_code);
  ADD ("/link-pair/a code runs out", test_code_runs_out);
  ADD ("/link-pair/an answer to another code is ignored", test_foreign_hello);
  ADD ("/link-pair/a code that is not confirmed fails", test_no_confirmation);
  ADD ("/link-pair/the server may want another code", test_new_code);
  g_test_add ("/link-pair/a code of a silent connection is taken back", Fixture, GINT_TO_POINTER (FALSE), fixture_set_up, test_silent_code,
              fixture_tear_down);
  g_test_add ("/link-pair/a typed code of a silent connection is taken back", Fixture, GINT_TO_POINTER (TRUE), fixture_set_up,
              test_silent_code, fixture_tear_down);
  g_test_add ("/link-pair/a passkey links the line", Fixture, GINT_TO_POINTER (FALSE), fixture_set_up, test_passkey, fixture_tear_down);
  g_test_add ("/link-pair/a passkey that took long is compared by code", Fixture, GINT_TO_POINTER (TRUE), fixture_set_up, test_passkey, fixture_tear_down);
  ADD ("/link-pair/passkey options are asked for when they are missing", test_options_asked);
  ADD ("/link-pair/wrong assertions are refused", test_wrong_assertions);
  return g_test_run ();
}
