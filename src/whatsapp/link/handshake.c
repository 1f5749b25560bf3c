/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/link/handshake.h"

#include "core/error.h"
#include "whatsapp/codec/protobufs.h"
#include "whatsapp/link/frames.h"

/* "WA", protocol 6, dictionary 3: what the token table of codec is. It is also the prologue of the handshake. */
static const guint8 intro[] = { 'W', 'A', 6, 3 };
static const guint8 routing_intro[] = { 'E', 'D', 0, 1 };

struct _UlakHandshake
{
  UlakNoise *noise;
  GBytes *root_key;
  GBytes *payload;
  GBytes *routing_info;
};

void
ulak_handshake_options_clear (UlakHandshakeOptions *self)
{
  ulak_key_pair_clear (&self->noise);
  g_clear_pointer (&self->root_key, g_bytes_unref);
  g_clear_pointer (&self->payload, g_bytes_unref);
  g_clear_pointer (&self->routing_info, g_bytes_unref);
}

/** ulak_handshake_new: @options: copied; its routing info is left out when it is longer than ULAK_ROUTING_INFO_MAX */
UlakHandshake *
ulak_handshake_new (UlakHandshakeOptions *options, UlakRandom *random)
{
  UlakHandshake *self = g_new0 (UlakHandshake, 1);

  self->noise = ulak_noise_new (&options->noise, ULAK_SPAN_ARRAY (intro), random);
  self->root_key = g_bytes_ref (options->root_key);
  self->payload = g_bytes_ref (options->payload);
  if (options->routing_info != NULL && g_bytes_get_size (options->routing_info) <= ULAK_ROUTING_INFO_MAX)
    self->routing_info = g_bytes_ref (options->routing_info);
  return self;
}

void
ulak_handshake_free (UlakHandshake *self)
{
  ulak_noise_free (self->noise);
  g_bytes_unref (self->root_key);
  g_bytes_unref (self->payload);
  g_clear_pointer (&self->routing_info, g_bytes_unref);
  g_free (self);
}

static void
append_message (GByteArray *out, const Wa__HandshakeMessage *message)
{
  g_autoptr (GBytes) packed = ulak_protobuf_pack (message);

  ulak_frames_append (out, ulak_span_of (packed));
}

static ProtobufCBinaryData
to_field (UlakSpan span)
{
  return (ProtobufCBinaryData){ span.size_bytes, (guint8 *) span.bytes };
}

static UlakSpan
from_field (gboolean is_there, ProtobufCBinaryData field)
{
  return is_there ? ULAK_SPAN (field.data, field.len) : ULAK_SPAN_NONE;
}

/** ulak_handshake_begin: Returns: (transfer full): the first message of the connection */
GByteArray *
ulak_handshake_begin (UlakHandshake *self)
{
  Wa__HandshakeMessage message = WA__HANDSHAKE_MESSAGE__INIT;
  Wa__HandshakeMessage__ClientHello hello = WA__HANDSHAKE_MESSAGE__CLIENT_HELLO__INIT;
  GByteArray *out = g_byte_array_new ();

  if (self->routing_info != NULL)
    {
      g_byte_array_append (out, routing_intro, sizeof routing_intro);
      ulak_frames_append (out, ulak_span_of (self->routing_info));
    }
  g_byte_array_append (out, intro, sizeof intro);

  hello.has_ephemeral = TRUE;
  hello.ephemeral = to_field (ulak_noise_get_ephemeral (self->noise));
  message.client_hello = &hello;
  append_message (out, &message);
  return out;
}

/* What a certificate says, with the parsed details that keep it. */
typedef struct
{
  UlakCertificate certificate;
  Wa__CertChain__NoiseCertificate__Details *details; /* (owned) */
} ReadCertificate;

static void
read_certificate_clear (ReadCertificate *self)
{
  g_clear_pointer (&self->details, ulak_protobuf_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ReadCertificate, read_certificate_clear)

static gboolean
read_certificate (const Wa__CertChain__NoiseCertificate *from, ReadCertificate *out, GError **error)
{
  Wa__CertChain__NoiseCertificate__Details *details;

  if (from == NULL || !from->has_details)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_DAMAGED, "The server's certificate is refused: a part of its chain is missing");
      return FALSE;
    }
  details = ulak_protobuf_unpack_bytes (&wa__cert_chain__noise_certificate__details__descriptor, &from->details, error);
  if (details == NULL)
    return FALSE;
  out->details = details;
  out->certificate = (UlakCertificate){
    .details = from_field (TRUE, from->details),
    .signature = from_field (from->has_signature, from->signature),
    .key = from_field (details->has_key, details->key),
    .serial = details->serial,
    .issuer_serial = details->issuer_serial,
    .not_before_s = details->not_before,
    .not_after_s = details->not_after,
  };
  return TRUE;
}

static gboolean
accept_certificate (UlakHandshake *self, GBytes *bytes, guint64 now_s, GError **error)
{
  g_auto (ReadCertificate) leaf = { 0 }, intermediate = { 0 };
  g_autoptr (Wa__CertChain) chain = NULL;

  chain = ulak_protobuf_unpack (&wa__cert_chain__descriptor, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), error);
  if (chain == NULL || !read_certificate (chain->leaf, &leaf, error)
      || !read_certificate (chain->intermediate, &intermediate, error))
    return FALSE;
  return ulak_noise_accept_certificate (self->noise, &leaf.certificate, &intermediate.certificate,
                                        ulak_span_of (self->root_key), now_s, error);
}

static GBytes *
read_hello (UlakHandshake *self, UlakSpan frame, GError **error)
{
  g_autoptr (Wa__HandshakeMessage) message
      = ulak_protobuf_unpack (&wa__handshake_message__descriptor, frame.bytes, frame.size_bytes, error);
  const Wa__HandshakeMessage__ServerHello *hello;

  if (message == NULL)
    return NULL;
  hello = message->server_hello;
  if (hello == NULL)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "The server did not answer with a hello");
      return NULL;
    }
  return ulak_noise_read_server_hello (self->noise, from_field (hello->has_ephemeral, hello->ephemeral),
                                       from_field (hello->has_static_, hello->static_),
                                       from_field (hello->has_payload, hello->payload), error);
}

/**
 * ulak_handshake_answer:
 * @server_hello: the payload of the server's first frame
 * @now_s: Unix time
 * @result_out: the ciphers of the connection; to be cleared
 *
 * Errors: ULAK_ERROR_NOT_ALLOWED when the certificate does not prove the server; ULAK_ERROR_INVALID or ULAK_ERROR_DAMAGED
 * for bytes that are no ServerHello for us. The handshake is over then.
 *
 * Returns: (transfer full): ClientFinish as a frame, or %NULL
 */
GByteArray *
ulak_handshake_answer (UlakHandshake *self,
                       UlakSpan server_hello,
                       guint64 now_s,
                       UlakNoiseResult *result_out,
                       GError **error)
{
  Wa__HandshakeMessage message = WA__HANDSHAKE_MESSAGE__INIT;
  Wa__HandshakeMessage__ClientFinish finish = WA__HANDSHAKE_MESSAGE__CLIENT_FINISH__INIT;
  g_autoptr (GBytes) chain = read_hello (self, server_hello, error);
  g_autoptr (GError) refusal = NULL;
  GByteArray *out;

  if (chain == NULL)
    return NULL;
  if (!accept_certificate (self, chain, now_s, &refusal))
    {
      g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_NOT_ALLOWED, refusal->message);
      return NULL;
    }
  if (!ulak_noise_finish (self->noise, ulak_span_of (self->payload), result_out, error))
    return NULL;
  finish.has_static_ = finish.has_payload = TRUE;
  finish.static_ = to_field (ulak_span_of (result_out->encrypted_static));
  finish.payload = to_field (ulak_span_of (result_out->encrypted_payload));
  message.client_finish = &finish;
  out = g_byte_array_new ();
  append_message (out, &message);
  return out;
}
