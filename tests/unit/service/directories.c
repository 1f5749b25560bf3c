/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "service/directories.h"

#include "core/error.h"
#include "service/lock.h"

#include <glib/gstdio.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct
{
  char *folder; /* (owned) */
} Fixture;

static void
set_up (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  self->folder = g_dir_make_tmp ("ulak-directories-XXXXXX", NULL);
}

static void
tear_down (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  const char *argv[] = { "rm", "-rf", "--", self->folder, NULL };

  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_free (self->folder);
}

static void
test_a_lines_folder_is_made (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *data_dir = g_build_filename (self->folder, "data", NULL);
  g_autofree char *expected = g_build_filename (data_dir, "accounts", "sales", NULL);
  g_autofree char *own = ulak_directories_get_own (data_dir, "sales");
  g_autoptr (GError) error = NULL;
  GStatBuf status;

  g_assert_true (ulak_directories_prepare (data_dir, "sales", NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (own, ==, expected);
  g_assert_cmpint (g_stat (own, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 0007, ==, 0);
}

/* A file stands where the folder would be: refused for root too. */
static void
test_a_folder_that_cannot_be_written_comes_with_the_drop_in (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *data_dir = g_build_filename (self->folder, "data", NULL);
  g_autofree char *line = g_strdup_printf ("ReadWritePaths=%s", data_dir);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (data_dir, "", 0, NULL));
  g_assert_false (ulak_directories_prepare (data_dir, NULL, "ulak-api.service", &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, line));
  g_assert_nonnull (strstr (error->message, "systemctl edit ulak-api.service"));
  g_clear_error (&error);

  g_assert_false (ulak_directories_prepare (data_dir, NULL, NULL, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_CONFIG);
  g_assert_null (strstr (error->message, "systemctl"));
}

static void
test_the_first_runtime_directory_is_taken (Fixture *self G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *one = ulak_directories_get_runtime ("/run/a:/run/b");
  g_autofree char *none = ulak_directories_get_runtime (NULL);

  g_assert_cmpstr (one, ==, "/run/a");
  g_assert_cmpstr (none, ==, "/run/ulak");
}

static void
test_units_are_named_as_systemd_does (Fixture *self G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *plain = ulak_directories_name_unit ("ulak-api", NULL);
  g_autofree char *line = ulak_directories_name_unit ("ulak-whatsapp", "sales");

  g_assert_cmpstr (plain, ==, "ulak-api.service");
  g_assert_cmpstr (line, ==, "ulak-whatsapp@sales.service");
}

static void
test_a_lock_is_had_once_and_again_after_it_is_freed (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *holder = g_strdup_printf ("process %d holds", (int) getpid ());
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakLock) lock = ulak_lock_take (self->folder, "ulak-api", &error);
  g_autoptr (UlakLock) other = NULL, second = NULL;

  g_assert_no_error (error);
  other = ulak_lock_take (self->folder, "ulak-webhooks", &error);
  g_assert_no_error (error);
  second = ulak_lock_take (self->folder, "ulak-api", &error);
  g_assert_null (second);
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_EXISTS);
  g_assert_nonnull (strstr (error->message, holder));
  g_clear_error (&error);

  g_clear_pointer (&lock, ulak_lock_free);
  second = ulak_lock_take (self->folder, "ulak-api", &error);
  g_assert_no_error (error);
  g_assert_nonnull (second);
}

static void
test_a_lock_falls_with_its_process (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakLock) lock = NULL;
  int status;
  pid_t pid = fork ();

  if (pid == 0)
    _exit (ulak_lock_take (self->folder, "ulak-api", NULL) != NULL ? 0 : 1);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  lock = ulak_lock_take (self->folder, "ulak-api", &error);
  g_assert_no_error (error);
}

#define ADD(name, func) g_test_add ("/directories/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("a line's folder is made", test_a_lines_folder_is_made);
  ADD ("a folder that cannot be written comes with the drop-in",
       test_a_folder_that_cannot_be_written_comes_with_the_drop_in);
  ADD ("the first runtime directory is taken", test_the_first_runtime_directory_is_taken);
  ADD ("units are named as systemd does", test_units_are_named_as_systemd_does);
  ADD ("a lock is had once, and again after it is freed", test_a_lock_is_had_once_and_again_after_it_is_freed);
  ADD ("a lock falls with its process", test_a_lock_falls_with_its_process);
  return g_test_run ();
}
