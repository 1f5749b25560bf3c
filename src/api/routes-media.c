/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Media: bodies go to the line as a descriptor and come from it as one; no file is held in memory.
 */
#include "api/routes.h"

#include "api/media-stream.h"
#include "api/request-call.h"
#include "core/mime.h"

#include <unistd.h>

#define MEDIA_TIMEOUT_MS (120 * 1000) /* the line may first fetch the file from the network */

static void
uploaded (UlakRequest *request, UlakPeerReply *reply)
{
  JsonObject *document = json_object_new ();
  const char *media_id;

  g_variant_get (reply->values, "(&s)", &media_id);
  json_object_set_string_member (document, "media_id", media_id);
  ulak_request_answer_object (request, 201, document);
}

/* ?file_name=, or the name of Content-Disposition. Shown to people, never a path. */
static char *
get_file_name (UlakRequest *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (ulak_request_get_message (request));
  g_autoptr (GHashTable) parameters = NULL;
  g_autofree char *disposition = NULL;
  const char *name = ulak_request_get_query (request, "file_name");

  if (name == NULL && soup_message_headers_get_content_disposition (headers, &disposition, &parameters))
    name = g_hash_table_lookup (parameters, "filename");
  return g_strdup (name == NULL ? "" : name);
}

static gboolean
check_upload (UlakRequest *request, const char *mime_type, const char *file_name)
{
  if (mime_type == NULL || !ulak_mime_type_is_valid (mime_type))
    ulak_request_answer_fault (request, 400, "E_INVALID", "Content-Type: must name the type of the file, such as image/jpeg");
  else if (!g_utf8_validate (file_name, -1, NULL) || !ulak_file_name_is_valid (file_name))
    ulak_request_answer_fault (request, 400, "E_INVALID",
                               "file_name: must have at most 240 characters, and no slash, backslash or control character");
  else if (ulak_upload_get_size (ulak_request_get_upload (request)) == 0)
    ulak_request_answer_fault (request, 400, "E_INVALID", "The body must be the file");
  else
    return TRUE;
  return FALSE;
}

void
ulak_route_upload_media (UlakRequest *request)
{
  const char *account = ulak_request_get_account (request);
  const char *mime_type = ulak_request_get_header (request, "Content-Type");
  g_autofree char *file_name = account == NULL ? NULL : get_file_name (request);
  int fd;

  if (account == NULL || !check_upload (request, mime_type, file_name))
    return;
  fd = ulak_upload_take_fd (ulak_request_get_upload (request));
  if (fd < 0)
    {
      ulak_request_answer_fault (request, 503, "E_UNAVAILABLE", "The upload cannot be read back");
      return;
    }
  ulak_request_call (request,
                     &(const UlakPeerCall){
                         .account = account,
                         .method = "UploadMedia",
                         .arguments = g_variant_new ("(hss)", 0, mime_type, file_name),
                         .reply_type = "(s)",
                         .fd = fd,
                         .has_fd = TRUE,
                         .timeout_ms = MEDIA_TIMEOUT_MS,
                     },
                     uploaded);
}

/* "attachment" always: a browser must not run what strangers sent on this origin. */
static void
put_disposition (SoupMessageHeaders *headers, const char *file_name)
{
  g_autoptr (GHashTable) parameters = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree char *clean = ulak_file_name_clean (file_name);

  if (*clean != '\0')
    g_hash_table_insert (parameters, (gpointer) "filename", clean);
  soup_message_headers_set_content_disposition (headers, "attachment", parameters);
}

static void
opened (UlakRequest *request, UlakPeerReply *reply)
{
  g_autoptr (GVariant) attributes = NULL;
  const char *mime_type = "application/octet-stream", *file_name = "";
  g_autoptr (GError) error = NULL;
  SoupServerMessage *message = ulak_request_get_message (request);
  guint64 size_bytes;
  int handle, fd;

  g_variant_get (reply->values, "(h@a{sv})", &handle, &attributes);
  fd = reply->fds == NULL ? -1 : g_unix_fd_list_get (reply->fds, handle, &error);
  if (message == NULL || fd < 0 || !g_variant_lookup (attributes, "size-bytes", "t", &size_bytes))
    {
      if (fd >= 0)
        close (fd);
      ulak_request_answer_fault (request, 502, "E_REMOTE", "The line gave no file");
      return;
    }
  (void) g_variant_lookup (attributes, "mime-type", "&s", &mime_type);
  (void) g_variant_lookup (attributes, "file-name", "&s", &file_name);
  if (!ulak_mime_type_is_valid (mime_type))
    mime_type = "application/octet-stream";
  put_disposition (soup_server_message_get_response_headers (message), file_name);
  ulak_media_stream_start (request, fd, size_bytes, mime_type);
}

void
ulak_route_get_media (UlakRequest *request)
{
  const char *account = ulak_request_get_account (request);

  if (account == NULL)
    return;
  ulak_request_call (request,
                     &(const UlakPeerCall){
                         .account = account,
                         .method = "OpenMedia",
                         .arguments = g_variant_new ("(s)", ulak_request_get_parameter (request, 1)),
                         .reply_type = "(ha{sv})",
                         .timeout_ms = MEDIA_TIMEOUT_MS,
                     },
                     opened);
}
