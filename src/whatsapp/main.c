/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * ulak-whatsapp ACCOUNT: one WhatsApp line. Wiring only: the line makes its backend when it knows the account.
 */
#include "connector/line.h"
#include "core/error.h"
#include "whatsapp/cloud/cloud-backend.h"
#include "whatsapp/cloud/graph-session.h"

#include <string.h>

static UlakBackend *
make_backend (UlakLine *line, const char *backend, GError **error)
{
  if (strcmp (backend, "cloud") == 0)
    return ulak_cloud_backend_new (line);

  g_set_error (error, ULAK_ERROR, ULAK_ERROR_UNSUPPORTED, "Backend ‘%s’ is not known; allowed: cloud", backend);
  return NULL;
}

static UlakDaemon *
make_daemon (UlakService *service)
{
  const char *roots = ulak_config_get_string (ulak_service_get_config (service), "whatsapp", "media_ca_file");
  g_autoptr (GError) error = NULL;

  if (roots != NULL && !ulak_graph_roots_use_file (roots, &error))
    ulak_service_fail (service, error);
  return ULAK_DAEMON (ulak_line_new (service, "whatsapp", make_backend));
}

static char *
make_database_path (const UlakConfig *config, const char *account)
{
  return ulak_line_make_database_path (config, "whatsapp", account);
}

int
main (int argc, char **argv)
{
  static const UlakServiceSpec spec = {
    .program = "ulak-whatsapp",
    .summary = "runs one WhatsApp line",
    .takes_account = TRUE,
    .make_daemon = make_daemon,
    .make_database_path = make_database_path,
    .migrations = ulak_line_migrations,
  };

  return ulak_service_main (argc, argv, &spec);
}
