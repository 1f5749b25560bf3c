/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The life in order: connect, start, own the name, serve, drain, end. Each step is a function named after what just
 * happened; every way out goes through end(), which stops the loop with an exit code.
 */
#include "service/service-private.h"

#include "core/error.h"
#include "core/log.h"
#include "core/messages.h"
#include "core/names.h"
#include "service/drain.h"
#include "service/notify.h"
#include "service/reload.h"
#include "service/service1.h"
#include "service/watchdog.h"

#define STATUS_MAX_BYTES 512

typedef enum
{
  ULAK_LIFE_STARTING,
  ULAK_LIFE_SERVING,
  ULAK_LIFE_DRAINING,
  ULAK_LIFE_ENDED,
} UlakLife;

struct _UlakService
{
  GObject parent_instance;

  const UlakServiceSpec *spec; /* unowned, static */
  char *config_file;           /* (owned) (nullable) */
  char *account;               /* (owned) (nullable) */
  char *runtime_dir;           /* (owned) */
  char *data_dir;              /* (owned): of the first configuration; a reload does not move it */
  char *status;                /* (owned): what systemctl status says */
  UlakConfig *config;          /* (owned) */
  UlakClock *clock;            /* (owned) */
  UlakRandom *random;          /* (owned) */
  UlakMetrics *metrics;        /* (owned) */
  UlakAudit *audit;            /* (owned) */
  UlakAuditFunc audit_func;    /* (nullable) */
  gpointer audit_data;         /* unowned */
  GDBusConnection *connection; /* (owned) (nullable): until the bus answered */
  UlakAuthority *authority;    /* (owned) (nullable): the same */
  UlakDaemon *daemon;          /* (owned) (nullable): the same */
  UlakService1 *service1;      /* (owned) (nullable): the same */
  UlakDrain *drain;            /* (owned) (nullable): while draining */
  GCancellable *starting;      /* (owned): ends connect and start */
  GMainLoop *loop;             /* (owned) */
  gulong closed_handler;
  guint name_id;
  guint stop_timer;  /* the deadline while a start is still under way */
  gint64 stop_by_us; /* monotonic: when the drain must be over */
  UlakLife life;
  gboolean is_start_pending; /* start_finish was not called yet */
  gboolean is_reloading;
  gboolean left_work; /* the drain's deadline passed */
  int exit_code;
};

G_DEFINE_FINAL_TYPE (UlakService, ulak_service, G_TYPE_OBJECT)

static void
drop_bus (UlakService *self)
{
  if (self->name_id != 0)
    g_bus_unown_name (self->name_id);
  self->name_id = 0;
  if (self->connection != NULL)
    g_clear_signal_handler (&self->closed_handler, self->connection);
}

static void
ulak_service_dispose (GObject *object)
{
  UlakService *self = ULAK_SERVICE (object);

  g_cancellable_cancel (self->starting);
  ulak_clock_clear_timer (self->clock, &self->stop_timer);
  drop_bus (self);
  g_clear_pointer (&self->drain, ulak_drain_free);
  g_clear_object (&self->service1);
  g_clear_object (&self->daemon);
  g_clear_object (&self->authority);
  g_clear_object (&self->connection);
  G_OBJECT_CLASS (ulak_service_parent_class)->dispose (object);
}

static void
ulak_service_finalize (GObject *object)
{
  UlakService *self = ULAK_SERVICE (object);

  g_clear_object (&self->starting);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  g_clear_pointer (&self->config, ulak_config_unref);
  g_clear_pointer (&self->metrics, ulak_metrics_unref);
  g_clear_pointer (&self->audit, ulak_audit_free);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_free (self->config_file);
  g_free (self->account);
  g_free (self->runtime_dir);
  g_free (self->data_dir);
  g_free (self->status);
  G_OBJECT_CLASS (ulak_service_parent_class)->finalize (object);
}

static void
ulak_service_class_init (UlakServiceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ulak_service_dispose;
  G_OBJECT_CLASS (klass)->finalize = ulak_service_finalize;
}

static void
ulak_service_init (UlakService *self)
{
  self->starting = g_cancellable_new ();
  self->loop = g_main_loop_new (NULL, FALSE);
  self->metrics = ulak_metrics_new ();
  self->audit = ulak_audit_new ();
  self->status = g_strdup ("Starting");
}

/** ulak_service_new: @setup: what main() found out; strings are copied, objects referenced */
UlakService *
ulak_service_new (const UlakServiceSetup *setup)
{
  UlakService *self = g_object_new (ULAK_TYPE_SERVICE, NULL);

  self->spec = setup->spec;
  self->config_file = g_strdup (setup->config_file);
  self->account = g_strdup (setup->account);
  self->runtime_dir = g_strdup (setup->runtime_dir);
  self->data_dir = g_strdup (ulak_config_get_string (setup->config, "ulak", "data_dir"));
  self->config = ulak_config_ref (setup->config);
  self->clock = g_object_ref (setup->clock);
  self->random = g_object_ref (setup->random);
  return self;
}

static void
end (UlakService *self, int exit_code)
{
  if (self->life == ULAK_LIFE_ENDED)
    return;

  self->life = ULAK_LIFE_ENDED;
  self->exit_code = exit_code;
  g_cancellable_cancel (self->starting);
  g_main_loop_quit (self->loop);
}

/* A wrong configuration is the same wrong one after a restart. */
static int
exit_code_of (const GError *error)
{
  return g_error_matches (error, ULAK_ERROR, ULAK_ERROR_CONFIG) ? ULAK_EXIT_CONFIG : ULAK_EXIT_FAILED;
}

/**
 * ulak_service_fail:
 * @error: why the process cannot go on; logged here, once
 *
 * Leaves with exit code 1 (78 for ULAK_ERROR_CONFIG) without draining. Later calls are ignored.
 */
void
ulak_service_fail (UlakService *self, const GError *error)
{
  if (self->life == ULAK_LIFE_ENDED)
    return;

  ulak_log_warning (ULAK_MESSAGE_SERVICE_FAILED, NULL, "%s cannot go on: %s", self->spec->program, error->message);
  ulak_notify_stopping (error->message);
  end (self, exit_code_of (error));
}

static void
drained (const GError *error, gpointer user_data)
{
  UlakService *self = user_data;

  self->left_work = g_error_matches (error, ULAK_ERROR, ULAK_ERROR_TIMED_OUT);
  if (error != NULL)
    ulak_log_warning (ULAK_MESSAGE_DRAIN_INCOMPLETE, NULL,
                      "%s stops with work unfinished, which goes on at the next start: %s", self->spec->program,
                      error->message);
  end (self, ULAK_EXIT_OK);
}

static void
drain (UlakService *self)
{
  gint64 timeout_ms = (self->stop_by_us - ulak_clock_get_monotonic_us (self->clock)) / 1000;

  self->drain = ulak_drain_start (self->daemon, self->connection, self->clock, timeout_ms, drained, self);
}

static void
start_hangs_cb (gpointer user_data)
{
  UlakService *self = user_data;
  g_autoptr (GError) error = g_error_new (ULAK_ERROR, ULAK_ERROR_TIMED_OUT,
                                          "The start was cancelled and did not end in the time that [api] "
                                          "shutdown_timeout_ms allows");

  self->stop_timer = 0;
  drained (error, self);
}

/** ulak_service_stop: what SIGTERM does; calls after the first are ignored, since the deadline runs already */
void
ulak_service_stop (UlakService *self)
{
  gint64 timeout_us = ulak_config_get_integer (self->config, "api", "shutdown_timeout_ms") * 1000;

  if (self->life >= ULAK_LIFE_DRAINING)
    return;

  self->life = ULAK_LIFE_DRAINING;
  self->stop_by_us = ulak_clock_get_monotonic_us (self->clock) + timeout_us;
  ulak_log_message (ULAK_MESSAGE_SERVICE_STOPPING, NULL, "%s stops: finishing what is in flight",
                    self->spec->program);
  ulak_notify_stopping ("Finishing what is in flight");
  g_cancellable_cancel (self->starting);
  if (self->daemon == NULL)
    end (self, ULAK_EXIT_OK);
  else if (!self->is_start_pending)
    drain (self);
  else
    self->stop_timer = ulak_clock_add_timer (self->clock, timeout_us, start_hangs_cb, self);
}

static void
log_warnings (const UlakConfig *config)
{
  GPtrArray *warnings = ulak_config_get_warnings (config);

  for (guint i = 0; warnings != NULL && i < warnings->len; i++)
    ulak_log_warning (ULAK_MESSAGE_SECRET_IN_CLEAR, NULL, "%s", (const char *) g_ptr_array_index (warnings, i));
}

static void
take_config (UlakService *self, UlakConfig *config)
{
  g_autofree char *deferred = ulak_reload_list_deferred (self->config, config);
  UlakDaemonClass *klass = ULAK_DAEMON_GET_CLASS (self->daemon);

  ulak_config_unref (self->config);
  self->config = ulak_config_ref (config);
  if (klass->reload != NULL)
    klass->reload (self->daemon, config);
  ulak_log_message (ULAK_MESSAGE_RELOADED, NULL, "%s has read its configuration again%s%s", self->spec->program,
                    deferred != NULL ? "; these keys wait for a restart: " : "", deferred != NULL ? deferred : "");
  log_warnings (config);
}

static void
reloaded_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakService) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakConfig) config = ulak_reload_finish (result, &error);

  self->is_reloading = FALSE;
  if (self->life != ULAK_LIFE_SERVING)
    return;

  if (config != NULL)
    take_config (self, config);
  else
    ulak_log_warning (ULAK_MESSAGE_RELOAD_REFUSED, NULL, "%s keeps its configuration, the new one is wrong: %s",
                      self->spec->program, error->message);
  ulak_notify_ready (self->status);
}

/** ulak_service_reload: what SIGHUP does: a new configuration is taken only if all of it is valid */
void
ulak_service_reload (UlakService *self)
{
  if (self->life != ULAK_LIFE_SERVING || self->is_reloading)
    return;

  self->is_reloading = TRUE;
  ulak_notify_reloading (self->clock);
  ulak_reload_async (self->config_file, reloaded_cb, g_object_ref (self));
}

static void
name_acquired_cb (GDBusConnection *connection G_GNUC_UNUSED, const char *name, gpointer user_data)
{
  UlakService *self = user_data;
  UlakDaemonClass *klass = ULAK_DAEMON_GET_CLASS (self->daemon);

  if (self->life != ULAK_LIFE_STARTING)
    return;

  self->life = ULAK_LIFE_SERVING;
  ulak_service_set_status (self, "Serving");
  if (klass->started != NULL)
    klass->started (self->daemon);
  if (self->life != ULAK_LIFE_SERVING)
    return;

  ulak_log_message (ULAK_MESSAGE_SERVICE_STARTED, NULL, "%s %s serves as %s", self->spec->program, ULAK_VERSION,
                    name);
  log_warnings (self->config);
  ulak_notify_ready (self->status);
}

static void
name_lost_cb (GDBusConnection *connection G_GNUC_UNUSED, const char *name, gpointer user_data)
{
  UlakService *self = user_data;
  g_autoptr (GError) error = NULL;

  if (self->life >= ULAK_LIFE_DRAINING)
    return;

  error = self->life == ULAK_LIFE_STARTING
              ? g_error_new (ULAK_ERROR, ULAK_ERROR_EXISTS,
                             "The bus name %s cannot be had: another process owns it, or the bus's policy forbids it",
                             name)
              : g_error_new (ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "The bus name %s was lost", name);
  ulak_service_fail (self, error);
}

static void
started_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakService) self = user_data;
  UlakDaemonClass *klass = ULAK_DAEMON_GET_CLASS (source);
  g_autoptr (GError) error = NULL;
  gboolean is_started = klass->start_finish (ULAK_DAEMON (source), result, &error);
  g_autofree char *name = NULL;

  self->is_start_pending = FALSE;
  ulak_clock_clear_timer (self->clock, &self->stop_timer);
  if (self->life == ULAK_LIFE_ENDED)
    return;
  if (self->life == ULAK_LIFE_DRAINING)
    {
      drain (self);
      return;
    }
  if (!is_started)
    {
      ulak_service_fail (self, error);
      return;
    }

  name = klass->get_bus_name (self->daemon);
  self->name_id = g_bus_own_name_on_connection (self->connection, name, G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE,
                                                name_acquired_cb, name_lost_cb, self, NULL);
}

static void
closed_cb (GDBusConnection *connection G_GNUC_UNUSED,
           gboolean remote_peer_vanished G_GNUC_UNUSED,
           const GError *cause,
           gpointer user_data)
{
  g_autoptr (GError) error = g_error_new (ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "The system bus is gone: %s",
                                          cause != NULL ? cause->message : "it closed the connection");

  ulak_service_fail (user_data, error);
}

static void
start_daemon (UlakService *self)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  self->authority = ulak_authority_new (self->connection);
  self->daemon = self->spec->make_daemon (self);
  if (self->life != ULAK_LIFE_STARTING)
    return;

  path = ULAK_DAEMON_GET_CLASS (self->daemon)->get_object_path (self->daemon);
  self->service1 = ulak_service1_new (self);
  if (!ulak_service1_export (self->service1, self->connection, path, &error))
    {
      ulak_service_fail (self, error);
      return;
    }

  self->is_start_pending = TRUE;
  ULAK_DAEMON_GET_CLASS (self->daemon)->start_async (self->daemon, self->starting, started_cb, g_object_ref (self));
}

static void
connected_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakService) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection = g_bus_get_finish (result, &error);

  if (self->life != ULAK_LIFE_STARTING)
    return;
  if (connection == NULL)
    {
      g_prefix_error (&error, "Cannot reach the system bus: ");
      ulak_service_fail (self, error);
      return;
    }

  self->connection = g_steal_pointer (&connection);
  g_dbus_connection_set_exit_on_close (self->connection, FALSE);
  self->closed_handler = g_signal_connect (self->connection, "closed", G_CALLBACK (closed_cb), self);
  start_daemon (self);
}

/** ulak_service_run: lives the whole life. Returns: the exit code */
int
ulak_service_run (UlakService *self)
{
  g_autoptr (UlakWatchdog) watchdog = ulak_watchdog_new (self->clock);

  ulak_notify_status (self->status);
  g_bus_get (G_BUS_TYPE_SYSTEM, self->starting, connected_cb, g_object_ref (self));
  g_main_loop_run (self->loop);
  return self->exit_code;
}

/** ulak_service_set_status: one line for systemctl status, kept until the next; at most 512 bytes */
void
ulak_service_set_status (UlakService *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  g_free (self->status);
  self->status = g_utf8_make_valid (text, (gssize) strnlen (text, STATUS_MAX_BYTES));
  if (self->life == ULAK_LIFE_STARTING || self->life == ULAK_LIFE_SERVING)
    ulak_notify_status (self->status);
}

/**
 * ulak_service_audit:
 * @who: a user name, a key's id or "uid:N"
 * @action: what was done, a word such as "secret.set"
 * @target: to what; never a secret's value
 * @result: "ok" or an error's name
 *
 * Keeps the entry for Service1.Audit() and writes it to the journal.
 */
void
ulak_service_audit (UlakService *self, const char *who, const char *action, const char *target, const char *result)
{
  const UlakAuditEntry *entry
      = ulak_audit_add (self->audit, ulak_clock_get_wall_us (self->clock), who, action, target, result);

  ulak_log_message (ULAK_MESSAGE_AUDIT, NULL, "%.256s: %.256s %.256s: %.256s", who, action, target, result);
  if (self->audit_func != NULL)
    self->audit_func (entry, self->audit_data);
}

/** ulak_service_set_audit_func: @func: called for each entry from now on; @user_data: outlives the service */
void
ulak_service_set_audit_func (UlakService *self, UlakAuditFunc func, gpointer user_data)
{
  self->audit_func = func;
  self->audit_data = user_data;
}

/** ulak_service_restore_audit: an entry of a former life, for Service1.Audit() alone; the oldest first, before new ones come */
void
ulak_service_restore_audit (UlakService *self, const UlakAuditEntry *entry)
{
  ulak_audit_add (self->audit, entry->time_us, entry->who, entry->action, entry->target, entry->result);
}

gboolean
ulak_service_is_serving (UlakService *self)
{
  return self->life == ULAK_LIFE_SERVING;
}

gboolean
ulak_service_is_draining (UlakService *self)
{
  return self->life >= ULAK_LIFE_DRAINING;
}

/** ulak_service_left_work: Returns: %TRUE if the drain's deadline passed, so that threads may still be busy */
gboolean
ulak_service_left_work (UlakService *self)
{
  return self->left_work;
}

const UlakServiceSpec *
ulak_service_get_spec (UlakService *self)
{
  return self->spec;
}

const char *
ulak_service_get_program (UlakService *self)
{
  return self->spec->program;
}

UlakDaemon *
ulak_service_get_daemon (UlakService *self)
{
  return self->daemon;
}

UlakAudit *
ulak_service_get_audit (UlakService *self)
{
  return self->audit;
}

UlakClock *
ulak_service_get_clock (UlakService *self)
{
  return self->clock;
}

UlakRandom *
ulak_service_get_random (UlakService *self)
{
  return self->random;
}

UlakConfig *
ulak_service_get_config (UlakService *self)
{
  return self->config;
}

UlakMetrics *
ulak_service_get_metrics (UlakService *self)
{
  return self->metrics;
}

GDBusConnection *
ulak_service_get_connection (UlakService *self)
{
  return self->connection;
}

UlakAuthority *
ulak_service_get_authority (UlakService *self)
{
  return self->authority;
}

const char *
ulak_service_get_account (UlakService *self)
{
  return self->account;
}

/** ulak_service_get_data_dir: Returns: [ulak] data_dir as it was at the start; a line's own folder is accounts/ACCOUNT in it */
const char *
ulak_service_get_data_dir (UlakService *self)
{
  return self->data_dir;
}

/** ulak_service_get_runtime_dir: Returns: the first of $RUNTIME_DIRECTORY, otherwise /run/ulak, which may not exist */
const char *
ulak_service_get_runtime_dir (UlakService *self)
{
  return self->runtime_dir;
}
