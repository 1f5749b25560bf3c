/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * UploadMedia and OpenMedia.
 */
#include "connector/account-errand.h"
#include "connector/account-methods.h"
#include "connector/line-parts.h"

#include "core/mime.h"

static void
uploaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakErrand) errand = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *id = ulak_media_library_add_finish (ULAK_MEDIA_LIBRARY (source), result, &error);

  if (id == NULL)
    {
      ulak_call_fail (errand->call, g_steal_pointer (&error));
      return;
    }
  ulak_call_return (errand->call, g_variant_new ("(s)", id));
  ulak_cleaner_run_soon (errand->line->cleaner);
}

void
ulak_account_upload_media (UlakCall *call, gpointer data)
{
  UlakLine *line = data;
  GVariant *parameters = ulak_call_get_parameters (call);
  g_autoptr (GVariant) handle = g_variant_get_child_value (parameters, 0);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  const char *mime_type, *file_name;
  GError *error = NULL;
  int fd;

  g_variant_get_child (parameters, 1, "&s", &mime_type);
  g_variant_get_child (parameters, 2, "&s", &file_name);
  if (!ulak_mime_type_is_valid (mime_type))
    ulak_issues_add (issues, "mime_type", "must be a MIME type such as image/jpeg");
  if (!ulak_file_name_is_valid (file_name))
    ulak_issues_add (issues, "file_name", "must have at most %d characters, and no slash, backslash or control character",
                     ULAK_FILE_NAME_MAX);
  if (!ulak_issues_to_error (issues, &error) || (fd = ulak_call_take_fd (call, handle, &error)) < 0)
    ulak_call_fail (call, error);
  else
    ulak_media_library_add_async (line->library, fd, mime_type, file_name, uploaded_cb,
                                  ulak_errand_new (call, line));
}

static GVariant *
medium_attributes (const UlakMedium *medium)
{
  GVariantDict attributes;

  g_variant_dict_init (&attributes, NULL);
  g_variant_dict_insert (&attributes, "mime-type", "s",
                         medium->mime_type != NULL ? medium->mime_type : "application/octet-stream");
  g_variant_dict_insert (&attributes, "size-bytes", "t", (guint64) medium->size_bytes);
  g_variant_dict_insert (&attributes, "sha256", "s", medium->sha256 != NULL ? medium->sha256 : "");
  g_variant_dict_insert (&attributes, "file-name", "s", medium->file_name != NULL ? medium->file_name : "");
  return g_variant_dict_end (&attributes);
}

static void
medium_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakErrand) errand = user_data;
  GError *error = NULL;
  g_autoptr (UlakMedium) medium = ulak_media_library_find_finish (ULAK_MEDIA_LIBRARY (source), result, &error);
  int fd
      = medium == NULL ? -1 : ulak_media_folder_read (errand->line->folder, medium->stored_name, &error);

  if (fd < 0)
    ulak_call_fail (errand->call, error);
  else
    ulak_call_return_with_fd (errand->call, g_variant_new ("(h@a{sv})", 0, medium_attributes (medium)), fd);
}

void
ulak_account_open_media (UlakCall *call, gpointer data)
{
  UlakLine *line = data;
  const char *id;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &id, NULL);
  ulak_media_library_find_async (line->library, id, medium_cb, ulak_errand_new (call, line));
}
