/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Secrets: the keyring, else systemd credentials, behind UlakSecretSource.
 *
 * Reads through libsecret on the system bus (docs/secrets.md). libsecret answers "nothing" for a missing item as well as
 * for a locked, missing or damaged keyring, so every NULL is checked against the canary item and the collection's lock
 * before it is called NOT_FOUND. After any error the connection to the keyring is dropped and asked again, twice.
 * The keyring wins over $CREDENTIALS_DIRECTORY/NAME. Found values are cached for [api] cache_expiry_seconds, wiped
 * on change. Used by ulak-api (operator secrets, for itself and for lines) and by every service for its master key.
 */
#pragma once

#include "core/clock.h"
#include "core/config.h"
#include "core/secret-source.h"
#include "service/health.h"

G_BEGIN_DECLS

#define ULAK_TYPE_SECRETS (ulak_secrets_get_type ())
G_DECLARE_FINAL_TYPE (UlakSecrets, ulak_secrets, ULAK, SECRETS, GObject)

UlakSecrets *ulak_secrets_new (const UlakConfig *config, UlakClock *clock, const char *credentials_dir);

typedef enum
{
  ULAK_KEYRING_ABSENT, /* no provider is installed: credentials only */
  ULAK_KEYRING_READY,
  ULAK_KEYRING_LOCKED,
  ULAK_KEYRING_DAMAGED, /* it answers, but the canary is gone: missing, truncated or corrupt file */
  ULAK_KEYRING_AWAY,    /* installed and not answering */
} UlakKeyringState;

UlakKeyringState ulak_secrets_get_keyring_state (UlakSecrets *self);    /* as last seen */
void ulak_secrets_check_health (UlakSecrets *self, UlakHealth *health); /* adds the check "keyring" */

void ulak_secrets_list_async (UlakSecrets *self, GAsyncReadyCallback callback, gpointer user_data);
GVariant *ulak_secrets_list_finish (UlakSecrets *self, GAsyncResult *result, GError **error); /* a(ss) */
void ulak_secrets_set_async (UlakSecrets *self,
                             const char *name,
                             UlakSecret *value,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean ulak_secrets_set_finish (UlakSecrets *self, GAsyncResult *result, GError **error);
void ulak_secrets_remove_async (UlakSecrets *self,
                                const char *name,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
gboolean ulak_secrets_remove_finish (UlakSecrets *self, GAsyncResult *result, GError **error);
void ulak_secrets_forget_cache (UlakSecrets *self);

G_END_DECLS
