/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Keyring: the four things that are done with a Secret Service, each proven and tried again.
 *
 * An operation is: present? -> (is it ready? for all but a look-up) -> do it -> found nothing? then is it ready? After any
 * error of libsecret, which never recovers from a restart of the keyring by itself, its connection is dropped and the
 * operation starts again, ULAK_KEYRING_TRIES times in all and within ULAK_KEYRING_DEADLINE_MS. Main thread only.
 *
 * A daemon that has just started owns its name before its keyring is open. So "no such secret" is believed only of a daemon
 * that was ready before the question and still is after it, and a fault only after it stayed for ULAK_KEYRING_SETTLE_*.
 */
#pragma once

#include "core/clock.h"
#include "service/secrets.h"

G_BEGIN_DECLS

#define ULAK_KEYRING_TRIES 3
#define ULAK_KEYRING_DEADLINE_MS 15000 /* below the 25 s of a D-Bus call that may wait for us */

#define ULAK_KEYRING_SETTLE_MS 200 /* judged: a loaded host opens its keyring within a second */
#define ULAK_KEYRING_SETTLE_TIMES 5

#define ULAK_TYPE_KEYRING (ulak_keyring_get_type ())
G_DECLARE_FINAL_TYPE (UlakKeyring, ulak_keyring, ULAK, KEYRING, GObject)

UlakKeyring *ulak_keyring_new (UlakClock *clock);
UlakKeyringState ulak_keyring_get_state (UlakKeyring *self); /* as last seen; ABSENT before the first operation */

const char *ulak_keyring_state_describe (UlakKeyringState state); /* a clause for people */

typedef enum
{
  ULAK_KEYRING_LOOKUP,
  ULAK_KEYRING_LIST,
  ULAK_KEYRING_STORE,
  ULAK_KEYRING_CLEAR,
} UlakKeyringAction;

/* name: (nullable): for all but LIST. value: (nullable): for STORE. */
void ulak_keyring_do_async (UlakKeyring *self,
                            UlakKeyringAction action,
                            const char *name,
                            UlakSecret *value,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
UlakSecret *ulak_keyring_lookup_finish (UlakKeyring *self, GAsyncResult *result, GError **error);
char **ulak_keyring_list_finish (UlakKeyring *self, GAsyncResult *result, GError **error);
gboolean ulak_keyring_change_finish (UlakKeyring *self, GAsyncResult *result, GError **error); /* STORE, CLEAR */

G_END_DECLS
