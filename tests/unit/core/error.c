/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/error.h"

#include <gio/gio.h>

static void
test_names (void)
{
  for (guint code = 0; code < ULAK_N_ERRORS; code++)
    {
      const char *name = ulak_error_get_name (code);
      g_autoptr (GError) error = g_dbus_error_new_for_dbus_error (name, "The endpoint is gone");

      g_assert_true (g_str_has_prefix (name, "org.ulak.Error."));
      g_assert_true (g_dbus_is_interface_name (name));
      g_assert_error (error, ULAK_ERROR, (gint) code);
      ulak_error_strip_remote (error);
      g_assert_cmpstr (error->message, ==, "The endpoint is gone");
    }
}

static void
test_codes_out (void)
{
  g_autoptr (GError) error = g_error_new (ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "The line is stopped");
  g_autofree char *name = g_dbus_error_encode_gerror (error);

  g_assert_cmpstr (name, ==, "org.ulak.Error.WrongState");
  ulak_error_strip_remote (error);
  g_assert_cmpstr (error->message, ==, "The line is stopped");
  ulak_error_strip_remote (NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  (void) ULAK_ERROR; /* registers the names */
  g_test_add_func ("/error/each code comes back from the bus as itself", test_names);
  g_test_add_func ("/error/a code leaves under its own name and keeps its sentence", test_codes_out);
  return g_test_run ();
}
