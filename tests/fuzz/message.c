/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Any bytes are a message of each type that others send us, or refused; what was read is written so that it is read
 * as the same again. Padding is looked for in all of them.
 */
#include "whatsapp/codec/padding.h"
#include "whatsapp/codec/protobufs.h"

#include "core/error.h"

#include "fuzz/target.h"

static gpointer
unpack (const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t size_bytes)
{
  g_autoptr (GError) error = NULL;
  gpointer message = ulak_protobuf_unpack (type, bytes, size_bytes, &error);

  if (message == NULL)
    g_assert_true (g_error_matches (error, ULAK_ERROR, ULAK_ERROR_INVALID)
                   || g_error_matches (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE));
  return message;
}

static void
check_type (const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t size_bytes)
{
  g_autoptr (GBytes) packed = NULL;
  g_autoptr (GBytes) packed_again = NULL;
  gpointer message = unpack (type, bytes, size_bytes), again;

  if (message == NULL)
    return;
  packed = ulak_protobuf_pack (message);
  again = unpack (type, g_bytes_get_data (packed, NULL), g_bytes_get_size (packed));
  g_assert_nonnull (again);
  packed_again = ulak_protobuf_pack (again);
  g_assert_true (g_bytes_equal (packed, packed_again));
  ulak_protobuf_free (again);
  ulak_protobuf_free (message);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size_bytes)
{
  static const ProtobufCMessageDescriptor *const types[] = {
    &wa__message__descriptor,
    &wa__web_message_info__descriptor,
    &wa__handshake_message__descriptor,
    &wa__cert_chain__descriptor,
    &wa__cert_chain__noise_certificate__details__descriptor,
    &wa__advsigned_device_identity_hmac__descriptor,
    &wa__advdevice_identity__descriptor,
    &wa__advkey_index_list__descriptor,
    &wa__lidmigration_mapping_sync_payload__descriptor,
    &wa__poll_vote_message__descriptor,
  };
  gsize plain_bytes = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    check_type (types[i], bytes, size_bytes);
  if (ulak_padding_remove (bytes, size_bytes, &plain_bytes, NULL))
    g_assert_cmpuint (plain_bytes, <, size_bytes);
  return 0;
}
