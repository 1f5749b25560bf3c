/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The table that ties codes to D-Bus names. Names are promises: append, never rename.
 */
#include "core/error.h"

#include <gio/gio.h>

static const GDBusErrorEntry entries[] = {
  { ULAK_ERROR_FAILED, "org.ulak.Error.Failed" },
  { ULAK_ERROR_INVALID, "org.ulak.Error.Invalid" },
  { ULAK_ERROR_NOT_FOUND, "org.ulak.Error.NotFound" },
  { ULAK_ERROR_EXISTS, "org.ulak.Error.Exists" },
  { ULAK_ERROR_WRONG_STATE, "org.ulak.Error.WrongState" },
  { ULAK_ERROR_FULL, "org.ulak.Error.Full" },
  { ULAK_ERROR_UNAVAILABLE, "org.ulak.Error.Unavailable" },
  { ULAK_ERROR_TIMED_OUT, "org.ulak.Error.TimedOut" },
  { ULAK_ERROR_CONFLICT, "org.ulak.Error.Conflict" },
  { ULAK_ERROR_TOO_LARGE, "org.ulak.Error.TooLarge" },
  { ULAK_ERROR_UNSUPPORTED, "org.ulak.Error.Unsupported" },
  { ULAK_ERROR_NOT_ALLOWED, "org.ulak.Error.NotAllowed" },
  { ULAK_ERROR_LOCKED, "org.ulak.Error.Locked" },
  { ULAK_ERROR_DAMAGED, "org.ulak.Error.Damaged" },
  { ULAK_ERROR_NEWER_SCHEMA, "org.ulak.Error.NewerSchema" },
  { ULAK_ERROR_CONFIG, "org.ulak.Error.Config" },
  { ULAK_ERROR_REMOTE, "org.ulak.Error.Remote" },
};
G_STATIC_ASSERT (G_N_ELEMENTS (entries) == ULAK_N_ERRORS);

GQuark
ulak_error_quark (void)
{
  static gsize quark = 0;

  g_dbus_error_register_error_domain ("ulak-error-quark", &quark, entries, G_N_ELEMENTS (entries));
  return (GQuark) quark;
}

/**
 * ulak_error_get_name:
 * @code: an error code
 *
 * Returns: (transfer none): the D-Bus name of @code, its stable identity in logs and on the wire
 */
const char *
ulak_error_get_name (UlakError code)
{
  g_return_val_if_fail (code < ULAK_N_ERRORS, entries[0].dbus_error_name);

  return entries[code].dbus_error_name;
}

/**
 * ulak_error_strip_remote:
 * @error: (nullable): an error that may have come over the bus
 *
 * Removes GDBus's "GDBus.Error:name: " prefix, so that people read the peer's sentence only. The domain and
 * code are already ours when the peer's name is registered.
 */
void
ulak_error_strip_remote (GError *error)
{
  if (error != NULL)
    g_dbus_error_strip_remote_error (error);
}
