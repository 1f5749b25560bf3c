/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Config: the settings of one process, read once, never changed afterwards.
 *
 * One table (config-table.c) lists each key with group, type, unit, range, default, environment name and effect; from
 * it come the loader's checks, `ulakctl config check` and the table of the ulak.conf(5) man page. Order, later wins:
 * the default, ulak.conf, ulak.conf.d/NAME.conf by name, the environment. A wrong key or value is an error that
 * names file, group, key, value and what is allowed; nothing is guessed. A reload builds a new UlakConfig.
 *
 * Getters take group and key of the table; asking for another, or by another type, is a programmer mistake.
 */
#pragma once

#include <gio/gio.h>

#define ULAK_CONFIG_FILE "/etc/ulak/ulak.conf"

typedef struct _UlakConfig UlakConfig;

typedef enum
{
  ULAK_CONFIG_BOOLEAN,
  ULAK_CONFIG_INTEGER,
  ULAK_CONFIG_STRING,
  ULAK_CONFIG_STRING_LIST,
  ULAK_CONFIG_PATH,
  ULAK_CONFIG_URL,
  ULAK_CONFIG_SECRET, /* "secret:NAME", "VAULT:NAME", or a value in clear, which is reported */
} UlakConfigType;

typedef struct
{
  const char *group;
  const char *key;
  const char *environment; /* name of the variable that overrides it */
  UlakConfigType type;
  const char *default_value; /* as it would stand in a file; NULL is unset */
  gint64 min;                /* integers: the range; strings: the length in characters; lists: the elements */
  gint64 max;
  const char *unit;   /* "ms", "bytes", ... or NULL */
  const char *effect; /* one sentence for the man page */
} UlakConfigKey;

const UlakConfigKey *ulak_config_get_keys (gsize *n_keys_out);

UlakConfig *ulak_config_load (const char *file, const char *const *environment, GError **error);
UlakConfig *ulak_config_parse (const char *name, const char *bytes, gsize size_bytes, GError **error);
UlakConfig *ulak_config_ref (UlakConfig *self);
void ulak_config_unref (UlakConfig *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakConfig, ulak_config_unref)

gboolean ulak_config_get_boolean (const UlakConfig *self, const char *group, const char *key);
gint64 ulak_config_get_integer (const UlakConfig *self, const char *group, const char *key);
const char *ulak_config_get_string (const UlakConfig *self, const char *group, const char *key);
const char *const *ulak_config_get_strings (const UlakConfig *self, const char *group, const char *key);
const char *ulak_config_get_origin (const UlakConfig *self, const char *group, const char *key);

GPtrArray *ulak_config_get_warnings (const UlakConfig *self);
