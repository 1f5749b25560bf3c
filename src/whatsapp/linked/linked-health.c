/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/linked/linked-health.h"

/* A server that is well acknowledges a message within a second. */
#define ACK_LATE_MS 30000
/* The link gives a silent connection up by itself; this says so while it has not yet. */
#define SILENT_MS 60000

static gboolean
is_linked (UlakLinkPhase phase)
{
  return phase == ULAK_LINK_ONLINE || phase == ULAK_LINK_READY;
}

void
ulak_linked_health_check (UlakLink *link, UlakHealth *health)
{
  UlakLinkStatus status;

  if (link == NULL)
    {
      ulak_health_add (health, "connection", ULAK_HEALTH_DEGRADED, "The line waits for its keys from ulak-api");
      return;
    }
  ulak_link_get_status (link, &status);
  if (!is_linked (status.phase))
    ulak_health_add (health, "connection", ULAK_HEALTH_DEGRADED, "The connection is %s",
                     ulak_link_phase_to_string (status.phase));
  else if (status.frame_age_ms > SILENT_MS)
    ulak_health_add (health, "connection", ULAK_HEALTH_DEGRADED, "The server has been silent for %" G_GINT64_FORMAT " s",
                     status.frame_age_ms / 1000);
  else if (status.oldest_ack_ms > ACK_LATE_MS)
    ulak_health_add (health, "connection", ULAK_HEALTH_DEGRADED,
                     "The server has not acknowledged %u messages, one for %" G_GINT64_FORMAT " s", status.messages,
                     status.oldest_ack_ms / 1000);
  else
    ulak_health_add (health, "connection", ULAK_HEALTH_HEALTHY, "%s", "");
}

/* -1 for what never was. */
static double
seconds (gint64 ms)
{
  return ms < 0 ? -1 : (double) ms / 1000;
}

void
ulak_linked_health_measure (UlakLink *link, const char *account, UlakMetrics *metrics)
{
  UlakLinkStatus status;

  if (link == NULL)
    return;
  ulak_link_get_status (link, &status);
  ulak_metrics_set (metrics, "ulak_link_frame_age_seconds", ULAK_LABELS (account), seconds (status.frame_age_ms));
  ulak_metrics_set (metrics, "ulak_link_pong_age_seconds", ULAK_LABELS (account), seconds (status.pong_age_ms));
  ulak_metrics_set (metrics, "ulak_link_decrypted_age_seconds", ULAK_LABELS (account), seconds (status.decrypted_age_ms));
  ulak_metrics_set (metrics, "ulak_link_connected_seconds", ULAK_LABELS (account), seconds (status.connected_age_ms));
  ulak_metrics_set (metrics, "ulak_link_ready_after_seconds", ULAK_LABELS (account), seconds (status.ready_ms));
  ulak_metrics_set (metrics, "ulak_link_outstanding_acks", ULAK_LABELS (account), status.messages);
  ulak_metrics_set (metrics, "ulak_link_reconnects", ULAK_LABELS (account), (double) status.reconnects);
}
