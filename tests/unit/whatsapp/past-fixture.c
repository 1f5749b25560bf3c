/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "unit/whatsapp/past-fixture.h"

#include "core/error.h"
#include "whatsapp/schema.h"

#include <glib/gstdio.h>

#define BACKOFF_MAX_US (20 * G_USEC_PER_SEC) /* what waits longer is a deadline */

void
past_keep_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static void
turn (Past *self, gboolean may_block)
{
  gint64 delay_us = ulak_fake_clock_get_next_delay_us (self->clock);

  if (delay_us >= 0 && delay_us < BACKOFF_MAX_US)
    ulak_fake_clock_advance_us (self->clock, delay_us);
  if (!g_main_context_iteration (NULL, may_block))
    g_thread_yield ();
}

void
past_wait (Past *self, GAsyncResult **result)
{
  while (*result == NULL)
    turn (self, TRUE);
}

void
past_settle (Past *self, gpointer object)
{
  /* A thread of the pool may drop the last reference but ours, which wakes nobody. */
  while (G_OBJECT (object)->ref_count > 1)
    turn (self, FALSE);
}

/* --- commits --- */

static void
commit_async (gpointer owner, UlakInbound *inbound, GAsyncReadyCallback callback, gpointer user_data)
{
  Past *self = owner;

  self->n_commits++;
  if (self->fails_at_commit == 0 || self->n_commits != self->fails_at_commit)
    {
      ulak_line_store_commit_inbound_async (self->line, inbound, callback, user_data);
      return;
    }
  ulak_inbound_free (inbound);
  g_task_report_new_error (NULL, callback, user_data, NULL, ULAK_ERROR, ULAK_ERROR_FULL, "The disk is full");
}

static gboolean
commit_finish (gpointer owner, GAsyncResult *result, GError **error)
{
  Past *self = owner;
  if (g_task_get_source_object (G_TASK (result)) == NULL)
    return g_task_propagate_boolean (G_TASK (result), error);
  return ulak_line_store_commit_inbound_finish (self->line, result, NULL, error);
}

UlakCommitter
past_get_committer (Past *self)
{
  return (UlakCommitter){ self, commit_async, commit_finish };
}

/* --- life --- */

static void
open_line (Past *self)
{
  g_autofree char *path = g_build_filename (self->folder, "whatsapp.db", NULL);
  UlakLineStoreOptions options = { .path = path,
                                   .migrations = ulak_schema_get_migrations (),
                                   .migrate = TRUE,
                                   .queue_max = 100,
                                   .unknown_wait_ms = 60000,
                                   .clock = ULAK_CLOCK (self->clock),
                                   .random = ULAK_RANDOM (self->random) };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ulak_line_store_open_async (&options, NULL, past_keep_cb, &result);
  past_wait (self, &result);
  self->line = ulak_line_store_open_finish (result, &error);
  g_assert_no_error (error);
  self->store = ulak_line_store_get_store (self->line);
}

void
past_set_up (Past *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakMediaClientOptions options;

  self->folder = g_dir_make_tmp ("ulak-past-XXXXXX", NULL);
  self->spool = g_build_filename (self->folder, "spool", NULL);
  self->host = media_host_new ();
  self->hosts = g_strdup (media_host_get_name (self->host));
  self->server = (FakeServer){ .hosts = self->hosts, .auth = "word", .ttl_s = 300 };
  self->clock = ulak_fake_clock_new ();
  self->random = ulak_fake_random_new (7);
  self->session = media_host_new_session ();
  open_line (self);
  options = (UlakMediaClientOptions){ .port = fake_server_get_port (&self->server),
                                      .store = self->store,
                                      .session = self->session,
                                      .clock = ULAK_CLOCK (self->clock),
                                      .random = ULAK_RANDOM (self->random),
                                      .key_random = ULAK_RANDOM (self->random),
                                      .spool = self->spool,
                                      .host = self->hosts };
  self->media = ulak_media_client_new (&options);
}

static void
remove_folder (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR))
        remove_folder (child);
      else
        g_unlink (child);
    }
  g_rmdir (path);
}

void
past_tear_down (Past *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GAsyncResult) result = NULL;

  past_settle (self, self->media);
  g_assert_finalize_object (self->media);
  ulak_line_store_close_async (self->line, past_keep_cb, &result);
  past_wait (self, &result);
  g_assert_true (ulak_line_store_close_finish (self->line, result, NULL));
  g_clear_object (&result);
  g_object_unref (self->line);
  g_clear_pointer (&self->server.sent, ulak_node_unref);
  soup_session_abort (self->session);
  g_object_unref (self->session);
  media_host_free (self->host);
  g_assert_cmpuint (ulak_fake_clock_count_timers (self->clock), ==, 0);
  g_object_unref (self->clock);
  g_object_unref (self->random);
  remove_folder (self->folder);
  g_free (self->folder);
  g_free (self->spool);
  g_free (self->hosts);
}

void
past_write (Past *self, UlakStoreWork work, gpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ulak_store_write_async (self->store, work, data, NULL, past_keep_cb, &result);
  past_wait (self, &result);
  ulak_store_finish (self->store, result, &error);
  g_assert_no_error (error);
}

/* --- looking --- */

static JsonArray *
finish_list (Past *self, GAsyncResult **result, char **next_out)
{
  g_autofree char *text = NULL, *next = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = NULL;

  past_wait (self, result);
  text = ulak_line_store_list_finish (self->line, *result, &next, &error);
  g_assert_no_error (error);
  node = json_from_string (text, &error);
  g_assert_no_error (error);
  if (next_out != NULL)
    *next_out = g_steal_pointer (&next);
  return json_node_dup_array (node);
}

JsonArray *
past_list_chats (Past *self)
{
  g_autoptr (GAsyncResult) result = NULL;

  ulak_line_store_list_chats_async (self->line, "", ULAK_LINE_STORE_PAGE_MAX, past_keep_cb, &result);
  return finish_list (self, &result, NULL);
}

JsonArray *
past_list_messages (Past *self, const char *chat)
{
  g_autoptr (GAsyncResult) result = NULL;

  ulak_line_store_list_messages_async (self->line, chat, "", ULAK_LINE_STORE_PAGE_MAX, past_keep_cb, &result);
  return finish_list (self, &result, NULL);
}

static guint
count_messages_of (Past *self, const char *chat)
{
  g_autofree char *cursor = g_strdup ("");
  guint n = 0;

  do
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (JsonArray) page = NULL;
      char *next = NULL;

      ulak_line_store_list_messages_async (self->line, chat, cursor, ULAK_LINE_STORE_PAGE_MAX, past_keep_cb, &result);
      page = finish_list (self, &result, &next);
      n += json_array_get_length (page);
      g_free (cursor);
      cursor = next;
    }
  while (cursor != NULL && *cursor != '\0');
  return n;
}

guint
past_count_messages (Past *self)
{
  g_autoptr (JsonArray) chats = past_list_chats (self);
  guint n = 0;

  for (guint i = 0; i < json_array_get_length (chats); i++)
    n += count_messages_of (self, json_object_get_string_member (json_array_get_object_element (chats, i), "id"));
  return n;
}

JsonObject *
past_find_chat (JsonArray *chats, const char *id)
{
  for (guint i = 0; i < json_array_get_length (chats); i++)
    if (g_strcmp0 (json_object_get_string_member (json_array_get_object_element (chats, i), "id"), id) == 0)
      return json_array_get_object_element (chats, i);
  return NULL;
}

guint
past_count_events (Past *self)
{
  return ulak_line_store_get_events (self->line);
}

UlakMediaReference *
past_publish (Past *self, UlakMediaKind kind, const char *name, UlakSpan plain)
{
  UlakMediaReference *reference = ulak_media_reference_new ();
  g_auto (UlakMediaKeys) keys = { 0 };
  g_autoptr (UlakMediaEncryptor) encryptor = NULL;
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *path = g_strconcat ("/v/", name, NULL);

  reference->kind = kind;
  reference->is_encrypted = TRUE;
  reference->direct_path = g_strdup (path);
  memset (reference->media_key.bytes, 0x33, ULAK_KEY_BYTES);
  ulak_media_keys_derive (&keys, &reference->media_key, kind);
  encryptor = ulak_media_encryptor_new (&keys);
  for (gsize at = 0; at < plain.size_bytes; at += 65536)
    ulak_media_encryptor_update (encryptor,
                                 ULAK_SPAN ((const guint8 *) plain.bytes + at, MIN (65536, plain.size_bytes - at)), out);
  ulak_media_encryptor_finish (encryptor, out, &reference->summary);
  bytes = g_bytes_new (out->data, out->len);
  media_host_put (self->host, path, bytes);
  return reference;
}
