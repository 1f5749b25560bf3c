/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * GetSettings and SetSettings, for people, and Reconfigure, by which ulak-api hands over a new account document.
 */
#include "connector/account-errand.h"
#include "connector/account-methods.h"
#include "connector/line-parts.h"
#include "core/json.h"

/* --- settings --- */

static void
return_settings (UlakLine *line, UlakCall *call)
{
  g_autoptr (JsonObject) settings = ulak_line_settings_to_json (&line->settings);

  ulak_errand_return_json (call, settings);
}

void
ulak_account_get_settings (UlakCall *call, gpointer data)
{
  return_settings (data, call);
}

static void
settings_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakErrand) errand = user_data;
  GError *error = NULL;
  g_autoptr (JsonObject) values
      = ulak_line_store_get_settings_finish (ULAK_LINE_STORE (source), result, &error);

  if (values == NULL)
    {
      ulak_call_fail (errand->call, error);
      return;
    }
  ulak_line_apply_settings (errand->line, values);
  return_settings (errand->line, errand->call);
}

static void
changed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakErrand) errand = user_data;
  GError *error = NULL;

  if (!ulak_line_store_finish (ULAK_LINE_STORE (source), result, &error))
    ulak_call_fail (errand->call, error);
  else
    ulak_line_store_get_settings_async (ULAK_LINE_STORE (source), settings_cb, g_steal_pointer (&errand));
}

void
ulak_account_set_settings (UlakCall *call, gpointer data)
{
  UlakLine *line = data;
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  g_autoptr (JsonObject) changes = NULL;
  const char *text;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &text, NULL);
  changes = ulak_json_parse_text (text, &error);
  if (changes != NULL)
    {
      ulak_line_settings_check (changes, issues);
      ulak_issues_to_error (issues, &error);
    }
  if (error != NULL)
    ulak_call_fail (call, error);
  else
    {
      ulak_service_audit (line->service, ulak_call_get_who (call), "line.settings",
                          ulak_line_get_account (line), "ok");
      ulak_line_store_change_settings_async (line->store, changes, changed_cb, ulak_errand_new (call, line));
    }
}

/* --- Reconfigure --- */

static void
document_kept_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakErrand) errand = user_data;
  GError *error = NULL;
  gboolean is_done = ulak_line_store_finish (ULAK_LINE_STORE (source), result, &error)
                     && ulak_line_use_document (errand->line, errand->document, &error);

  ulak_errand_finish (errand, is_done, error);
}

void
ulak_account_reconfigure (UlakCall *call, gpointer data)
{
  UlakLine *line = data;
  UlakErrand *errand;
  g_autoptr (JsonObject) document = NULL;
  const char *text;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &text, NULL);
  document = ulak_json_parse_text (text, &error);
  if (document == NULL || !ulak_line_check_document (line, document, &error))
    {
      ulak_call_fail (call, error);
      return;
    }
  errand = ulak_errand_new (call, line);
  errand->document = g_steal_pointer (&document);
  ulak_line_store_keep_account_async (line->store, errand->document, document_kept_cb, errand);
}
