/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A whole line over the fake backend of the unit tests, for the bus tests. It becomes ready as soon as it is started.
 */
#include "connector/line.h"
#include "unit/fakes/backend.h"

static UlakBackend *
make_backend (UlakLine *line G_GNUC_UNUSED, const char *backend G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
  return ULAK_BACKEND (ulak_fake_backend_new ());
}

static void
started (UlakLine *line)
{
  ulak_line_set_state (line, ULAK_LINE_STATE_READY, NULL, "the fake network is always there");
}

static void (*real_started) (UlakDaemon *daemon);

static void
started_then_ready (UlakDaemon *daemon)
{
  real_started (daemon);
  started (ULAK_LINE (daemon));
}

static UlakDaemon *
make_daemon (UlakService *service)
{
  UlakLine *line = ulak_line_new (service, "whatsapp", make_backend);

  real_started = ULAK_DAEMON_GET_CLASS (line)->started;
  ULAK_DAEMON_GET_CLASS (line)->started = started_then_ready;
  return ULAK_DAEMON (line);
}

int
main (int argc, char **argv)
{
  static const UlakServiceSpec spec = {
    .program = "ulak-test-line",
    .summary = "runs a line without a network",
    .takes_account = TRUE,
    .make_daemon = make_daemon,
  };

  return ulak_service_main (argc, argv, &spec);
}
