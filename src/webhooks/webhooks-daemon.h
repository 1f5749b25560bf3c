/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Webhooks daemon: makes the parts of ulak-webhooks, gives them their settings and takes them down again.
 *
 * Events are accepted from the first moment, also while the keyring is locked: then endpoints queue, health says why,
 * and the master key is asked for again until it is there. Main thread only.
 */
#pragma once

#include "service/service.h"

G_BEGIN_DECLS

#define ULAK_TYPE_WEBHOOKS_DAEMON (ulak_webhooks_daemon_get_type ())
G_DECLARE_FINAL_TYPE (UlakWebhooksDaemon, ulak_webhooks_daemon, ULAK, WEBHOOKS_DAEMON, UlakDaemon)

UlakDaemon *ulak_webhooks_daemon_new (UlakService *service);
char *ulak_webhooks_daemon_make_database_path (const UlakConfig *config, const char *account);

G_END_DECLS
