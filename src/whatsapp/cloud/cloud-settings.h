/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Cloud settings: what an account document says about a cloud line, checked.
 */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

typedef struct
{
  char *phone_number_id; /* (owned): digits */
  char *waba_id;         /* (owned) (nullable): digits */
  char *token_secret;    /* (owned): the name of a secret */
} UlakCloudSettings;

UlakCloudSettings *ulak_cloud_settings_read (JsonObject *account, GError **error);
void ulak_cloud_settings_free (UlakCloudSettings *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakCloudSettings, ulak_cloud_settings_free)
