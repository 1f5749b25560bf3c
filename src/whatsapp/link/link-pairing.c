/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Pairing: QR texts one after the other, and the proof that the phone took one of them.
 *
 * A connection brings some refs. The first is shown for 60 s, each next one for 20 s; after the last the connection is
 * made anew. Keys stay the same between attempts. What pair-success says is believed after every check of
 * docs/protocol/pairing.md, and answered after it is durable: a phone that believes us linked is right, whatever happens.
 */
#include "whatsapp/link/link-private.h"

#include "core/error.h"
#include "core/log.h"
#include "whatsapp/codec/protobufs.h"
#include "whatsapp/crypto/adv.h"
#include "whatsapp/link/qr-text.h"
#include "whatsapp/link/stanzas.h"

#include <string.h>

#define FIRST_REF_MS 60000
#define NEXT_REF_MS 20000
#define RESTART_WAIT_MS 10000
#define REF_BYTES_MAX 1024
#define IDENTITY_BYTES_MAX 65536

void
ulak_link_clear_pairing (UlakLink *self)
{
  ulak_clock_clear_timer (self->clock, &self->pairing.timer);
  for (guint i = 0; i < self->pairing.n_refs; i++)
    g_free (self->pairing.refs[i]);
  self->pairing.n_refs = self->pairing.at = 0;
  self->pairing.is_confirming = FALSE;
  if (self->is_started)
    return;
  self->pairing.is_fresh = FALSE;
  g_clear_pointer (&self->pairing.complaint, ulak_outcome_free);
}

gboolean
ulak_link_is_pairing (UlakLink *self)
{
  return self->phase == ULAK_LINK_QR || self->phase == ULAK_LINK_CODE || self->phase == ULAK_LINK_PASSKEY;
}

/* -- QR -- */

/* Shows the current ref; what else the phone may be doing (a code, a passkey) is more important. */
void
ulak_link_show_qr (UlakLink *self)
{
  UlakLinkState state = { .phase = ULAK_LINK_QR, .expires_us = self->pairing.shown_until_us, .outcome = self->pairing.complaint };
  g_autofree char *text = NULL;

  if (self->pairing.n_refs == 0 || self->code.until_us != 0 || self->passkey.is_asked || self->pairing.is_confirming)
    return;
  text = ulak_qr_text (self->pairing.refs[self->pairing.at], ulak_credentials_get_noise (self->credentials)->public_key,
                       ulak_credentials_get_identity (self->credentials)->public_key,
                       ulak_credentials_get_adv_secret (self->credentials), ULAK_QR_CLIENT_CHROME);
  state.text = text;
  ulak_link_report (self, &state);
}

static void ref_over_cb (gpointer user_data);

static void
show_ref (UlakLink *self, guint at)
{
  gint64 shown_ms = at == 0 ? FIRST_REF_MS : NEXT_REF_MS;

  self->pairing.at = at;
  self->pairing.shown_until_us = ulak_clock_get_wall_us (self->clock) + shown_ms * G_TIME_SPAN_MILLISECOND;
  self->pairing.timer = ulak_link_add_timer (self, shown_ms, ref_over_cb);
  ulak_link_show_qr (self);
}

static void
ref_over_cb (gpointer user_data)
{
  UlakLink *self = user_data;

  self->pairing.timer = 0;
  if (self->pairing.at + 1 < self->pairing.n_refs)
    show_ref (self, self->pairing.at + 1);
  else if (self->code.until_us == 0 && !self->passkey.is_asked)
    ulak_link_lose (self, ulak_outcome_new (ULAK_OUTCOME_RETRY, "E_WA_UNPAIRED", "Nobody scanned the QR in time"));
}

static void
read_refs (UlakLink *self, const UlakNode *pair_device)
{
  ulak_link_clear_pairing (self);
  for (const UlakNode *child = ulak_node_get_first (pair_device); child != NULL; child = ulak_node_get_next (child))
    {
      gsize size_bytes;
      g_autofree char *text = NULL;

      if (self->pairing.n_refs == ULAK_LINK_REFS_MAX || !ulak_node_is (child, "ref")
          || ulak_node_read_bytes (child, 1, REF_BYTES_MAX, &size_bytes, NULL) == NULL)
        continue;
      text = ulak_node_dup_text (child);
      if (text != NULL)
        self->pairing.refs[self->pairing.n_refs++] = g_steal_pointer (&text);
    }
}

void
ulak_link_take_pair_device (UlakLink *self, UlakNode *iq)
{
  const guint epoch = self->epoch;

  ulak_link_send_now (self, ulak_stanza_result (iq));
  if (ulak_credentials_is_linked (self->credentials) || self->phase == ULAK_LINK_PAIRED)
    return;
  ulak_clock_clear_timer (self->clock, &self->connection.first_stanza_timer);
  g_clear_pointer (&self->push_name, g_free);
  self->connection.failures = self->connection.failed_hellos = 0;
  read_refs (self, ulak_node_get_child (iq, "pair-device"));
  if (self->pairing.n_refs == 0)
    {
      ulak_link_lose (self, ulak_outcome_new (ULAK_OUTCOME_RETRY, "E_WA_CONNECTION", "WhatsApp's server gave nothing to make a QR of"));
      return;
    }
  show_ref (self, 0);
  if (epoch == self->epoch)
    ulak_link_begin_code (self);
}

/* -- A new secret for the same ref -- */

static void
refreshed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakLinkAsk) ask = user_data;
  UlakLink *self = ask->link;
  g_auto (UlakAccountState) state = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean is_stored = ulak_account_change_finish (ULAK_STORE (source), result, &state, &error);

  if (!ulak_link_ask_is_current (ask))
    return;
  if (!is_stored)
    {
      ulak_link_lose (self, ulak_outcome_new (ULAK_OUTCOME_LOCAL, "E_WA_STORE", error->message));
      return;
    }
  ulak_link_take_credentials (self, &state);
  ulak_link_show_qr (self);
}

/* The server wants another secret behind the QR that is shown; the one agreed with a code stays. */
void
ulak_link_refresh_qr (UlakLink *self)
{
  UlakAccountChange *change;

  if (!ulak_link_is_pairing (self) || self->code.is_finishing || self->pairing.is_confirming)
    return;
  change = ulak_account_change_new ();
  change->adv_secret = g_new0 (UlakKey, 1);
  ulak_random_fill (self->random, change->adv_secret->bytes, sizeof change->adv_secret->bytes);
  ulak_link_change (self, change, refreshed_cb, ulak_link_ask_new (self));
}

/* -- pair-success -- */

static void
complain (UlakLink *self, const char *message)
{
  g_clear_pointer (&self->pairing.complaint, ulak_outcome_free);
  self->pairing.complaint = ulak_outcome_new (ULAK_OUTCOME_UNPAIRED, "E_WA_UNPAIRED", message);
}

/* Codes and passkeys are bound to their connection; the QR that comes instead says what became of them. */
void
ulak_link_interrupt_pairing (UlakLink *self)
{
  if (!ulak_link_is_pairing (self) || self->pairing.is_confirming)
    return;
  if (self->code.until_us != 0)
    complain (self, "The connection was lost, and the code is no longer good; ask for a new one");
  else if (self->passkey.is_asked)
    complain (self, "The connection was lost before the passkey was proved; begin anew");
}

/* The attempt is over; a new connection brings a new QR, and with it what was wrong. */
void
ulak_link_fail_pairing (UlakLink *self, const char *message)
{
  if (!ulak_link_is_pairing (self))
    return;
  complain (self, message);
  ulak_link_lose (self, ulak_outcome_new (ULAK_OUTCOME_RETRY, "E_WA_UNPAIRED", message));
}

/* One pair-success on its way from its bytes to the answer. */
typedef struct
{
  UlakLinkAsk *ask;
  UlakNode *iq;
  Wa__ADVSignedDeviceIdentity *identity;
  Wa__ADVDeviceIdentity *details;
  guint8 signature[ULAK_CURVE_SIGNATURE_BYTES];
} Success;

static void
success_free (Success *self)
{
  ulak_link_ask_free (self->ask);
  ulak_node_unref (self->iq);
  g_clear_pointer (&self->identity, ulak_protobuf_free);
  g_clear_pointer (&self->details, ulak_protobuf_free);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Success, success_free)

/* What the server is told, and people. */
typedef struct
{
  guint code;
  const char *text;
  const char *message;
} Refusal;

static const Refusal wrong_mac = { 401, "hmac-mismatch", "The phone did not prove that it saw this line's QR or code" };
static const Refusal wrong_signature = { 401, "signature-mismatch", "The phone's signature of this device is wrong" };
static const Refusal wrong_form = { 500, "internal-error", "What the server said about the linked phone cannot be read" };
static const Refusal not_stored = { 500, "internal-error", "The link could not be stored" };

static UlakSpan
span_of_field (gboolean is_there, const ProtobufCBinaryData *field)
{
  return is_there ? ULAK_SPAN (field->data, field->len) : ULAK_SPAN_NONE;
}

static UlakAdvIdentity
adv_of (const Success *self)
{
  const Wa__ADVSignedDeviceIdentity *identity = self->identity;

  return (UlakAdvIdentity){
    .details = span_of_field (identity->has_details, &identity->details),
    .account_signature_key = span_of_field (identity->has_account_signature_key, &identity->account_signature_key),
    .account_signature = span_of_field (identity->has_account_signature, &identity->account_signature),
    .is_hosted = self->details->has_device_type && self->details->device_type == WA__ADVENCRYPTION_TYPE__HOSTED,
  };
}

static const Refusal *
read_statement (UlakLink *self, Success *success)
{
  const UlakNode *node = ulak_node_get_child (ulak_node_get_child (success->iq, "pair-success"), "device-identity");
  g_autoptr (Wa__ADVSignedDeviceIdentityHMAC) sealed = NULL;
  const guint8 *bytes;
  gsize size_bytes;
  gboolean is_hosted;

  bytes = node == NULL ? NULL : ulak_node_read_bytes (node, 1, IDENTITY_BYTES_MAX, &size_bytes, NULL);
  if (bytes != NULL)
    sealed = ulak_protobuf_unpack (&wa__advsigned_device_identity_hmac__descriptor, bytes, size_bytes, NULL);
  if (sealed == NULL || !sealed->has_details || !sealed->has_hmac)
    return &wrong_form;
  is_hosted = sealed->has_account_type && sealed->account_type == WA__ADVENCRYPTION_TYPE__HOSTED;
  if (!ulak_adv_check_pairing (ulak_credentials_get_adv_secret (self->credentials), span_of_field (TRUE, &sealed->details),
                               span_of_field (TRUE, &sealed->hmac), is_hosted))
    return &wrong_mac;
  success->identity = ulak_protobuf_unpack_bytes (&wa__advsigned_device_identity__descriptor, &sealed->details, NULL);
  if (success->identity == NULL || !success->identity->has_details)
    return &wrong_form;
  success->details = ulak_protobuf_unpack_bytes (&wa__advdevice_identity__descriptor, &success->identity->details, NULL);
  return success->details == NULL ? &wrong_form : NULL;
}

/* Checks the phone's signature, and makes ours. */
static const Refusal *
check_statement (UlakLink *self, Success *success)
{
  const Refusal *refusal = read_statement (self, success);
  const UlakKeyPair *identity = ulak_credentials_get_identity (self->credentials);
  UlakAdvIdentity adv;

  if (refusal != NULL)
    return refusal;
  adv = adv_of (success);
  if (adv.account_signature_key.size_bytes != ULAK_CURVE_PUBLIC_BYTES
      || !ulak_adv_check_account (&adv, ULAK_SPAN_ARRAY (identity->public_key)))
    return &wrong_signature;
  ulak_adv_sign_device (&adv, identity, self->random, success->signature);
  return NULL;
}

static GBytes *
pack_identity (Success *success, gboolean with_account_key)
{
  Wa__ADVSignedDeviceIdentity shown = *success->identity;

  shown.base.n_unknown_fields = 0;
  shown.base.unknown_fields = NULL;
  shown.has_device_signature = TRUE;
  shown.device_signature = (ProtobufCBinaryData){ sizeof success->signature, success->signature };
  if (!with_account_key)
    {
      shown.has_account_signature_key = FALSE;
      shown.account_signature_key = (ProtobufCBinaryData){ 0, NULL };
    }
  return ulak_protobuf_pack (&shown);
}

static char *
dup_attribute (const UlakNode *parent, const char *child, const char *attribute)
{
  const UlakNode *node = ulak_node_get_child (parent, child);

  return node == NULL ? NULL : g_strdup (ulak_node_get_attribute (node, attribute));
}

static UlakLidMigration
read_migration (const UlakNode *pair_success)
{
  const UlakNode *node = ulak_node_get_child (pair_success, "client-props");
  g_autoptr (Wa__ClientPairingProps) props = NULL;
  gsize size_bytes;
  const guint8 *bytes = node == NULL ? NULL : ulak_node_read_bytes (node, 1, IDENTITY_BYTES_MAX, &size_bytes, NULL);

  if (bytes != NULL)
    props = ulak_protobuf_unpack (&wa__client_pairing_props__descriptor, bytes, size_bytes, NULL);
  if (props == NULL || !props->has_is_chat_db_lid_migrated)
    return ULAK_LID_MIGRATION_UNKNOWN;
  return props->is_chat_db_lid_migrated ? ULAK_LID_MIGRATION_YES : ULAK_LID_MIGRATION_NO;
}

static gboolean
read_addresses (const UlakNode *pair_success, UlakPairing *pairing)
{
  const UlakNode *device = ulak_node_get_child (pair_success, "device");

  if (device == NULL || !ulak_node_read_jid (device, "jid", &pairing->jid, NULL)
      || pairing->jid.server != ULAK_JID_SERVER_PHONE || pairing->jid.user[0] == '\0' || pairing->jid.device == 0)
    return FALSE;
  if (!ulak_node_read_jid (device, "lid", &pairing->lid, NULL) || pairing->lid.server != ULAK_JID_SERVER_LID)
    pairing->lid = (UlakJid){ 0 };
  return TRUE;
}

static UlakAccountChange *
make_change (Success *success)
{
  const UlakNode *pair_success = ulak_node_get_child (success->iq, "pair-success");
  g_autoptr (UlakAccountChange) change = ulak_account_change_new ();

  change->pairing = g_new0 (UlakPairing, 1);
  if (!read_addresses (pair_success, change->pairing))
    return NULL;
  change->device_identity = pack_identity (success, TRUE);
  change->platform = dup_attribute (pair_success, "platform", "name");
  change->business_name = dup_attribute (pair_success, "biz", "name");
  change->pairing->device_identity = ulak_span_of (change->device_identity);
  memcpy (change->pairing->account_signature_key, success->identity->account_signature_key.data, ULAK_CURVE_PUBLIC_BYTES);
  change->pairing->platform = change->platform;
  change->pairing->business_name = change->business_name;
  change->pairing->lid_migration = read_migration (pair_success);
  return g_steal_pointer (&change);
}

static void
refuse (UlakLink *self, const UlakNode *iq, const Refusal *refusal)
{
  ulak_link_send_now (self, ulak_stanza_error (iq, refusal->code, refusal->text));
  ulak_link_fail_pairing (self, refusal->message);
}

static void
answer (UlakLink *self, Success *success)
{
  g_autoptr (GBytes) identity = pack_identity (success, FALSE);
  UlakNodeBuilder *builder = ulak_node_builder_new ("iq");

  ulak_node_builder_add_jid (builder, "to", ulak_server_jid ());
  ulak_node_builder_add_text (builder, "type", "result");
  ulak_node_builder_add_copy (builder, "id", success->iq, "id");
  ulak_node_builder_open (builder, "pair-device-sign");
  ulak_node_builder_open (builder, "device-identity");
  ulak_node_builder_add_number (builder, "key-index", success->details->key_index);
  ulak_node_builder_set_bytes (builder, g_bytes_get_data (identity, NULL), g_bytes_get_size (identity));
  ulak_link_send_built (self, builder);
  ulak_channel_flush (self->channel);
}

/* The server asks for a new connection now; if it forgets to, we know what to do. */
static void
no_restart_cb (gpointer user_data)
{
  UlakLink *self = user_data;

  self->connection.first_stanza_timer = 0;
  ulak_link_lose (self, ulak_outcome_new (ULAK_OUTCOME_RESTART, NULL, "WhatsApp's server does not ask for a new connection after pairing"));
}

static void
stored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Success) success = user_data;
  UlakLink *self = success->ask->link;
  const UlakLinkState paired = { .phase = ULAK_LINK_PAIRED };
  g_auto (UlakAccountState) state = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean is_stored = ulak_account_change_finish (ULAK_STORE (source), result, &state, &error);

  if (ulak_link_ask_is_current (success->ask) && !is_stored)
    {
      ulak_log_warning (NULL, NULL, "Pairing cannot be stored: %s", error->message);
      self->pairing.is_confirming = FALSE;
      refuse (self, success->iq, &not_stored);
    }
  else if (ulak_link_ask_is_current (success->ask))
    {
      ulak_link_take_credentials (self, &state);
      answer (self, success);
      ulak_link_clear_code (self);
      ulak_link_clear_passkey (self);
      ulak_link_clear_pairing (self);
      self->pairing.rounds = 0;
      self->pairing.is_fresh = TRUE;
      g_clear_pointer (&self->pairing.complaint, ulak_outcome_free);
      self->connection.first_stanza_timer = ulak_link_add_timer (self, RESTART_WAIT_MS, no_restart_cb);
      ulak_link_report (self, &paired);
    }
  else if (is_stored && self->is_started)
    self->pairing.is_fresh = TRUE; /* the connection ended before the server heard of it */
}

void
ulak_link_take_pair_success (UlakLink *self, UlakNode *iq)
{
  g_autoptr (Success) success = g_new0 (Success, 1);
  UlakAccountChange *change;
  const Refusal *refusal;

  success->ask = ulak_link_ask_new (self);
  success->iq = ulak_node_ref (iq);
  if (!ulak_link_is_pairing (self) || self->pairing.is_confirming)
    {
      ulak_link_send_now (self, ulak_stanza_error (iq, wrong_form.code, wrong_form.text));
      return;
    }
  refusal = check_statement (self, success);
  change = refusal == NULL ? make_change (success) : NULL;
  if (change == NULL)
    {
      refuse (self, iq, refusal == NULL ? &wrong_form : refusal);
      return;
    }
  self->pairing.is_confirming = TRUE;
  ulak_clock_clear_timer (self->clock, &self->pairing.timer);
  ulak_link_change (self, change, stored_cb, g_steal_pointer (&success));
}
