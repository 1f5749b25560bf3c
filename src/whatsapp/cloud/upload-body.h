/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Upload body: a file as the multipart/form-data body of a media upload, read as it is sent.
 *
 * A stream of three parts (the form's head, the file, the form's tail), so that a document of 100 MiB needs a buffer and
 * not 100 MiB. GInputStream's default asynchronous read puts the file's reads on a worker thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define ULAK_TYPE_UPLOAD_BODY (ulak_upload_body_get_type ())
G_DECLARE_FINAL_TYPE (UlakUploadBody, ulak_upload_body, ULAK, UPLOAD_BODY, GInputStream)

UlakUploadBody *ulak_upload_body_new (GInputStream *file,
                                      goffset size_bytes,
                                      const char *mime_type,
                                      const char *file_name,
                                      const char *boundary);
goffset ulak_upload_body_get_length (UlakUploadBody *self);
char *ulak_upload_body_dup_content_type (UlakUploadBody *self);

G_END_DECLS
