/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A file is taken or refused in one line; when it is taken, every key has a value in its range.
 */
#include "core/config.h"

#include "core/error.h"

#include "fuzz/target.h"

#include <string.h>

static void
check_values (const UlakConfig *config)
{
  gsize n;
  const UlakConfigKey *keys = ulak_config_get_keys (&n);

  for (gsize i = 0; i < n; i++)
    if (keys[i].type == ULAK_CONFIG_INTEGER)
      {
        gint64 value = ulak_config_get_integer (config, keys[i].group, keys[i].key);

        g_assert_cmpint (value, >=, keys[i].min);
        g_assert_cmpint (value, <=, keys[i].max);
      }
    else if (keys[i].type == ULAK_CONFIG_STRING_LIST)
      g_assert_nonnull (ulak_config_get_strings (config, keys[i].group, keys[i].key));
    else if (keys[i].default_value != NULL && keys[i].type != ULAK_CONFIG_BOOLEAN)
      g_assert_nonnull (ulak_config_get_string (config, keys[i].group, keys[i].key));
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size_bytes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakConfig) config = ulak_config_parse ("fuzz.conf", (const char *) bytes, size_bytes, &error);

  if (config != NULL)
    {
      g_assert_no_error (error);
      check_values (config);
      return 0;
    }
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_CONFIG);
  g_assert_null (strchr (error->message, '\n'));
  return 0;
}
