/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Meta's callbacks: verified over the raw bytes, committed to the inbox, and only then answered 200. Which line reads a body
 * is decided by the phone numbers in it: each account concerned gets a copy, provided that it has the same app secret,
 * since the signature proves no more than that.
 */
#include "api/routes.h"

#include "api/callback-check.h"
#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "core/messages.h"
#include "core/names.h"

#include <sodium.h>
#include <string.h>

/* The name of the secret that the account's setting refers to; NULL and answered if there is no such account or setting. */
static const char *
find_secret (UlakRequest *request, const char *setting)
{
  UlakApi *api = ulak_request_get_api (request);
  const char *reference
      = ulak_accounts_get_setting (api->accounts, ulak_request_get_parameter (request, 0), setting);
  const char *name = reference == NULL ? NULL : ulak_secret_reference_get_name (reference);

  if (name == NULL)
    ulak_request_answer_fault (request, 404, "E_NOT_FOUND", "There is no callback here");
  return name;
}

static void
refuse (UlakRequest *request, const char *why)
{
  UlakHttpConnection *connection = ulak_request_get_connection (request);

  ulak_log_warning (ULAK_MESSAGE_CALLBACK_REFUSED,
                    ULAK_FIELDS (ULAK_FIELD_ACCOUNT, ulak_request_get_parameter (request, 0), ULAK_FIELD_CLIENT_ADDRESS,
                                 connection == NULL ? "gone" : ulak_http_connection_get_address (connection)),
                    "A callback was refused: %s", why);
  ulak_request_answer_fault (request, 403, "E_NOT_ALLOWED", why);
}

/* Meta tries again after 503; a secret that is not there is no reason to drop a body. */
static void
answer_secret_error (UlakRequest *request, const char *setting, const GError *error)
{
  ulak_log_warning (ULAK_MESSAGE_CALLBACK_REFUSED, ULAK_FIELDS (ULAK_FIELD_ACCOUNT, ulak_request_get_parameter (request, 0)),
                    "The secret of the setting %s cannot be read: %s", setting, error->message);
  ulak_request_answer_fault (request, 503, "E_UNAVAILABLE", "The callback cannot be checked now");
}

static gboolean
token_matches (UlakSecret *token, const char *given)
{
  gsize size_bytes;
  const guint8 *bytes = ulak_secret_get_bytes (token, &size_bytes);

  return given != NULL && size_bytes > 0 && strlen (given) == size_bytes && sodium_memcmp (bytes, given, size_bytes) == 0;
}

static void
verify_token_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakSecret) token = ulak_secret_source_lookup_finish (ULAK_SECRET_SOURCE (source), result, &error);
  const char *challenge = ulak_request_get_query (request, "hub.challenge");

  if (token == NULL)
    answer_secret_error (request, "verify_token", error);
  else if (!token_matches (token, ulak_request_get_query (request, "hub.verify_token")))
    refuse (request, "The verify token is another one");
  else
    ulak_request_answer (request, 200, "text/plain", g_strdup (challenge == NULL ? "" : challenge));
}

void
ulak_route_verify_callback (UlakRequest *request)
{
  const char *name;

  if (g_strcmp0 (ulak_request_get_query (request, "hub.mode"), "subscribe") != 0)
    {
      ulak_request_answer_fault (request, 400, "E_INVALID", "hub.mode: must be subscribe");
      return;
    }
  name = find_secret (request, "verify_token");
  if (name != NULL)
    ulak_secret_source_lookup_async (ULAK_SECRET_SOURCE (ulak_request_get_api (request)->secrets), name, NULL,
                                     verify_token_cb, ulak_request_ref (request));
}

typedef struct
{
  UlakRequest *request; /* (owned) */
  GStrv accounts;       /* (owned) */
} Arrival;

static void
stored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Arrival *arrival = user_data;
  UlakApi *api = ulak_request_get_api (arrival->request);
  g_autoptr (GError) error = NULL;

  if (ulak_gateway_store_finish (ULAK_GATEWAY_STORE (source), result, &error))
    {
      for (guint i = 0; arrival->accounts[i] != NULL; i++)
        ulak_inbox_added (api->inbox, arrival->accounts[i]);
      ulak_request_answer_json (arrival->request, 200, g_strdup ("{}"));
    }
  else
    {
      if (g_error_matches (error, ULAK_ERROR, ULAK_ERROR_FULL))
        ulak_log_warning (ULAK_MESSAGE_DISK_BUDGET_FULL, NULL, "A callback was not taken: %s", error->message);
      ulak_request_answer_error (arrival->request, error);
    }
  ulak_request_unref (arrival->request);
  g_strfreev (arrival->accounts);
  g_free (arrival);
}

static gboolean
is_concerned (UlakApi *api, const UlakAccountRow *row, const char *const *numbers, const char *app_secret)
{
  const char *number = ulak_accounts_get_setting (api->accounts, row->id, "phone_number_id");
  const char *secret = ulak_accounts_get_setting (api->accounts, row->id, "app_secret");

  return number != NULL && g_strv_contains (numbers, number) && g_strcmp0 (secret, app_secret) == 0;
}

/* A body that concerns nobody else, in whole or in part, is for the account of the address. */
static GStrv
find_accounts (UlakApi *api, const char *own, const char *const *numbers, gboolean has_other)
{
  const char *app_secret = ulak_accounts_get_setting (api->accounts, own, "app_secret");
  g_autoptr (GPtrArray) rows = ulak_accounts_list (api->accounts);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  gboolean has_own = FALSE;
  guint n_accounts = 0;

  for (guint i = 0; i < rows->len; i++)
    {
      const UlakAccountRow *row = rows->pdata[i];

      if (!is_concerned (api, row, numbers, app_secret))
        continue;
      g_strv_builder_add (builder, row->id);
      has_own |= strcmp (row->id, own) == 0;
      n_accounts++;
    }
  if (!has_own && (has_other || n_accounts == 0))
    g_strv_builder_add (builder, own);
  return g_strv_builder_end (builder);
}

static void
app_secret_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakSecret) secret = ulak_secret_source_lookup_finish (ULAK_SECRET_SOURCE (source), result, &error);
  g_autoptr (GBytes) body = ulak_request_get_body (request);
  UlakApi *api = ulak_request_get_api (request);
  g_auto (GStrv) numbers = NULL;
  gboolean has_other;
  Arrival *arrival;

  if (ulak_request_is_gone (request))
    return;
  if (secret == NULL)
    {
      answer_secret_error (request, "app_secret", error);
      return;
    }
  if (!ulak_callback_check_signature (secret, body, ulak_request_get_header (request, "X-Hub-Signature-256")))
    {
      refuse (request, "The signature is missing or wrong");
      return;
    }
  numbers = ulak_callback_find_numbers (body, &has_other, &error);
  if (numbers == NULL)
    {
      ulak_request_answer_error (request, error);
      return;
    }
  arrival = g_new0 (Arrival, 1);
  arrival->request = ulak_request_ref (request);
  arrival->accounts
      = find_accounts (api, ulak_request_get_parameter (request, 0), (const char *const *) numbers, has_other);
  ulak_gateway_store_add_inbox_async (api->store, (const char *const *) arrival->accounts, body,
                                      ulak_clock_get_wall_us (api->clock),
                                      ulak_api_get_integer (api, "api", "inbox_max_bytes"), stored_cb, arrival);
}

void
ulak_route_take_callback (UlakRequest *request)
{
  const char *name = find_secret (request, "app_secret");

  if (name != NULL)
    ulak_secret_source_lookup_async (ULAK_SECRET_SOURCE (ulak_request_get_api (request)->secrets), name, NULL, app_secret_cb,
                                     ulak_request_ref (request));
}
