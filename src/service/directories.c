/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "service/directories.h"

#include "core/error.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define MODE 0750 /* the group reads a stopped line's database; nobody else enters */

/** ulak_directories_get_own: Returns: (transfer full): the folder this process writes in */
char *
ulak_directories_get_own (const char *data_dir, const char *account)
{
  return account != NULL ? g_build_filename (data_dir, "accounts", account, NULL) : g_strdup (data_dir);
}

static gboolean
is_writable (const char *path, int *errno_out)
{
  if (g_mkdir_with_parents (path, MODE) == 0 && g_access (path, W_OK | X_OK) == 0)
    return TRUE;

  *errno_out = errno;
  return FALSE;
}

/**
 * ulak_directories_prepare:
 * @unit: (nullable): the systemd unit we run in; the error then says which drop-in it needs
 *
 * Blocks; call it before the main loop turns. Errors: CONFIG naming the folder, the reason and what to do.
 */
gboolean
ulak_directories_prepare (const char *data_dir, const char *account, const char *unit, GError **error)
{
  g_autofree char *own = ulak_directories_get_own (data_dir, account);
  int saved_errno = 0;

  if (is_writable (own, &saved_errno))
    return TRUE;

  if (unit != NULL)
    g_set_error (
        error, ULAK_ERROR, ULAK_ERROR_CONFIG,
        "Cannot write in ‘%s’ ([ulak] data_dir): %s. Let systemd allow it: run ‘systemctl edit %s’ and add the "
        "lines ‘[Service]’ and ‘ReadWritePaths=%s’; the folder must belong to the service's user",
        own, g_strerror (saved_errno), unit, data_dir);
  else
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_CONFIG, "Cannot write in ‘%s’ ([ulak] data_dir): %s", own,
                 g_strerror (saved_errno));
  return FALSE;
}

/** ulak_directories_get_runtime: @runtime_directory: (nullable): $RUNTIME_DIRECTORY, whose first entry is taken */
char *
ulak_directories_get_runtime (const char *runtime_directory)
{
  if (runtime_directory == NULL || runtime_directory[0] == '\0')
    return g_strdup (ULAK_RUNTIME_DIR_DEFAULT);
  return g_strndup (runtime_directory, strcspn (runtime_directory, ":"));
}

/** ulak_directories_name_unit: Returns: (transfer full): "ulak-api.service", "ulak-whatsapp@sales.service" */
char *
ulak_directories_name_unit (const char *program, const char *account)
{
  return account != NULL ? g_strdup_printf ("%s@%s.service", program, account)
                         : g_strconcat (program, ".service", NULL);
}
