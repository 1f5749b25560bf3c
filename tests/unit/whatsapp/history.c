/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A history out of the vectors and large ones of our own making: taken apart, taken in, interrupted, and damaged.
 */
#include "core/error.h"
#include "unit/whatsapp/crypto-vectors.h"
#include "unit/whatsapp/past-fixture.h"
#include "whatsapp/chat/history-reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ALL_KINDS ((UlakHistoryKind) 0x7f)

/* --- the reader --- */

static UlakHistoryReader *
open_reader (UlakSpan compressed, UlakHistoryKind kinds)
{
  g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_data (compressed.bytes, (gssize) compressed.size_bytes, NULL);

  return ulak_history_reader_new (stream, kinds);
}

/* counts: by bit of the kind. FALSE: it was refused. */
static gboolean
count_pieces (UlakSpan compressed, guint counts[7], GError **error)
{
  g_autoptr (UlakHistoryReader) reader = open_reader (compressed, ALL_KINDS);
  UlakHistoryPiece *piece;

  memset (counts, 0, 7 * sizeof *counts);
  while (ulak_history_reader_next (reader, &piece, error))
    {
      if (piece == NULL)
        return TRUE;
      counts[g_bit_nth_lsf (piece->kind, -1)]++;
      ulak_history_piece_free (piece);
    }
  return FALSE;
}

static guint
count_of (JsonObject *fields, const char *name)
{
  return json_object_has_member (fields, name) ? json_array_get_length (json_object_get_array_member (fields, name)) : 0;
}

static guint
count_messages (JsonObject *fields)
{
  guint n = 0;

  for (guint i = 0; i < count_of (fields, "conversations"); i++)
    n += count_of (json_array_get_object_element (json_object_get_array_member (fields, "conversations"), i), "messages");
  return n;
}

static void
test_reader (void)
{
  JsonArray *rows = vectors_array (vectors_load_from (".", "history-sync.json"), "vectors");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i), *fields = json_object_get_object_member (row, "fields");
      UlakSpan payload = vectors_hex (row, "inline_payload_zlib");
      g_autoptr (GError) error = NULL;
      guint counts[7];

      count_pieces (payload, counts, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (counts[0], ==, count_messages (fields));
      g_assert_cmpuint (counts[1], ==, count_of (fields, "statusV3Messages"));
      g_assert_cmpuint (counts[2], ==, count_of (fields, "conversations"));
      g_assert_cmpuint (counts[3], ==, count_of (fields, "pushnames"));
      g_assert_cmpuint (counts[4], ==, count_of (fields, "phoneNumberToLidMappings"));
      g_assert_cmpuint (counts[5], ==, json_object_has_member (fields, "nctSalt"));
      for (gsize size = 0; size < payload.size_bytes; size++)
        {
          g_autoptr (GError) cut = NULL;

          if (!count_pieces (vectors_cut (payload, size), counts, &cut))
            g_assert_error (cut, ULAK_ERROR, ULAK_ERROR_INVALID);
        }
    }
}

static void
test_refused (void)
{
  JsonArray *rows = vectors_array (vectors_load_from (".", "history-sync.json"), "refused");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      g_autoptr (GError) error = NULL;
      guint counts[7];

      g_test_message ("%s", json_object_get_string_member (row, "name"));
      g_assert_false (count_pieces (vectors_hex (row, "inline_payload_zlib"), counts, &error));
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
    }
}

/* --- making one --- */

static void
deflate_bytes (GConverterOutputStream *stream, const void *bytes, gsize size)
{
  g_assert_true (g_output_stream_write_all (G_OUTPUT_STREAM (stream), bytes, size, NULL, NULL, NULL));
}

static void
put_varint (GByteArray *out, guint64 number)
{
  do
    {
      guint8 byte = (guint8) (number & 0x7f) | (number > 0x7f ? 0x80 : 0);

      g_byte_array_append (out, &byte, 1);
      number >>= 7;
    }
  while (number != 0);
}

static void
put_field (GByteArray *out, guint number, GBytes *bytes)
{
  put_varint (out, number << 3 | 2);
  put_varint (out, g_bytes_get_size (bytes));
  g_byte_array_append (out, g_bytes_get_data (bytes, NULL), (guint) g_bytes_get_size (bytes));
}

static GBytes *
make_message (guint chat, guint number)
{
  Wa__HistorySyncMsg message = WA__HISTORY_SYNC_MSG__INIT;
  Wa__WebMessageInfo info = WA__WEB_MESSAGE_INFO__INIT;
  Wa__MessageKey key = WA__MESSAGE_KEY__INIT;
  Wa__Message content = WA__MESSAGE__INIT;
  g_autofree char *jid = g_strdup_printf ("1555%07u@s.whatsapp.net", chat);
  g_autofree char *id = g_strdup_printf ("3EB0%05X%06X", chat, number);
  g_autofree char *text = g_strdup_printf ("message %u of chat %u, which is neither short nor long", number, chat);

  key.remote_jid = jid;
  key.has_from_me = TRUE;
  key.from_me = number % 3 == 0;
  key.id = id;
  content.conversation = text;
  info.key = &key;
  info.message = &content;
  info.has_message_timestamp = info.has_status = TRUE;
  info.message_timestamp = 1750000000 - number;
  info.status = WA__WEB_MESSAGE_INFO__STATUS__READ;
  info.push_name = (char *) "Somebody";
  message.message = &info;
  return ulak_protobuf_pack (&message);
}

static GByteArray *
make_chat (guint chat, guint n_messages)
{
  GByteArray *out = g_byte_array_new ();
  Wa__Conversation rest = WA__CONVERSATION__INIT;
  g_autofree char *jid = g_strdup_printf ("1555%07u@s.whatsapp.net", chat);
  g_autoptr (GBytes) packed = NULL;

  for (guint i = 0; i < n_messages; i++)
    {
      g_autoptr (GBytes) message = make_message (chat, i);

      put_field (out, 2, message);
    }
  rest.id = jid;
  rest.name = (char *) "Saved name";
  rest.has_unread_count = rest.has_archived = TRUE;
  rest.unread_count = 3;
  rest.archived = TRUE;
  packed = ulak_protobuf_pack (&rest);
  g_byte_array_append (out, g_bytes_get_data (packed, NULL), (guint) g_bytes_get_size (packed));
  return out;
}

static GBytes *
make_history (guint n_chats, guint n_messages)
{
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();
  g_autoptr (GConverter) deflater = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 1));
  g_autoptr (GOutputStream) stream = g_converter_output_stream_new (memory, deflater);

  for (guint chat = 0; chat < n_chats; chat++)
    {
      g_autoptr (GByteArray) bytes = make_chat (chat, n_messages / n_chats);
      g_autoptr (GByteArray) head = g_byte_array_new ();

      put_varint (head, 2 << 3 | 2);
      put_varint (head, bytes->len);
      deflate_bytes (G_CONVERTER_OUTPUT_STREAM (stream), head->data, head->len);
      deflate_bytes (G_CONVERTER_OUTPUT_STREAM (stream), bytes->data, bytes->len);
    }
  g_assert_true (g_output_stream_close (stream, NULL, NULL));
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (memory));
}

/* --- taking it in --- */

typedef struct
{
  const Wa__HistorySyncNotification *notification;
} Noting;

static gboolean
note_run (UlakDatabase *database, gpointer data, GError **error)
{
  return ulak_history_note (database, ((Noting *) data)->notification, "3EB0NOTE", ULAK_FAKE_CLOCK_START_US, error);
}

static void
note (Past *past, const Wa__HistorySyncNotification *notification)
{
  past_write (past, note_run, &(Noting){ notification });
}

static void
note_inline (Past *past, UlakSpan payload, Wa__HistorySyncNotification__HistorySyncType type)
{
  Wa__HistorySyncNotification notification = WA__HISTORY_SYNC_NOTIFICATION__INIT;

  notification.has_initial_hist_bootstrap_inline_payload = notification.has_sync_type = TRUE;
  notification.initial_hist_bootstrap_inline_payload = (ProtobufCBinaryData){ payload.size_bytes, (guint8 *) payload.bytes };
  notification.sync_type = type;
  notification.has_progress = TRUE;
  notification.progress = 40;
  note (past, &notification);
}

static void
note_file (Past *past, UlakMediaReference *reference, Wa__HistorySyncNotification__HistorySyncType type)
{
  Wa__HistorySyncNotification notification = WA__HISTORY_SYNC_NOTIFICATION__INIT;

  notification.has_media_key = notification.has_file_sha256 = notification.has_file_enc_sha256 = TRUE;
  notification.has_file_length = notification.has_sync_type = notification.has_progress = TRUE;
  notification.media_key = (ProtobufCBinaryData){ 32, reference->media_key.bytes };
  notification.file_sha256 = (ProtobufCBinaryData){ 32, reference->summary.plain_sha256 };
  notification.file_enc_sha256 = (ProtobufCBinaryData){ 32, reference->summary.encrypted_sha256 };
  notification.file_length = reference->summary.plain_size_bytes;
  notification.direct_path = reference->direct_path;
  notification.sync_type = type;
  notification.progress = 100;
  note (past, &notification);
}

static UlakHistorySync *
new_history (Past *past, UlakHistoryWish wish)
{
  const UlakHistorySyncOptions options = { .store = past->store,
                                           .media = past->media,
                                           .committer = past_get_committer (past),
                                           .clock = ULAK_CLOCK (past->clock),
                                           .random = ULAK_RANDOM (past->random),
                                           .spool = past->spool,
                                           .wish = wish };

  return ulak_history_sync_new (&options);
}

static void
progress_cb (UlakHistorySync *history G_GNUC_UNUSED, guint percent, gpointer user_data)
{
  *(guint *) user_data = percent;
}

/* Takes all in that is noted. Returns the last progress. */
static guint
take_in (Past *past, UlakHistoryWish wish)
{
  UlakHistorySync *history = new_history (past, wish);
  guint percent = 0;

  g_signal_connect (history, "progress", G_CALLBACK (progress_cb), &percent);
  ulak_history_sync_wake (history);
  past_settle (past, history);
  g_assert_finalize_object (history);
  return percent;
}

static void
test_vectors (Past *past, gconstpointer data G_GNUC_UNUSED)
{
  JsonObject *row = json_array_get_object_element (vectors_array (vectors_load_from (".", "history-sync.json"), "vectors"), 0);
  UlakSpan payload = vectors_hex (row, "inline_payload_zlib");
  g_autoptr (JsonArray) chats = NULL, messages = NULL;
  JsonObject *chat, *group;

  note_inline (past, payload, WA__HISTORY_SYNC_NOTIFICATION__HISTORY_SYNC_TYPE__RECENT);
  note_inline (past, payload, WA__HISTORY_SYNC_NOTIFICATION__HISTORY_SYNC_TYPE__RECENT);
  g_assert_cmpuint (take_in (past, ULAK_HISTORY_RECENT), ==, 40);
  g_assert_cmpuint (past_count_messages (past), ==, 2);
  g_assert_cmpuint (past_count_events (past), ==, 0);

  chats = past_list_chats (past);
  chat = past_find_chat (chats, "15551234567");
  g_assert_nonnull (chat);
  group = past_find_chat (chats, "120363012345678901@g.us");
  g_assert_nonnull (group);
  g_assert_cmpstr (json_object_get_string_member (group, "name"), ==, "Group");
  g_assert_true (json_object_get_boolean_member (group, "archived"));
  messages = past_list_messages (past, "15551234567");
  g_assert_cmpuint (json_array_get_length (messages), ==, 2);

  /* Once more after all was done: nothing is new. */
  note_inline (past, payload, WA__HISTORY_SYNC_NOTIFICATION__HISTORY_SYNC_TYPE__RECENT);
  take_in (past, ULAK_HISTORY_RECENT);
  g_assert_cmpuint (past_count_messages (past), ==, 2);
}

static void
test_every_vector (Past *past, gconstpointer data G_GNUC_UNUSED)
{
  JsonArray *rows = vectors_array (vectors_load_from (".", "history-sync.json"), "vectors");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    note_inline (past, vectors_hex (json_array_get_object_element (rows, i), "inline_payload_zlib"),
                 WA__HISTORY_SYNC_NOTIFICATION__HISTORY_SYNC_TYPE__RECENT);
  take_in (past, ULAK_HISTORY_FULL);
  g_assert_cmpuint (past_count_messages (past), >=, 2);
}

static void
test_wishes (Past *past, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GBytes) history = make_history (2, 10), more = make_history (1, 7);
  g_autoptr (JsonArray) chats = NULL;
  UlakHistoryWish wish;

  note_inline (past, ulak_span_of (history), WA__HISTORY_SYNC_NOTIFICATION__HISTORY_SYNC_TYPE__INITIAL_BOOTSTRAP);
  take_in (past, ULAK_HISTORY_NONE);
  g_assert_cmpuint (past_count_messages (past), ==, 0);
  chats = past_list_chats (past);
  g_assert_cmpuint (json_array_get_length (chats), ==, 2);
  note_inline (past, ulak_span_of (more), WA__HISTORY_SYNC_NOTIFICATION__HISTORY_SYNC_TYPE__FULL);
  take_in (past, ULAK_HISTORY_RECENT);
  g_assert_cmpuint (past_count_messages (past), ==, 0);

  g_assert_true (ulak_history_wish_parse ("full", &wish));
  g_assert_cmpint (wish, ==, ULAK_HISTORY_FULL);
  g_assert_false (ulak_history_wish_parse ("all", &wish));
}

static void
test_file (Past *past, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GBytes) history = make_history (3, 900);
  g_autoptr (UlakMediaReference) reference = past_publish (past, ULAK_MEDIA_KIND_HISTORY, "history", ulak_span_of (history));
  g_autoptr (JsonArray) messages = NULL;
  g_autoptr (GDir) folder = NULL;

  note_file (past, reference, WA__HISTORY_SYNC_NOTIFICATION__HISTORY_SYNC_TYPE__FULL);
  g_assert_cmpuint (take_in (past, ULAK_HISTORY_FULL), ==, 100);
  g_assert_cmpuint (past_count_messages (past), ==, 900);
  messages = past_list_messages (past, "15550000001");
  g_assert_cmpuint (json_array_get_length (messages), ==, ULAK_LINE_STORE_PAGE_MAX);
  folder = g_dir_open (past->spool, 0, NULL);
  g_assert_null (g_dir_read_name (folder));
}

/* After each commit a new process goes on: every message is there once. */
static void
test_interrupted (Past *past, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GBytes) history = make_history (3, 900);
  g_autoptr (UlakMediaReference) reference = past_publish (past, ULAK_MEDIA_KIND_HISTORY, "history", ulak_span_of (history));
  guint n_lives = 0;

  note_file (past, reference, WA__HISTORY_SYNC_NOTIFICATION__HISTORY_SYNC_TYPE__FULL);
  while (past_count_messages (past) < 900 && n_lives++ < 40)
    {
      UlakHistorySync *life = new_history (past, ULAK_HISTORY_FULL);
      guint until = past->n_commits + 1;

      ulak_history_sync_wake (life);
      while (past->n_commits < until && G_OBJECT (life)->ref_count > 1)
        g_main_context_iteration (NULL, FALSE);
      ulak_history_sync_stop (life);
      past_settle (past, life);
      g_assert_finalize_object (life);
    }
  g_assert_cmpuint (past_count_messages (past), ==, 900);
  g_assert_cmpuint (n_lives, >, 4);
  take_in (past, ULAK_HISTORY_FULL);
  g_assert_cmpuint (past_count_messages (past), ==, 900);
  g_assert_cmpuint (media_host_count_requests (past->host), ==, 1);
}

static void
test_full_disk (Past *past, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GBytes) history = make_history (2, 600);

  note_inline (past, ulak_span_of (history), WA__HISTORY_SYNC_NOTIFICATION__HISTORY_SYNC_TYPE__RECENT);
  past->fails_at_commit = 3;
  take_in (past, ULAK_HISTORY_RECENT); /* its wait is for the clock to pass */
  while (past_count_messages (past) < 600)
    {
      ulak_fake_clock_advance_ms (past->clock, 10000);
      take_in (past, ULAK_HISTORY_RECENT);
    }
  g_assert_cmpuint (past_count_messages (past), ==, 600);
}

/* A part that is damaged does not hold up the next. */
static void
test_damaged (Past *past, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GBytes) good = make_history (1, 5);
  UlakSpan damaged = ULAK_SPAN_TEXT ("this is no zlib stream");

  note_inline (past, damaged, WA__HISTORY_SYNC_NOTIFICATION__HISTORY_SYNC_TYPE__RECENT);
  note_inline (past, ulak_span_of (good), WA__HISTORY_SYNC_NOTIFICATION__HISTORY_SYNC_TYPE__RECENT);
  take_in (past, ULAK_HISTORY_RECENT);
  g_assert_cmpuint (past_count_messages (past), ==, 5);
}

/* --- size --- */

static gsize
get_resident_bytes (void)
{
  g_autofree char *text = NULL;
  gulong pages = 0;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));
  g_assert_cmpint (sscanf (text, "%*u %lu", &pages), ==, 1);
  return pages * (gsize) sysconf (_SC_PAGESIZE);
}

/* ULAK_TEST_HISTORY_MESSAGES=100000 for the figure of docs/performance.md. */
static void
test_large (Past *past, gconstpointer data G_GNUC_UNUSED)
{
  const char *wished = g_getenv ("ULAK_TEST_HISTORY_MESSAGES");
  guint n_messages = wished == NULL ? 4000 : (guint) atoi (wished);
  g_autoptr (GBytes) bytes = make_history (20, n_messages);
  g_autoptr (UlakMediaReference) reference = past_publish (past, ULAK_MEDIA_KIND_HISTORY, "history", ulak_span_of (bytes));
  UlakHistorySync *history = new_history (past, ULAK_HISTORY_FULL);
  gsize before = get_resident_bytes (), most = before;
  gint64 begin_us = g_get_monotonic_time ();

  note_file (past, reference, WA__HISTORY_SYNC_NOTIFICATION__HISTORY_SYNC_TYPE__FULL);
  ulak_history_sync_wake (history);
  while (G_OBJECT (history)->ref_count > 1)
    {
      if (!g_main_context_iteration (NULL, FALSE))
        g_thread_yield ();
      most = MAX (most, get_resident_bytes ());
    }
  g_assert_finalize_object (history);
  g_assert_cmpuint (past_count_messages (past), ==, n_messages / 20 * 20);
  g_test_message ("%u messages out of %zu KiB in %.1f s; %.1f MiB more at most", n_messages, g_bytes_get_size (bytes) / 1024,
                  (double) (g_get_monotonic_time () - begin_us) / G_USEC_PER_SEC, (double) (most - before) / 1048576);
  if (g_getenv ("ASAN_OPTIONS") == NULL)
    g_assert_cmpuint (most - before, <, 32 * 1024 * 1024);
}

#define ADD(name, func) g_test_add ("/whatsapp/history/" name, Past, NULL, past_set_up, func, past_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/whatsapp/history/a stream is taken apart into what the vectors say, and refused when it is cut", test_reader);
  g_test_add_func ("/whatsapp/history/streams that are none are refused", test_refused);
  ADD ("chats, names and messages of the vectors are taken in once, without events", test_vectors);
  ADD ("every vector is taken in", test_every_vector);
  ADD ("what is not wished for is left out, but for the chats", test_wishes);
  ADD ("a file of the media host is fetched and taken in, and nothing of it stays", test_file);
  ADD ("whatever is interrupted goes on, and each message is there once", test_interrupted);
  ADD ("a full disk is waited for", test_full_disk);
  ADD ("a damaged part is given up and the next one is taken in", test_damaged);
  ADD ("a large history is never in memory", test_large);
  return g_test_run ();
}
