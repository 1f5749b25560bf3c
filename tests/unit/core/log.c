/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/log.h"

#include "core/messages.h"
#include "core/names.h"

#include <string.h>

static void
append_entry (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  GString *text = user_data;

  g_string_append_printf (text, "<%d>", (int) level);
  for (gsize i = 0; i < n_fields; i++)
    if (fields[i].length < 0 && strcmp (fields[i].key, "GLIB_OLD_LOG_API") != 0)
      g_string_append_printf (text, " %s=%s", fields[i].key, (const char *) fields[i].value);
  g_string_append_c (text, '\n');
}

static GString *
capture (void)
{
  GString *text = g_string_new (NULL);

  ulak_log_set_sink (append_entry, text);
  return text;
}

static void
assert_captured (GString *text, const char *expected)
{
  ulak_log_set_sink (NULL, NULL);
  g_assert_cmpstr (text->str, ==, expected);
  g_string_free (text, TRUE);
}

static void
test_fields (void)
{
  GString *text = capture ();
  g_autofree char *id = g_strdup (ULAK_MESSAGE_MESSAGE_HELD);
  g_autofree char *expected
      = g_strdup_printf ("<16> MESSAGE=Held until 9 PRIORITY=4 GLIB_DOMAIN=ulak-test MESSAGE_ID=%s "
                         "ULAK_MESSAGE_ID=m1 ULAK_STATE=held\n"
                         "<64> MESSAGE=Plain PRIORITY=6 GLIB_DOMAIN=ulak-test\n",
                         id);

  ulak_log_warning (id,
                    ULAK_FIELDS (ULAK_FIELD_MESSAGE_ID, "m1", ULAK_FIELD_REQUEST_ID, NULL, ULAK_FIELD_STATE, "held"),
                    "Held until %d", 9);
  ulak_log_info (NULL, "Plain");
  assert_captured (text, expected);
}

static void
test_account (void)
{
  GString *text = capture ();

  ulak_log_set_account ("sales");
  ulak_log_info (NULL, "One");
  ulak_log_info (ULAK_FIELDS (ULAK_FIELD_ACCOUNT, "other"), "Two");
  ulak_log_set_account (NULL);
  ulak_log_info (NULL, "Three");
  assert_captured (text, "<64> MESSAGE=One PRIORITY=6 GLIB_DOMAIN=ulak-test ULAK_ACCOUNT=sales\n"
                         "<64> MESSAGE=Two PRIORITY=6 GLIB_DOMAIN=ulak-test ULAK_ACCOUNT=other\n"
                         "<64> MESSAGE=Three PRIORITY=6 GLIB_DOMAIN=ulak-test\n");
}

static void
test_debug (void)
{
  GString *text = capture ();

  ulak_log_debug (NULL, "Silent");
  ulak_log_set_debug (TRUE);
  ulak_log_debug (NULL, "Loud");
  ulak_log_set_debug (FALSE);
  assert_captured (text, "<128> MESSAGE=Loud PRIORITY=7 GLIB_DOMAIN=ulak-test\n");
}

static void
test_libraries (void)
{
  GString *text = capture ();

  ulak_log_init ();
  ulak_log_init ();
  ulak_log_set_account ("sales");
  g_log ("Library", G_LOG_LEVEL_MESSAGE, "Hello");
  g_log ("Library", G_LOG_LEVEL_INFO, "Chatter");
  g_log ("Library", G_LOG_LEVEL_DEBUG, "More chatter");
  ulak_log_set_account (NULL);
  assert_captured (text, "<32> MESSAGE=Hello PRIORITY=5 GLIB_DOMAIN=Library ULAK_ACCOUNT=sales\n");
}

static void
test_many_fields (void)
{
  GString *text = capture ();
  const char *fields[201] = { NULL };

  for (guint i = 0; i < 200; i += 2)
    {
      fields[i] = "ULAK_X";
      fields[i + 1] = "y";
    }
  ulak_log_set_account ("sales");
  ulak_log_info (fields, "Many");
  ulak_log_set_account (NULL);
  g_assert_true (g_str_has_suffix (text->str, " ULAK_X=y ULAK_ACCOUNT=sales\n"));
  assert_captured (text, text->str);
}

/* What reaches standard error where no journal listens. */
static void
test_line (void)
{
  if (g_test_subprocess ())
    {
      ulak_log_warning (ULAK_MESSAGE_LOGIN_FAILED, ULAK_FIELDS (ULAK_FIELD_CLIENT_ADDRESS, "::1", "CODE_FILE", "x.c"),
                        "Failed login\nfrom %s", "::1");
      ulak_log_critical (NULL, NULL, "Broken");
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr ("*ulak-test[warning]: Failed login from ::1 (ULAK_CLIENT_ADDRESS=::1)\n"
                             "ulak-test[critical]: Broken\n*");
}

static void
test_masks (void)
{
  static const struct
  {
    const char *number;
    const char *masked;
  } cases[] = {
    { "905551234567", "905*******67" },
    { "+905551234567", "+90********67" },
    { "905551234567@s.whatsapp.net", "905*******67@s.whatsapp.net" },
    { "1234567", "123**67" },
    { "123456", "******" },
    { "12@lid", "**@lid" },
    { "", "" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *masked = ulak_log_mask_number (cases[i].number);

      g_assert_cmpstr (masked, ==, cases[i].masked);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/log/an entry has level, domain, sentence, id and fields", test_fields);
  g_test_add_func ("/log/the account of the process is on every entry once", test_account);
  g_test_add_func ("/log/debug entries are written on demand", test_debug);
  g_test_add_func ("/log/libraries speak through the same writer and do not chatter", test_libraries);
  g_test_add_func ("/log/too many fields are cut and the account stays", test_many_fields);
  g_test_add_func ("/log/without a journal an entry is one line of standard error", test_line);
  g_test_add_func ("/log/numbers are masked in their middle", test_masks);
  return g_test_run ();
}
