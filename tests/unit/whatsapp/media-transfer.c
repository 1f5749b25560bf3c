/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Files that go to a media host and come from there, over TLS, while the host does all it can to spoil them.
 */
#include "whatsapp/media/media-client.h"

#include "core/error.h"
#include "whatsapp/media/media-image.h"
#include "whatsapp/media/media-kind.h"
#include "unit/fakes/clock.h"
#include "unit/fakes/random.h"
#include "unit/whatsapp/media-host.h"
#include "whatsapp/codec/protobufs.h"
#include "whatsapp/media/spool.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define BACKOFF_MAX_US (20 * G_USEC_PER_SEC) /* what waits longer is a deadline */
#define MAX_BYTES (256 * 1024 * 1024)

static const char *const migrations[] = { "/org/ulak/sql/whatsapp/migrations/0002-media.sql", NULL };

typedef struct
{
  char *folder;
  MediaHost *host;
  FakeServer server;
  UlakFakeClock *clock;
  UlakFakeRandom *random;
  SoupSession *session;
  UlakStore *store;
  UlakMediaClient *client;
  char *hosts;
  int fd;
} Fixture;

static void
keep_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/* Waits between tries pass at once; deadlines and waits for the phone only when a test moves the clock. */
static void
wait_for (Fixture *f, GAsyncResult **result)
{
  while (*result == NULL)
    {
      gint64 delay_us = ulak_fake_clock_get_next_delay_us (f->clock);

      if (delay_us >= 0 && delay_us < BACKOFF_MAX_US)
        ulak_fake_clock_advance_us (f->clock, delay_us);
      g_main_context_iteration (NULL, TRUE);
    }
}

static void
open_store (Fixture *f)
{
  g_autofree char *path = g_build_filename (f->folder, "line.db", NULL);
  UlakStoreOptions options = { .path = path, .migrations = migrations, .migrate = TRUE };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ulak_store_open_async (&options, NULL, keep_cb, &result);
  wait_for (f, &result);
  f->store = ulak_store_open_finish (result, &error);
  g_assert_no_error (error);
}

static void
close_store (Fixture *f)
{
  g_autoptr (GAsyncResult) result = NULL;

  ulak_store_close_async (f->store, keep_cb, &result);
  wait_for (f, &result);
  g_assert_true (ulak_store_close_finish (f->store, result, NULL));
  g_clear_object (&result);
  while (G_OBJECT (f->store)->ref_count > 1)
    if (!g_main_context_iteration (NULL, FALSE))
      g_thread_yield ();
  g_assert_finalize_object (f->store);
}

static void
new_client (Fixture *f)
{
  g_autofree char *spool = g_build_filename (f->folder, "spool", NULL);
  const UlakMediaClientOptions options = {
    .port = fake_server_get_port (&f->server),
    .store = f->store,
    .session = f->session,
    .clock = ULAK_CLOCK (f->clock),
    .random = ULAK_RANDOM (f->random),
    .key_random = ULAK_RANDOM (f->random),
    .spool = spool,
    .host = media_host_get_name (f->host),
  };
  UlakJid own;

  f->client = ulak_media_client_new (&options);
  g_assert_true (ulak_jid_parse ("15550001111:7@s.whatsapp.net", &own, NULL));
  ulak_media_client_set_own_user (f->client, &own);
}

static void
new_fd (Fixture *f)
{
  g_autofree char *path = g_build_filename (f->folder, "out", NULL);

  if (f->fd >= 0)
    close (f->fd);
  f->fd = open (path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  g_assert_cmpint (f->fd, >=, 0);
}

static void
set_up (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  f->folder = g_dir_make_tmp ("ulak-media-XXXXXX", NULL);
  f->host = media_host_new ();
  f->hosts = g_strdup (media_host_get_name (f->host));
  f->server = (FakeServer){ .hosts = f->hosts, .auth = "auth/word+1", .ttl_s = 300 };
  f->clock = ulak_fake_clock_new ();
  f->random = ulak_fake_random_new (7);
  f->session = media_host_new_session ();
  f->fd = -1;
  new_fd (f);
  ulak_media_register_sql ();
  open_store (f);
  new_client (f);
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

static void
settle (Fixture *f)
{
  /* The client's last reference goes with the last callback of its jobs, perhaps on a thread that wakes nobody. */
  while (G_OBJECT (f->client)->ref_count > 1)
    if (!g_main_context_iteration (NULL, FALSE))
      g_thread_yield ();
}

static void
tear_down (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  settle (f);
  g_assert_finalize_object (f->client);
  g_assert_cmpuint (ulak_fake_clock_count_timers (f->clock), ==, 0);
  close_store (f);
  g_clear_pointer (&f->server.sent, ulak_node_unref);
  soup_session_abort (f->session);
  g_object_unref (f->session);
  media_host_free (f->host);
  g_object_unref (f->clock);
  g_object_unref (f->random);
  close (f->fd);
  remove_folder (f->folder);
  g_free (f->folder);
  g_free (f->hosts);
}

/* --- files --- */

static GBytes *
make_plain (gsize size_bytes)
{
  guint8 *bytes = g_malloc (size_bytes);
  guint32 state = 1;

  for (gsize i = 0; i < size_bytes; i++)
    {
      state = state * 1664525 + 1013904223;
      bytes[i] = (guint8) (state >> 24);
    }
  return g_bytes_new_take (bytes, size_bytes);
}

static GBytes *
encrypt (const UlakKey *media_key, UlakMediaKind kind, GBytes *plain, UlakMediaSummary *summary_out)
{
  g_auto (UlakMediaKeys) keys = { 0 };
  g_autoptr (UlakMediaEncryptor) encryptor = NULL;
  GByteArray *out = g_byte_array_new ();
  gsize size;
  const guint8 *bytes = g_bytes_get_data (plain, &size);

  ulak_media_keys_derive (&keys, media_key, kind);
  encryptor = ulak_media_encryptor_new (&keys);
  for (gsize at = 0; at < size; at += 65536)
    ulak_media_encryptor_update (encryptor, ULAK_SPAN (bytes + at, MIN (65536, size - at)), out);
  ulak_media_encryptor_finish (encryptor, out, summary_out);
  return g_byte_array_free_to_bytes (out);
}

typedef struct
{
  UlakMediaReference *reference;
  GBytes *plain;
  GBytes *encrypted;
} File;

static File
make_file (Fixture *f, gsize size_bytes)
{
  File file = { ulak_media_reference_new (), make_plain (size_bytes), NULL };

  file.reference->kind = ULAK_MEDIA_KIND_IMAGE;
  file.reference->is_encrypted = TRUE;
  file.reference->direct_path = g_strdup ("/v/file?oh=1&oe=2");
  file.reference->message_id = g_strdup ("3EB0ABCDEF");
  file.reference->chat = g_strdup ("120363012345678901@g.us");
  file.reference->participant = g_strdup ("123456789012345@lid");
  memset (file.reference->media_key.bytes, 0x5a, ULAK_KEY_BYTES);
  file.encrypted = encrypt (&file.reference->media_key, ULAK_MEDIA_KIND_IMAGE, file.plain, &file.reference->summary);
  media_host_put (f->host, "/v/file", file.encrypted);
  return file;
}

static void
file_clear (File *file)
{
  ulak_media_reference_free (file->reference);
  g_bytes_unref (file->plain);
  g_bytes_unref (file->encrypted);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (File, file_clear)

static gboolean
download (Fixture *f, const UlakMediaReference *reference, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ulak_media_client_download_async (f->client, reference, f->fd, MAX_BYTES, NULL, keep_cb, &result);
  wait_for (f, &result);
  return ulak_media_client_download_finish (f->client, result, error);
}

static GBytes *
read_fd (Fixture *f)
{
  off_t size = lseek (f->fd, 0, SEEK_END);
  guint8 *bytes = g_malloc0 ((gsize) size + 1);

  g_assert_cmpint (pread (f->fd, bytes, (gsize) size, 0), ==, size);
  return g_bytes_new_take (bytes, (gsize) size);
}

static void
assert_delivered (Fixture *f, const File *file)
{
  g_autoptr (GBytes) bytes = read_fd (f);

  g_assert_true (g_bytes_equal (bytes, file->plain));
}

static void
assert_downloads (Fixture *f, const File *file)
{
  g_autoptr (GError) error = NULL;

  download (f, file->reference, &error);
  g_assert_no_error (error);
  assert_delivered (f, file);
}

static void
assert_refused (Fixture *f, const File *file, UlakError code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;

  g_assert_false (download (f, file->reference, &error));
  g_assert_error (error, ULAK_ERROR, (gint) code);
  bytes = read_fd (f);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 0);
}

static guint
count_spool (Fixture *f)
{
  g_autofree char *path = g_build_filename (f->folder, "spool", NULL);
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (folder != NULL && g_dir_read_name (folder) != NULL)
    n++;
  return n;
}

/* --- down --- */

static void
test_download (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  static const gsize sizes[] = { 1, 15, 16, 17, 65536, 300001 };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_auto (File) file = make_file (f, sizes[i]);

      new_fd (f);
      assert_downloads (f, &file);
      g_assert_true (g_str_has_prefix (media_host_get_uri (f->host), "/v/file?oh=1&oe=2&hash="));
      g_assert_true (g_str_has_suffix (media_host_get_uri (f->host), "&mms-type=image&__wa-mms="));
    }
  g_assert_cmpuint (f->server.n_queries, ==, 1);
  g_assert_cmpuint (media_host_count_requests (f->host), ==, G_N_ELEMENTS (sizes));
  g_assert_cmpuint (count_spool (f), ==, 0);
}

static void
test_cut (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (File) file = make_file (f, 300001);

  media_host_plan (f->host, HOST_CUT, 100000);
  media_host_plan (f->host, HOST_SHORT, 50000);
  assert_downloads (f, &file);
  g_assert_cmpuint (media_host_count_requests (f->host), ==, 3);
  g_assert_true (g_str_has_prefix (media_host_get_range (f->host), "bytes="));
  g_assert_cmpint (g_ascii_strtoll (media_host_get_range (f->host) + 6, NULL, 10), >, 50000);
}

/* Six pieces, more than there are tries: each brings something. */
static void
test_many_cuts (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (File) file = make_file (f, 300001);

  for (guint i = 0; i < 2 * ULAK_MEDIA_TRIES_MAX; i++)
    media_host_plan (f->host, HOST_SHORT, 20000);
  assert_downloads (f, &file);
  g_assert_cmpuint (media_host_count_requests (f->host), ==, 2 * ULAK_MEDIA_TRIES_MAX + 1);
}

static void
test_restart (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (File) file = make_file (f, 300001);
  g_autofree char *range = NULL;

  media_host_plan (f->host, HOST_SHORT, 70000);
  for (guint i = 0; i < ULAK_MEDIA_TRIES_MAX; i++)
    media_host_plan (f->host, HOST_STATUS, 500);
  assert_refused (f, &file, ULAK_ERROR_UNAVAILABLE);
  g_assert_cmpuint (count_spool (f), ==, 1);

  settle (f);
  g_assert_finalize_object (f->client);
  new_client (f);
  assert_downloads (f, &file);
  g_assert_cmpstr (media_host_get_range (f->host), ==, "bytes=70000-");
  g_assert_cmpuint (count_spool (f), ==, 0);
}

static void
leave_file (Fixture *f, const char *name, goffset size_bytes, gint64 age_s)
{
  g_autofree char *path = g_build_filename (f->folder, "spool", name, NULL);
  gint64 written_s = ulak_clock_get_wall_us (ULAK_CLOCK (f->clock)) / G_USEC_PER_SEC - age_s;
  const struct timespec times[] = { { .tv_sec = written_s }, { .tv_sec = written_s } };
  g_autofree char *folder = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  g_assert_cmpint (truncate (path, size_bytes), ==, 0); /* of holes */
  g_assert_cmpint (utimensat (AT_FDCWD, path, times, 0), ==, 0);
}

static gboolean
is_left (Fixture *f, const char *name)
{
  g_autofree char *path = g_build_filename (f->folder, "spool", name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static void
wait_until_gone (Fixture *f, const char *name)
{
  while (is_left (f, name))
    if (!g_main_context_iteration (NULL, FALSE))
      g_thread_yield ();
}

/* A line that runs for months: what is given up does not fill the disk. */
static void
test_sweep (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  const goffset half = ULAK_SPOOL_MAX_BYTES / 2;

  /* The sweep of the start may still be under way: the one after it has ended before anything is looked at. */
  leave_file (f, "witness", 1, ULAK_SPOOL_AGE_MAX_S + 10);
  ulak_fake_clock_advance_ms (f->clock, 3600 * 1000);
  wait_until_gone (f, "witness");
  leave_file (f, "old", 1, ULAK_SPOOL_AGE_MAX_S + 10);
  leave_file (f, "first", half, 4 * 3600);
  leave_file (f, "second", half, 3 * 3600);
  leave_file (f, "third", half, 2 * 3600);
  leave_file (f, "busy", half, 0);
  ulak_fake_clock_advance_ms (f->clock, 3000 * 1000);
  g_assert_true (is_left (f, "old"));
  ulak_fake_clock_advance_ms (f->clock, 600 * 1000);
  wait_until_gone (f, "old");
  wait_until_gone (f, "first");
  wait_until_gone (f, "second");
  g_assert_true (is_left (f, "third") && is_left (f, "busy"));
}

static void
test_no_ranges (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (File) file = make_file (f, 300001);

  media_host_plan (f->host, HOST_SHORT, 70000);
  media_host_plan (f->host, HOST_NO_RANGES, 0);
  media_host_plan (f->host, HOST_NO_RANGES, 0);
  assert_downloads (f, &file);
}

static GBytes *
flip (GBytes *bytes, gsize at)
{
  gsize size;
  guint8 *copy = g_memdup2 (g_bytes_get_data (bytes, &size), g_bytes_get_size (bytes));

  size = g_bytes_get_size (bytes);
  copy[at] ^= 1;
  return g_bytes_new_take (copy, size);
}

static void
test_wrong_bytes (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  static const gsize places[] = { 0, 5000, 100010, 100025 };

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_auto (File) file = make_file (f, 100000);
      g_autoptr (GBytes) wrong = flip (file.encrypted, places[i]);

      media_host_put (f->host, "/v/file", wrong);
      new_fd (f);
      assert_refused (f, &file, ULAK_ERROR_DAMAGED);
      g_assert_cmpuint (media_host_count_requests (f->host), ==, 2 * (i + 1));
    }
}

/* The hash of the encrypted file fits, what it decrypts to does not. */
static void
test_other_contents (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (File) file = make_file (f, 5000);

  file.reference->summary.plain_sha256[3] ^= 1;
  assert_refused (f, &file, ULAK_ERROR_DAMAGED);
  file.reference->summary.plain_sha256[3] ^= 1;
  file.reference->media_key.bytes[0] ^= 1;
  assert_refused (f, &file, ULAK_ERROR_DAMAGED);
  file.reference->media_key.bytes[0] ^= 1;
  file.reference->summary.plain_size_bytes = 4999; /* the same number of blocks */
  assert_refused (f, &file, ULAK_ERROR_DAMAGED);
  file.reference->summary.plain_size_bytes = 4900;
  assert_refused (f, &file, ULAK_ERROR_DAMAGED);
  file.reference->summary.plain_size_bytes = ULAK_MEDIA_SIZE_UNKNOWN;
  assert_downloads (f, &file);
}

static void
test_too_large (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (File) file = make_file (f, 100000);
  g_autoptr (GAsyncResult) result = NULL, other = NULL;
  g_autoptr (GError) error = NULL, other_error = NULL;

  ulak_media_client_download_async (f->client, file.reference, f->fd, 99999, NULL, keep_cb, &result);
  wait_for (f, &result);
  g_assert_false (ulak_media_client_download_finish (f->client, result, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
  g_assert_cmpuint (media_host_count_requests (f->host), ==, 0);

  file.reference->summary.plain_size_bytes = ULAK_MEDIA_SIZE_UNKNOWN;
  ulak_media_client_download_async (f->client, file.reference, f->fd, 50000, NULL, keep_cb, &other);
  wait_for (f, &other);
  g_assert_false (ulak_media_client_download_finish (f->client, other, &other_error));
  g_assert_error (other_error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
}

static void
test_retry_after (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (File) file = make_file (f, 1000);
  gint64 before_us = ulak_clock_get_monotonic_us (ULAK_CLOCK (f->clock));

  media_host_plan (f->host, HOST_LATER, 17);
  assert_downloads (f, &file);
  g_assert_cmpint (ulak_clock_get_monotonic_us (ULAK_CLOCK (f->clock)) - before_us, ==, 17 * G_USEC_PER_SEC);

  new_fd (f);
  media_host_plan (f->host, HOST_LATER, 3600);
  assert_refused (f, &file, ULAK_ERROR_UNAVAILABLE);
}

/* A host where nobody listens, then the one that has the file. */
static void
test_next_host (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (File) file = make_file (f, 1000);
  g_autofree char *hosts = g_strdup_printf ("127.0.0.1:1 bad/host %s", media_host_get_name (f->host));

  f->server.hosts = hosts;
  assert_downloads (f, &file);
  new_fd (f);
  f->server.is_offline = TRUE;
  ulak_fake_clock_advance_ms (f->clock, 301000);
  assert_downloads (f, &file);
}

static void
test_plain (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (File) file = make_file (f, 5000);

  file.reference->is_encrypted = FALSE;
  media_host_put (f->host, "/v/file", file.plain);
  assert_downloads (f, &file);
  g_assert_cmpstr (media_host_get_uri (f->host), ==, "/v/file?oh=1&oe=2");
  new_fd (f);
  file.reference->summary.plain_sha256[0] ^= 1;
  assert_refused (f, &file, ULAK_ERROR_DAMAGED);
}

static void
test_foreign_url (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  static const char *const urls[] = {
    "https://example.org/v/file",        "http://mmg.whatsapp.net/v/file", "https://mmg.whatsapp.net.example.org/f",
    "https://whatsapp.net@127.0.0.1/f",  "https://evilwhatsapp.net/f",     "https://mmg.whatsapp.net:8443/f",
    "https://web.whatsapp.net",          "file:///etc/passwd",             "https://x@mmg.whatsapp.net/f",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_auto (File) file = make_file (f, 100);

      g_clear_pointer (&file.reference->direct_path, g_free);
      file.reference->url = g_strdup (urls[i]);
      assert_refused (f, &file, ULAK_ERROR_NOT_ALLOWED);
    }
  g_assert_cmpuint (media_host_count_requests (f->host), ==, 0);
}

static void
test_same_file_twice (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (File) file = make_file (f, 200000);
  g_autofree char *path = g_build_filename (f->folder, "other", NULL);
  int other = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  g_autoptr (GAsyncResult) first = NULL, second = NULL;

  ulak_media_client_download_async (f->client, file.reference, f->fd, MAX_BYTES, NULL, keep_cb, &first);
  ulak_media_client_download_async (f->client, file.reference, other, MAX_BYTES, NULL, keep_cb, &second);
  wait_for (f, &first);
  wait_for (f, &second);
  g_assert_true (ulak_media_client_download_finish (f->client, first, NULL));
  g_assert_true (ulak_media_client_download_finish (f->client, second, NULL));
  assert_delivered (f, &file);
  g_assert_cmpint (lseek (other, 0, SEEK_END), ==, 200000);
  close (other);
}

static void
test_cancelled (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (File) file = make_file (f, 1000);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ulak_media_client_download_async (f->client, file.reference, f->fd, MAX_BYTES, cancellable, keep_cb, &result);
  g_cancellable_cancel (cancellable);
  wait_for (f, &result);
  g_assert_false (ulak_media_client_download_finish (f->client, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* --- the phone --- */

static void
read_question (const UlakNode *receipt, const File *file)
{
  const UlakNode *encrypted = ulak_node_get_child (receipt, "encrypt"), *rmr = ulak_node_get_child (receipt, "rmr");
  gsize n_sealed, n_nonce;
  const guint8 *sealed = ulak_node_get_bytes (ulak_node_get_child (encrypted, "enc_p"), &n_sealed);
  const guint8 *nonce = ulak_node_get_bytes (ulak_node_get_child (encrypted, "enc_iv"), &n_nonce);
  g_autoptr (GBytes) plain = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (ulak_node_get_attribute (receipt, "type"), ==, "server-error");
  g_assert_cmpstr (ulak_node_get_attribute (receipt, "to"), ==, "15550001111@s.whatsapp.net");
  g_assert_cmpstr (ulak_node_get_attribute (receipt, "id"), ==, file->reference->message_id);
  g_assert_cmpstr (ulak_node_get_attribute (rmr, "jid"), ==, file->reference->chat);
  g_assert_cmpstr (ulak_node_get_attribute (rmr, "from_me"), ==, "false");
  g_assert_cmpstr (ulak_node_get_attribute (rmr, "participant"), ==, file->reference->participant);
  plain = ulak_media_retry_open (&file->reference->media_key, file->reference->message_id, ULAK_SPAN (nonce, n_nonce),
                                 ULAK_SPAN (sealed, n_sealed), &error);
  g_assert_no_error (error);
}

static void
set_bytes (UlakNodeBuilder *builder, const char *tag, GBytes *bytes)
{
  ulak_node_builder_open (builder, tag);
  ulak_node_builder_set_bytes (builder, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  ulak_node_builder_close (builder);
}

/* path: NULL: the phone does not have it. */
static UlakNode *
make_answer (Fixture *f, const File *file, const char *path)
{
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new ("notification");
  Wa__MediaRetryNotification said = WA__MEDIA_RETRY_NOTIFICATION__INIT;
  g_autoptr (GBytes) plain = NULL, sealed = NULL, nonce = NULL;

  ulak_node_builder_add_text (builder, "type", "mediaretry");
  ulak_node_builder_add_text (builder, "id", file->reference->message_id);
  ulak_node_builder_add_number (builder, "t", 1764059400);
  if (path == NULL)
    {
      ulak_node_builder_open (builder, "error");
      ulak_node_builder_add_number (builder, "code", 2);
      ulak_node_builder_close (builder);
      return ulak_node_builder_end (builder, NULL);
    }
  said.stanza_id = file->reference->message_id;
  said.direct_path = (char *) path;
  said.has_result = TRUE;
  said.result = WA__MEDIA_RETRY_NOTIFICATION__RESULT_TYPE__SUCCESS;
  plain = ulak_protobuf_pack (&said);
  sealed = ulak_media_retry_seal (&file->reference->media_key, file->reference->message_id, ULAK_RANDOM (f->random),
                                  ulak_span_of (plain), &nonce);
  ulak_node_builder_open (builder, "encrypt");
  set_bytes (builder, "enc_p", sealed);
  set_bytes (builder, "enc_iv", nonce);
  ulak_node_builder_close (builder);
  return ulak_node_builder_end (builder, NULL);
}

static gboolean
keep_run (UlakDatabase *database, gpointer data, GError **error)
{
  return ulak_media_retry_keep (database, data, error);
}

static void
give_answer (Fixture *f, const UlakNode *notification)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ulak_store_write_async (f->store, keep_run, (gpointer) notification, NULL, keep_cb, &result);
  wait_for (f, &result);
  ulak_store_finish (f->store, result, &error);
  g_assert_no_error (error);
  ulak_media_client_retry_kept (f->client, notification);
}

static void
wait_for_question (Fixture *f)
{
  while (f->server.sent == NULL)
    g_main_context_iteration (NULL, TRUE);
}

static void
start_gone_download (Fixture *f, const File *file, GAsyncResult **result)
{
  media_host_plan (f->host, HOST_STATUS, 410);
  ulak_media_client_download_async (f->client, file->reference, f->fd, MAX_BYTES, NULL, keep_cb, result);
  wait_for_question (f);
}

static void
test_phone (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (File) file = make_file (f, 1000);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) answer = make_answer (f, &file, "/v/new?oh=9");

  media_host_put (f->host, "/v/new", file.encrypted);
  start_gone_download (f, &file, &result);
  read_question (f->server.sent, &file);
  give_answer (f, answer);
  wait_for (f, &result);
  ulak_media_client_download_finish (f->client, result, &error);
  g_assert_no_error (error);
  assert_delivered (f, &file);
  g_assert_true (g_str_has_prefix (media_host_get_uri (f->host), "/v/new?oh=9&hash="));

  /* The next download goes to the new place at once. */
  new_fd (f);
  assert_downloads (f, &file);
  g_assert_cmpuint (media_host_count_requests (f->host), ==, 3);
}

static void
test_phone_has_it_not (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (File) file = make_file (f, 1000);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) answer = make_answer (f, &file, NULL);

  start_gone_download (f, &file, &result);
  give_answer (f, answer);
  wait_for (f, &result);
  g_assert_false (ulak_media_client_download_finish (f->client, result, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND);
}

static void
test_phone_is_off (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (File) file = make_file (f, 1000);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) answer = make_answer (f, &file, "/v/new");

  start_gone_download (f, &file, &result);
  ulak_fake_clock_advance_ms (f->clock, 30000);
  wait_for (f, &result);
  g_assert_false (ulak_media_client_download_finish (f->client, result, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE);

  /* A second download soon after does not ask again, and an answer that comes after a restart is good. */
  g_clear_pointer (&f->server.sent, ulak_node_unref);
  g_clear_object (&result);
  settle (f);
  g_assert_finalize_object (f->client);
  new_client (f);
  media_host_put (f->host, "/v/new", file.encrypted);
  give_answer (f, answer);
  assert_downloads (f, &file);
  g_assert_null (f->server.sent);
}

/* An answer with another key, or about a message that nobody asked for, changes nothing. */
static void
test_forged_answer (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (File) file = make_file (f, 1000), forged = make_file (f, 1000);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) wrong_key = NULL, unasked = NULL;

  forged.reference->media_key.bytes[0] ^= 1;
  wrong_key = make_answer (f, &forged, "/v/evil");
  start_gone_download (f, &file, &result);
  give_answer (f, wrong_key);
  wait_for (f, &result);
  g_assert_false (ulak_media_client_download_finish (f->client, result, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND);

  g_free (forged.reference->message_id);
  forged.reference->message_id = g_strdup ("3EB0FFFF");
  unasked = make_answer (f, &forged, "/v/evil");
  give_answer (f, unasked);
  new_fd (f);
  assert_downloads (f, &file);
}

static void
test_nobody_to_ask (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (File) file = make_file (f, 1000);

  g_clear_pointer (&file.reference->message_id, g_free);
  media_host_plan (f->host, HOST_STATUS, 404);
  assert_refused (f, &file, ULAK_ERROR_NOT_FOUND);
  g_assert_null (f->server.sent);
}

/* --- up --- */

static char *
write_file (Fixture *f, GBytes *bytes)
{
  char *path = g_build_filename (f->folder, "upload", NULL);

  g_assert_true (g_file_set_contents (path, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes), NULL));
  return path;
}

static UlakMediaUpload *
upload (Fixture *f, const char *path, gboolean is_encrypted, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ulak_media_client_upload_async (f->client, ULAK_MEDIA_KIND_DOCUMENT, is_encrypted, path, NULL, keep_cb, &result);
  wait_for (f, &result);
  return ulak_media_client_upload_finish (f->client, result, error);
}

static void
assert_body (Fixture *f, const UlakMediaUpload *made, GBytes *plain)
{
  g_auto (UlakMediaKeys) keys = { 0 };
  g_autoptr (UlakMediaDecryptor) decryptor = NULL;
  g_autoptr (GBytes) body = media_host_get_upload (f->host);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GError) error = NULL;

  ulak_media_keys_derive (&keys, &made->media_key, made->kind);
  decryptor = ulak_media_decryptor_new (&keys);
  ulak_media_decryptor_update (decryptor, ulak_span_of (body), out);
  ulak_media_decryptor_finish (decryptor, &made->summary, out, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (out->data, out->len, g_bytes_get_data (plain, NULL), g_bytes_get_size (plain));
}

static void
test_upload (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  static const gsize sizes[] = { 1, 16, 65535, 65536, 400000 };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GBytes) plain = make_plain (sizes[i]);
      g_autofree char *path = write_file (f, plain);
      g_autoptr (GError) error = NULL;
      g_autoptr (UlakMediaUpload) made = upload (f, path, TRUE, &error);
      g_autofree char *uri = g_strdup_printf ("/mms/document/%s?auth=auth%%2Fword%%2B1&token=%s",
                                              media_host_get_upload_token (f->host), media_host_get_upload_token (f->host));

      g_assert_no_error (error);
      g_assert_cmpstr (media_host_get_uri (f->host), ==, uri);
      g_assert_cmpuint (made->summary.plain_size_bytes, ==, sizes[i]);
      g_assert_cmpint (made->key_time_s, ==, ULAK_FAKE_CLOCK_START_US / G_USEC_PER_SEC);
      g_assert_true (g_str_has_prefix (made->direct_path, "/v/"));
      g_assert_true (g_str_has_prefix (made->url, "https://mmg.whatsapp.net/v/"));
      assert_body (f, made, plain);
    }
}

static void
test_upload_for_newsletter (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GBytes) plain = make_plain (70000), body = NULL;
  g_autofree char *path = write_file (f, plain);
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakMediaUpload) made = upload (f, path, FALSE, &error);

  g_assert_no_error (error);
  body = media_host_get_upload (f->host);
  g_assert_true (g_bytes_equal (body, plain));
  g_assert_true (g_str_has_prefix (media_host_get_uri (f->host), "/newsletter/newsletter-document/"));
  g_assert_cmpstr (made->media_id, ==, "handle-1");
}

static void
test_upload_elsewhere (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GBytes) plain = make_plain (100000);
  g_autofree char *path = write_file (f, plain);
  g_autofree char *hosts = g_strdup_printf ("127.0.0.1:1 %s", media_host_get_name (f->host));
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakMediaUpload) made = NULL;

  f->server.hosts = hosts;
  media_host_plan (f->host, HOST_STATUS, 500);
  media_host_plan (f->host, HOST_GARBAGE, 0);
  made = upload (f, path, TRUE, &error);
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE); /* 1: refused, 2: 500, 3: refused, 4: garbage, 5: refused */
  g_assert_null (made);
  g_assert_cmpuint (media_host_count_requests (f->host), ==, 2);

  g_clear_error (&error);
  made = upload (f, path, TRUE, &error);
  g_assert_no_error (error);
  assert_body (f, made, plain);
}

static void
test_upload_refused (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GBytes) plain = make_plain (1000);
  g_autofree char *path = write_file (f, plain);
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakMediaUpload) made = NULL, other = NULL;

  media_host_plan (f->host, HOST_STATUS, 401);
  made = upload (f, path, TRUE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (f->server.n_queries, ==, 2);

  for (guint i = 0; i < 3; i++)
    media_host_plan (f->host, HOST_STATUS, 403);
  other = upload (f, path, TRUE, &error);
  g_assert_null (other);
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_REMOTE);
}

static void
test_upload_of_nothing (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GBytes) empty = g_bytes_new_static ("", 0);
  g_autofree char *path = write_file (f, empty);
  g_autoptr (GError) error = NULL, other = NULL, offline = NULL;

  g_assert_null (upload (f, path, TRUE, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
  g_unlink (path);
  g_assert_null (upload (f, path, TRUE, &other));
  g_assert_error (other, ULAK_ERROR, ULAK_ERROR_NOT_FOUND);

  f->server.is_offline = TRUE;
  g_assert_true (g_file_set_contents (path, "x", 1, NULL));
  g_assert_null (upload (f, path, TRUE, &offline));
  g_assert_error (offline, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE);
}

static void
test_handle (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GBytes) plain = make_plain (1000);
  g_autofree char *path = write_file (f, plain);
  g_autoptr (UlakMediaUpload) made = upload (f, path, TRUE, NULL), again = NULL;
  g_autofree char *handle = ulak_media_upload_to_handle (made);

  again = ulak_media_upload_from_handle (handle, ULAK_MEDIA_KIND_DOCUMENT);
  g_assert_nonnull (again);
  g_assert_cmpstr (again->direct_path, ==, made->direct_path);
  g_assert_cmpstr (again->url, ==, made->url);
  g_assert_cmpmem (&again->summary, sizeof again->summary, &made->summary, sizeof made->summary);
  g_assert_cmpmem (&again->media_key, sizeof again->media_key, &made->media_key, sizeof made->media_key);
  g_assert_cmpint (again->key_time_s, ==, made->key_time_s);
  g_assert_null (ulak_media_upload_from_handle (handle, ULAK_MEDIA_KIND_IMAGE));
  g_assert_null (ulak_media_upload_from_handle ("1234567890", ULAK_MEDIA_KIND_IMAGE));
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

/* A sanitizer's own memory would be measured. */
static void
test_huge_upload (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  const gsize size = 48 * 1024 * 1024;
  g_autofree char *path = g_build_filename (f->folder, "huge", NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (UlakMediaUpload) made = NULL;
  g_autoptr (GError) error = NULL;
  gsize before = get_resident_bytes (), most = before;

  g_assert_true (g_file_set_contents (path, "x", 1, NULL));
  g_assert_cmpint (truncate (path, (off_t) size), ==, 0);
  ulak_media_client_upload_async (f->client, ULAK_MEDIA_KIND_VIDEO, TRUE, path, NULL, keep_cb, &result);
  while (result == NULL)
    {
      g_main_context_iteration (NULL, TRUE);
      most = MAX (most, get_resident_bytes ());
    }
  made = ulak_media_client_upload_finish (f->client, result, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (media_host_get_upload_size (f->host), ==, (size / 16 + 1) * 16 + 10);
  g_test_message ("%.1f MiB more while %zu MiB were uploaded", (double) (most - before) / 1048576, size / 1048576);
  if (g_getenv ("ASAN_OPTIONS") == NULL)
    g_assert_cmpuint (most - before, <, 24 * 1024 * 1024);
}

/* --- references --- */

static JsonObject *
parse (const char *text)
{
  g_autoptr (JsonNode) node = json_from_string (text, NULL);

  return json_node_dup_object (node);
}

#define KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void
test_reference (void)
{
  static const char *const bad[] = {
    "{}",
    "{\"kind\":\"picture\",\"direct_path\":\"/v\",\"file_sha256\":\"" KEY "\"}",
    "{\"kind\":\"image\",\"file_sha256\":\"" KEY "\"}",
    "{\"kind\":\"image\",\"direct_path\":\"v\",\"file_sha256\":\"" KEY "\"}",
    "{\"kind\":\"image\",\"direct_path\":\"/v\"}",
    "{\"kind\":\"image\",\"direct_path\":\"/v\",\"file_sha256\":\"AAAA\"}",
    "{\"kind\":\"image\",\"direct_path\":\"/v\",\"file_sha256\":\"" KEY "\",\"size\":-1}",
    "{\"kind\":\"image\",\"direct_path\":\"/v\",\"file_sha256\":\"" KEY "\",\"media_key\":\"" KEY "\"}",
    "{\"kind\":\"image\",\"direct_path\":\"/v\",\"file_sha256\":\"" KEY "\",\"media_key\":3,\"file_enc_sha256\":\"" KEY "\"}",
  };
  g_autoptr (JsonObject) good = parse ("{\"kind\":\"voice\",\"direct_path\":\"/v\",\"file_sha256\":\"" KEY "\",\"media_key\":\"" KEY
                                       "\",\"file_enc_sha256\":\"" KEY "\",\"size\":5,\"message_id\":\"A\",\"chat\":\"1@lid\","
                                       "\"from_me\":true}");
  g_autoptr (JsonObject) written = NULL;
  g_autoptr (UlakMediaReference) reference = ulak_media_reference_read (good, NULL), again = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (JsonObject) json = parse (bad[i]);
      g_autoptr (GError) error = NULL;

      g_assert_null (ulak_media_reference_read (json, &error));
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
    }
  g_assert_nonnull (reference);
  g_assert_cmpint (reference->kind, ==, ULAK_MEDIA_KIND_AUDIO);
  written = ulak_media_reference_write (reference);
  again = ulak_media_reference_read (written, NULL);
  g_assert_cmpstr (again->chat, ==, "1@lid");
  g_assert_true (again->is_from_me && again->is_encrypted);
  g_assert_cmpuint (again->summary.plain_size_bytes, ==, 5);
}

static void
test_kinds (void)
{
  for (guint i = 0; i < ULAK_N_MEDIA_KINDS; i++)
    {
      UlakMediaKind kind;

      g_assert_true (ulak_media_kind_parse (ulak_media_kind_get_name (i), &kind));
      g_assert_cmpuint (kind, ==, i);
    }
}

static const struct
{
  const char *bytes;
  gsize size;
  guint width, height;
} images[] = {
#define IMAGE(bytes, width, height) { bytes, sizeof (bytes) - 1, width, height }
  IMAGE ("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0", 640, 480),
  IMAGE ("\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xff\xc2\0\x11\x08\x01\xe0\x02\x80\3", 640, 480),
  IMAGE ("\xff\xd8\xff\xc4\0\x04\0\0\xff\xc0\0\x11\x08\0\x10\0\x20\1", 32, 16),
  IMAGE ("RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0\xff\1\0\xff\1\0", 512, 512),
  IMAGE ("RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\xff\xc1\x7f\0\0\0\0\0\0\0", 512, 512),
  IMAGE ("RIFF\0\0\0\0WEBPVP8 \0\0\0\0\x10\0\0\x9d\1\x2a\0\2\0\1", 512, 256),
};

static void
test_images (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (images); i++)
    {
      const guint8 *bytes = (const guint8 *) images[i].bytes;
      guint width = 0, height = 0;

      g_assert_true (ulak_image_read_size (bytes, images[i].size, &width, &height));
      g_assert_cmpuint (width, ==, images[i].width);
      g_assert_cmpuint (height, ==, images[i].height);
      for (gsize size = 0; size < images[i].size; size++)
        {
          g_autofree guint8 *cut = g_memdup2 (bytes, size);

          if (ulak_image_read_size (cut, size, &width, &height))
            g_assert_true (width == images[i].width && height == images[i].height);
        }
    }
}

static void
measured_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  guint width = 0, height = 0;

  g_assert_true (ulak_image_measure_finish (result, &width, &height));
  *(guint *) user_data = width * 1000 + height;
}

static void
test_measure (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (images[0].bytes, images[0].size);
  g_autofree char *path = write_file (f, bytes);
  guint size = 0;

  ulak_image_measure_async (path, measured_cb, &size);
  while (size == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (size, ==, 640480);
}

#define ADD(name, func) g_test_add ("/whatsapp/media-transfer/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("files of every size come back as they were", test_download);
  ADD ("a transfer that is cut goes on where it stopped", test_cut);
  ADD ("a file may come in more pieces than there are tries", test_many_cuts);
  ADD ("a restart goes on where the last process stopped", test_restart);
  ADD ("what nobody came back for is swept while the line runs", test_sweep);
  ADD ("a host that knows no ranges is asked for the whole file", test_no_ranges);
  ADD ("wrong bytes are fetched once more and then refused, and nothing of them stays", test_wrong_bytes);
  ADD ("a file that is not what its message says is refused", test_other_contents);
  ADD ("a file over the limit is refused, announced or not", test_too_large);
  ADD ("Retry-After is honoured, and a long one ends the try", test_retry_after);
  ADD ("the next host is asked, and the known one when the server names none", test_next_host);
  ADD ("files of newsletters come as they are and are checked by their hash", test_plain);
  ADD ("a message chooses no host outside whatsapp.net", test_foreign_url);
  ADD ("two messages about one file do not disturb each other", test_same_file_twice);
  ADD ("a download can be cancelled", test_cancelled);
  ADD ("what is gone is uploaded again by the phone, and its new place is remembered", test_phone);
  ADD ("what the phone does not have either is not found", test_phone_has_it_not);
  ADD ("a phone that answers after a restart is understood", test_phone_is_off);
  ADD ("an answer with a wrong key, or that nobody asked for, moves nothing", test_forged_answer);
  ADD ("without a message there is nobody to ask", test_nobody_to_ask);
  ADD ("uploads of every size are what the host got, at the address of their hash", test_upload);
  ADD ("an upload for a newsletter is not encrypted", test_upload_for_newsletter);
  ADD ("an upload tries other hosts, five times in all", test_upload_elsewhere);
  ADD ("a host that does not take our word makes us ask for a new one, twice", test_upload_refused);
  ADD ("nothing is not uploaded", test_upload_of_nothing);
  ADD ("an upload is remembered as text, for its kind only", test_handle);
  ADD ("a file of 48 MiB is uploaded without being in memory", test_huge_upload);
  ADD ("an image's file is measured", test_measure);
  g_test_add_func ("/whatsapp/media-transfer/width and height of JPEG, PNG and WebP are read", test_images);
  g_test_add_func ("/whatsapp/media-transfer/references are read with their faults named", test_reference);
  g_test_add_func ("/whatsapp/media-transfer/every kind has a name that leads back to it", test_kinds);
  return g_test_run ();
}
