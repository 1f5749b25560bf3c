/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Remote secrets: a line's secrets, read through ulak-api.
 *
 * A line may not talk to the keyring. ulak-api gives it those secrets that its own account names, each over a descriptor, so
 * that no value crosses the bus. Values are cached for [api] cache_expiry_seconds and dropped when ulak-api says that
 * one changed. Main thread only.
 */
#pragma once

#include "core/clock.h"
#include "core/random.h"
#include "core/secret-source.h"

G_BEGIN_DECLS

#define ULAK_TYPE_REMOTE_SECRETS (ulak_remote_secrets_get_type ())
G_DECLARE_FINAL_TYPE (UlakRemoteSecrets, ulak_remote_secrets, ULAK, REMOTE_SECRETS, GObject)

UlakRemoteSecrets *ulak_remote_secrets_new (GDBusConnection *connection,
                                            UlakClock *clock,
                                            UlakRandom *random,
                                            const char *account,
                                            gint64 cache_s);

G_END_DECLS
