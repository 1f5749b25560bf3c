/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A job carries all that its thread needs; the object itself is only touched on the main thread.
 */
#include "connector/media-folder.h"

#include "connector/media-sniff.h"
#include "core/error.h"
#include "core/id.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART ".part"
#define COPY_BYTES 65536
#define READ_TIMEOUT_MS 60000 /* without a byte */

struct _UlakMediaFolder
{
  GObject parent_instance;

  char *path;         /* (owned) */
  UlakClock *clock;   /* (owned) */
  UlakRandom *random; /* (owned) */
  guint busy;
};

G_DEFINE_FINAL_TYPE (UlakMediaFolder, ulak_media_folder, G_TYPE_OBJECT)

static void
ulak_media_folder_finalize (GObject *object)
{
  UlakMediaFolder *self = ULAK_MEDIA_FOLDER (object);

  g_free (self->path);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  G_OBJECT_CLASS (ulak_media_folder_parent_class)->finalize (object);
}

static void
ulak_media_folder_class_init (UlakMediaFolderClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ulak_media_folder_finalize;
}

static void
ulak_media_folder_init (UlakMediaFolder *self G_GNUC_UNUSED)
{
}

void
ulak_stored_file_free (UlakStoredFile *self)
{
  if (self == NULL)
    return;
  g_free (self->name);
  g_free (self->sha256);
  g_free (self);
}

UlakMediaFolder *
ulak_media_folder_new (const char *path, UlakClock *clock, UlakRandom *random)
{
  UlakMediaFolder *self = g_object_new (ULAK_TYPE_MEDIA_FOLDER, NULL);

  self->path = g_strdup (path);
  self->clock = g_object_ref (clock);
  self->random = g_object_ref (random);
  return self;
}

char *
ulak_media_folder_get_path (UlakMediaFolder *self, const char *name)
{
  return g_build_filename (self->path, name, NULL);
}

/* --- jobs --- */

typedef struct
{
  char *folder;    /* (owned) */
  char *name;      /* (owned) (nullable): of the whole file */
  char *mime_type; /* (owned) (nullable) */
  char **names;    /* (owned) (nullable): to remove */
  int fd;          /* (owned): -1: none */
  goffset max_bytes;
} Job;

static void
job_free (gpointer data)
{
  Job *self = data;

  if (self->fd >= 0)
    close (self->fd);
  g_free (self->folder);
  g_free (self->name);
  g_free (self->mime_type);
  g_strfreev (self->names);
  g_free (self);
}

static Job *
job_new (UlakMediaFolder *self)
{
  Job *job = g_new0 (Job, 1);

  job->folder = g_strdup (self->path);
  job->fd = -1;
  return job;
}

static gboolean
fail_errno (int error_number, const char *doing, GError **error)
{
  gboolean is_full = error_number == ENOSPC || error_number == EDQUOT;

  g_set_error (error, ULAK_ERROR, is_full ? ULAK_ERROR_FULL : ULAK_ERROR_FAILED, "Cannot %s: %s", doing,
               g_strerror (error_number));
  return FALSE;
}

static gssize
read_some (int fd, guint8 *bytes, gsize size_bytes, GError **error)
{
  struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
  gssize n;

  do
    n = poll (&poll_fd, 1, READ_TIMEOUT_MS);
  while (n < 0 && errno == EINTR);
  if (n == 0)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_TIMED_OUT, "The descriptor gave no byte for %d seconds",
                   READ_TIMEOUT_MS / 1000);
      return -1;
    }
  do
    n = read (fd, bytes, size_bytes);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    fail_errno (errno, "read the media", error);
  return n;
}

static gboolean
write_all (int fd, const guint8 *bytes, gsize size_bytes, GError **error)
{
  while (size_bytes > 0)
    {
      gssize n = write (fd, bytes, size_bytes);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return fail_errno (errno, "write the media file", error);
      bytes += n;
      size_bytes -= (gsize) n;
    }
  return TRUE;
}

static gboolean
check_first (const Job *job, const guint8 *bytes, gsize size_bytes, GError **error)
{
  if (job->mime_type == NULL) /* somebody sent it so, and it was verified */
    return TRUE;
  if (size_bytes == 0)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "content: is empty");
      return FALSE;
    }
  if (ulak_media_sniff_fits (job->mime_type, bytes, size_bytes))
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "content: is not a file of type %.64s", job->mime_type);
  return FALSE;
}

/* Reads until size_bytes are there or the input ends. */
static gssize
fill (int fd, guint8 *bytes, gsize size_bytes, GError **error)
{
  gsize got = 0;

  while (got < size_bytes)
    {
      gssize n = read_some (fd, bytes + got, size_bytes - got, error);

      if (n < 0)
        return -1;
      if (n == 0)
        break;
      got += (gsize) n;
    }
  return (gssize) got;
}

static gboolean
copy (const Job *job, int out, UlakStoredFile *file, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *bytes = g_malloc (COPY_BYTES);
  gssize n;

  do
    {
      n = fill (job->fd, bytes, COPY_BYTES, error);
      if (n < 0 || (file->size_bytes == 0 && !check_first (job, bytes, (gsize) n, error)))
        return FALSE;
      file->size_bytes += n;
      if (file->size_bytes > job->max_bytes)
        {
          g_set_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE,
                       "The file is larger than %" G_GOFFSET_FORMAT " bytes, which is the limit for %s",
                       job->max_bytes, job->mime_type != NULL ? job->mime_type : "it");
          return FALSE;
        }
      g_checksum_update (checksum, bytes, n);
      if (out >= 0 && !write_all (out, bytes, (gsize) n, error))
        return FALSE;
    }
  while (n == COPY_BYTES);
  file->sha256 = g_strdup (g_checksum_get_string (checksum));
  return TRUE;
}

static gboolean
sync_fd (int fd, GError **error)
{
  return fsync (fd) == 0 || fail_errno (errno, "sync the media file", error);
}

/* The new name must survive a power loss too. */
static gboolean
sync_folder (const char *folder, GError **error)
{
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean is_synced;

  if (fd < 0)
    return fail_errno (errno, "open the media folder", error);
  is_synced = sync_fd (fd, error);
  close (fd);
  return is_synced;
}

static gboolean
give_name (const Job *job, const char *part, GError **error)
{
  g_autofree char *whole = g_build_filename (job->folder, job->name, NULL);

  if (g_rename (part, whole) != 0)
    return fail_errno (errno, "name the media file", error);
  return sync_folder (job->folder, error);
}

static char *
part_path (const Job *job)
{
  g_autofree char *name = g_strconcat (job->name, PART, NULL);

  return g_build_filename (job->folder, name, NULL);
}

static void
return_file (GTask *task, UlakStoredFile *file, GError *error)
{
  if (error == NULL)
    {
      g_task_return_pointer (task, file, (GDestroyNotify) ulak_stored_file_free);
      return;
    }
  ulak_stored_file_free (file);
  g_task_return_error (task, error);
}

static void
store_thread (GTask *task,
              gpointer source G_GNUC_UNUSED,
              gpointer data,
              GCancellable *cancellable G_GNUC_UNUSED)
{
  Job *job = data;
  g_autofree char *part = part_path (job);
  UlakStoredFile *file = g_new0 (UlakStoredFile, 1);
  GError *error = NULL;
  int out = open (part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

  file->name = g_strdup (job->name);
  if (out < 0)
    fail_errno (errno, "make a media file", &error);
  else
    {
      if (copy (job, out, file, &error))
        sync_fd (out, &error);
      close (out);
      if (error != NULL || !give_name (job, part, &error))
        g_unlink (part);
    }
  return_file (task, file, error);
}

static gboolean
charge (UlakMediaFolder *self, GTask *task)
{
  if (self->busy >= ULAK_MEDIA_FOLDER_BUSY_MAX)
    {
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_FULL,
                               "%d media files are being copied already; try again soon",
                               ULAK_MEDIA_FOLDER_BUSY_MAX);
      return FALSE;
    }
  self->busy++;
  g_object_set_data (G_OBJECT (task), "charged", task);
  return TRUE;
}

void
ulak_media_folder_store_async (UlakMediaFolder *self,
                               int fd,
                               const char *mime_type,
                               goffset max_bytes,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  Job *job = job_new (self);

  g_task_set_source_tag (task, ulak_media_folder_store_async);
  job->fd = fd;
  job->mime_type = g_strdup (mime_type);
  job->max_bytes = max_bytes;
  job->name = ulak_id_new (self->clock, self->random);
  g_task_set_task_data (task, job, job_free);
  if (charge (self, task))
    g_task_run_in_thread (task, store_thread);
}

UlakStoredFile *
ulak_media_folder_store_finish (UlakMediaFolder *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  if (g_object_get_data (G_OBJECT (result), "charged") != NULL)
    self->busy--;
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- files that somebody else writes --- */

/** ulak_media_folder_begin: @part_out: (transfer full): for complete. Returns: a descriptor for reading and writing, or -1 */
int
ulak_media_folder_begin (UlakMediaFolder *self, char **part_out, GError **error)
{
  g_autofree char *name = ulak_id_new (self->clock, self->random);
  g_autofree char *part = g_strconcat (name, PART, NULL);
  g_autofree char *path = g_build_filename (self->path, part, NULL);
  int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

  if (fd < 0)
    fail_errno (errno, "make a media file", error);
  else
    *part_out = g_steal_pointer (&name);
  return fd;
}

static void
complete_thread (GTask *task,
                 gpointer source G_GNUC_UNUSED,
                 gpointer data,
                 GCancellable *cancellable G_GNUC_UNUSED)
{
  Job *job = data;
  g_autofree char *part = part_path (job);
  UlakStoredFile *file = g_new0 (UlakStoredFile, 1);
  GError *error = NULL;

  file->name = g_strdup (job->name);
  job->max_bytes = G_MAXOFFSET;
  job->fd = open (part, O_RDONLY | O_CLOEXEC);
  if (job->fd < 0)
    fail_errno (errno, "open the media file", &error);
  else if (!copy (job, -1, file, &error) || !sync_fd (job->fd, &error) || !give_name (job, part, &error))
    g_unlink (part);
  return_file (task, file, error);
}

/** ulak_media_folder_complete_async: @part: of ulak_media_folder_begin(). Finish with ulak_media_folder_store_finish() */
void
ulak_media_folder_complete_async (UlakMediaFolder *self,
                                  const char *part,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  Job *job = job_new (self);

  g_task_set_source_tag (task, ulak_media_folder_complete_async);
  job->name = g_strdup (part);
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, complete_thread);
}

/** ulak_media_folder_read: Returns: a descriptor for reading only, or -1 with NOT_FOUND */
int
ulak_media_folder_read (UlakMediaFolder *self, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (self->path, name, NULL);
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "The file of the medium is gone: %s",
                 g_strerror (errno));
  return fd;
}

/* --- housekeeping --- */

static void
remove_thread (GTask *task,
               gpointer source G_GNUC_UNUSED,
               gpointer data,
               GCancellable *cancellable G_GNUC_UNUSED)
{
  Job *job = data;

  for (guint i = 0; job->names[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (job->folder, job->names[i], NULL);
      g_unlink (path);
    }
  g_task_return_boolean (task, TRUE);
}

void
ulak_media_folder_remove_async (UlakMediaFolder *self,
                                const char *const *names,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  Job *job = job_new (self);

  g_task_set_source_tag (task, ulak_media_folder_remove_async);
  job->names = g_strdupv ((char **) names);
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, remove_thread);
}

gboolean
ulak_media_folder_remove_finish (UlakMediaFolder *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
open_thread (GTask *task, gpointer source G_GNUC_UNUSED, gpointer data, GCancellable *cancellable G_GNUC_UNUSED)
{
  Job *job = data;
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  g_autoptr (GDir) dir = NULL;
  GError *error = NULL;
  const char *name;

  if (g_mkdir_with_parents (job->folder, 0750) != 0)
    {
      fail_errno (errno, "make the media folder", &error);
      g_task_return_error (task, error);
      return;
    }
  dir = g_dir_open (job->folder, 0, NULL);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (job->folder, name, NULL);

      if (g_str_has_suffix (name, PART))
        g_unlink (path);
      else
        g_strv_builder_add (names, name);
    }
  g_task_return_pointer (task, g_strv_builder_end (names), (GDestroyNotify) g_strfreev);
}

void
ulak_media_folder_open_async (UlakMediaFolder *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_media_folder_open_async);
  g_task_set_task_data (task, job_new (self), job_free);
  g_task_run_in_thread (task, open_thread);
}

GStrv
ulak_media_folder_open_finish (UlakMediaFolder *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
