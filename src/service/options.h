/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Options: the command line of a daemon, the same for all of them.
 */
#pragma once

#include "service/service.h"

typedef struct
{
  char *config_file; /* (owned) (nullable): --config FILE; NULL means the installed one */
  char *account;     /* (owned) (nullable): the argument, only with takes_account */
  gboolean check;    /* --check: say whether the configuration is valid, and leave */
  gboolean migrate;  /* --migrate: bring the database to the newest schema, and leave */
  gboolean version;  /* --version */
  gboolean help;     /* --help */
} UlakOptions;

gboolean ulak_options_parse (const UlakServiceSpec *spec, char **arguments, UlakOptions *options_out, GError **error);
char *ulak_options_describe (const UlakServiceSpec *spec);
void ulak_options_clear (UlakOptions *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakOptions, ulak_options_clear)
