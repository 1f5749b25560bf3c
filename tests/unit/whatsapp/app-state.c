/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * App state out of the vectors through a server of our own: applied, damaged, without keys, and changed by us.
 */
#include "whatsapp/chat/app-state.h"

#include "core/error.h"
#include "unit/whatsapp/crypto-vectors.h"
#include "unit/whatsapp/past-fixture.h"
#include "whatsapp/chat/app-state-patch.h"

#define COLLECTION "regular_high"

typedef struct
{
  Past past;
  UlakAppState *state;
  JsonObject *vectors;
  GPtrArray *patches;    /* (element-type GBytes): what the server has of COLLECTION, with versions, from 1 on */
  GBytes *snapshot;      /* (nullable): of critical_unblock_low: an ExternalBlobReference */
  guint n_questions;     /* about any collection */
  guint n_snapshots;     /* wanted of COLLECTION */
  guint n_uploads;
  guint conflicts;       /* so many uploads are refused, each with a patch that came before */
  guint next_vector;     /* patch of the vectors that comes between */
  guint n_key_asks;
  GBytes *asked_key;
  char *own_name;
} Fixture;

/* --- the server --- */

static GBytes *
bytes_of (UlakSpan span)
{
  return g_bytes_new (span.bytes, span.size_bytes);
}

static JsonObject *
vector_patch (Fixture *f, guint index)
{
  return json_array_get_object_element (vectors_array (f->vectors, "patches"), index);
}

static void
add_patches (Fixture *f, guint n)
{
  for (; f->next_vector < n; f->next_vector++)
    g_ptr_array_add (f->patches, bytes_of (vectors_hex (vector_patch (f, f->next_vector), "patch_with_version")));
}

/* A patch comes without its version, which is that of its place. */
static void
keep_upload (Fixture *f, const UlakNode *node)
{
  gsize size;
  const guint8 *bytes = ulak_node_get_bytes (node, &size);
  g_autoptr (Wa__SyncdPatch) patch = ulak_protobuf_unpack (&wa__syncd_patch__descriptor, bytes, size, NULL);
  Wa__SyncdVersion version = WA__SYNCD_VERSION__INIT;

  g_assert_nonnull (patch);
  g_assert_null (patch->version);
  version.has_version = TRUE;
  version.version = f->patches->len + 1;
  patch->version = &version;
  g_ptr_array_add (f->patches, ulak_protobuf_pack (patch));
  patch->version = NULL;
}

static void
give_patches (Fixture *f, UlakNodeBuilder *builder, guint64 after)
{
  ulak_node_builder_open (builder, "patches");
  for (guint i = (guint) after; i < f->patches->len; i++)
    {
      GBytes *patch = g_ptr_array_index (f->patches, i);

      ulak_node_builder_open (builder, "patch");
      ulak_node_builder_set_bytes (builder, g_bytes_get_data (patch, NULL), g_bytes_get_size (patch));
      ulak_node_builder_close (builder);
    }
  ulak_node_builder_close (builder);
}

static void
refuse_upload (Fixture *f, UlakNodeBuilder *builder, guint64 version)
{
  f->conflicts--;
  add_patches (f, f->next_vector + 1);
  ulak_node_builder_add_text (builder, "type", "error");
  ulak_node_builder_open (builder, "error");
  ulak_node_builder_add_number (builder, "code", 409);
  ulak_node_builder_close (builder);
  give_patches (f, builder, version);
}

static void
answer_collection (Fixture *f, UlakNodeBuilder *builder, const UlakNode *asked)
{
  const char *name = ulak_node_get_attribute (asked, "name");
  const UlakNode *patch = ulak_node_get_child (asked, "patch");
  guint64 version = 0;

  ulak_node_read_number (asked, "version", 1000, &version, NULL);
  ulak_node_builder_add_text (builder, "name", name);
  if (g_str_equal (name, "critical_unblock_low") && f->snapshot != NULL && version == 0)
    {
      ulak_node_builder_open (builder, "snapshot");
      ulak_node_builder_set_bytes (builder, g_bytes_get_data (f->snapshot, NULL), g_bytes_get_size (f->snapshot));
      ulak_node_builder_close (builder);
    }
  if (!g_str_equal (name, COLLECTION))
    return;
  f->n_snapshots += g_str_equal (ulak_node_get_attribute (asked, "return_snapshot"), "true");
  f->n_uploads += patch != NULL;
  if (patch != NULL && f->conflicts > 0)
    refuse_upload (f, builder, version);
  else if (patch != NULL)
    {
      g_assert_cmpuint (version, ==, f->patches->len);
      keep_upload (f, patch);
    }
  else
    give_patches (f, builder, version);
}

static UlakNode *
answer (const UlakNode *query, gpointer data)
{
  Fixture *f = data;
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new ("iq");

  g_assert_cmpstr (ulak_node_get_attribute (query, "xmlns"), ==, "w:sync:app:state");
  f->n_questions++;
  ulak_node_builder_open (builder, "sync");
  ulak_node_builder_open (builder, "collection");
  answer_collection (f, builder, ulak_node_get_child (ulak_node_get_child (query, "sync"), "collection"));
  ulak_node_builder_close (builder);
  ulak_node_builder_close (builder);
  return ulak_node_builder_end (builder, NULL);
}

static void
ask_keys (GPtrArray *key_ids, gpointer data)
{
  Fixture *f = data;

  f->n_key_asks++;
  g_clear_pointer (&f->asked_key, g_bytes_unref);
  f->asked_key = g_bytes_ref (g_ptr_array_index (key_ids, 0));
}

/* --- life --- */

static void
name_cb (UlakAppState *state G_GNUC_UNUSED, const char *name, gpointer user_data)
{
  Fixture *f = user_data;

  g_free (f->own_name);
  f->own_name = g_strdup (name);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  UlakAppStateOptions options;

  past_set_up (&f->past, data);
  f->past.server.answer = answer;
  f->past.server.data = f;
  f->vectors = vectors_load ("app-state.json");
  f->patches = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  options = (UlakAppStateOptions){ .store = f->past.store,
                                   .port = fake_server_get_port (&f->past.server),
                                   .media = f->past.media,
                                   .committer = past_get_committer (&f->past),
                                   .ask_keys = ask_keys,
                                   .ask_keys_data = f,
                                   .clock = ULAK_CLOCK (f->past.clock),
                                   .random = ULAK_RANDOM (f->past.random) };
  f->state = ulak_app_state_new (&options);
  g_signal_connect (f->state, "own-name", G_CALLBACK (name_cb), f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  past_settle (&f->past, f->state);
  g_assert_finalize_object (f->state);
  g_ptr_array_unref (f->patches);
  g_clear_pointer (&f->snapshot, g_bytes_unref);
  g_clear_pointer (&f->asked_key, g_bytes_unref);
  g_free (f->own_name);
  past_tear_down (&f->past, data);
}

static gboolean
keep_run (UlakDatabase *database, gpointer data, GError **error)
{
  Fixture *f = data;
  JsonArray *rows = vectors_array (f->vectors, "keys");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      UlakSpan id = vectors_hex (row, "id"), bytes = vectors_hex (row, "data");
      Wa__AppStateSyncKeyShare share = WA__APP_STATE_SYNC_KEY_SHARE__INIT;
      Wa__AppStateSyncKey key = WA__APP_STATE_SYNC_KEY__INIT, *keys[] = { &key };
      Wa__AppStateSyncKeyId key_id = WA__APP_STATE_SYNC_KEY_ID__INIT;
      Wa__AppStateSyncKeyData key_data = WA__APP_STATE_SYNC_KEY_DATA__INIT;

      key_id.has_key_id = key_data.has_key_data = key_data.has_timestamp = TRUE;
      key_id.key_id = (ProtobufCBinaryData){ id.size_bytes, (guint8 *) id.bytes };
      key_data.key_data = (ProtobufCBinaryData){ bytes.size_bytes, (guint8 *) bytes.bytes };
      key_data.timestamp = 1000 - i;
      key.key_id = &key_id;
      key.key_data = &key_data;
      share.n_keys = 1;
      share.keys = keys;
      if (!ulak_app_state_keep_keys (database, &share, ULAK_FAKE_CLOCK_START_US, error))
        return FALSE;
    }
  return TRUE;
}

static void
give_keys (Fixture *f)
{
  past_write (&f->past, keep_run, f);
  ulak_app_state_keys_came (f->state);
}

static void
sync_now (Fixture *f, const char *collection)
{
  ulak_app_state_sync (f->state, collection);
  past_settle (&f->past, f->state);
}

static gboolean
sum_run (UlakDatabase *database, gpointer data, GError **error)
{
  return ulak_app_state_sum_get (database, COLLECTION, data, error);
}

static UlakAppStateSum
get_sum (Fixture *f)
{
  UlakAppStateSum sum;

  past_write (&f->past, sum_run, &sum);
  return sum;
}

static gboolean
is_muted (Fixture *f, const char *chat)
{
  g_autoptr (JsonArray) chats = past_list_chats (&f->past);
  JsonObject *found = past_find_chat (chats, chat);

  return found != NULL && !json_object_get_null_member (found, "muted_until");
}

/* --- cases --- */

static guint
count_vectors (Fixture *f)
{
  return json_array_get_length (vectors_array (f->vectors, "patches"));
}

static void
test_patches (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  guint n = count_vectors (f);
  UlakSpan hash = vectors_hex (vector_patch (f, n - 1), "hash_after");
  UlakAppStateSum sum;

  give_keys (f);
  add_patches (f, 1);
  sync_now (f, COLLECTION);
  g_assert_cmpuint (f->n_snapshots, ==, 1);
  g_assert_true (is_muted (f, "15551234567"));

  add_patches (f, n);
  sync_now (f, COLLECTION);
  sum = get_sum (f);
  g_assert_cmpuint (sum.version, ==, n);
  g_assert_cmpmem (sum.hash.bytes, sizeof sum.hash.bytes, hash.bytes, hash.size_bytes);
  g_assert_cmpuint (f->n_snapshots, ==, 1);
  g_assert_cmpuint (f->n_questions, ==, 2);

  sync_now (f, "no such collection");
  g_assert_cmpuint (f->n_questions, ==, 2);
  sync_now (f, NULL);
  g_assert_cmpuint (f->n_questions, ==, 7);
}

static void
test_snapshot (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  JsonObject *row = json_object_get_object_member (f->vectors, "snapshot");
  g_autoptr (UlakMediaReference) reference
      = past_publish (&f->past, ULAK_MEDIA_KIND_APP_STATE, "snapshot", vectors_hex (row, "encoded"));
  Wa__ExternalBlobReference blob = WA__EXTERNAL_BLOB_REFERENCE__INIT;

  blob.has_media_key = blob.has_file_sha256 = blob.has_file_enc_sha256 = TRUE;
  blob.media_key = (ProtobufCBinaryData){ 32, reference->media_key.bytes };
  blob.file_sha256 = (ProtobufCBinaryData){ 32, reference->summary.plain_sha256 };
  blob.file_enc_sha256 = (ProtobufCBinaryData){ 32, reference->summary.encrypted_sha256 };
  blob.direct_path = reference->direct_path;
  f->snapshot = ulak_protobuf_pack (&blob);
  give_keys (f);
  sync_now (f, json_object_get_string_member (row, "collection"));
  g_assert_cmpstr (f->own_name, ==, "Me");
  g_assert_cmpuint (past_count_events (&f->past), ==, 0);
}

static void
damage (Fixture *f, guint index, gssize from_end)
{
  GBytes *patch = g_ptr_array_index (f->patches, index);
  gsize size = g_bytes_get_size (patch);
  guint8 *copy = g_memdup2 (g_bytes_get_data (patch, NULL), size);

  copy[size - (gsize) from_end] ^= 1;
  f->patches->pdata[index] = g_bytes_new_take (copy, size);
  g_bytes_unref (patch);
}

static void
test_damaged (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  UlakAppStateSum sum;
  GBytes *good;

  give_keys (f);
  add_patches (f, 2);
  good = g_bytes_ref (g_ptr_array_index (f->patches, 1));
  damage (f, 1, 30); /* in the MAC or the key id, whatever: no bit of it may be another */
  sync_now (f, COLLECTION);
  sum = get_sum (f);
  g_assert_cmpuint (sum.version, ==, 0);
  g_assert_cmpuint (f->n_questions, ==, ULAK_APP_STATE_TRIES_MAX);
  g_assert_false (is_muted (f, "15551234567"));

  /* Set aside until the next login. */
  sync_now (f, COLLECTION);
  g_assert_cmpuint (f->n_questions, ==, ULAK_APP_STATE_TRIES_MAX);
  g_bytes_unref (f->patches->pdata[1]);
  f->patches->pdata[1] = good;
  sync_now (f, NULL);
  sum = get_sum (f);
  g_assert_cmpuint (sum.version, ==, 2);
}

/* A version that is missing between is noticed, and the collection is fetched anew. */
static void
test_gap (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  UlakAppStateSum sum;
  gpointer kept;

  give_keys (f);
  add_patches (f, 3);
  kept = g_ptr_array_steal_index (f->patches, 1);
  sync_now (f, COLLECTION);
  sum = get_sum (f);
  g_assert_cmpuint (sum.version, ==, 0);
  g_ptr_array_insert (f->patches, 1, kept);
  sync_now (f, NULL);
  sum = get_sum (f);
  g_assert_cmpuint (sum.version, ==, 3);
}

static void
test_missing_key (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  add_patches (f, 1);
  sync_now (f, COLLECTION);
  g_assert_cmpuint (f->n_key_asks, ==, 1);
  assert_spans_equal (ulak_span_of (f->asked_key), vectors_hex (vector_patch (f, 0), "key_id"));
  sync_now (f, COLLECTION);
  g_assert_cmpuint (f->n_key_asks, ==, 1);
  ulak_fake_clock_jump_wall_us (f->past.clock, G_TIME_SPAN_DAY);
  sync_now (f, COLLECTION);
  g_assert_cmpuint (f->n_key_asks, ==, 2);
  g_assert_cmpuint (get_sum (f).version, ==, 0);

  give_keys (f);
  past_settle (&f->past, f->state);
  g_assert_cmpuint (get_sum (f).version, ==, 1);
}

static gboolean
change (Fixture *f, const UlakAppStateChange *wish, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ulak_app_state_change_async (f->state, wish, NULL, past_keep_cb, &result);
  past_wait (&f->past, &result);
  return ulak_app_state_change_finish (f->state, result, error);
}

static void
test_change (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  const UlakAppStateChange mute = { .kind = ULAK_APP_STATE_MUTE, .chat = "15557654321@s.whatsapp.net", .is_on = TRUE, .until_ms = -1 };
  const UlakAppStateChange unmute = { .kind = ULAK_APP_STATE_MUTE, .chat = "15557654321@s.whatsapp.net" };
  g_autoptr (GError) error = NULL;

  give_keys (f);
  add_patches (f, 2);
  change (f, &mute, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (get_sum (f).version, ==, 3);
  g_assert_true (is_muted (f, "15557654321"));
  g_assert_cmpuint (f->n_uploads, ==, 1);

  change (f, &unmute, &error);
  g_assert_no_error (error);
  g_assert_false (is_muted (f, "15557654321"));
  g_assert_cmpuint (get_sum (f).version, ==, 4);
}

static void
test_conflict (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  const UlakAppStateMessage last = { "15557654321@s.whatsapp.net", "3EB01", FALSE, NULL, 1750000000 };
  const UlakAppStateChange star = { .kind = ULAK_APP_STATE_STAR, .is_on = TRUE, .last = &last };
  g_autoptr (GError) error = NULL, again = NULL;

  give_keys (f);
  add_patches (f, 1);
  f->conflicts = 2;
  change (f, &star, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (f->n_uploads, ==, 3);
  g_assert_cmpuint (get_sum (f).version, ==, 4);
}

static void
test_refused_change (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  const UlakAppStateChange pin = { .kind = ULAK_APP_STATE_PIN, .chat = "15557654321@s.whatsapp.net", .is_on = TRUE };
  const UlakAppStateChange nothing = { .kind = ULAK_APP_STATE_PIN, .is_on = TRUE };
  g_autoptr (GError) error = NULL, invalid = NULL, offline = NULL;

  g_assert_false (change (f, &nothing, &invalid));
  g_assert_error (invalid, ULAK_ERROR, ULAK_ERROR_INVALID);
  add_patches (f, 1);
  f->past.server.is_offline = TRUE;
  g_assert_false (change (f, &pin, &offline));
  g_assert_error (offline, ULAK_ERROR, ULAK_ERROR_WRONG_STATE);
}

static void
test_notification (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new ("notification");
  g_autoptr (UlakNode) notification = NULL;

  ulak_node_builder_open (builder, "collection");
  ulak_node_builder_add_text (builder, "name", COLLECTION);
  ulak_node_builder_close (builder);
  notification = ulak_node_builder_end (builder, NULL);
  give_keys (f);
  add_patches (f, 1);
  ulak_app_state_take_notification (f->state, notification);
  past_settle (&f->past, f->state);
  g_assert_cmpuint (get_sum (f).version, ==, 1);
  g_assert_cmpuint (f->n_questions, ==, 1);
}

static void
test_stop (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  const UlakAppStateChange pin = { .kind = ULAK_APP_STATE_PIN, .chat = "15557654321@s.whatsapp.net", .is_on = TRUE };
  g_autoptr (GAsyncResult) first = NULL, second = NULL;

  give_keys (f);
  add_patches (f, 1);
  ulak_app_state_change_async (f->state, &pin, NULL, past_keep_cb, &first);
  ulak_app_state_change_async (f->state, &pin, NULL, past_keep_cb, &second);
  ulak_app_state_stop (f->state);
  past_wait (&f->past, &first);
  past_wait (&f->past, &second);
  g_assert_false (ulak_app_state_change_finish (f->state, first, NULL));
  g_assert_false (ulak_app_state_change_finish (f->state, second, NULL));
  g_clear_object (&first);
  g_clear_object (&second);
  sync_now (f, NULL);
  g_assert_cmpuint (f->n_questions, ==, 0);
}

#define ADD(name, func) g_test_add ("/whatsapp/app-state-sync/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("patches are applied from where the last ones ended", test_patches);
  ADD ("a snapshot is fetched and tells names without events", test_snapshot);
  ADD ("a patch with a changed bit changes nothing, and the collection is set aside after three tries", test_damaged);
  ADD ("a missing patch is noticed", test_gap);
  ADD ("a missing key is asked for once a day, and when it comes the collection goes on", test_missing_key);
  ADD ("a change of ours is uploaded and applied here, too", test_change);
  ADD ("a change is uploaded again after others were faster", test_conflict);
  ADD ("a change that cannot be made says why", test_refused_change);
  ADD ("after a stop nothing is asked any more", test_stop);
  ADD ("a notification syncs what it names", test_notification);
  return g_test_run ();
}
