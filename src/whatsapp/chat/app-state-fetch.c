/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Files are small enough for memory: they come into an unnamed file of memory and are bounded by ULAK_APP_STATE_FILE_MAX.
 */
#include "whatsapp/chat/app-state-fetch.h"

#include "core/error.h"
#include "whatsapp/chat/app-state-apply.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#define CONFLICT 409

typedef struct
{
  UlakMediaClient *media;       /* (owned) */
  UlakAppStateFetched *fetched; /* (owned) */
  guint next;                   /* patch whose file is looked at; the snapshot comes before */
  GBytes *snapshot_reference;   /* (owned) (nullable): not downloaded yet */
  int fd;                       /* -1: nothing is being downloaded */
} Fetch;

static void
fetched_clear (gpointer data)
{
  UlakAppStateFetched *self = data;

  g_free (self->collection);
  g_free (self->own_name);
  g_clear_pointer (&self->snapshot, g_bytes_unref);
  g_ptr_array_unref (self->patches);
  g_ptr_array_unref (self->mutations);
  g_ptr_array_unref (self->missing);
}

UlakAppStateFetched *
ulak_app_state_fetched_ref (UlakAppStateFetched *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
ulak_app_state_fetched_unref (UlakAppStateFetched *self)
{
  g_atomic_rc_box_release_full (self, fetched_clear);
}

static void
bytes_free (gpointer bytes)
{
  if (bytes != NULL)
    g_bytes_unref (bytes);
}

static void
fetch_free (gpointer data)
{
  Fetch *self = data;

  if (self->fd >= 0)
    close (self->fd);
  g_clear_pointer (&self->snapshot_reference, g_bytes_unref);
  g_clear_pointer (&self->fetched, ulak_app_state_fetched_unref);
  g_object_unref (self->media);
  g_free (self);
}

/* --- the answer --- */

static gboolean
refuse (GError **error, UlakError code, const char *what)
{
  g_set_error (error, ULAK_ERROR, code, "The server's answer about the app state: %s", what);
  return FALSE;
}

static const UlakNode *
find_collection (const UlakNode *answer, const char *name)
{
  const UlakNode *sync = ulak_node_get_child (answer, "sync");

  for (const UlakNode *node = sync == NULL ? NULL : ulak_node_get_first (sync); node != NULL; node = ulak_node_get_next (node))
    if (ulak_node_is (node, "collection") && g_strcmp0 (ulak_node_get_attribute (node, "name"), name) == 0)
      return node;
  return NULL;
}

static GBytes *
dup_bytes (const UlakNode *node)
{
  gsize size = 0;
  const guint8 *bytes = ulak_node_get_bytes (node, &size);

  return g_bytes_new (bytes, size);
}

static gboolean
read_patches (const UlakNode *collection, UlakAppStateFetched *fetched, GError **error)
{
  const UlakNode *patches = ulak_node_get_child (collection, "patches");

  for (const UlakNode *node = patches == NULL ? NULL : ulak_node_get_first (patches); node != NULL;
       node = ulak_node_get_next (node))
    {
      if (!ulak_node_is (node, "patch"))
        continue;
      if (fetched->patches->len >= ULAK_APP_STATE_PATCHES_MAX)
        return refuse (error, ULAK_ERROR_INVALID, "has more patches than we take at once");
      g_ptr_array_add (fetched->patches, dup_bytes (node));
      g_ptr_array_add (fetched->mutations, NULL);
    }
  return TRUE;
}

static gboolean
read_error (const UlakNode *collection, UlakAppStateFetched *fetched, GError **error)
{
  const UlakNode *told = ulak_node_get_child (collection, "error");
  const char *type = ulak_node_get_attribute (collection, "type");
  guint64 code = 0;

  if (type == NULL || !g_str_equal (type, "error"))
    return TRUE;
  if (told != NULL)
    ulak_node_read_number (told, "code", 999, &code, NULL);
  fetched->is_conflict = code == CONFLICT;
  if (fetched->is_conflict)
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_REMOTE, "The server refuses the app state: code %" G_GUINT64_FORMAT, code);
  return FALSE;
}

static gboolean
read_answer (Fetch *self, const UlakNode *answer, GError **error)
{
  UlakAppStateFetched *fetched = self->fetched;
  const UlakNode *collection = find_collection (answer, fetched->collection);
  const UlakNode *snapshot;

  if (collection == NULL)
    return refuse (error, ULAK_ERROR_INVALID, "does not name the collection");
  if (!read_error (collection, fetched, error))
    return FALSE;
  fetched->has_more = g_strcmp0 (ulak_node_get_attribute (collection, "has_more_patches"), "true") == 0;
  snapshot = ulak_node_get_child (collection, "snapshot");
  if (snapshot != NULL)
    self->snapshot_reference = dup_bytes (snapshot);
  return read_patches (collection, fetched, error);
}

/* --- files --- */

static UlakMediaReference *
make_reference (const Wa__ExternalBlobReference *told, GError **error)
{
  g_autoptr (UlakMediaReference) reference = ulak_media_reference_new ();

  if (told == NULL || told->direct_path == NULL || *told->direct_path != '/'
      || strlen (told->direct_path) > ULAK_MEDIA_PATH_MAX || !told->has_media_key || told->media_key.len != 32
      || !told->has_file_sha256 || told->file_sha256.len != 32 || !told->has_file_enc_sha256
      || told->file_enc_sha256.len != 32)
    {
      refuse (error, ULAK_ERROR_INVALID, "a file's place is not whole");
      return NULL;
    }
  reference->kind = ULAK_MEDIA_KIND_APP_STATE;
  reference->is_encrypted = TRUE;
  reference->direct_path = g_strdup (told->direct_path);
  ulak_key_set (&reference->media_key, told->media_key.data, 32);
  memcpy (reference->summary.plain_sha256, told->file_sha256.data, 32);
  memcpy (reference->summary.encrypted_sha256, told->file_enc_sha256.data, 32);
  /* The size that is told is that of one form with some phones and of the other with others. */
  reference->summary.plain_size_bytes = ULAK_MEDIA_SIZE_UNKNOWN;
  return g_steal_pointer (&reference);
}

static void next_file (GTask *task /* (transfer full) */);

static GBytes *
take_file (int fd, GError **error)
{
  off_t size = lseek (fd, 0, SEEK_END);
  guint8 *bytes;

  if (size < 0)
    {
      refuse (error, ULAK_ERROR_FAILED, g_strerror (errno));
      return NULL;
    }
  bytes = g_malloc ((gsize) MAX (size, 1));
  if (pread (fd, bytes, (gsize) size, 0) == size)
    return g_bytes_new_take (bytes, (gsize) size);
  g_free (bytes);
  refuse (error, ULAK_ERROR_FAILED, "a file cannot be read back");
  return NULL;
}

static void
downloaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Fetch *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  GBytes *bytes = NULL;

  if (ulak_media_client_download_finish (ULAK_MEDIA_CLIENT (source), result, &error))
    bytes = take_file (self->fd, &error);
  close (self->fd);
  self->fd = -1;
  if (bytes == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  if (self->snapshot_reference != NULL)
    {
      g_clear_pointer (&self->snapshot_reference, g_bytes_unref);
      self->fetched->snapshot = bytes;
    }
  else
    self->fetched->mutations->pdata[self->next++] = bytes;
  next_file (g_steal_pointer (&task));
}

static void
download (GTask *task /* (transfer full) */, const Wa__ExternalBlobReference *told)
{
  Fetch *self = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (UlakMediaReference) reference = make_reference (told, &error);

  if (reference != NULL)
    {
      self->fd = memfd_create ("ulak-app-state", MFD_CLOEXEC);
      if (self->fd < 0)
        refuse (&error, ULAK_ERROR_FAILED, g_strerror (errno));
    }
  if (error != NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  ulak_media_client_download_async (self->media, reference, self->fd, ULAK_APP_STATE_FILE_MAX, NULL, downloaded_cb, task);
}

static void
next_file (GTask *task)
{
  Fetch *self = g_task_get_task_data (task);
  GPtrArray *patches = self->fetched->patches;
  g_autoptr (Wa__ExternalBlobReference) reference = NULL;
  GError *error = NULL;

  if (self->snapshot_reference != NULL)
    {
      reference = ulak_protobuf_unpack (&wa__external_blob_reference__descriptor,
                                        g_bytes_get_data (self->snapshot_reference, NULL),
                                        g_bytes_get_size (self->snapshot_reference), NULL);
      download (task, reference);
      return;
    }
  for (; self->next < patches->len && error == NULL && reference == NULL; self->next += reference == NULL)
    ulak_app_state_find_external (ulak_span_of (g_ptr_array_index (patches, self->next)), &reference, &error);
  if (reference != NULL)
    {
      download (task, reference);
      return;
    }
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_steal_pointer (&self->fetched), (GDestroyNotify) ulak_app_state_fetched_unref);
  g_object_unref (task);
}

void
ulak_app_state_fetch_async (UlakMediaClient *media,
                            const UlakNode *answer,
                            const char *collection,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Fetch *self = g_new0 (Fetch, 1);
  GError *error = NULL;

  g_task_set_source_tag (task, ulak_app_state_fetch_async);
  self->media = g_object_ref (media);
  self->fd = -1;
  self->fetched = g_atomic_rc_box_new0 (UlakAppStateFetched);
  self->fetched->collection = g_strdup (collection);
  self->fetched->patches = g_ptr_array_new_with_free_func (bytes_free);
  self->fetched->mutations = g_ptr_array_new_with_free_func (bytes_free);
  self->fetched->missing = g_ptr_array_new_with_free_func (bytes_free);
  g_task_set_task_data (task, self, fetch_free);
  if (read_answer (self, answer, &error))
    {
      next_file (task);
      return;
    }
  g_task_return_error (task, error);
  g_object_unref (task);
}

UlakAppStateFetched *
ulak_app_state_fetch_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- the transaction --- */

static gboolean
apply_all (UlakAppStatePatcher *patcher, UlakAppStateApplying *applying, UlakAppStateFetched *fetched, GError **error)
{
  applying->is_snapshot = TRUE;
  if (fetched->snapshot != NULL && !ulak_app_state_apply_snapshot (patcher, ulak_span_of (fetched->snapshot), error))
    return FALSE;
  applying->is_snapshot = fetched->snapshot != NULL;
  for (guint i = 0; i < fetched->patches->len; i++)
    {
      GBytes *outside = g_ptr_array_index (fetched->mutations, i);
      UlakSpan span = outside == NULL ? ULAK_SPAN_NONE : ulak_span_of (outside);

      if (!ulak_app_state_apply_patch (patcher, ulak_span_of (g_ptr_array_index (fetched->patches, i)),
                                       outside == NULL ? NULL : &span, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
ulak_app_state_fetched_apply (UlakDatabase *database, UlakInbound *inbound, gpointer fetched_, GError **error)
{
  UlakAppStateFetched *fetched = fetched_;
  g_auto (UlakAppStateApplying) applying = { database, inbound, fetched->now_us, FALSE, NULL };
  g_auto (UlakAppStatePatcher) patcher;
  gboolean is_applied;

  ulak_app_state_patcher_init (&patcher, database, fetched->collection, ulak_app_state_apply_action, &applying);
  is_applied = apply_all (&patcher, &applying, fetched, error);
  g_clear_pointer (&fetched->own_name, g_free);
  fetched->own_name = g_steal_pointer (&applying.own_name);
  g_ptr_array_set_size (fetched->missing, 0);
  for (guint i = 0; i < patcher.missing->len; i++)
    g_ptr_array_add (fetched->missing, g_bytes_ref (g_ptr_array_index (patcher.missing, i)));
  return is_applied;
}
