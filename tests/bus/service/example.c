/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The smallest daemon there is, to watch the life that src/service gives it: starts at once and drains at once. In the folder
 * it owns, a file "refuse-start" makes the start fail with its text, "never-start" makes it hang, "never-drain" makes
 * the drain hang.
 */
#include "core/error.h"
#include "core/names.h"
#include "service/service.h"

#define TYPE_EXAMPLE (example_get_type ())
G_DECLARE_FINAL_TYPE (Example, example, ULAK, EXAMPLE, UlakDaemon)

struct _Example
{
  UlakDaemon parent_instance;

  UlakService *service; /* unowned, outlives us */
};

G_DEFINE_FINAL_TYPE (Example, example, ULAK_TYPE_DAEMON)

static char *
get_bus_name (UlakDaemon *daemon)
{
  Example *self = ULAK_EXAMPLE (daemon);

  return g_strconcat (ULAK_BUS_NAME_ACCOUNT_PREFIX, ulak_service_get_account (self->service), NULL);
}

static char *
get_object_path (UlakDaemon *daemon)
{
  Example *self = ULAK_EXAMPLE (daemon);

  return g_strconcat (ULAK_OBJECT_PATH_ACCOUNT_PREFIX, ulak_service_get_account (self->service), NULL);
}

static char *
read_order (Example *self, const char *name)
{
  g_autofree char *path = g_build_filename (ulak_service_get_data_dir (self->service), "accounts",
                                            ulak_service_get_account (self->service), name, NULL);
  char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? text : NULL;
}

static void
start_async (UlakDaemon *daemon, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (daemon, cancellable, callback, user_data);
  g_autofree char *refusal = read_order (ULAK_EXAMPLE (daemon), "refuse-start");
  g_autofree char *never = read_order (ULAK_EXAMPLE (daemon), "never-start");

  if (never != NULL)
    g_object_ref (task); /* unanswered on purpose, cancelled or not */
  else if (refusal != NULL)
    g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_DAMAGED, "%s", refusal);
  else
    g_task_return_boolean (task, TRUE);
}

static gboolean
finish (UlakDaemon *daemon G_GNUC_UNUSED, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
started (UlakDaemon *daemon)
{
  Example *self = ULAK_EXAMPLE (daemon);

  ulak_service_audit (self->service, "uid:0", "example.start", ulak_service_get_account (self->service), "ok");
  ulak_service_set_status (self->service, "Serving as an example");
}

static void
drain_async (UlakDaemon *daemon, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (daemon, NULL, callback, user_data);
  g_autofree char *never = read_order (ULAK_EXAMPLE (daemon), "never-drain");

  if (never != NULL)
    g_object_ref (task); /* unanswered on purpose */
  else
    g_task_return_boolean (task, TRUE);
}

static void
reload (UlakDaemon *daemon, UlakConfig *config)
{
  ulak_service_set_status (ULAK_EXAMPLE (daemon)->service, "Attempts %" G_GINT64_FORMAT,
                           ulak_config_get_integer (config, "webhooks", "attempts"));
}

static void
check_health (UlakDaemon *daemon G_GNUC_UNUSED, UlakHealth *health)
{
  ulak_health_add (health, "example", ULAK_HEALTH_DEGRADED, "It is only an %s", "example");
}

static void
example_class_init (ExampleClass *klass)
{
  UlakDaemonClass *daemon_class = ULAK_DAEMON_CLASS (klass);

  daemon_class->get_bus_name = get_bus_name;
  daemon_class->get_object_path = get_object_path;
  daemon_class->start_async = start_async;
  daemon_class->start_finish = finish;
  daemon_class->started = started;
  daemon_class->drain_async = drain_async;
  daemon_class->drain_finish = finish;
  daemon_class->reload = reload;
  daemon_class->check_health = check_health;
}

static void
example_init (Example *self G_GNUC_UNUSED)
{
}

static UlakDaemon *
make_example (UlakService *service)
{
  Example *self = g_object_new (TYPE_EXAMPLE, NULL);

  self->service = service;
  return ULAK_DAEMON (self);
}

int
main (int argc, char **argv)
{
  static const UlakServiceSpec spec = { "ulak-example", "A daemon that does nothing", TRUE, make_example };

  return ulak_service_main (argc, argv, &spec);
}
