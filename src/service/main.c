/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * From the command line to a running service: everything that may block happens here, before the main loop turns.
 */
#include "service/service.h"

#include "core/error.h"
#include "core/log.h"
#include "core/messages.h"
#include "service/database-calls.h"
#include "service/directories.h"
#include "service/lock.h"
#include "service/notify.h"
#include "service/options.h"
#include "service/service-private.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static gboolean
stop_signal_cb (gpointer user_data)
{
  ulak_service_stop (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
reload_signal_cb (gpointer user_data)
{
  ulak_service_reload (user_data);
  return G_SOURCE_CONTINUE;
}

static int
refuse (const UlakServiceSpec *spec, const GError *error, int exit_code)
{
  const char *message_id = exit_code == ULAK_EXIT_CONFIG ? ULAK_MESSAGE_CONFIG_WRONG : ULAK_MESSAGE_SERVICE_FAILED;

  ulak_log_warning (message_id, NULL, "%s does not start: %s", spec->program, error->message);
  ulak_notify_status (error->message);
  return exit_code;
}

static int
print_usage_error (const UlakServiceSpec *spec, const GError *error)
{
  fprintf (stderr, "%s: %s\nTry '%s --help'.\n", spec->program, error->message, spec->program);
  return ULAK_EXIT_USAGE;
}

static int
print_about (const UlakServiceSpec *spec, const UlakOptions *options)
{
  g_autofree char *text
      = options->help ? ulak_options_describe (spec) : g_strdup_printf ("%s %s\n", spec->program, ULAK_VERSION);

  fputs (text, stdout);
  return ULAK_EXIT_OK;
}

static int
print_check (const UlakServiceSpec *spec, const UlakConfig *config, const GError *error)
{
  GPtrArray *warnings;

  if (config == NULL)
    {
      fprintf (stderr, "%s: %s\n", spec->program, error->message);
      return ULAK_EXIT_CONFIG;
    }

  warnings = ulak_config_get_warnings (config);
  for (guint i = 0; warnings != NULL && i < warnings->len; i++)
    fprintf (stderr, "%s: warning: %s\n", spec->program, (const char *) g_ptr_array_index (warnings, i));
  printf ("The configuration is valid.\n");
  return ULAK_EXIT_OK;
}

/* The name of our unit, when systemd started us: only then does a drop-in help. */
static char *
name_unit (const UlakServiceSpec *spec, const char *account)
{
  return g_getenv ("INVOCATION_ID") != NULL ? ulak_directories_name_unit (spec->program, account) : NULL;
}

static UlakLock *
prepare (const UlakServiceSpec *spec, const UlakConfig *config, const char *account, GError **error)
{
  const char *data_dir = ulak_config_get_string (config, "ulak", "data_dir");
  g_autofree char *own = ulak_directories_get_own (data_dir, account);
  g_autofree char *unit = name_unit (spec, account);

  if (!ulak_directories_prepare (data_dir, account, unit, error))
    return NULL;
  return ulak_lock_take (own, spec->program, error);
}

static int
live (const UlakServiceSpec *spec, UlakConfig *config, const char *config_file, const char *account)
{
  g_autoptr (UlakClock) clock = ulak_clock_system_new ();
  g_autoptr (UlakRandom) random = ulak_random_system_new ();
  g_autofree char *runtime_dir = ulak_directories_get_runtime (g_getenv ("RUNTIME_DIRECTORY"));
  const UlakServiceSetup setup = { spec, config_file, account, runtime_dir, config, clock, random };
  g_autoptr (UlakService) service = ulak_service_new (&setup);
  guint sources[] = {
    g_unix_signal_add (SIGTERM, stop_signal_cb, service),
    g_unix_signal_add (SIGINT, stop_signal_cb, service),
    g_unix_signal_add (SIGHUP, reload_signal_cb, service),
  };
  int exit_code = ulak_service_run (service);

  /* Past its deadline a thread may hang in the kernel: leave without waiting for it. Committed work is safe. */
  if (ulak_service_left_work (service))
    _exit (exit_code);
  for (gsize i = 0; i < G_N_ELEMENTS (sources); i++)
    g_source_remove (sources[i]);
  return exit_code;
}

/* Over HTTP/2 libsoup 3.2 sends a request whose stream was refused once more by itself, and a POST then without its body (seen):
 * a receiver that takes it has a message that we count as delivered and that was not. Over HTTP/1.1 it sends nothing twice. There
 * is no option of the session for it; the variable is read when a connection is made, and no thread is running yet. */
static void
speak_http1_only (void)
{
  g_setenv ("SOUP_FORCE_HTTP1", "1", TRUE);
}

/** ulak_service_main: Returns: the exit code of the program, a UlakExit */
int
ulak_service_main (int argc G_GNUC_UNUSED, char **argv, const UlakServiceSpec *spec)
{
  g_auto (UlakOptions) options = { NULL };
  g_auto (GStrv) environment = g_get_environ ();
  g_autoptr (UlakConfig) config = NULL;
  g_autoptr (UlakLock) lock = NULL;
  g_autoptr (GError) error = NULL;
  const char *file;

  signal (SIGPIPE, SIG_IGN);
  speak_http1_only ();
  if (!ulak_options_parse (spec, argv, &options, &error))
    return print_usage_error (spec, error);
  if (options.version || options.help)
    return print_about (spec, &options);

  file = options.config_file != NULL ? options.config_file : ULAK_CONFIG_FILE;
  config = ulak_config_load (file, (const char *const *) environment, &error);
  if (options.check)
    return print_check (spec, config, error);

  ulak_log_init ();
  ulak_log_set_account (options.account);
  if (config == NULL)
    return refuse (spec, error, ULAK_EXIT_CONFIG);
  if (options.migrate)
    return ulak_database_migrate (spec, config, options.account);

  lock = prepare (spec, config, options.account, &error);
  if (lock == NULL)
    return refuse (spec, error,
                   g_error_matches (error, ULAK_ERROR, ULAK_ERROR_CONFIG) ? ULAK_EXIT_CONFIG : ULAK_EXIT_FAILED);
  return live (spec, config, file, options.account);
}
