/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * org.ulak.Api1: secrets. Values cross as descriptors, never as messages, so that no bus monitor sees them.
 */
#include "api/bus-private.h"

#include "api/account-check.h"
#include "core/error.h"
#include "core/names.h"
#include "service/seal.h"

#include <errno.h>
#include <gio/gunixinputstream.h>
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define VALUE_MAX_BYTES (16 * 1024)

static const char *
get_text (UlakCall *call, guint index)
{
  const char *text;

  g_variant_get_child (ulak_call_get_parameters (call), index, "&s", &text);
  return text;
}

static void
listed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  GVariant *names = ulak_secrets_list_finish (ULAK_SECRETS (source), result, &error);

  if (names == NULL)
    ulak_call_fail (user_data, error);
  else
    {
      ulak_call_return (user_data, g_variant_new ("(@a(ss))", names));
      g_variant_unref (names);
    }
}

void
ulak_bus_list_secrets (UlakCall *call, gpointer self)
{
  ulak_secrets_list_async (ulak_bus_adapter_get_api (self)->secrets, listed_cb, call);
}

typedef struct
{
  UlakCall *call; /* ended by the end of the change */
  UlakApi *api;
  const char *action;
  char *name;     /* (owned) */
  guint8 *bytes;  /* (owned) (nullable): wiped */
  gsize n_bytes;
} Change;

static Change *
change_new (UlakCall *call, gpointer self, const char *action)
{
  Change *change = g_new0 (Change, 1);

  change->call = call;
  change->api = ulak_bus_adapter_get_api (self);
  change->action = action;
  change->name = g_strdup (get_text (call, 0));
  return change;
}

/* error: (transfer full) (nullable) */
static void
change_end (Change *change, GError *error)
{
  const char *result = error == NULL ? "ok" : error->domain == ULAK_ERROR ? ulak_error_get_name ((UlakError) error->code) : "failed";

  ulak_service_audit (change->api->service, ulak_call_get_who (change->call), change->action, change->name, result);
  if (error == NULL)
    ulak_call_return (change->call, NULL);
  else
    ulak_call_fail (change->call, error);
  if (change->bytes != NULL)
    sodium_memzero (change->bytes, VALUE_MAX_BYTES + 1);
  g_free (change->bytes);
  g_free (change->name);
  g_free (change);
}

static void
set_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;

  (void) ulak_secrets_set_finish (ULAK_SECRETS (source), result, &error);
  change_end (user_data, error);
}

static void
value_read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Change *change = user_data;
  g_autoptr (UlakSecret) value = NULL;
  g_autoptr (GError) read_error = NULL;

  if (!g_input_stream_read_all_finish (G_INPUT_STREAM (source), result, &change->n_bytes, &read_error))
    change_end (change, g_error_new (ULAK_ERROR, ULAK_ERROR_INVALID, "value: cannot be read: %s", read_error->message));
  else if (change->n_bytes > VALUE_MAX_BYTES)
    change_end (change, g_error_new (ULAK_ERROR, ULAK_ERROR_TOO_LARGE, "The value has more than %d bytes", VALUE_MAX_BYTES));
  else if (change->n_bytes == 0)
    change_end (change, g_error_new_literal (ULAK_ERROR, ULAK_ERROR_INVALID, "value: is empty"));
  else
    {
      value = ulak_secret_new (change->bytes, change->n_bytes);
      ulak_secrets_set_async (change->api->secrets, change->name, value, set_cb, change);
    }
}

static gboolean
check_name (UlakCall *call)
{
  if (ulak_secret_name_is_valid (get_text (call, 0)))
    return TRUE;
  ulak_call_refuse (call, ULAK_ERROR_INVALID, "name: must be [a-z0-9][a-z0-9._-]{0,63}");
  return FALSE;
}

void
ulak_bus_set_secret (UlakCall *call, gpointer self)
{
  g_autoptr (GVariant) handle = g_variant_get_child_value (ulak_call_get_parameters (call), 1);
  g_autoptr (GInputStream) input = NULL;
  GError *error = NULL;
  Change *change;
  int fd;

  if (!check_name (call))
    return;
  fd = ulak_call_take_fd (call, handle, &error);
  if (fd < 0)
    {
      ulak_call_fail (call, error);
      return;
    }
  change = change_new (call, self, "secret.set");
  change->bytes = g_malloc0 (VALUE_MAX_BYTES + 1);
  input = g_unix_input_stream_new (fd, TRUE);
  g_input_stream_read_all_async (input, change->bytes, VALUE_MAX_BYTES + 1, G_PRIORITY_DEFAULT, NULL, value_read_cb, change);
}

static void
removed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;

  (void) ulak_secrets_remove_finish (ULAK_SECRETS (source), result, &error);
  change_end (user_data, error);
}

void
ulak_bus_remove_secret (UlakCall *call, gpointer self)
{
  Change *change;

  if (!check_name (call))
    return;
  change = change_new (call, self, "secret.remove");
  ulak_secrets_remove_async (change->api->secrets, change->name, removed_cb, change);
}

/* A sealed file in memory, at its beginning; -1 with an error. */
static int
make_value_fd (UlakSecret *value, GError **error)
{
  gsize size_bytes;
  const guint8 *bytes = ulak_secret_get_bytes (value, &size_bytes);
  int fd = memfd_create ("ulak-secret", MFD_CLOEXEC);

  if (fd >= 0 && write (fd, bytes, size_bytes) == (gssize) size_bytes && lseek (fd, 0, SEEK_SET) == 0)
    return fd;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "Cannot pass the value on: %s", g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return -1;
}

static void
value_found_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  g_autoptr (UlakSecret) value = ulak_secret_source_lookup_finish (ULAK_SECRET_SOURCE (source), result, &error);
  int fd = value == NULL ? -1 : make_value_fd (value, &error);

  if (fd < 0)
    ulak_call_fail (user_data, error);
  else
    ulak_call_return_with_fd (user_data, g_variant_new ("(h)", 0), fd);
}

/* --- the key of a linked line --- */

#define LINE_SEAL_PURPOSE "lines"

static void
seal_loaded_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  UlakCall *call = user_data;
  GError *error = NULL;
  g_autoptr (UlakSeal) seal = ulak_seal_load_finish (result, &error);
  g_autofree char *purpose = g_strconcat ("line/", get_text (call, 0), NULL);
  g_autoptr (UlakSecret) keys = seal == NULL ? NULL : ulak_seal_derive_keys (seal, purpose);
  int fd = keys == NULL ? -1 : make_value_fd (keys, &error);

  if (fd < 0)
    ulak_call_fail (call, error);
  else
    ulak_call_return_with_fd (call, g_variant_new ("(h)", 0), fd);
}

/* No line sees the master key, nor what another line gets: one cannot be found out from the other. */
static void
read_line_seal (UlakApi *api, UlakCall *call)
{
  const UlakAccountRow *row = ulak_accounts_find (api->accounts, get_text (call, 0));

  if (row == NULL || !g_str_equal (row->backend, "linked"))
    ulak_call_refuse (call, ULAK_ERROR_NOT_ALLOWED, "Only a linked line has a key of its own");
  else
    ulak_seal_load_async (ULAK_SECRET_SOURCE (api->secrets), g_getenv ("CREDENTIALS_DIRECTORY"), LINE_SEAL_PURPOSE, NULL,
                          seal_loaded_cb, call);
}

typedef struct
{
  UlakCall *call; /* ended by the end of the reading */
  UlakApi *api;
} Reading;

static void
reader_checked_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Reading *reading = user_data;
  UlakCall *call = reading->call;
  UlakApi *api = reading->api;
  const char *account = get_text (call, 0), *name = get_text (call, 1);
  JsonObject *settings = ulak_accounts_get_settings (api->accounts, account);
  GError *error = NULL;

  if (!ulak_call_check_line_finish (result, &error))
    ulak_call_fail (call, error);
  else if (g_str_equal (name, ULAK_SECRET_LINE_SEAL))
    read_line_seal (api, call);
  else if (settings == NULL || !ulak_account_refers_to (settings, name))
    ulak_call_refuse (call, ULAK_ERROR_NOT_ALLOWED, "The account's settings name no such secret");
  else
    ulak_secret_source_lookup_async (ULAK_SECRET_SOURCE (api->secrets), name, NULL, value_found_cb, call);
}

void
ulak_bus_read_secret (UlakCall *call, gpointer self)
{
  UlakApi *api = ulak_bus_adapter_get_api (self);
  const char *account = get_text (call, 0);
  Reading *reading;

  if (g_strcmp0 (ulak_lines_get_owner (api->lines, account), ulak_call_get_sender (call)) != 0)
    {
      ulak_call_refuse (call, ULAK_ERROR_NOT_ALLOWED, "Only the line itself reads its secrets");
      return;
    }
  reading = g_new0 (Reading, 1);
  reading->call = call;
  reading->api = api;
  ulak_call_check_line_async (call, account, reader_checked_cb, reading);
}
