/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * ulakctl: everything that the suite offers on the bus, for people and scripts.
 *
 * Finds the command, takes its options, runs it, and says on standard error what went wrong. If ulakctl cannot do
 * something over the bus, the bus interface is missing something.
 */
#include "ctl/command.h"

#include "core/error.h"

#include <locale.h>

#define LABEL_WIDTH 46

/* docs/man/ulakctl.1 says the same. */
typedef enum
{
  EXIT_OK = 0,
  EXIT_FAILED = 1,
  EXIT_USAGE = 2,
  EXIT_NOT_FOUND = 3,
  EXIT_NOT_ALLOWED = 4,
  EXIT_UNAVAILABLE = 5, /* try later, or start what is stopped */
  EXIT_CONFIGURATION = 78,
} Exit;

static const struct
{
  UlakError error;
  Exit code;
} exits[] = {
  { ULAK_ERROR_INVALID, EXIT_USAGE },           { ULAK_ERROR_TOO_LARGE, EXIT_USAGE },
  { ULAK_ERROR_NOT_FOUND, EXIT_NOT_FOUND },     { ULAK_ERROR_NOT_ALLOWED, EXIT_NOT_ALLOWED },
  { ULAK_ERROR_WRONG_STATE, EXIT_UNAVAILABLE }, { ULAK_ERROR_UNAVAILABLE, EXIT_UNAVAILABLE },
  { ULAK_ERROR_FULL, EXIT_UNAVAILABLE },        { ULAK_ERROR_LOCKED, EXIT_UNAVAILABLE },
  { ULAK_ERROR_TIMED_OUT, EXIT_UNAVAILABLE },   { ULAK_ERROR_CONFIG, EXIT_CONFIGURATION },
};

static const UlakCommand *const tables[] = {
  ulak_account_commands, ulak_link_commands,    ulak_message_commands, ulak_tail_commands,     ulak_webhook_commands,
  ulak_secret_commands,
  ulak_key_commands,     ulak_status_commands,  ulak_config_commands, ulak_database_commands,
};

static int
exit_code_of (const GError *error)
{
  if (error->domain == G_OPTION_ERROR)
    return EXIT_USAGE;
  if (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED))
    return EXIT_NOT_ALLOWED;
  for (gsize i = 0; error->domain == ULAK_ERROR && i < G_N_ELEMENTS (exits); i++)
    if (error->code == (int) exits[i].error)
      return exits[i].code;
  return EXIT_FAILED;
}

static void
print_help (void)
{
  g_print ("Usage: ulakctl [--json] COMMAND [ARGUMENT...]\n\nCommands:\n");
  for (gsize t = 0; t < G_N_ELEMENTS (tables); t++)
    for (const UlakCommand *command = tables[t]; command->noun != NULL; command++)
      {
        g_autofree char *label = g_strjoin (" ", command->noun, command->verb != NULL ? command->verb : command->arguments,
                                            command->verb != NULL ? command->arguments : NULL, NULL);

        g_print ("  %-*s %s\n", LABEL_WIDTH, label, command->summary);
      }
  g_print ("\nulakctl COMMAND --help shows a command's options. Manual: ulakctl(1).\n");
}

/* Nouns, verbs and options, one command a line, for the shell's completion. */
static void
print_completions (void)
{
  for (gsize t = 0; t < G_N_ELEMENTS (tables); t++)
    for (const UlakCommand *command = tables[t]; command->noun != NULL; command++)
      g_print ("%s %s %s\n", command->noun, command->verb != NULL ? command->verb : "-", command->options);
}

static void
print_command_help (const UlakCommand *command)
{
  g_auto (GStrv) options = g_strsplit (command->options, " ", -1);

  g_print ("Usage: ulakctl %s%s%s %s\n\n%s\n", command->noun, command->verb != NULL ? " " : "",
           command->verb != NULL ? command->verb : "", command->arguments, command->summary);
  if (options[0] != NULL && *options[0] != '\0')
    g_print ("\nOptions:\n");
  for (guint i = 0; options[i] != NULL && *options[i] != '\0'; i++)
    g_print ("  --%s\n", options[i]);
}

static gboolean
noun_exists (const char *noun)
{
  for (gsize t = 0; t < G_N_ELEMENTS (tables); t++)
    for (const UlakCommand *command = tables[t]; command->noun != NULL; command++)
      if (g_str_equal (command->noun, noun))
        return TRUE;
  return FALSE;
}

static const UlakCommand *
find_command (const char *noun, const char *verb)
{
  for (gsize t = 0; t < G_N_ELEMENTS (tables); t++)
    for (const UlakCommand *command = tables[t]; command->noun != NULL; command++)
      if (g_str_equal (command->noun, noun) && (command->verb == NULL || g_strcmp0 (command->verb, verb) == 0))
        return command;
  return NULL;
}

/* Finds a long option among those that the command takes. */
static gboolean
find_option (const UlakCommand *command, const char *name, gboolean *takes_value_out)
{
  g_auto (GStrv) options = g_strsplit (command->options, " ", -1);

  for (guint i = 0; options[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (options[i], "=", 2);

      if (parts[0] != NULL && g_str_equal (parts[0], name))
        {
          *takes_value_out = parts[1] != NULL;
          return TRUE;
        }
    }
  return FALSE;
}

/* "--name", "--name=value" or "--name value"; *index_inout moves on over a value that stands apart. */
static gboolean
take_option (const UlakCommand *command, char **words, int *index_inout, GHashTable *options, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (words[*index_inout] + 2, "=", 2);
  gboolean takes_value;
  char *value = parts[1];

  if (!find_option (command, parts[0], &takes_value))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION, "Unknown option --%s; allowed: %s", parts[0],
                   *command->options != '\0' ? command->options : "none");
      return FALSE;
    }
  if (takes_value && value == NULL)
    value = words[*index_inout + 1] != NULL ? words[++*index_inout] : NULL;
  if (takes_value != (value != NULL))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--%s %s", parts[0], takes_value ? "needs a value" : "takes no value");
      return FALSE;
    }
  g_hash_table_replace (options, g_strdup (parts[0]), g_strdup (takes_value ? value : ""));
  return TRUE;
}

static gboolean
take_words (const UlakCommand *command, char **words, UlakInvocation *invocation, GPtrArray *arguments, GError **error)
{
  gboolean is_literal = FALSE;

  for (int i = 0; words[i] != NULL; i++)
    {
      if (!is_literal && g_str_equal (words[i], "--"))
        is_literal = TRUE;
      else if (!is_literal && g_str_equal (words[i], "--json"))
        invocation->as_json = TRUE;
      else if (is_literal || !g_str_has_prefix (words[i], "--"))
        g_ptr_array_add (arguments, words[i]);
      else if (!take_option (command, words, &i, invocation->options, error))
        return FALSE;
    }

  invocation->n_arguments = (int) arguments->len;
  g_ptr_array_add (arguments, NULL);
  invocation->arguments = (char **) arguments->pdata;
  if (invocation->n_arguments >= command->min_arguments && invocation->n_arguments <= command->max_arguments)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "Usage: ulakctl %s%s%s %s", command->noun,
               command->verb != NULL ? " " : "", command->verb != NULL ? command->verb : "", command->arguments);
  return FALSE;
}

static gboolean
run (const UlakCommand *command, char **words, gboolean as_json, GError **error)
{
  g_autoptr (GHashTable) options = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GPtrArray) arguments = g_ptr_array_new ();
  g_autoptr (UlakClient) client = NULL;
  UlakInvocation invocation = { .as_json = as_json, .options = options };

  if (!take_words (command, words, &invocation, arguments, error))
    return FALSE;
  if (command->needs_bus && (client = ulak_client_new (error)) == NULL)
    return FALSE;

  invocation.client = client;
  return command->run (&invocation, error);
}

static int
fail_usage (const char *noun, const char *verb)
{
  if (noun_exists (noun))
    g_printerr ("ulakctl: ‘%s’ has no command ‘%s’; see: ulakctl --help\n", noun, verb != NULL ? verb : "");
  else
    g_printerr ("ulakctl: unknown command ‘%s’; see: ulakctl --help\n", noun);
  return EXIT_USAGE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  const UlakCommand *command;
  gboolean as_json = FALSE;
  char **words = argv + 1;

  setlocale (LC_ALL, "");
  g_log_writer_default_set_use_stderr (TRUE); /* standard output is for the answer, whatever G_MESSAGES_DEBUG says */
  for (; *words != NULL && g_str_has_prefix (*words, "--"); words++)
    {
      if (g_str_equal (*words, "--json"))
        as_json = TRUE;
      else if (g_str_equal (*words, "--version"))
        return g_print ("ulakctl %s\n", ULAK_VERSION), EXIT_OK;
      else if (g_str_equal (*words, "--complete"))
        return print_completions (), EXIT_OK;
      else if (g_str_equal (*words, "--help"))
        return print_help (), EXIT_OK;
      else
        return g_printerr ("ulakctl: unknown option ‘%s’; see: ulakctl --help\n", *words), EXIT_USAGE;
    }
  if (*words == NULL)
    return print_help (), argc > 1 ? EXIT_OK : EXIT_USAGE;

  command = find_command (words[0], words[1]);
  if (command == NULL)
    return fail_usage (words[0], words[1]);
  words += command->verb != NULL ? 2 : 1;
  for (char **word = words; *word != NULL; word++)
    if (g_str_equal (*word, "--help"))
      return print_command_help (command), EXIT_OK;

  if (run (command, words, as_json, &error))
    return EXIT_OK;
  g_printerr ("ulakctl: %s\n", error->message);
  return exit_code_of (error);
}
