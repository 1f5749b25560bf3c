/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/config.h"

#include "core/error.h"

#include <string.h>

/* Reads "[group]\nkey=value" and compares the refusal. */
static void
assert_refused (const char *text, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakConfig) config = ulak_config_parse ("/etc/ulak/ulak.conf", text, strlen (text), &error);

  if (config != NULL)
    g_error ("%.100s is taken", text);
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_CONFIG);
  g_assert_cmpstr (error->message, ==, expected);
}

static UlakConfig *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  UlakConfig *config = ulak_config_parse ("test.conf", text, strlen (text), &error);

  g_assert_no_error (error);
  return config;
}

static void
test_table (void)
{
  gsize n;
  const UlakConfigKey *keys = ulak_config_get_keys (&n);
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) environment = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) groups = g_hash_table_new (g_str_hash, g_str_equal);
  const char *group = "";

  for (gsize i = 0; i < n; i++)
    {
      g_assert_true (g_hash_table_add (names, g_strdup_printf ("%s/%s", keys[i].group, keys[i].key)));
      g_assert_true (g_hash_table_add (environment, (gpointer) keys[i].environment));
      g_assert_true (g_str_has_suffix (keys[i].effect, "."));
      if (strcmp (group, keys[i].group) != 0)
        g_assert_true (g_hash_table_add (groups, (gpointer) keys[i].group)); /* a group's rows stand together */
      group = keys[i].group;
      g_assert_cmpint (keys[i].min, <=, keys[i].max);
    }
}

static void
test_environment_names (void)
{
  static const char *const kept[]
      = { "DATA_DIR", "AUTO_MIGRATE_ON_STARTUP", "SHUTDOWN_TIMEOUT_MS", "CORS_ORIGINS",
          "SESSION_SECRET", "ADMIN_BOOTSTRAP_PASSWORD", "METRICS_ENABLED", "METRICS_TOKEN",
          "CACHE_EXPIRY_SECONDS", "ACCESS_TOKEN_EXPIRE_MINUTES", "WEBHOOK_CONCURRENCY", "WEBHOOK_QUEUE_LIMIT",
          "WEBHOOK_ATTEMPTS", "WEBHOOK_TIMEOUT_MS", "WEBHOOK_BACKOFF_MS", "RATE_LIMIT_PER_MINUTE",
          NULL };
  gsize n, n_kept = 0;
  const UlakConfigKey *keys = ulak_config_get_keys (&n);

  for (gsize i = 0; i < n; i++)
    {
      const char *group = strcmp (keys[i].group, "ulak") == 0 ? "" : keys[i].group; /* no ULAK_ULAK_ */
      g_autofree char *joined = g_strjoin ("_", "ULAK", *group != '\0' ? group : keys[i].key, *group != '\0' ? keys[i].key : NULL, NULL);
      g_autofree char *upper = g_ascii_strup (joined, -1);

      if (g_strv_contains (kept, keys[i].environment))
        n_kept++;
      else
        g_assert_cmpstr (keys[i].environment, ==, upper);
    }
  g_assert_cmpuint (n_kept, ==, G_N_ELEMENTS (kept) - 1);
}

static void
test_defaults (void)
{
  g_autoptr (UlakConfig) config = ulak_config_load (NULL, NULL, NULL);

  g_assert_cmpstr (ulak_config_get_string (config, "ulak", "data_dir"), ==, "/var/lib/ulak");
  g_assert_true (ulak_config_get_boolean (config, "ulak", "auto_migrate_on_startup"));
  g_assert_cmpint (ulak_config_get_integer (config, "api", "shutdown_timeout_ms"), ==, 15000);
  g_assert_cmpint (ulak_config_get_integer (config, "api", "rate_limit_calls"), ==, 600);
  g_assert_cmpint (ulak_config_get_integer (config, "api", "rate_limit_period_s"), ==, 60);
  g_assert_cmpint (ulak_config_get_integer (config, "webhooks", "concurrency"), ==, 2);
  g_assert_cmpint (ulak_config_get_integer (config, "webhooks", "queue_limit"), ==, 2000);
  g_assert_cmpint (ulak_config_get_integer (config, "webhooks", "attempts"), ==, 5);
  g_assert_cmpint (ulak_config_get_integer (config, "webhooks", "timeout_ms"), ==, 10000);
  g_assert_cmpint (ulak_config_get_integer (config, "webhooks", "backoff_ms"), ==, 2000);
  g_assert_false (ulak_config_get_boolean (config, "webhooks", "allow_private_targets"));
  g_assert_cmpint (ulak_config_get_integer (config, "pace", "rate_limit_per_minute"), ==, 20);
  g_assert_cmpstr (ulak_config_get_string (config, "whatsapp", "graph_url"), ==, "https://graph.facebook.com");
  g_assert_null (ulak_config_get_string (config, "api", "metrics_token"));
  g_assert_null (ulak_config_get_strings (config, "api", "cors_origins")[0]);
  g_assert_cmpstr (ulak_config_get_strings (config, "api", "listen")[0], ==, "127.0.0.1:8080");
  g_assert_cmpstr (ulak_config_get_origin (config, "webhooks", "attempts"), ==, "default");
  g_assert_cmpuint (ulak_config_get_warnings (config)->len, ==, 0);
}

static void
test_values (void)
{
  g_autofree char *root_key = g_strnfill (64, 'a');
  g_autofree char *text = g_strdup_printf ("[ulak]\ndata_dir=/srv/ulak\nauto_migrate_on_startup=no\n"
                                           "[api]\nlisten=[::1]:80; /run/x.sock, localhost:9\n"
                                           "cors_origins=https://a.example http://b.example:8080,*\n"
                                           "metrics_token= secret:metrics \n"
                                           "[whatsapp]\nserver_url=wss://t.example/ws\nroot_key=%s\n",
                                           root_key);
  g_autoptr (UlakConfig) config = parse (text);
  const char *const *listen = ulak_config_get_strings (config, "api", "listen");
  const char *const *origins = ulak_config_get_strings (config, "api", "cors_origins");

  g_assert_cmpstr (ulak_config_get_string (config, "ulak", "data_dir"), ==, "/srv/ulak");
  g_assert_false (ulak_config_get_boolean (config, "ulak", "auto_migrate_on_startup"));
  g_assert_cmpstrv (listen, ((const char *[]){ "[::1]:80", "/run/x.sock", "localhost:9", NULL }));
  g_assert_cmpstrv (origins, ((const char *[]){ "https://a.example", "http://b.example:8080", "*", NULL }));
  g_assert_cmpstr (ulak_config_get_string (config, "api", "metrics_token"), ==, "secret:metrics");
  g_assert_cmpstr (ulak_config_get_string (config, "whatsapp", "root_key"), ==, root_key);
  g_assert_cmpstr (ulak_config_get_origin (config, "ulak", "data_dir"), ==, "test.conf");
}

static void
test_blank_is_unset (void)
{
  g_autoptr (UlakConfig) config = parse ("[api]\nmetrics_token=\nlisten=\n[whatsapp]\nmedia_ca_file=\n");

  g_assert_null (ulak_config_get_string (config, "api", "metrics_token"));
  g_assert_null (ulak_config_get_string (config, "whatsapp", "media_ca_file"));
  g_assert_null (ulak_config_get_strings (config, "api", "listen")[0]);
}

static void
test_refusals (void)
{
  static const struct
  {
    const char *text;
    const char *expected;
  } bad[] = {
    { "[webhooks]\nattempts=900\n", "Key ‘webhooks/attempts’ in ‘/etc/ulak/ulak.conf’ is 900; allowed 1 to 50" },
    { "[webhooks]\nattempts=0\n", "Key ‘webhooks/attempts’ in ‘/etc/ulak/ulak.conf’ is 0; allowed 1 to 50" },
    { "[webhooks]\nattempts=five\n", "Key ‘webhooks/attempts’ in ‘/etc/ulak/ulak.conf’ is five; allowed 1 to 50" },
    { "[webhooks]\nattempts=\n", "Key ‘webhooks/attempts’ in ‘/etc/ulak/ulak.conf’ is empty; allowed 1 to 50" },
    { "[webhooks]\ntimeout_ms=99999999999999999999\n",
      "Key ‘webhooks/timeout_ms’ in ‘/etc/ulak/ulak.conf’ is 99999999999999999999; allowed 100 to 600000 ms" },
    { "[api]\nmetrics_enabled=maybe\n",
      "Key ‘api/metrics_enabled’ in ‘/etc/ulak/ulak.conf’ is maybe; allowed true or false" },
    { "[ulak]\ndata_dir=var/lib\n",
      "Key ‘ulak/data_dir’ in ‘/etc/ulak/ulak.conf’ is var/lib; allowed an absolute path without .. in it" },
    { "[ulak]\ndata_dir=/var/../etc\n",
      "Key ‘ulak/data_dir’ in ‘/etc/ulak/ulak.conf’ is /var/../etc; allowed an absolute path without .. in it" },
    { "[whatsapp]\ngraph_url=ftp://x\n",
      "Key ‘whatsapp/graph_url’ in ‘/etc/ulak/ulak.conf’ is ftp://x; allowed a URL with http or https, without user, "
      "password and fragment" },
    { "[whatsapp]\nroot_key=abc\n",
      "Key ‘whatsapp/root_key’ in ‘/etc/ulak/ulak.conf’ is abc; allowed 64 hexadecimal digits" },
    { "[whatsapp]\ngraph_version=v\n",
      "Key ‘whatsapp/graph_version’ in ‘/etc/ulak/ulak.conf’ is v; allowed 2 to 16 characters" },
    { "[api]\ncors_origins=https://a.example/\n",
      "Key ‘api/cors_origins’ in ‘/etc/ulak/ulak.conf’ is https://a.example/; allowed up to 100 origins like "
      "https://panel.example.com, or *" },
    { "[api]\nlisten=localhost\n",
      "Key ‘api/listen’ in ‘/etc/ulak/ulak.conf’ is localhost; allowed up to 16 of host:port, [IPv6]:port or an "
      "absolute socket path" },
    { "[webhooks]\natempts=5\n",
      "Key ‘webhooks/atempts’ in ‘/etc/ulak/ulak.conf’ is not known; did you mean ‘attempts’?" },
    { "[webhooks]\nrate_limit_calls=5\n",
      "Key ‘webhooks/rate_limit_calls’ in ‘/etc/ulak/ulak.conf’ is not known; it belongs to group ‘api’" },
    { "[webhooks]\ncolour=red\n", "Key ‘webhooks/colour’ in ‘/etc/ulak/ulak.conf’ is not known" },
    { "[webhook]\nattempts=5\n", "Group ‘webhook’ in ‘/etc/ulak/ulak.conf’ is not known; did you mean ‘webhooks’?" },
    { "[colours]\n", "Group ‘colours’ in ‘/etc/ulak/ulak.conf’ is not known" },
    { "[whatsapp]\ngraph_version=v\\q\n",
      "Key ‘whatsapp/graph_version’ in ‘/etc/ulak/ulak.conf’ has bad UTF-8 or a bad escape; allowed after \\ are s, n, "
      "t, r and \\" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_refused (bad[i].text, bad[i].expected);
}

static void
test_broken_files (void)
{
  g_autofree char *huge = g_strnfill (1024 * 1024 + 1, '#');
  g_autofree char *long_value = g_strnfill (300, '9');
  g_autofree char *long_text = g_strdup_printf ("[webhooks]\nattempts=%s\n", long_value);
  g_autofree char *long_refusal = g_strdup_printf (
      "Key ‘webhooks/attempts’ in ‘/etc/ulak/ulak.conf’ is %.100s…; allowed 1 to 50", long_value);

  assert_refused (huge, "File ‘/etc/ulak/ulak.conf’ has 1048577 bytes; allowed up to 1048576");
  assert_refused ("attempts=5\n", "File ‘/etc/ulak/ulak.conf’ is not a key file: Key file does not start with a group");
  assert_refused (long_text, long_refusal);
}

static void
test_secrets_in_files (void)
{
  static const char text[] = "[api]\nmetrics_token=hunter2\n";
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakConfig) good = parse ("[api]\nsession_secret=VAULT:SESSION\nmetrics_token=secret:metrics\n");

  g_assert_null (ulak_config_parse ("/etc/ulak/ulak.conf", text, strlen (text), &error));
  g_assert_cmpstr (error->message, ==,
                   "Key ‘api/metrics_token’ in ‘/etc/ulak/ulak.conf’ is a secret in clear; allowed secret:NAME or "
                   "VAULT:NAME");
  g_assert_cmpuint (ulak_config_get_warnings (good)->len, ==, 0);
}

static void
test_wrong_access_stops (void)
{
  g_autoptr (UlakConfig) config = ulak_config_load (NULL, NULL, NULL);

  if (g_test_subprocess ())
    {
      ulak_config_get_integer (config, "webhooks", "allow_private_targets");
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*no key webhooks/allow_private_targets of this type*");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config/the table is in order", test_table);
  g_test_add_func ("/config/environment names are the kept ones or made by rule", test_environment_names);
  g_test_add_func ("/config/the defaults are the promised ones", test_defaults);
  g_test_add_func ("/config/values of every type are read", test_values);
  g_test_add_func ("/config/a blank value unsets what has no default", test_blank_is_unset);
  g_test_add_func ("/config/a wrong key or value is refused in one exact line", test_refusals);
  g_test_add_func ("/config/a file that is none is refused", test_broken_files);
  g_test_add_func ("/config/a secret in clear is refused in a file and never shown", test_secrets_in_files);
  g_test_add_func ("/config/asking for a key by another type stops the program", test_wrong_access_stops);
  return g_test_run ();
}
