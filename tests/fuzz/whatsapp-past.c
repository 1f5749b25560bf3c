/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What comes from media hosts, and what stands for it. The first byte chooses: a history as it is inflated, a history as a zlib
 * stream, a patch of the app state, the reference of a medium as JSON, an image.
 */
#include "core/json.h"
#include "fuzz/target.h"
#include "whatsapp/chat/app-state-patch.h"
#include "whatsapp/chat/content.h"
#include "whatsapp/chat/history-reader.h"
#include "whatsapp/media/media-address.h"
#include "whatsapp/media/media-image.h"

#define ALL_KINDS ((UlakHistoryKind) 0x7f)

static void
read_piece (const UlakHistoryPiece *piece)
{
  gsize size;
  const guint8 *bytes = g_bytes_get_data (piece->bytes, &size);
  Wa__HistorySyncMsg *message;

  g_assert_cmpuint (size, <=, ULAK_HISTORY_PIECE_MAX);
  if (piece->kind == ULAK_HISTORY_CHAT)
    {
      g_autoptr (Wa__Conversation) chat = ulak_protobuf_unpack (&wa__conversation__descriptor, bytes, size, NULL);

      g_assert_true (chat == NULL || chat->n_messages == 0);
    }
  if (piece->kind != ULAK_HISTORY_MESSAGE)
    return;
  message = ulak_protobuf_unpack (&wa__history_sync_msg__descriptor, bytes, size, NULL);
  if (message != NULL && message->message != NULL && message->message->message != NULL)
    ulak_content_free (ulak_content_read_message (message->message->message, NULL));
  ulak_protobuf_free (message);
}

/* How many pieces of one kind there are does not depend on what else is wanted. */
static guint
read_history (const guint8 *bytes, gsize size, UlakHistoryKind kinds)
{
  g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_data (bytes, (gssize) size, NULL);
  g_autoptr (UlakHistoryReader) reader = ulak_history_reader_new (stream, kinds);
  g_autoptr (GError) error = NULL;
  UlakHistoryPiece *piece;
  guint n_chats = 0;

  while (ulak_history_reader_next (reader, &piece, &error) && piece != NULL)
    {
      n_chats += piece->kind == ULAK_HISTORY_CHAT;
      read_piece (piece);
      ulak_history_piece_free (piece);
    }
  return n_chats;
}

static void
read_deflated (const guint8 *bytes, gsize size)
{
  g_assert_cmpuint (read_history (bytes, size, ALL_KINDS), ==, read_history (bytes, size, ULAK_HISTORY_CHAT));
}

static void
read_inflated (const guint8 *bytes, gsize size)
{
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();
  g_autoptr (GConverter) deflater = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 1));
  g_autoptr (GOutputStream) stream = g_converter_output_stream_new (memory, deflater);
  g_autoptr (GBytes) deflated = NULL;

  g_assert_true (g_output_stream_write_all (stream, bytes, size, NULL, NULL, NULL) && g_output_stream_close (stream, NULL, NULL));
  deflated = g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (memory));
  read_deflated (g_bytes_get_data (deflated, NULL), g_bytes_get_size (deflated));
}

static void
read_patch (const guint8 *bytes, gsize size)
{
  Wa__ExternalBlobReference *reference = NULL;

  ulak_app_state_find_external (ULAK_SPAN (bytes, size), &reference, NULL);
  ulak_protobuf_free (reference);
}

/* What was read and written again reads as the same, and its addresses are on the host that was meant. */
static void
read_reference (const guint8 *bytes, gsize size)
{
  g_autoptr (JsonObject) json = ulak_json_parse_object ((const char *) bytes, size, &ULAK_JSON_LIMITS_EVENT, NULL);
  g_autoptr (UlakMediaReference) reference = json == NULL ? NULL : ulak_media_reference_read (json, NULL), again = NULL;
  g_autoptr (JsonObject) written = NULL;
  g_autoptr (GUri) by_path = NULL, by_url = NULL;
  g_autofree char *host = NULL;

  if (reference == NULL)
    return;
  written = ulak_media_reference_write (reference);
  again = ulak_media_reference_read (written, NULL);
  g_assert_nonnull (again);
  g_assert_cmpstr (again->direct_path, ==, reference->direct_path);
  if (reference->direct_path != NULL)
    by_path = ulak_media_address_of_path (reference, "mmg.whatsapp.net", reference->direct_path, NULL);
  g_assert_true (by_path == NULL || g_str_equal (g_uri_get_host (by_path), "mmg.whatsapp.net"));
  by_url = ulak_media_address_of_url (reference->url, NULL);
  host = by_url == NULL ? NULL : g_ascii_strdown (g_uri_get_host (by_url), -1);
  g_assert_true (host == NULL || g_str_has_suffix (host, ".whatsapp.net"));
}

static void
read_image (const guint8 *bytes, gsize size)
{
  guint width, height;

  if (ulak_image_read_size (bytes, size, &width, &height))
    g_assert_true (width > 0 && height > 0);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size_bytes)
{
  static void (*const readers[]) (const guint8 *, gsize) = { read_inflated, read_deflated, read_patch, read_reference, read_image };

  if (size_bytes > 0)
    readers[bytes[0] % G_N_ELEMENTS (readers)](bytes + 1, size_bytes - 1);
  return 0;
}
