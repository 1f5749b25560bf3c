/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Media folder: the files of a line's media, under names that we make.
 *
 * A file is written under a name ending in ".part", hashed on the way, synced, and renamed; so a name without it is whole.
 * Copying runs on threads of the pool, at most ULAK_MEDIA_FOLDER_BUSY_MAX at once, since the other end of a descriptor may be
 * slow. What it is that a file holds is known only to the line's store.
 */
#pragma once

#include "core/clock.h"
#include "core/random.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define ULAK_TYPE_MEDIA_FOLDER (ulak_media_folder_get_type ())
G_DECLARE_FINAL_TYPE (UlakMediaFolder, ulak_media_folder, ULAK, MEDIA_FOLDER, GObject)

#define ULAK_MEDIA_FOLDER_BUSY_MAX 4

typedef struct
{
  char *name; /* of the file in the folder */
  char *sha256;
  goffset size_bytes;
} UlakStoredFile;

void ulak_stored_file_free (UlakStoredFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakStoredFile, ulak_stored_file_free)

UlakMediaFolder *ulak_media_folder_new (const char *path, UlakClock *clock, UlakRandom *random);
char *ulak_media_folder_get_path (UlakMediaFolder *self, const char *name); /* (transfer full) */

/* Makes the folder, removes what was never finished, and returns the names of what is there. */
void ulak_media_folder_open_async (UlakMediaFolder *self, GAsyncReadyCallback callback, gpointer user_data);
GStrv ulak_media_folder_open_finish (UlakMediaFolder *self, GAsyncResult *result, GError **error);

/* fd: (transfer full): read to its end. Errors: TOO_LARGE, INVALID (empty, or not what mime_type says), FULL, TIMED_OUT. */
void ulak_media_folder_store_async (UlakMediaFolder *self,
                                    int fd,
                                    const char *mime_type,
                                    goffset max_bytes,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
UlakStoredFile *ulak_media_folder_store_finish (UlakMediaFolder *self, GAsyncResult *result, GError **error);

/* For what somebody else writes: an empty file, then its whole. */
int ulak_media_folder_begin (UlakMediaFolder *self, char **part_out, GError **error);
void ulak_media_folder_complete_async (UlakMediaFolder *self,
                                       const char *part,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);

int ulak_media_folder_read (UlakMediaFolder *self, const char *name, GError **error); /* the caller closes it */
void ulak_media_folder_remove_async (UlakMediaFolder *self,
                                     const char *const *names,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
gboolean ulak_media_folder_remove_finish (UlakMediaFolder *self, GAsyncResult *result, GError **error);

G_END_DECLS
