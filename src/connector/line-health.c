/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What operators see of a line: whether it is well, and its numbers.
 */
#include "connector/line-parts.h"

#include <errno.h>
#include <sys/statvfs.h>

/* Arbitrary: enough for some 100,000 messages until somebody has looked. */
#define DISK_FREE_MIN_BYTES (G_GUINT64_CONSTANT (256) << 20)

static void
check_database (UlakLine *self, UlakHealth *health)
{
  UlakStoreStatus status;

  ulak_store_get_status (ulak_line_store_get_store (self->store), &status);
  ulak_health_add (health, "database", status.is_healthy ? ULAK_HEALTH_HEALTHY : ULAK_HEALTH_UNHEALTHY, "%s",
                   status.is_healthy ? "" : status.fault);
}

static void
check_outbox (UlakLine *self, UlakHealth *health)
{
  const char *fault = ulak_outbox_pump_get_fault (self->pump);

  if (fault == NULL)
    ulak_health_add (health, "outbox", ULAK_HEALTH_HEALTHY, "%s", "");
  else
    ulak_health_add (health, "outbox", ULAK_HEALTH_DEGRADED, "%u events wait for ulak-webhooks: %s",
                     ulak_line_store_get_events (self->store), fault);
}

/* The file system that holds the line's folder: events and messages need room. */
static void
check_disk (UlakLine *self, UlakHealth *health)
{
  struct statvfs disk;
  guint64 free_bytes;

  if (statvfs (ulak_service_get_data_dir (self->service), &disk) != 0)
    {
      ulak_health_add (health, "disk", ULAK_HEALTH_UNHEALTHY, "The data directory cannot be examined: %s",
                       g_strerror (errno));
      return;
    }
  free_bytes = (guint64) disk.f_bavail * disk.f_frsize;
  if (free_bytes >= DISK_FREE_MIN_BYTES)
    ulak_health_add (health, "disk", ULAK_HEALTH_HEALTHY, "%s", "");
  else
    ulak_health_add (health, "disk", ULAK_HEALTH_DEGRADED, "Only %" G_GUINT64_FORMAT " MiB are free",
                     free_bytes >> 20);
}

static void
check_line (UlakLine *self, UlakHealth *health)
{
  static const UlakHealthStatus statuses[] = {
    [ULAK_LINE_STATE_STOPPED] = ULAK_HEALTH_DEGRADED,
    [ULAK_LINE_STATE_STARTING] = ULAK_HEALTH_DEGRADED,
    [ULAK_LINE_STATE_QR] = ULAK_HEALTH_DEGRADED,
    [ULAK_LINE_STATE_PASSKEY] = ULAK_HEALTH_DEGRADED,
    [ULAK_LINE_STATE_READY] = ULAK_HEALTH_HEALTHY,
    [ULAK_LINE_STATE_DISCONNECTED] = ULAK_HEALTH_DEGRADED,
    [ULAK_LINE_STATE_LOGGED_OUT] = ULAK_HEALTH_UNHEALTHY,
    [ULAK_LINE_STATE_OUTDATED] = ULAK_HEALTH_UNHEALTHY,
    [ULAK_LINE_STATE_BANNED] = ULAK_HEALTH_UNHEALTHY,
    [ULAK_LINE_STATE_FAILED] = ULAK_HEALTH_UNHEALTHY,
  };
  const char *state = ulak_line_state_to_string (self->state);

  if (self->state == ULAK_LINE_STATE_READY)
    ulak_health_add (health, "line", ULAK_HEALTH_HEALTHY, "%s", "");
  else
    ulak_health_add (health, "line", statuses[self->state], "The line is %s%s%s", state,
                     self->why != NULL ? ": " : "", self->why != NULL ? self->why : "");
}

void
ulak_line_check_health (UlakDaemon *daemon, UlakHealth *health)
{
  UlakLine *self = ULAK_LINE (daemon);

  if (self->store == NULL)
    {
      ulak_health_add (health, "database", ULAK_HEALTH_UNHEALTHY, "It is not open yet");
      return;
    }
  check_database (self, health);
  check_outbox (self, health);
  check_disk (self, health);
  check_line (self, health);
  if (self->backend != NULL && ULAK_BACKEND_GET_CLASS (self->backend)->check_health != NULL)
    ULAK_BACKEND_GET_CLASS (self->backend)->check_health (self->backend, health);
}

void
ulak_line_refresh_metrics (UlakDaemon *daemon)
{
  UlakLine *self = ULAK_LINE (daemon);
  UlakMetrics *metrics = ulak_service_get_metrics (self->service);
  const char *account = ulak_line_get_account (self);

  if (self->store == NULL)
    return;
  ulak_metrics_set (metrics, "ulak_queue_depth", ULAK_LABELS (account),
                    ulak_line_store_get_depth (self->store));
  ulak_metrics_set (metrics, "ulak_outbox_rows", ULAK_LABELS (account),
                    ulak_line_store_get_events (self->store));
  for (guint i = 0; i < ULAK_N_LINE_STATES; i++)
    ulak_metrics_set (metrics, "ulak_line_state", ULAK_LABELS (account, ulak_line_state_to_string (i)),
                      i == self->state ? 1 : 0);
  if (self->backend != NULL && ULAK_BACKEND_GET_CLASS (self->backend)->refresh_metrics != NULL)
    ULAK_BACKEND_GET_CLASS (self->backend)->refresh_metrics (self->backend, metrics);
}
