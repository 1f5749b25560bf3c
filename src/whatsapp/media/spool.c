/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/media/spool.h"

#include "core/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".enc"
#define CHUNK_BYTES (64 * 1024)
#define IN_USE_S 3600

typedef struct
{
  char *folder;                  /* (owned) */
  char *path;                    /* (owned) (nullable) */
  UlakMediaReference *reference; /* (owned) (nullable) */
  int fd;                        /* out: unowned; open: (owned) until the finish */
  goffset size_bytes;
  goffset max_bytes;
  gint64 now_s;
} Job;

static void
job_free (gpointer data)
{
  Job *self = data;

  ulak_media_reference_free (self->reference);
  g_free (self->folder);
  g_free (self->path);
  g_free (self);
}

static Job *
job_new (const char *folder, const char *name)
{
  Job *self = g_new0 (Job, 1);

  self->folder = g_strdup (folder);
  self->path = name == NULL ? NULL : g_build_filename (folder, name, NULL);
  self->fd = -1;
  return self;
}

/** ulak_spool_make_name: Returns: a file name, the same for every message about the same file */
char *
ulak_spool_make_name (const UlakMediaReference *reference)
{
  const guint8 *digest = reference->is_encrypted ? reference->summary.encrypted_sha256 : reference->summary.plain_sha256;
  GString *name = g_string_new (reference->is_encrypted ? "" : "plain-");

  for (guint i = 0; i < ULAK_SHA256_BYTES; i++)
    g_string_append_printf (name, "%02x", digest[i]);
  g_string_append (name, SUFFIX);
  return g_string_free (name, FALSE);
}

static gboolean
fail_errno (int error_number, const char *doing, GError **error)
{
  gboolean is_full = error_number == ENOSPC || error_number == EDQUOT;

  g_set_error (error, ULAK_ERROR, is_full ? ULAK_ERROR_FULL : ULAK_ERROR_FAILED, "Cannot %s: %s", doing,
               g_strerror (error_number));
  return FALSE;
}

static void
run (Job *job, gpointer tag, GTaskThreadFunc func, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, tag);
  g_task_set_task_data (task, job, job_free);
  /* The caller hears of the end when the descriptors are not used any more, and what came of it even when it is cancelled. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_run_in_thread (task, func);
}

/* --- open --- */

static void
open_thread (GTask *task, gpointer source G_GNUC_UNUSED, gpointer data, GCancellable *cancellable G_GNUC_UNUSED)
{
  Job *job = data;
  GError *error = NULL;
  struct stat about;

  if (g_mkdir_with_parents (job->folder, 0750) != 0)
    fail_errno (errno, "make the spool folder", &error);
  else if ((job->fd = open (job->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640)) < 0)
    fail_errno (errno, "make a file in the spool folder", &error);
  else if (fstat (job->fd, &about) != 0)
    fail_errno (errno, "look at a file in the spool folder", &error);
  if (error == NULL)
    {
      job->size_bytes = about.st_size;
      g_task_return_boolean (task, TRUE);
      return;
    }
  if (job->fd >= 0)
    close (job->fd);
  g_task_return_error (task, error);
}

void
ulak_spool_open_async (const char *folder,
                       const char *name,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  run (job_new (folder, name), ulak_spool_open_async, open_thread, cancellable, callback, user_data);
}

int
ulak_spool_open_finish (GAsyncResult *result, goffset *size_out, GError **error)
{
  Job *job = g_task_get_task_data (G_TASK (result));

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return -1;
  *size_out = job->size_bytes;
  return job->fd;
}

/* --- deliver --- */

typedef struct
{
  UlakMediaDecryptor *decryptor; /* (owned) (nullable): plain files have none */
  UlakSha256 *digest;            /* (owned) (nullable): of plain files */
  guint64 plain_bytes;
  GByteArray *out; /* (owned) */
} Opening;

static void
opening_clear (Opening *self)
{
  g_clear_pointer (&self->decryptor, ulak_media_decryptor_free);
  g_clear_pointer (&self->digest, ulak_sha256_free);
  g_clear_pointer (&self->out, g_byte_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Opening, opening_clear)

static void
opening_start (Opening *self, const UlakMediaReference *reference)
{
  g_auto (UlakMediaKeys) keys = { 0 };

  self->out = g_byte_array_new ();
  if (!reference->is_encrypted)
    {
      self->digest = ulak_sha256_new ();
      return;
    }
  ulak_media_keys_derive (&keys, &reference->media_key, reference->kind);
  self->decryptor = ulak_media_decryptor_new (&keys);
}

static void
opening_update (Opening *self, UlakSpan piece)
{
  if (self->decryptor != NULL)
    {
      ulak_media_decryptor_update (self->decryptor, piece, self->out);
      return;
    }
  ulak_sha256_update (self->digest, piece);
  g_byte_array_append (self->out, piece.bytes, (guint) piece.size_bytes);
}

static gboolean
opening_finish (Opening *self, const UlakMediaSummary *expected, GError **error)
{
  guint8 digest[ULAK_SHA256_BYTES];

  if (self->decryptor != NULL)
    return ulak_media_decryptor_finish (self->decryptor, expected, self->out, error);
  ulak_sha256_finish (self->digest, digest);
  if (memcmp (digest, expected->plain_sha256, sizeof digest) == 0)
    return TRUE;
  g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_DAMAGED, "The file is not the one that the message names");
  return FALSE;
}

static gssize
read_some (int fd, guint8 *bytes, gsize size_bytes, GError **error)
{
  gssize n;

  do
    n = read (fd, bytes, size_bytes);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    fail_errno (errno, "read a file in the spool folder", error);
  return n;
}

/* Writes what the opening made. */
static gboolean
write_out (Opening *self, const Job *job, GError **error)
{
  const guint8 *bytes = self->out->data;
  gsize left = self->out->len;

  self->plain_bytes += left;
  if (self->plain_bytes > (guint64) job->max_bytes)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE, "The medium is larger than %" G_GOFFSET_FORMAT " bytes",
                   job->max_bytes);
      return FALSE;
    }
  while (left > 0)
    {
      gssize n = write (job->fd, bytes, left);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return fail_errno (errno, "write the medium", error);
      bytes += n;
      left -= (gsize) n;
    }
  g_byte_array_set_size (self->out, 0);
  return TRUE;
}

static gboolean
deliver (const Job *job, int in, GCancellable *cancellable, GError **error)
{
  g_auto (Opening) opening = { 0 };
  g_autofree guint8 *chunk = g_malloc (CHUNK_BYTES);
  gssize n;

  opening_start (&opening, job->reference);
  while ((n = read_some (in, chunk, CHUNK_BYTES, error)) > 0)
    {
      opening_update (&opening, ULAK_SPAN (chunk, (gsize) n));
      if (g_cancellable_set_error_if_cancelled (cancellable, error) || !write_out (&opening, job, error))
        return FALSE;
    }
  return n == 0 && opening_finish (&opening, &job->reference->summary, error) && write_out (&opening, job, error);
}

static void
deliver_thread (GTask *task, gpointer source G_GNUC_UNUSED, gpointer data, GCancellable *cancellable)
{
  Job *job = data;
  GError *error = NULL;
  int in = open (job->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

  if (in < 0)
    fail_errno (errno, "open a file in the spool folder", &error);
  else
    {
      deliver (job, in, cancellable, &error);
      close (in);
    }
  if (error == NULL)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  /* Bytes that were not found genuine are not left behind. */
  if (ftruncate (job->fd, 0) != 0 || lseek (job->fd, 0, SEEK_SET) != 0)
    g_prefix_error (&error, "And it cannot be emptied: ");
  g_task_return_error (task, error);
}

void
ulak_spool_deliver_async (const char *folder,
                          const char *name,
                          const UlakMediaReference *reference,
                          int fd,
                          goffset max_bytes,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  Job *job = job_new (folder, name);

  job->reference = ulak_media_reference_copy (reference);
  job->fd = fd;
  job->max_bytes = max_bytes;
  run (job, ulak_spool_deliver_async, deliver_thread, cancellable, callback, user_data);
}

gboolean
ulak_spool_deliver_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- remove --- */

static void
remove_thread (GTask *task, gpointer source G_GNUC_UNUSED, gpointer data, GCancellable *cancellable G_GNUC_UNUSED)
{
  Job *job = data;

  if (g_unlink (job->path) == 0 || errno == ENOENT)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_FAILED, "Cannot remove a file in the spool folder: %s",
                             g_strerror (errno));
}

void
ulak_spool_remove_async (const char *folder, const char *name, GAsyncReadyCallback callback, gpointer user_data)
{
  run (job_new (folder, name), ulak_spool_remove_async, remove_thread, NULL, callback, user_data);
}

gboolean
ulak_spool_remove_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

typedef struct
{
  char *path; /* (owned) */
  gint64 written_s;
  gint64 size_bytes;
} Leftover;

static void
leftover_free (gpointer data)
{
  Leftover *self = data;

  g_free (self->path);
  g_free (self);
}

static gint
compare_leftovers (gconstpointer a, gconstpointer b)
{
  const Leftover *one = *(const Leftover *const *) a, *other = *(const Leftover *const *) b;

  return one->written_s < other->written_s ? -1 : one->written_s > other->written_s;
}

/* The oldest first. */
static GPtrArray *
list_leftovers (const char *path, gint64 *size_bytes_out)
{
  GPtrArray *leftovers = g_ptr_array_new_with_free_func (leftover_free);
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  *size_bytes_out = 0;
  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);
      Leftover *leftover;
      struct stat about;

      if (lstat (file, &about) != 0 || !S_ISREG (about.st_mode))
        continue;
      leftover = g_new0 (Leftover, 1);
      leftover->path = g_steal_pointer (&file);
      leftover->written_s = about.st_mtime;
      leftover->size_bytes = about.st_size;
      *size_bytes_out += about.st_size;
      g_ptr_array_add (leftovers, leftover);
    }
  g_ptr_array_sort (leftovers, compare_leftovers);
  return leftovers;
}

static void
sweep_thread (GTask *task, gpointer source G_GNUC_UNUSED, gpointer data, GCancellable *cancellable G_GNUC_UNUSED)
{
  Job *job = data;
  gint64 size_bytes;
  g_autoptr (GPtrArray) leftovers = list_leftovers (job->folder, &size_bytes);

  for (guint i = 0; i < leftovers->len; i++)
    {
      const Leftover *leftover = g_ptr_array_index (leftovers, i);
      gint64 age_s = job->now_s - leftover->written_s;

      if (age_s <= IN_USE_S || (age_s <= ULAK_SPOOL_AGE_MAX_S && size_bytes <= ULAK_SPOOL_MAX_BYTES))
        break;
      if (g_unlink (leftover->path) == 0)
        size_bytes -= leftover->size_bytes;
    }
  g_task_return_boolean (task, TRUE);
}

void
ulak_spool_sweep (const char *folder, gint64 now_s)
{
  Job *job = job_new (folder, NULL);

  job->now_s = now_s;
  run (job, ulak_spool_sweep, sweep_thread, NULL, NULL, NULL);
}
