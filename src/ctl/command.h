/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Command: one entry of the command line, and what each is given.
 *
 * Every file command-*.c holds the commands of one noun as a table; main.c finds the entry, parses its options and runs
 * it. A command returns FALSE with an error, and main.c turns the error into a sentence and an exit code.
 */
#pragma once

#include "ctl/client.h"
#include "ctl/table.h"

typedef struct
{
  UlakClient *client; /* connected only for commands that need it */
  gboolean as_json;
  char **arguments;   /* what is left after the options */
  int n_arguments;
  GHashTable *options; /* (element-type utf8 utf8): those given, by long name; flags are "" */
} UlakInvocation;

typedef gboolean (*UlakCommandFunc) (UlakInvocation *invocation, GError **error);

typedef struct
{
  const char *noun;
  const char *verb;      /* NULL: the noun alone, as in `ulakctl send` */
  const char *arguments; /* for the help: "ACCOUNT TO [TEXT]" */
  int min_arguments;
  int max_arguments;
  const char *options;   /* long names, space separated; "name=WHAT" takes a value */
  gboolean needs_bus;
  UlakCommandFunc run;
  const char *summary;
} UlakCommand;

extern const UlakCommand ulak_account_commands[];
extern const UlakCommand ulak_link_commands[];
extern const UlakCommand ulak_message_commands[];
extern const UlakCommand ulak_tail_commands[];
extern const UlakCommand ulak_webhook_commands[];
extern const UlakCommand ulak_secret_commands[];
extern const UlakCommand ulak_key_commands[];
extern const UlakCommand ulak_status_commands[];
extern const UlakCommand ulak_config_commands[];
extern const UlakCommand ulak_database_commands[];

const char *ulak_invocation_get (const UlakInvocation *self, const char *option);
gboolean ulak_invocation_has (const UlakInvocation *self, const char *option);
gboolean ulak_invocation_get_limit (const UlakInvocation *self, guint fallback, guint *limit_out, GError **error);

void ulak_print_rows (const UlakInvocation *self, const char *json_array, const UlakColumn *columns, gsize n_columns);
void ulak_print_document (const UlakInvocation *self, const char *json_object, const UlakColumn *columns, gsize n_columns);
void ulak_print_done (const UlakInvocation *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
