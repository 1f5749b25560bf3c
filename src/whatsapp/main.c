/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * ulak-whatsapp ACCOUNT: one WhatsApp line. Wiring only: the line makes its backend when it knows the account.
 */
#include "connector/line.h"
#include "core/error.h"
#include "whatsapp/cloud/cloud-backend.h"
#include "whatsapp/cloud/graph-session.h"
#include "whatsapp/link/roots.h"
#include "whatsapp/linked/linked-backend.h"
#include "whatsapp/schema.h"

#include <string.h>

/* Trust is set before the first connection, for the hosts of that backend: a linked line spares the memory of all authorities. */
static UlakBackend *
make_linked (UlakLine *line, GError **error)
{
  const UlakConfig *config = ulak_service_get_config (ulak_line_get_service (line));

  return ulak_roots_install (ulak_config_get_string (config, "whatsapp", "media_ca_file"), error)
             ? ulak_linked_backend_new (line)
             : NULL;
}

static UlakBackend *
make_cloud (UlakLine *line, GError **error)
{
  const UlakConfig *config = ulak_service_get_config (ulak_line_get_service (line));
  const char *roots = ulak_config_get_string (config, "whatsapp", "media_ca_file");

  return roots == NULL || ulak_graph_roots_use_file (roots, error) ? ulak_cloud_backend_new (line) : NULL;
}

static UlakBackend *
make_backend (UlakLine *line, const char *backend, GError **error)
{
  if (strcmp (backend, "cloud") == 0)
    return make_cloud (line, error);
  if (strcmp (backend, "linked") == 0)
    return make_linked (line, error);

  g_set_error (error, ULAK_ERROR, ULAK_ERROR_UNSUPPORTED, "Backend ‘%s’ is not known; allowed: cloud, linked", backend);
  return NULL;
}

static UlakDaemon *
make_daemon (UlakService *service)
{
  UlakLine *line = ulak_line_new (service, "whatsapp", make_backend);

  ulak_line_set_migrations (line, ulak_schema_get_migrations ());
  return ULAK_DAEMON (line);
}

static char *
make_database_path (const UlakConfig *config, const char *account)
{
  return ulak_line_make_database_path (config, "whatsapp", account);
}

int
main (int argc, char **argv)
{
  const UlakServiceSpec spec = {
    .program = "ulak-whatsapp",
    .summary = "runs one WhatsApp line",
    .takes_account = TRUE,
    .make_daemon = make_daemon,
    .make_database_path = make_database_path,
    .migrations = ulak_schema_get_migrations (),
  };

  return ulak_service_main (argc, argv, &spec);
}
