/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * ulak-api: the HTTP API.
 */
#include "api/api-daemon.h"
#include "api/gateway-store.h"

int
main (int argc, char **argv)
{
  const UlakServiceSpec spec = {
    .program = "ulak-api",
    .summary = "The HTTP API of Ulak",
    .make_daemon = ulak_api_daemon_new,
    .make_database_path = ulak_api_daemon_make_database_path,
    .migrations = ulak_gateway_store_migrations (),
  };

  return ulak_service_main (argc, argv, &spec);
}
