/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/config-value.h"

#include "core/error.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct
{
  char *folder; /* (owned) */
  char *file;   /* (owned): FOLDER/ulak.conf */
} Fixture;

static void
write_file (Fixture *fixture, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
set_up (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *drop_ins = NULL;

  fixture->folder = g_dir_make_tmp ("ulak-config-XXXXXX", NULL);
  fixture->file = g_build_filename (fixture->folder, "ulak.conf", NULL);
  drop_ins = g_strconcat (fixture->file, ".d", NULL);
  g_assert_cmpint (g_mkdir (drop_ins, 0700), ==, 0);
  write_file (fixture, "ulak.conf", "[webhooks]\nattempts=7\ntimeout_ms=7000\nconcurrency=7\n");
}

static void
remove_all (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_DIR))
        remove_all (path);
      else
        g_assert_cmpint (g_unlink (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
tear_down (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  remove_all (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->file);
}

static UlakConfig *
load (Fixture *fixture, const char *const *environment)
{
  g_autoptr (GError) error = NULL;
  UlakConfig *config = ulak_config_load (fixture->file, environment, &error);

  g_assert_no_error (error);
  return config;
}

static void
assert_refused (Fixture *fixture, const char *const *environment, const char *expected)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ulak_config_load (fixture->file, environment, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_CONFIG);
  g_assert_cmpstr (error->message, ==, expected);
}

static void
test_order (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  static const char *const environment[] = { "HOME=/", "WEBHOOK_ATTEMPTS=11", "WEBHOOK_ATTEMPTS_X=1", NULL };
  g_autofree char *second = g_strconcat (fixture->file, ".d/20-b.conf", NULL);
  g_autoptr (UlakConfig) config = NULL;

  write_file (fixture, "ulak.conf.d/20-b.conf", "[webhooks]\nattempts=9\ntimeout_ms=9000\n");
  write_file (fixture, "ulak.conf.d/10-a.conf", "[webhooks]\nattempts=8\ntimeout_ms=8000\nqueue_limit=8\n");
  write_file (fixture, "ulak.conf.d/30-c.conf.dpkg-old", "[nonsense]\n");
  write_file (fixture, "ulak.conf.d/.hidden.conf", "[nonsense]\n");
  config = load (fixture, environment);

  g_assert_cmpint (ulak_config_get_integer (config, "webhooks", "attempts"), ==, 11);
  g_assert_cmpint (ulak_config_get_integer (config, "webhooks", "timeout_ms"), ==, 9000);
  g_assert_cmpint (ulak_config_get_integer (config, "webhooks", "queue_limit"), ==, 8);
  g_assert_cmpint (ulak_config_get_integer (config, "webhooks", "concurrency"), ==, 7);
  g_assert_cmpint (ulak_config_get_integer (config, "webhooks", "backoff_ms"), ==, 2000);
  g_assert_cmpstr (ulak_config_get_origin (config, "webhooks", "attempts"), ==, "environment");
  g_assert_cmpstr (ulak_config_get_origin (config, "webhooks", "timeout_ms"), ==, second);
  g_assert_cmpstr (ulak_config_get_origin (config, "webhooks", "concurrency"), ==, fixture->file);
}

static void
test_names_the_drop_in (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *expected
      = g_strdup_printf ("Key ‘webhooks/attempts’ in ‘%s.d/x.conf’ is 900; allowed 1 to 50", fixture->file);

  write_file (fixture, "ulak.conf.d/x.conf", "[webhooks]\nattempts=900\n");
  assert_refused (fixture, NULL, expected);
}

static void
test_names_the_variable (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  static const char *const range[] = { "WEBHOOK_ATTEMPTS=900", NULL };
  static const char *const bad_utf8[] = { "ULAK_WHATSAPP_GRAPH_VERSION=v\xff\xf0", NULL };
  static const char *const bad_name[] = { "METRICS_TOKEN=secret:no/name", NULL };

  assert_refused (fixture, range,
                  "Key ‘webhooks/attempts’ in the environment variable ‘WEBHOOK_ATTEMPTS’ is 900; allowed 1 to 50");
  assert_refused (fixture, bad_utf8,
                  "Key ‘whatsapp/graph_version’ in the environment variable ‘ULAK_WHATSAPP_GRAPH_VERSION’ is v��; "
                  "allowed 2 to 16 characters");
  assert_refused (fixture, bad_name,
                  "Key ‘api/metrics_token’ in the environment variable ‘METRICS_TOKEN’ is hidden; allowed secret:NAME "
                  "or VAULT:NAME");
}

static void
test_clear_secret (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  static const char *const environment[]
      = { "METRICS_TOKEN=hunter2", "SESSION_SECRET=secret:session", "ADMIN_BOOTSTRAP_PASSWORD=", NULL };
  g_autoptr (UlakConfig) config = load (fixture, environment);
  GPtrArray *warnings = ulak_config_get_warnings (config);

  g_assert_cmpstr (ulak_config_get_string (config, "api", "metrics_token"), ==, "hunter2");
  g_assert_cmpuint (warnings->len, ==, 1);
  g_assert_cmpstr (warnings->pdata[0], ==,
                   "The environment variable ‘METRICS_TOKEN’ holds a secret in clear; store it with `ulakctl secret set "
                   "NAME` and say secret:NAME");
}

static void
test_absent_file (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *expected = g_strdup_printf (
      "Cannot read the configuration: Failed to open file “%s”: No such file or directory", fixture->file);

  g_assert_cmpint (g_unlink (fixture->file), ==, 0);
  assert_refused (fixture, NULL, expected);
}

static void
test_no_drop_ins (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *folder = g_strconcat (fixture->file, ".d", NULL);
  g_autoptr (UlakConfig) config = NULL;

  g_assert_cmpint (g_rmdir (folder), ==, 0);
  config = load (fixture, NULL);
  g_assert_cmpint (ulak_config_get_integer (config, "webhooks", "attempts"), ==, 7);
}

/* The file that is installed: every line in comments, every key at its default, so uncommenting changes nothing. */
static void
test_shipped_file (void)
{
  g_autofree char *path = g_build_filename (g_getenv ("G_TEST_SRCDIR"), "../../data/conf/ulak.conf", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GString) live = g_string_new (NULL);
  g_autoptr (UlakConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;
  gsize n;
  const UlakConfigKey *keys = ulak_config_get_keys (&n);

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    {
      g_assert_true (strchr ("#[", lines[i][0]) != NULL);
      g_string_append_printf (live, "%s\n", lines[i] + (g_regex_match_simple ("^#[a-z_]+ *=", lines[i], 0, 0) ? 1 : 0));
    }
  config = ulak_config_parse (path, live->str, live->len, &error);
  g_assert_no_error (error);

  for (gsize i = 0; i < n; i++)
    {
      const char *value = keys[i].default_value == NULL ? "" : keys[i].default_value;
      g_autofree char *line = g_strdup_printf ("\n#%s =%s%s\n", keys[i].key, *value == '\0' ? "" : " ", value);

      g_assert_cmpstr (ulak_config_get_origin (config, keys[i].group, keys[i].key), ==, path);
      if (strstr (text, line) == NULL)
        g_error ("data/conf/ulak.conf has no line ‘%s’", g_strstrip (line));
    }
}

/* docs/environment.md has a row for each key, and no other rows of this form. */
static void
test_environment_page (void)
{
  g_autofree char *path = g_build_filename (g_getenv ("G_TEST_SRCDIR"), "../../docs/environment.md", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GRegex) row = g_regex_new ("^\\| `\\w+` \\| \\[\\w+\\] \\w+ \\|", G_REGEX_MULTILINE, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  gsize n, n_rows = 0;
  const UlakConfigKey *keys = ulak_config_get_keys (&n);

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  for (g_regex_match (row, text, 0, &match); g_match_info_matches (match); g_match_info_next (match, NULL))
    n_rows++;
  g_assert_cmpuint (n_rows, ==, n);

  for (gsize i = 0; i < n; i++)
    {
      const char *value = keys[i].default_value;
      g_autofree char *allowed = ulak_config_key_describe (&keys[i]);
      g_autofree char *line = g_strdup_printf (
          "\n| `%s` | [%s] %s | %s | %s |\n", keys[i].environment, keys[i].group, keys[i].key,
          value == NULL || *value == '\0' ? "unset" : value,
          keys[i].type == ULAK_CONFIG_SECRET ? "secret:NAME, VAULT:NAME, or in clear (works, and is reported)" : allowed);

      if (strstr (text, line) == NULL)
        g_error ("docs/environment.md has no line ‘%s’", g_strstrip (line));
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/config-files/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("later files win by name and the environment wins over all", test_order);
  ADD ("a refusal names the drop-in", test_names_the_drop_in);
  ADD ("a refusal names the variable", test_names_the_variable);
  ADD ("a secret in clear in the environment works and is reported", test_clear_secret);
  ADD ("a main file that somebody named must be there", test_absent_file);
  ADD ("drop-ins are not needed", test_no_drop_ins);
#undef ADD
  g_test_add_func ("/config-files/the shipped file shows every key with its default", test_shipped_file);
  g_test_add_func ("/config-files/the page of variables shows every key", test_environment_page);
  return g_test_run ();
}
