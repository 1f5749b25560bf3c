/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "service/options.h"

#include "core/error.h"
#include "core/id.h"

static GOptionContext *
make_context (const UlakServiceSpec *spec, UlakOptions *options)
{
  const GOptionEntry entries[] = {
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &options->config_file, "Read FILE and FILE's .d folder", "FILE" },
    { "check", 0, 0, G_OPTION_ARG_NONE, &options->check, "Check the configuration and leave: 0 valid, 78 not", NULL },
    { "migrate", 0, 0, G_OPTION_ARG_NONE, &options->migrate, "Bring the database to the newest schema and leave",
      NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version and leave", NULL },
    { "help", 'h', 0, G_OPTION_ARG_NONE, &options->help, "Print this and leave", NULL },
    { NULL },
  };
  GOptionContext *context = g_option_context_new (spec->takes_account ? "ACCOUNT" : NULL);

  g_option_context_set_summary (context, spec->summary);
  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_add_main_entries (context, entries, NULL);
  return context;
}

static gboolean
take_account (const UlakServiceSpec *spec, char **rest, UlakOptions *options, GError **error)
{
  guint n_rest = g_strv_length (rest);

  if (n_rest > (spec->takes_account ? 1 : 0))
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "Argument ‘%s’ is one too many", rest[n_rest - 1]);
  else if (n_rest == 0 && spec->takes_account && !options->check && !options->version && !options->help)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "An account id is needed: %s ACCOUNT", spec->program);
  else if (n_rest == 1 && !ulak_account_id_is_valid (rest[0]))
    g_set_error (
        error, ULAK_ERROR, ULAK_ERROR_INVALID,
        "Account ‘%s’ is no account id; allowed are a to z, 0 to 9 and _, 1 to %d characters, a letter first",
        rest[0], ULAK_ACCOUNT_ID_MAX);
  else
    {
      options->account = g_strdup (n_rest == 1 ? rest[0] : NULL);
      return TRUE;
    }
  return FALSE;
}

/**
 * ulak_options_parse:
 * @arguments: the program's name and what follows, %NULL-terminated
 *
 * Errors: INVALID with a sentence for people
 */
gboolean
ulak_options_parse (const UlakServiceSpec *spec, char **arguments, UlakOptions *options_out, GError **error)
{
  g_auto (UlakOptions) options = { NULL };
  g_autoptr (GOptionContext) context = make_context (spec, &options);
  g_auto (GStrv) rest = g_strdupv (arguments);
  g_autoptr (GError) local_error = NULL;

  if (!g_option_context_parse_strv (context, &rest, &local_error))
    {
      g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_INVALID, local_error->message);
      return FALSE;
    }
  if (!take_account (spec, rest + 1, &options, error))
    return FALSE;

  *options_out = options;
  options = (UlakOptions){ NULL };
  return TRUE;
}

/** ulak_options_describe: Returns: (transfer full): what --help prints */
char *
ulak_options_describe (const UlakServiceSpec *spec)
{
  g_auto (UlakOptions) options = { NULL };
  g_autoptr (GOptionContext) context = make_context (spec, &options);

  return g_option_context_get_help (context, TRUE, NULL);
}

void
ulak_options_clear (UlakOptions *self)
{
  g_clear_pointer (&self->config_file, g_free);
  g_clear_pointer (&self->account, g_free);
}
