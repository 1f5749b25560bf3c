/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/account-folder.h"
#include "core/error.h"

#include <glib/gstdio.h>
#include <string.h>

#define NOW_US G_GINT64_CONSTANT (1764059400125000) /* 2025-11-25T08:30:00.125Z */

typedef struct
{
  char *data_dir; /* (owned) */
  char *accounts; /* (owned): its folder accounts */
} Fixture;

static void
set_up (Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
  self->data_dir = g_dir_make_tmp ("ulak-folder-XXXXXX", NULL);
  self->accounts = g_build_filename (self->data_dir, "accounts", NULL);
}

static void
tear_down (Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
  g_assert_cmpint (g_remove (self->accounts), ==, 0);
  g_assert_cmpint (g_rmdir (self->data_dir), ==, 0);
  g_free (self->accounts);
  g_free (self->data_dir);
}

static void
done_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static gboolean
put_aside (Fixture *self, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ulak_account_folder_put_aside_async (self->data_dir, "sales", NOW_US, done_cb, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return ulak_account_folder_put_aside_finish (result, error);
}

static void
test_renamed (Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
  g_autofree char *folder = g_build_filename (self->accounts, "sales", NULL);
  g_autofree char *aside = g_strconcat (folder, ".removed-2025-11-25T08:30:00.125Z", NULL);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (put_aside (self, NULL));
  g_assert_false (g_file_test (folder, G_FILE_TEST_EXISTS));
  g_assert_cmpint (g_rmdir (aside), ==, 0);
}

static void
test_absent (Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
  g_assert_cmpint (g_mkdir (self->accounts, 0700), ==, 0);
  g_assert_true (put_aside (self, NULL));
}

static void
test_failure (Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (self->accounts, "no folder", -1, NULL));
  g_assert_false (put_aside (self, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "accounts/sales’"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/account-folder/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("the folder gets a name with the time", test_renamed);
  ADD ("an account without a folder is no error", test_absent);
  ADD ("a failure names the folder", test_failure);
  return g_test_run ();
}
