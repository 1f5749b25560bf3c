/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * GetLink, Link and Logout: for lines that are linked by a person, not by the settings of their account.
 */
#include "connector/account-errand.h"
#include "connector/account-methods.h"
#include "connector/line-parts.h"

/* Why there is nothing to show, or why the attempt before failed. */
static void
add_error (UlakLine *line, JsonObject *link)
{
  JsonObject *error;

  if (line->error_code == NULL)
    return;
  error = json_object_new ();
  json_object_set_string_member (error, "code", line->error_code);
  json_object_set_string_member (error, "message", line->why != NULL ? line->why : "");
  json_object_set_object_member (link, "error", error);
}

static void
return_link (UlakLine *line, UlakCall *call)
{
  g_autoptr (JsonObject) link = json_object_new ();
  JsonObject *known = line->link;

  json_object_set_string_member (link, "state", ulak_line_state_to_string (line->state));
  if (known != NULL)
    {
      g_autoptr (GList) members = json_object_get_members (known);

      for (GList *l = members; l != NULL; l = l->next)
        json_object_set_member (link, l->data, json_node_copy (json_object_get_member (known, l->data)));
    }
  add_error (line, link);
  ulak_errand_return_json (call, link);
}

static gboolean
check_links (UlakLine *line, UlakCall *call)
{
  if (ULAK_BACKEND_GET_CLASS (line->backend)->link_async != NULL)
    return TRUE;
  ulak_call_refuse (call, ULAK_ERROR_UNSUPPORTED, "This line is linked by the settings of its account, not by a code");
  return FALSE;
}

void
ulak_account_get_link (UlakCall *call, gpointer line)
{
  if (check_links (line, call))
    return_link (line, call);
}

static void
linked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakErrand) errand = user_data;
  GError *error = NULL;

  if (!ULAK_BACKEND_GET_CLASS (source)->link_finish (ULAK_BACKEND (source), result, &error))
    ulak_call_fail (errand->call, error);
  else
    return_link (errand->line, errand->call);
}

void
ulak_account_link (UlakCall *call, gpointer data)
{
  UlakLine *line = data;
  const char *method, *phone;

  g_variant_get (ulak_call_get_parameters (call), "(&s&s@a{sv})", &method, &phone, NULL);
  if (!check_links (line, call))
    return;
  if (!g_str_equal (method, "qr") && !g_str_equal (method, "code"))
    ulak_call_refuse (call, ULAK_ERROR_INVALID, "method: must be \"qr\" or \"code\"");
  else
    ULAK_BACKEND_GET_CLASS (line->backend)
        ->link_async (line->backend, method, phone, linked_cb, ulak_errand_new (call, line));
}

static void
logged_out_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakErrand) errand = user_data;
  GError *error = NULL;
  gboolean is_done = ULAK_BACKEND_GET_CLASS (source)->logout_finish (ULAK_BACKEND (source), result, &error);

  ulak_errand_finish (errand, is_done, error);
}

void
ulak_account_logout (UlakCall *call, gpointer data)
{
  UlakLine *line = data;

  if (ULAK_BACKEND_GET_CLASS (line->backend)->logout_async == NULL)
    ulak_call_refuse (call, ULAK_ERROR_UNSUPPORTED,
          "This line cannot be logged out: remove the account or its access token");
  else
    ULAK_BACKEND_GET_CLASS (line->backend)->logout_async (line->backend, logged_out_cb, ulak_errand_new (call, line));
}
