/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Source: docs/protocol/sending.md, "Sending again".
 */
#include "whatsapp/chat/resend-work.h"

#include "whatsapp/chat/fetch-store.h"
#include "whatsapp/chat/people.h"
#include "whatsapp/chat/stanza.h"
#include "whatsapp/codec/padding.h"
#include "whatsapp/session/device-lists.h"
#include "whatsapp/session/group-cache.h"
#include "whatsapp/session/group-cipher.h"
#include "whatsapp/session/sent.h"

typedef struct
{
  UlakResendWork *work;
  UlakDatabase *database;
  const char *id;
  const UlakNode *retry;
  guint count;
  UlakPeer peer;         /* who asks */
  UlakPeer own;
  UlakPeerDevice device;
} Run;

static gboolean
refuse (Run *self, const char *why)
{
  self->work->why = why;
  return TRUE;
}

/* --- who asks --- */

/* *may_out: the device is in the list of its user; a list without it is asked for once. */
static gboolean
check_device (Run *self, gboolean *may_out, GError **error)
{
  g_autoptr (GArray) devices = NULL;
  gboolean is_known = FALSE;

  if (!ulak_devices_list (self->database, self->peer.id, self->work->view.now_us, ULAK_DEVICES_AGE_US, &devices,
                          &is_known, error))
    return FALSE;
  for (guint i = 0; i < devices->len; i++)
    if (g_array_index (devices, UlakListedDevice, i).device == self->device.device)
      *may_out = TRUE;
  if (!*may_out && !self->work->has_asked_devices)
    self->work->lacks_devices = TRUE;
  else if (!*may_out)
    *may_out = !is_known && self->device.device == 0;
  return TRUE;
}

/* A status is for those whom it named. */
static gboolean
check_recipient (Run *self, const char *note, gboolean *may_out, GError **error)
{
  g_auto (GStrv) people = g_strsplit (note == NULL ? "" : note, " ", -1);

  for (guint i = 0; people[i] != NULL && !*may_out; i++)
    {
      UlakPeer peer;
      UlakJid jid;

      if (!ulak_people_parse_chat (people[i], &jid) || !ulak_jid_is_user (&jid))
        continue;
      if (!ulak_peers_find (self->database, &jid, &peer, error))
        return FALSE;
      *may_out = peer.id == self->peer.id;
    }
  return TRUE;
}

/* Whoever joined later was no recipient, whatever id they know; another device of a member may come as late as it likes. */
static gboolean
check_member (Run *self, const char *group, gint64 sent_us, gboolean *may_out, GError **error)
{
  UlakGroupMember member = { 0 };

  if (!ulak_group_cache_is_member (self->database, group, self->peer.id, &member, may_out, error))
    return FALSE;
  *may_out = *may_out && member.since_us <= sent_us;
  return TRUE;
}

/* *may_out: the user is one whom the message went to, or we. */
static gboolean
check_user (Run *self, const UlakSentMessage *sent, gboolean *may_out, GError **error)
{
  const UlakAddress *address = &self->work->address;
  g_autofree char *chat = ulak_jid_print (&address->chat);
  UlakPeer to;

  *may_out = self->peer.id == self->own.id;
  if (*may_out)
    return TRUE;
  if (address->kind == ULAK_ADDRESS_BROADCAST)
    return check_recipient (self, sent->note, may_out, error);
  if (address->kind == ULAK_ADDRESS_GROUP)
    return check_member (self, chat, sent->sent_us, may_out, error);
  if (!ulak_peers_find (self->database, &address->chat, &to, error))
    return FALSE;
  *may_out = to.id == self->peer.id;
  return TRUE;
}

/* --- the session --- */

static gboolean
process_keys (Run *self, GError **error)
{
  const UlakNode *keys = ulak_node_get_child (self->work->receipt, "keys");
  UlakBundleOutcome outcome = ULAK_BUNDLE_MALFORMED;
  gboolean has_changed = FALSE;
  UlakBundle bundle;

  if (keys != NULL && ulak_bundle_read (keys, &bundle))
    {
      ulak_node_read_big_endian (self->work->receipt, "registration", &bundle.registration_id);
      if (!ulak_device_process_bundle (self->work->view.session, self->database, &self->device, &bundle,
                                       self->work->view.now_us, &outcome, &has_changed, error)
          || (has_changed && !ulak_group_forget_holder (self->database, NULL, &self->device, error)))
        return FALSE;
    }
  self->work->lacks_bundle = outcome != ULAK_BUNDLE_OK && !self->work->has_asked_bundle;
  return TRUE;
}

static gboolean
admit (Run *self, GError **error)
{
  UlakRetryRequest request = { .chat = &self->work->address.chat,
                               .network_id = self->id,
                               .device = self->device,
                               .count = self->count,
                               .has_keys = ulak_node_get_child (self->work->receipt, "keys") != NULL };
  UlakRetryVerdict verdict = ULAK_RETRY_REFUSE;

  if (self->work->is_admitted)
    return TRUE;
  ulak_node_read_big_endian (self->work->receipt, "registration", &request.registration_id);
  if (!ulak_sent_admit_retry (self->work->view.session, self->database, &request, self->work->view.now_us, &verdict,
                              error))
    return FALSE;
  self->work->was_admitted = verdict != ULAK_RETRY_REFUSE;
  switch (verdict)
    {
    case ULAK_RETRY_SERVE:
      return TRUE;
    case ULAK_RETRY_PROCESS_KEYS:
      return process_keys (self, error);
    case ULAK_RETRY_FETCH_BUNDLE:
      self->work->lacks_bundle = TRUE;
      return TRUE;
    case ULAK_RETRY_REFUSE:
      return refuse (self, "it was asked for too often");
    }
  g_return_val_if_reached (FALSE);
}

/* --- the message --- */

/* In groups the sender key goes along in the message itself: the device has lost the one it got. */
static gboolean
add_sender_key (Run *self, GBytes *plain, GBytes **message_out, GError **error)
{
  g_autofree char *group = ulak_jid_print (&self->work->address.chat);
  g_auto (UlakDistribution) distribution = { 0 };
  Wa__SenderKeyDistributionMessage key = WA__SENDER_KEY_DISTRIBUTION_MESSAGE__INIT;
  Wa__SenderKeyDistributionMessage *before;
  g_autoptr (Wa__Message) message = NULL;
  gsize size_bytes;
  const guint8 *bytes = g_bytes_get_data (plain, &size_bytes);

  if (!ulak_group_forget_holder (self->database, group, &self->device, error)
      || !ulak_group_get_distribution (self->work->view.session, self->database, group, self->work->view.now_us,
                                       &distribution, error))
    return FALSE;
  message = ulak_protobuf_unpack (&wa__message__descriptor, bytes, size_bytes, NULL);
  if (message == NULL)
    {
      *message_out = g_bytes_ref (plain);
      return TRUE;
    }
  key.group_id = group;
  key.has_axolotl_sender_key_distribution_message = TRUE;
  key.axolotl_sender_key_distribution_message.data = (uint8_t *) g_bytes_get_data (distribution.bytes, &size_bytes);
  key.axolotl_sender_key_distribution_message.len = size_bytes;
  before = message->sender_key_distribution_message;
  message->sender_key_distribution_message = &key;
  *message_out = ulak_protobuf_pack (message);
  message->sender_key_distribution_message = before;
  return TRUE;
}

static gboolean
make_message (Run *self, GBytes *plain, GBytes **message_out, GError **error)
{
  const UlakAddress *address = &self->work->address;
  g_autofree char *destination = ulak_jid_print (&address->chat);

  if (address->kind != ULAK_ADDRESS_DIRECT)
    return add_sender_key (self, plain, message_out, error);
  *message_out = self->peer.id == self->own.id ? ulak_content_wrap_device_sent (plain, destination, NULL)
                                               : g_bytes_ref (plain);
  return TRUE;
}

static gboolean
write_stanza (Run *self, GBytes *plain, const UlakCiphertext *ciphertext)
{
  UlakResendWork *work = self->work;
  GBytes *identity = ulak_credentials_get_device_identity (ulak_session_get_credentials (work->view.session));
  g_autoptr (UlakNodeBuilder) builder = NULL;
  UlakContentStanza description;

  ulak_stanza_describe (plain, &description);
  builder = ulak_stanza_begin (self->id, &work->address.from, &description);
  ulak_node_builder_add_copy (builder, "t", self->retry, "t");
  ulak_node_builder_add_copy (builder, "participant", work->receipt, "participant");
  ulak_node_builder_add_copy (builder, "recipient", work->receipt, "recipient");
  if (work->address.kind == ULAK_ADDRESS_DIRECT)
    ulak_node_builder_add_text (builder, "device_fanout", "false");
  ulak_stanza_add_enc (builder, ciphertext->kind, ciphertext->bytes, &description, self->count);
  if (ciphertext->kind == ULAK_CIPHERTEXT_PKMSG && identity != NULL)
    ulak_stanza_add_bytes (builder, "device-identity", identity);
  ulak_stanza_add_meta (builder, &description);
  work->stanza = ulak_node_builder_end (builder, NULL);
  return TRUE;
}

static gboolean
answer (Run *self, GBytes *plain, GError **error)
{
  g_auto (UlakCiphertext) ciphertext = { 0 };
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GBytes) padded = NULL;
  gsize size_bytes;
  const guint8 *bytes;

  if (!make_message (self, plain, &message, error))
    return FALSE;
  bytes = g_bytes_get_data (message, &size_bytes);
  padded = ulak_padding_add (bytes, size_bytes, self->work->view.random);
  if (!ulak_device_encrypt (self->work->view.session, self->database, &self->device, ulak_span_of (padded),
                            self->work->view.now_us, &ciphertext, error))
    return FALSE;
  if (ciphertext.bytes != NULL)
    return write_stanza (self, plain, &ciphertext);
  if (self->work->has_asked_bundle)
    return refuse (self, "the device has no keys");
  self->work->lacks_bundle = TRUE;
  return TRUE;
}

/* --- the work --- */

static gboolean
judge (Run *self, const UlakSentMessage *sent, GError **error)
{
  gboolean may = FALSE;

  if (!check_user (self, sent, &may, error))
    return FALSE;
  if (!may)
    return refuse (self, "who asks is not in the chat, or was not when it was sent");
  may = FALSE;
  if (!check_device (self, &may, error))
    return FALSE;
  if (self->work->lacks_devices)
    return TRUE;
  if (!may)
    return refuse (self, "the device that asks is not known");
  if (!admit (self, error))
    return FALSE;
  return self->work->lacks_bundle || self->work->why != NULL || answer (self, sent->plain, error);
}

static gboolean
read_retry (Run *self)
{
  guint64 count = 0;

  self->id = ulak_node_get_attribute (self->work->receipt, "id");
  self->retry = ulak_node_get_child (self->work->receipt, "retry");
  if (self->id == NULL || self->retry == NULL || !ulak_node_read_number (self->retry, "count", 100, &count, NULL))
    return FALSE;
  self->count = (guint) count;
  return TRUE;
}

static void
forget_output (UlakResendWork *self)
{
  self->lacks_devices = self->lacks_bundle = self->was_admitted = FALSE;
  self->why = NULL;
  g_clear_pointer (&self->stanza, ulak_node_unref);
}

gboolean
ulak_resend_work_run (UlakDatabase *database, gpointer data, GError **error)
{
  UlakResendWork *work = data;
  const UlakAddress *address = &work->address;
  Run run = { .work = work, .database = database };
  g_autoptr (UlakSentMessage) sent = NULL;

  forget_output (work);
  if (!read_retry (&run))
    return refuse (&run, "the receipt does not say what is asked for");
  if (!ulak_peers_get_own (database, &run.own, error)
      || !ulak_people_meet (database, &address->author, &address->author_alternate, work->view.now_us, &run.peer, error))
    return FALSE;
  run.device = (UlakPeerDevice){ run.peer.id, address->author.device };
  if (!ulak_sent_find (database, &address->chat, run.id, &sent, error))
    return FALSE;
  if (sent == NULL)
    return refuse (&run, "the message is not here any more");
  return judge (&run, sent, error);
}

UlakResendWork *
ulak_resend_work_new (UlakChat *chat, const UlakNode *receipt, const UlakAddress *address)
{
  UlakResendWork *self = g_atomic_rc_box_new0 (UlakResendWork);

  self->receipt = ulak_node_ref (receipt);
  self->address = *address;
  ulak_chat_view_init (&self->view, chat);
  return self;
}

UlakResendWork *
ulak_resend_work_ref (UlakResendWork *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
work_clear (gpointer data)
{
  UlakResendWork *self = data;

  forget_output (self);
  ulak_chat_view_clear (&self->view);
  ulak_node_unref (self->receipt);
}

void
ulak_resend_work_unref (gpointer self)
{
  g_atomic_rc_box_release_full (self, work_clear);
}
