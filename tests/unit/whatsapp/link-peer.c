/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "unit/whatsapp/link-peer.h"

#include "whatsapp/codec/node-codec.h"
#include "whatsapp/codec/protobufs.h"
#include "whatsapp/crypto/aead.h"
#include "whatsapp/crypto/counter-cipher.h"
#include "whatsapp/crypto/digest.h"
#include "whatsapp/crypto/hkdf.h"
#include "whatsapp/link/frames.h"

#include <string.h>

#define WAIT_S 20
#define YEAR_S (365 * 24 * 3600)

typedef enum
{
  STATE_HELLO,
  STATE_FINISH,
  STATE_OPEN,
} State;

/* -- The socket that the link gets -- */

#define LINK_TYPE_FAKE_SOCKET (link_fake_socket_get_type ())
G_DECLARE_FINAL_TYPE (LinkFakeSocket, link_fake_socket, LINK, FAKE_SOCKET, GObject)

struct _LinkFakeSocket
{
  GObject parent;
  LinkPeer *peer; /* (nullable): until it is abandoned or replaced */
  const UlakSocketEvents *events;
  gpointer user_data;
};

struct _LinkPeer
{
  UlakClock *clock;
  UlakRandom *random;
  LinkPeerManner manner;
  gboolean answers_pings;
  gsize chunk_bytes;
  UlakKeyPair root, intermediate, own_static, ephemeral;
  char root_hex[2 * ULAK_KEY_BYTES + 1];
  LinkFakeSocket *socket; /* (owned) (nullable) */
  guint connections;

  State state;
  gboolean has_intro;
  GByteArray *inbox; /* bytes of the client that are no frame yet */
  GBytes *payload;
  GBytes *routing_info;
  guint8 h[ULAK_SHA256_BYTES];
  UlakKey ck, k;
  guint32 n;
  UlakCounterCipher *seals, *opens;
  GQueue nodes; /* UlakNode, owned */
};

/* -- The other half of the handshake -- */

static void
mix_hash (LinkPeer *self, UlakSpan span)
{
  const UlakSpan spans[] = { ULAK_SPAN_ARRAY (self->h), span };

  ulak_sha256 (spans, G_N_ELEMENTS (spans), self->h);
}

static void
mix_key (LinkPeer *self, const UlakKey *private_key, UlakSpan public_key)
{
  UlakKey shared;
  guint8 made[64];

  g_assert_true (ulak_curve_agree (private_key, public_key, &shared, NULL));
  ulak_hkdf (ULAK_SPAN_ARRAY (shared.bytes), ULAK_SPAN_ARRAY (self->ck.bytes), ULAK_SPAN_NONE, made, sizeof made);
  memcpy (self->ck.bytes, made, 32);
  memcpy (self->k.bytes, made + 32, 32);
  self->n = 0;
}

static void
take_nonce (LinkPeer *self, guint8 nonce[ULAK_AEAD_NONCE_BYTES])
{
  guint32 n = GUINT32_TO_BE (self->n++);

  memset (nonce, 0, ULAK_AEAD_NONCE_BYTES);
  memcpy (nonce + 8, &n, 4);
}

static GBytes *
seal (LinkPeer *self, UlakSpan plain)
{
  guint8 nonce[ULAK_AEAD_NONCE_BYTES];
  GBytes *sealed;

  take_nonce (self, nonce);
  sealed = ulak_aead_seal (&self->k, nonce, ULAK_SPAN_ARRAY (self->h), plain);
  mix_hash (self, ulak_span_of (sealed));
  return sealed;
}

static GBytes *
unseal (LinkPeer *self, UlakSpan sealed)
{
  guint8 nonce[ULAK_AEAD_NONCE_BYTES];
  g_autoptr (GError) error = NULL;
  GBytes *plain;

  take_nonce (self, nonce);
  plain = ulak_aead_open (&self->k, ULAK_SPAN_ARRAY (nonce), ULAK_SPAN_ARRAY (self->h), sealed, &error);
  g_assert_no_error (error);
  mix_hash (self, sealed);
  return plain;
}

#define FIELD(span) ((ProtobufCBinaryData){ (span).size_bytes, (guint8 *) (span).bytes })

typedef struct
{
  GBytes *details;
  guint8 signature[ULAK_CURVE_SIGNATURE_BYTES];
  Wa__CertChain__NoiseCertificate message;
} Certificate;

static void
certify (LinkPeer *self, Certificate *out, guint32 serial, guint32 issuer, UlakSpan key, const UlakKeyPair *signer)
{
  Wa__CertChain__NoiseCertificate__Details details = WA__CERT_CHAIN__NOISE_CERTIFICATE__DETAILS__INIT;
  guint64 now_s = (guint64) (ulak_clock_get_wall_us (self->clock) / G_USEC_PER_SEC);
  UlakSpan span;

  details.has_serial = details.has_issuer_serial = details.has_key = details.has_not_before = details.has_not_after = TRUE;
  details.serial = serial;
  details.issuer_serial = issuer;
  details.key = FIELD (key);
  details.not_before = now_s - YEAR_S;
  details.not_after = self->manner == LINK_PEER_IS_EXPIRED ? now_s - 1 : now_s + YEAR_S;
  out->details = ulak_protobuf_pack (&details);
  span = ulak_span_of (out->details);
  ulak_curve_sign (&signer->private_key, self->random, &span, 1, out->signature);
  wa__cert_chain__noise_certificate__init (&out->message);
  out->message.has_details = out->message.has_signature = TRUE;
  out->message.details = FIELD (span);
  out->message.signature = (ProtobufCBinaryData){ sizeof out->signature, out->signature };
}

static GBytes *
make_chain (LinkPeer *self)
{
  Wa__CertChain chain = WA__CERT_CHAIN__INIT;
  Certificate leaf, intermediate;
  UlakKeyPair stranger;
  UlakSpan key = ULAK_SPAN_ARRAY (self->own_static.public_key);
  GBytes *packed;

  ulak_key_pair_generate (&stranger, self->random);
  if (self->manner == LINK_PEER_NAMES_OTHER_KEY)
    key = ULAK_SPAN_ARRAY (stranger.public_key);
  certify (self, &leaf, 2, 1, key, self->manner == LINK_PEER_FORGES_LEAF ? &stranger : &self->intermediate);
  certify (self, &intermediate, 1, 0, ULAK_SPAN_ARRAY (self->intermediate.public_key),
           self->manner == LINK_PEER_FORGES_INTERMEDIATE ? &stranger : &self->root);
  chain.leaf = &leaf.message;
  chain.intermediate = self->manner == LINK_PEER_LEAVES_CHAIN_OUT ? NULL : &intermediate.message;
  packed = ulak_protobuf_pack (&chain);
  g_bytes_unref (leaf.details);
  g_bytes_unref (intermediate.details);
  return packed;
}

/* -- Bytes to the client -- */

typedef struct
{
  LinkFakeSocket *socket; /* (owned) */
  GBytes *bytes;          /* NULL: it is closed */
} Delivery;

static gboolean
deliver_cb (gpointer data)
{
  g_autofree Delivery *delivery = data;
  g_autoptr (LinkFakeSocket) socket = delivery->socket;
  g_autoptr (GBytes) bytes = delivery->bytes;
  g_autoptr (GError) error = NULL;

  if (socket->peer == NULL)
    return G_SOURCE_REMOVE;
  if (bytes != NULL)
    {
      socket->events->received (bytes, socket->user_data);
      return G_SOURCE_REMOVE;
    }
  socket->peer = NULL;
  error = g_error_new (G_IO_ERROR, G_IO_ERROR_CLOSED, "The peer closed");
  socket->events->closed (error, socket->user_data);
  return G_SOURCE_REMOVE;
}

static void
deliver (LinkPeer *self, GBytes *bytes)
{
  Delivery *delivery = g_new0 (Delivery, 1);

  g_assert_nonnull (self->socket);
  delivery->socket = g_object_ref (self->socket);
  delivery->bytes = bytes;
  g_idle_add_full (G_PRIORITY_DEFAULT, deliver_cb, delivery, NULL);
}

void
link_peer_send_raw (LinkPeer *self, const void *bytes, gsize size_bytes)
{
  gsize chunk_bytes = self->chunk_bytes == 0 ? size_bytes : self->chunk_bytes;

  for (gsize at = 0; at < size_bytes; at += chunk_bytes)
    deliver (self, g_bytes_new ((const guint8 *) bytes + at, MIN (chunk_bytes, size_bytes - at)));
}

void
link_peer_close (LinkPeer *self)
{
  deliver (self, NULL);
}

static void
send_hello (LinkPeer *self, UlakSpan client_ephemeral)
{
  Wa__HandshakeMessage message = WA__HANDSHAKE_MESSAGE__INIT;
  Wa__HandshakeMessage__ServerHello hello = WA__HANDSHAKE_MESSAGE__SERVER_HELLO__INIT;
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GBytes) sealed_static = NULL, chain = make_chain (self), sealed_chain = NULL, packed = NULL;

  ulak_key_pair_generate (&self->ephemeral, self->random);
  mix_hash (self, client_ephemeral);
  mix_hash (self, ULAK_SPAN_ARRAY (self->ephemeral.public_key));
  mix_key (self, &self->ephemeral.private_key, client_ephemeral);
  sealed_static = seal (self, ULAK_SPAN_ARRAY (self->own_static.public_key));
  mix_key (self, &self->own_static.private_key, client_ephemeral);
  sealed_chain = seal (self, ulak_span_of (chain));
  hello.has_ephemeral = hello.has_static_ = hello.has_payload = TRUE;
  hello.ephemeral = (ProtobufCBinaryData){ sizeof self->ephemeral.public_key, self->ephemeral.public_key };
  hello.static_ = FIELD (ulak_span_of (sealed_static));
  hello.payload = FIELD (ulak_span_of (sealed_chain));
  message.server_hello = &hello;
  packed = ulak_protobuf_pack (&message);
  ulak_frames_append (out, ulak_span_of (packed));
  link_peer_send_raw (self, out->data, out->len);
}

static void
answer_hello (LinkPeer *self, UlakSpan frame)
{
  static const guint8 no_hello[] = { 0, 0, 4, 1, 2, 3, 4 }, huge[] = { 0xff, 0xff, 0xff, 0 };
  g_autoptr (Wa__HandshakeMessage) message
      = ulak_protobuf_unpack (&wa__handshake_message__descriptor, frame.bytes, frame.size_bytes, NULL);

  g_assert_nonnull (message);
  g_assert_nonnull (message->client_hello);
  self->state = STATE_FINISH;
  if (self->manner == LINK_PEER_SENDS_NO_HELLO)
    link_peer_send_raw (self, no_hello, sizeof no_hello);
  else if (self->manner == LINK_PEER_SENDS_HUGE_FRAME)
    link_peer_send_raw (self, huge, sizeof huge);
  else if (self->manner == LINK_PEER_CLOSES_AT_HELLO)
    link_peer_close (self);
  else if (self->manner != LINK_PEER_IS_MUTE)
    send_hello (self, ULAK_SPAN (message->client_hello->ephemeral.data, message->client_hello->ephemeral.len));
}

static void
split (LinkPeer *self)
{
  UlakKey to_server, to_client;
  guint8 made[64];

  ulak_hkdf (ULAK_SPAN_NONE, ULAK_SPAN_ARRAY (self->ck.bytes), ULAK_SPAN_NONE, made, sizeof made);
  ulak_key_set (&to_server, made, 32);
  ulak_key_set (&to_client, made + 32, 32);
  self->opens = ulak_counter_cipher_new (ULAK_COUNTER_CIPHER_OPENS, &to_server, 0);
  self->seals = ulak_counter_cipher_new (ULAK_COUNTER_CIPHER_SEALS, &to_client, 0);
}

static void
take_finish (LinkPeer *self, UlakSpan frame)
{
  g_autoptr (Wa__HandshakeMessage) message
      = ulak_protobuf_unpack (&wa__handshake_message__descriptor, frame.bytes, frame.size_bytes, NULL);
  Wa__HandshakeMessage__ClientFinish *finish;
  g_autoptr (GBytes) client_static = NULL;

  g_assert_nonnull (message);
  finish = message->client_finish;
  g_assert_nonnull (finish);
  client_static = unseal (self, ULAK_SPAN (finish->static_.data, finish->static_.len));
  mix_key (self, &self->ephemeral.private_key, ulak_span_of (client_static));
  self->payload = unseal (self, ULAK_SPAN (finish->payload.data, finish->payload.len));
  split (self);
  if (self->manner == LINK_PEER_CLOSES_AT_FINISH)
    link_peer_close (self);
  else
    self->state = STATE_OPEN;
}

static void
take_frame (LinkPeer *self, UlakSpan frame)
{
  g_autoptr (GByteArray) plain = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (UlakNode) node = NULL;

  ulak_counter_cipher_open (self->opens, ULAK_SPAN_NONE, frame, plain, &error);
  g_assert_no_error (error);
  bytes = g_byte_array_free_to_bytes (g_steal_pointer (&plain));
  node = ulak_node_decode (bytes, &error);
  g_assert_no_error (error);
  if (self->answers_pings && g_strcmp0 (ulak_node_get_attribute (node, "xmlns"), "w:p") == 0)
    link_peer_answer (self, node, NULL);
  else
    g_queue_push_tail (&self->nodes, g_steal_pointer (&node));
}

static gsize
read_length (const guint8 *at)
{
  return (gsize) at[0] << 16 | (gsize) at[1] << 8 | at[2];
}

/* "ED" with the routing info, then "WA" 6 3; both in the first message, so whole. */
static void
take_intro (LinkPeer *self)
{
  const guint8 *at = self->inbox->data;
  gsize skipped = 4;

  g_assert_cmpuint (self->inbox->len, >, 8);
  if (memcmp (at, "ED\0\1", 4) == 0)
    {
      self->routing_info = g_bytes_new (at + 7, read_length (at + 4));
      skipped += 7 + read_length (at + 4);
    }
  g_assert_cmpmem (at + skipped - 4, 4, "WA\6\3", 4);
  g_byte_array_remove_range (self->inbox, 0, (guint) skipped);
  self->has_intro = TRUE;
}

static void
take_bytes (LinkPeer *self, const guint8 *bytes, gsize size_bytes)
{
  g_byte_array_append (self->inbox, bytes, (guint) size_bytes);
  if (!self->has_intro)
    take_intro (self);
  while (self->inbox->len >= 3 && self->inbox->len - 3 >= read_length (self->inbox->data))
    {
      gsize length = read_length (self->inbox->data);
      g_autofree guint8 *frame = g_memdup2 (self->inbox->data + 3, length);

      g_byte_array_remove_range (self->inbox, 0, (guint) (3 + length));
      if (self->state == STATE_HELLO)
        answer_hello (self, ULAK_SPAN (frame, length));
      else if (self->state == STATE_FINISH)
        take_finish (self, ULAK_SPAN (frame, length));
      else
        take_frame (self, ULAK_SPAN (frame, length));
    }
}

/* -- The socket -- */

static gboolean
open_cb (gpointer data)
{
  g_autoptr (LinkFakeSocket) socket = data;

  if (socket->peer != NULL)
    socket->events->opened (socket->user_data);
  return G_SOURCE_REMOVE;
}

static void
fake_open (UlakSocket *socket, const UlakSocketEvents *events, gpointer user_data)
{
  LinkFakeSocket *self = LINK_FAKE_SOCKET (socket);

  self->events = events;
  self->user_data = user_data;
  if (self->peer->manner != LINK_PEER_DOES_NOT_OPEN)
    g_idle_add_full (G_PRIORITY_DEFAULT, open_cb, g_object_ref (self), NULL);
}

static void
fake_send (UlakSocket *socket, const guint8 *bytes, gsize size_bytes)
{
  LinkFakeSocket *self = LINK_FAKE_SOCKET (socket);

  if (self->peer != NULL)
    take_bytes (self->peer, bytes, size_bytes);
}

static gsize
fake_count_unsent (UlakSocket *socket G_GNUC_UNUSED)
{
  return 0;
}

static void
fake_abandon (UlakSocket *socket)
{
  LINK_FAKE_SOCKET (socket)->peer = NULL;
}

static void
link_fake_socket_socket_init (UlakSocketInterface *interface)
{
  interface->open = fake_open;
  interface->send = fake_send;
  interface->count_unsent = fake_count_unsent;
  interface->abandon = fake_abandon;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (LinkFakeSocket, link_fake_socket, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ULAK_TYPE_SOCKET, link_fake_socket_socket_init))

static void
link_fake_socket_class_init (LinkFakeSocketClass *klass G_GNUC_UNUSED)
{
}

static void
link_fake_socket_init (LinkFakeSocket *self G_GNUC_UNUSED)
{
}

/* -- The peer -- */

LinkPeer *
link_peer_new (UlakClock *clock)
{
  LinkPeer *self = g_new0 (LinkPeer, 1);

  self->clock = g_object_ref (clock);
  self->random = ulak_random_system_new ();
  self->inbox = g_byte_array_new ();
  ulak_key_pair_generate (&self->root, self->random);
  ulak_key_pair_generate (&self->intermediate, self->random);
  ulak_key_pair_generate (&self->own_static, self->random);
  for (guint i = 0; i < ULAK_KEY_BYTES; i++)
    g_snprintf (self->root_hex + 2 * i, 3, "%02x", self->root.public_key[i]);
  return self;
}

static void
reset (LinkPeer *self)
{
  static const char name[ULAK_SHA256_BYTES] = "Noise_XX_25519_AESGCM_SHA256";

  if (self->socket != NULL)
    self->socket->peer = NULL;
  g_clear_object (&self->socket);
  link_peer_forget (self);
  g_byte_array_set_size (self->inbox, 0);
  g_clear_pointer (&self->payload, g_bytes_unref);
  g_clear_pointer (&self->routing_info, g_bytes_unref);
  g_clear_pointer (&self->seals, ulak_counter_cipher_free);
  g_clear_pointer (&self->opens, ulak_counter_cipher_free);
  self->state = STATE_HELLO;
  self->has_intro = FALSE;
  self->n = 0;
  memcpy (self->h, name, sizeof self->h);
  memcpy (self->ck.bytes, name, sizeof self->ck.bytes);
  mix_hash (self, ULAK_SPAN_TEXT ("WA\6\3"));
}

void
link_peer_free (LinkPeer *self)
{
  reset (self);
  g_byte_array_unref (self->inbox);
  g_object_unref (self->clock);
  g_object_unref (self->random);
  g_free (self);
}

const char *
link_peer_get_root (const LinkPeer *self)
{
  return self->root_hex;
}

UlakSocket *
link_peer_make_socket (gpointer peer)
{
  LinkPeer *self = peer;

  reset (self);
  self->connections++;
  self->socket = g_object_new (LINK_TYPE_FAKE_SOCKET, NULL);
  self->socket->peer = self;
  return g_object_ref (ULAK_SOCKET (self->socket));
}

void
link_peer_set_manner (LinkPeer *self, LinkPeerManner manner)
{
  self->manner = manner;
}

void
link_peer_set_answers_pings (LinkPeer *self, gboolean answers_pings)
{
  self->answers_pings = answers_pings;
}

void
link_peer_set_chunk (LinkPeer *self, gsize bytes)
{
  self->chunk_bytes = bytes;
}

guint
link_peer_count_connections (const LinkPeer *self)
{
  return self->connections;
}

gboolean
link_peer_is_open (const LinkPeer *self)
{
  return self->state == STATE_OPEN && self->socket != NULL && self->socket->peer != NULL;
}

GBytes *
link_peer_get_payload (const LinkPeer *self)
{
  return self->payload;
}

GBytes *
link_peer_get_routing_info (const LinkPeer *self)
{
  return self->routing_info;
}

static gboolean
late_cb (gpointer what)
{
  g_error ("The link did not send %s within %d s", (const char *) what, WAIT_S);
  return G_SOURCE_REMOVE;
}

void
link_peer_accept (LinkPeer *self)
{
  guint late = g_timeout_add_seconds (WAIT_S, late_cb, (gpointer) "a handshake");

  while (!link_peer_is_open (self))
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (late);
}

static UlakNode *
find (LinkPeer *self, const char *tag, const char *xmlns, const char *child)
{
  for (GList *link = self->nodes.head; link != NULL; link = link->next)
    {
      UlakNode *node = link->data;

      if (!ulak_node_is (node, tag) || (xmlns != NULL && g_strcmp0 (ulak_node_get_attribute (node, "xmlns"), xmlns) != 0)
          || (child != NULL && ulak_node_get_child (node, child) == NULL))
        continue;
      g_queue_delete_link (&self->nodes, link);
      return node;
    }
  return NULL;
}

static UlakNode *
wait_for (LinkPeer *self, const char *tag, const char *xmlns, const char *child)
{
  guint late = g_timeout_add_seconds (WAIT_S, late_cb, (gpointer) (child == NULL ? tag : child));
  UlakNode *node;

  while ((node = find (self, tag, xmlns, child)) == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (late);
  return node;
}

UlakNode *
link_peer_take (LinkPeer *self, const char *tag)
{
  return wait_for (self, tag, NULL, NULL);
}

UlakNode *
link_peer_take_query (LinkPeer *self, const char *xmlns, const char *child)
{
  return wait_for (self, "iq", xmlns, child);
}

gboolean
link_peer_has (LinkPeer *self, const char *tag)
{
  for (GList *link = self->nodes.head; link != NULL; link = link->next)
    if (ulak_node_is (link->data, tag))
      return TRUE;
  return FALSE;
}

void
link_peer_forget (LinkPeer *self)
{
  g_queue_clear_full (&self->nodes, (GDestroyNotify) ulak_node_unref);
}

void
link_peer_send_plain (LinkPeer *self, const void *bytes, gsize size_bytes)
{
  g_autoptr (GByteArray) sealed = g_byte_array_new (), out = g_byte_array_new ();

  g_assert_true (ulak_counter_cipher_seal (self->seals, ULAK_SPAN_NONE, ULAK_SPAN (bytes, size_bytes), sealed, NULL));
  ulak_frames_append (out, ULAK_SPAN (sealed->data, sealed->len));
  link_peer_send_raw (self, out->data, out->len);
}

void
link_peer_send (LinkPeer *self, const UlakNode *node)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) plain = ulak_node_encode (node, &error);

  g_assert_no_error (error);
  link_peer_send_plain (self, g_bytes_get_data (plain, NULL), g_bytes_get_size (plain));
}

void
link_peer_send_built (LinkPeer *self, UlakNodeBuilder *builder)
{
  g_autoptr (UlakNodeBuilder) owned = builder;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) node = ulak_node_builder_end (owned, &error);

  g_assert_no_error (error);
  link_peer_send (self, node);
}

static UlakNodeBuilder *
begin_answer (const UlakNode *query, const char *type)
{
  UlakNodeBuilder *builder = ulak_node_builder_new ("iq");

  ulak_node_builder_add_copy (builder, "id", query, "id");
  ulak_node_builder_add_copy (builder, "from", query, "to");
  ulak_node_builder_add_text (builder, "type", type);
  return builder;
}

void
link_peer_answer (LinkPeer *self, const UlakNode *query, const char *child_or_null)
{
  UlakNodeBuilder *builder = begin_answer (query, "result");

  if (child_or_null != NULL)
    ulak_node_builder_open (builder, child_or_null);
  link_peer_send_built (self, builder);
}

void
link_peer_refuse (LinkPeer *self, const UlakNode *query, guint code)
{
  UlakNodeBuilder *builder = begin_answer (query, "error");

  ulak_node_builder_open (builder, "error");
  ulak_node_builder_add_number (builder, "code", code);
  ulak_node_builder_add_text (builder, "text", "refused-by-the-test");
  link_peer_send_built (self, builder);
}

void
link_peer_run_until_idle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}
