/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Config value: the text of one setting, checked against its row of the table. For config.c only.
 */
#pragma once

#include "core/config.h"

typedef struct
{
  char *text; /* (owned) (nullable): as it was written; NULL is unset */
  gboolean is_true;
  gint64 number;
  char **list;  /* (owned) (nullable) */
  char *origin; /* (owned): a file name, "environment" or "default" */
} UlakConfigValue;

gboolean ulak_config_value_set (UlakConfigValue *self,
                                const UlakConfigKey *key,
                                const char *text,
                                const char *origin,
                                char **allowed_out);
void ulak_config_value_clear (UlakConfigValue *self);
char *ulak_config_key_describe (const UlakConfigKey *key);
