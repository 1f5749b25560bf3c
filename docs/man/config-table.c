/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Prints the man page that is its argument with the line "@TABLE@" replaced by the table of settings. Runs at build
 * time only.
 */
#include "core/config-value.h"

#include <stdio.h>
#include <string.h>

/* roff reads a backslash, and a dot or quote at the start of a line, as its own. */
static char *
escape (const char *text)
{
  g_autoptr (GString) escaped = g_string_new (text);

  g_string_replace (escaped, "\\", "\\e", 0);
  g_string_replace (escaped, "-", "\\-", 0);
  if (*text == '.' || *text == '\'')
    g_string_prepend (escaped, "\\&");
  return g_string_free (g_steal_pointer (&escaped), FALSE);
}

static void
print_key (const UlakConfigKey *key)
{
  g_autofree char *allowed = ulak_config_key_describe (key);
  g_autofree char *shown_allowed = escape (allowed);
  g_autofree char *effect = escape (key->effect);
  g_autofree char *value = escape (key->default_value == NULL ? "unset" : key->default_value);

  printf (".TP\n.B %s\n%s\n", key->key, effect);
  printf (".br\nAllowed: %s%s. Default: %s. Environment: %s.\n", shown_allowed,
           key->type == ULAK_CONFIG_SECRET ? "; in the environment also in clear, which is reported" : "",
           *value == '\0' ? "empty" : value, key->environment);
}

static void
print_table (void)
{
  gsize n;
  const UlakConfigKey *keys = ulak_config_get_keys (&n);
  const char *group = "";

  for (gsize i = 0; i < n; i++)
    {
      if (strcmp (group, keys[i].group) != 0)
        printf (".SS [%s]\n", keys[i].group);
      group = keys[i].group;
      print_key (&keys[i]);
    }
}

int
main (int argc, char *argv[])
{
  g_autofree char *page = NULL;
  g_autoptr (GError) error = NULL;
  char *mark;

  if (argc != 2 || !g_file_get_contents (argv[1], &page, NULL, &error))
    {
      fprintf (stderr, "config-table: %s\n", error == NULL ? "one page is needed" : error->message);
      return 1;
    }
  mark = strstr (page, "@TABLE@\n");
  if (mark == NULL)
    {
      fprintf (stderr, "config-table: %s has no line @TABLE@\n", argv[1]);
      return 1;
    }

  printf ("%.*s", (int) (mark - page), page);
  print_table ();
  printf ("%s", mark + strlen ("@TABLE@\n"));
  return 0;
}
