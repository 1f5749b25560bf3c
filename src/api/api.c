/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/api.h"

gint64
ulak_api_get_integer (UlakApi *self, const char *group, const char *key)
{
  return ulak_config_get_integer (ulak_service_get_config (self->service), group, key);
}
