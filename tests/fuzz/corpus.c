/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Runs a fuzz target over each file of the folders that are its arguments.
 */
#include "fuzz/target.h"

#include <glib.h>

static void
test_file (gconstpointer data)
{
  g_autofree char *bytes = NULL;
  gsize size_bytes = 0;

  g_assert_true (g_file_get_contents (data, &bytes, &size_bytes, NULL));
  g_assert_cmpint (LLVMFuzzerTestOneInput ((const uint8_t *) bytes, size_bytes), ==, 0);
}

static void
add_folder (const char *folder)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &error);
  g_autofree char *base = g_path_get_basename (folder);
  const char *name;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *test = g_strdup_printf ("/fuzz/%s/%s is survived", base, name);

      g_test_add_data_func_full (test, g_build_filename (folder, name, NULL), test_file, g_free);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (int i = 1; i < argc; i++)
    add_folder (argv[i]);
  return g_test_run ();
}
