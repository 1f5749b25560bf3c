/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * org.ulak.Api1: accounts.
 */
#include "api/bus-private.h"

#include "api/account-control.h"
#include "core/error.h"

#define PAGE_MAX 200

static void
document_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  g_autofree char *document = ulak_account_control_finish (result, &error);

  if (document == NULL)
    ulak_call_fail (user_data, error);
  else
    ulak_call_return (user_data, g_variant_new ("(s)", document));
}

static void
empty_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  g_autofree char *document = ulak_account_control_finish (result, &error);

  if (document == NULL)
    ulak_call_fail (user_data, error);
  else
    ulak_call_return (user_data, NULL);
}

/* The bus has no place for a warning; the sentence says that the account is gone. */
static void
removed_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  g_autofree char *warning = NULL;

  if (!ulak_account_control_finish_removal (result, &warning, &error))
    ulak_call_fail (user_data, error);
  else if (warning != NULL)
    ulak_call_refuse (user_data, ULAK_ERROR_FAILED, "%s", warning);
  else
    ulak_call_return (user_data, NULL);
}

static void
control (UlakCall *call, gpointer self, UlakAccountAction action, const char *id, const char *text, GAsyncReadyCallback callback)
{
  ulak_account_control_async (ulak_bus_adapter_get_api (self), action, id, text, ulak_call_get_who (call),
                              ulak_call_get_context (call), callback, call);
}

static const char *
get_text (UlakCall *call, guint index)
{
  const char *text;

  g_variant_get_child (ulak_call_get_parameters (call), index, "&s", &text);
  return text;
}

void
ulak_bus_add_account (UlakCall *call, gpointer self)
{
  control (call, self, ULAK_ACCOUNT_ADD, NULL, get_text (call, 0), document_cb);
}

void
ulak_bus_get_account (UlakCall *call, gpointer self)
{
  control (call, self, ULAK_ACCOUNT_SHOW, get_text (call, 0), NULL, document_cb);
}

void
ulak_bus_update_account (UlakCall *call, gpointer self)
{
  control (call, self, ULAK_ACCOUNT_UPDATE, get_text (call, 0), get_text (call, 1), document_cb);
}

void
ulak_bus_remove_account (UlakCall *call, gpointer self)
{
  control (call, self, ULAK_ACCOUNT_REMOVE, get_text (call, 0), NULL, removed_cb);
}

void
ulak_bus_start_account (UlakCall *call, gpointer self)
{
  control (call, self, ULAK_ACCOUNT_START, get_text (call, 0), NULL, empty_cb);
}

void
ulak_bus_stop_account (UlakCall *call, gpointer self)
{
  control (call, self, ULAK_ACCOUNT_STOP, get_text (call, 0), NULL, empty_cb);
}

static void
listed_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  g_autofree char *next = NULL, *accounts = ulak_account_control_list_finish (result, &next, &error);

  if (accounts == NULL)
    ulak_call_fail (user_data, error);
  else
    ulak_call_return (user_data, g_variant_new ("(ss)", accounts, next));
}

void
ulak_bus_list_accounts (UlakCall *call, gpointer self)
{
  guint limit;

  g_variant_get_child (ulak_call_get_parameters (call), 1, "u", &limit);
  if (limit < 1 || limit > PAGE_MAX)
    ulak_call_refuse (call, ULAK_ERROR_INVALID, "limit: is %u; allowed are 1 to %d", limit, PAGE_MAX);
  else
    ulak_account_control_list_async (ulak_bus_adapter_get_api (self), get_text (call, 0), limit, listed_cb, call);
}

static void
wanted_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  ulak_call_return (user_data, g_variant_new ("(u)", ulak_account_control_start_wanted_finish (result)));
}

void
ulak_bus_start_wanted (UlakCall *call, gpointer self)
{
  ulak_account_control_start_wanted_async (ulak_bus_adapter_get_api (self), wanted_cb, call);
}
