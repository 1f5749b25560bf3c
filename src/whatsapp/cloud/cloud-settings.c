/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/cloud/cloud-settings.h"

#include "core/issues.h"
#include "core/json.h"
#include "core/secret-source.h"

#include <string.h>

#define DIGITS_MAX 32

static char *
read_digits (JsonObject *settings, const char *name, UlakJsonFlags flags, UlakIssues *issues)
{
  const char *text = ulak_json_read_string (settings, "settings", name, flags, 1, DIGITS_MAX, issues);
  g_autofree char *path = g_strconcat ("settings.", name, NULL);

  if (text != NULL && strspn (text, "0123456789") != strlen (text))
    ulak_issues_add (issues, path, "Must be digits: the id that Meta's page shows, not the phone number with + or spaces");
  return g_strdup (text);
}

static char *
read_secret_name (JsonObject *settings, const char *name, UlakIssues *issues)
{
  const char *text = ulak_json_read_string (settings, "settings", name, ULAK_JSON_REQUIRED, 1, 256, issues);
  const char *secret = text == NULL ? NULL : ulak_secret_reference_get_name (text);
  g_autofree char *path = g_strconcat ("settings.", name, NULL);

  if (text != NULL && secret == NULL)
    ulak_issues_add (issues, path, "Must name a secret, as secret:NAME; a token in clear is not taken");
  return g_strdup (secret);
}

/**
 * ulak_cloud_settings_read:
 * @account: the account document
 *
 * The other secrets of a cloud account (app_secret, verify_token) are the API's, which checks callbacks.
 *
 * Returns: (transfer full): the settings, or %NULL with %ULAK_ERROR_INVALID that lists all that is wrong
 */
UlakCloudSettings *
ulak_cloud_settings_read (JsonObject *account, GError **error)
{
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  g_autoptr (UlakCloudSettings) self = g_new0 (UlakCloudSettings, 1);
  JsonObject *settings = ulak_json_read_object (account, "", "settings", ULAK_JSON_REQUIRED, issues);

  if (settings != NULL)
    {
      self->phone_number_id = read_digits (settings, "phone_number_id", ULAK_JSON_REQUIRED, issues);
      self->waba_id = read_digits (settings, "waba_id", ULAK_JSON_OPTIONAL, issues);
      self->token_secret = read_secret_name (settings, "access_token", issues);
    }
  if (!ulak_issues_to_error (issues, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
ulak_cloud_settings_free (UlakCloudSettings *self)
{
  if (self == NULL)
    return;

  g_free (self->phone_number_id);
  g_free (self->waba_id);
  g_free (self->token_secret);
  g_free (self);
}
