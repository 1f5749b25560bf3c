/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Schedule: what follows from an attempt. Pure: no clock, no store, no network.
 *
 * Only a request that left uses up an attempt. A failure before that (name, connection, TLS, a refused address) backs
 * off in the same steps without using one; the age of the delivery bounds it ([webhooks] delivery_max_age_days).
 * A Retry-After of the receiver is a floor of the wait, at most 24 hours; jitter only ever adds.
 */
#pragma once

#include "core/backoff.h"
#include "webhooks/attempt.h"

typedef enum
{
  ULAK_SCHEDULE_DEFAULT,  /* [webhooks] attempts, backoff_ms, backoff_max_ms */
  ULAK_SCHEDULE_STANDARD, /* the Standard Webhooks table: 10 attempts in about 75 hours */
} UlakScheduleKind;

const char *ulak_schedule_kind_to_string (UlakScheduleKind kind);
gboolean ulak_schedule_kind_from_string (const char *text, UlakScheduleKind *kind_out);

typedef struct
{
  guint attempts;      /* of the default schedule */
  UlakBackoff backoff; /* of the default schedule */
  gint64 max_age_us;   /* a delivery older than this is given up */
} UlakSchedulePolicy;

typedef enum
{
  ULAK_VERDICT_DELIVERED,
  ULAK_VERDICT_RETRY,
  ULAK_VERDICT_DEAD,    /* a dead letter */
  ULAK_VERDICT_DISABLE, /* a dead letter, and the receiver wants no more: 410 */
} UlakVerdict;

/* attempts, failures: with this attempt counted in. age_us: of the delivery. wait_us_out: for RETRY. */
UlakVerdict ulak_schedule_judge (UlakScheduleKind kind, const UlakSchedulePolicy *policy, const UlakAttempt *attempt, guint attempts, guint failures, gint64 age_us, UlakRandom *random, gint64 *wait_us_out);

#define ULAK_RETRY_AFTER_MAX_US (24 * G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

gint64 ulak_retry_after_parse_us (const char *header, gint64 now_us);
