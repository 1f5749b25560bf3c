/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * ulak-webhooks: the event log and the durable webhook dispatcher, as a program.
 */
#include "webhooks/webhook-store.h"
#include "webhooks/webhooks-daemon.h"

int
main (int argc, char **argv)
{
  const UlakServiceSpec spec = {
    .program = "ulak-webhooks",
    .summary = "Ulak's event log and webhook dispatcher",
    .make_daemon = ulak_webhooks_daemon_new,
    .make_database_path = ulak_webhooks_daemon_make_database_path,
    .migrations = ulak_webhook_store_get_migrations (),
  };

  return ulak_service_main (argc, argv, &spec);
}
