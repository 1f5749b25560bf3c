/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Media library: rows and files of media together, and the network behind them.
 *
 * Uploads are checked before anything is kept; what came in is fetched from the network when somebody first asks for it.
 * A few are fetched at once, the others wait for their turn, so that people who look at media never slow what is sent.
 * Main thread only.
 */
#pragma once

#include "connector/line.h"
#include "connector/line-store.h"
#include "connector/media-folder.h"

G_BEGIN_DECLS

#define ULAK_MEDIA_FETCHES_MAX 4 /* at once */

#define ULAK_TYPE_MEDIA_LIBRARY (ulak_media_library_get_type ())
G_DECLARE_FINAL_TYPE (UlakMediaLibrary, ulak_media_library, ULAK, MEDIA_LIBRARY, GObject)

UlakMediaLibrary *ulak_media_library_new (UlakLineStore *store, UlakMediaFolder *folder, goffset max_bytes);
void ulak_media_library_set_backend (UlakMediaLibrary *self, UlakBackend *backend);

/* fd: (transfer full). Finishes with the new medium's id. */
void ulak_media_library_add_async (UlakMediaLibrary *self,
                                   int fd,
                                   const char *mime_type,
                                   const char *file_name,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
char *ulak_media_library_add_finish (UlakMediaLibrary *self, GAsyncResult *result, GError **error);

/* The medium with its file in the folder, fetched first where it is not here. */
void ulak_media_library_find_async (UlakMediaLibrary *self,
                                    const char *id,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
UlakMedium *ulak_media_library_find_finish (UlakMediaLibrary *self, GAsyncResult *result, GError **error);

G_END_DECLS
