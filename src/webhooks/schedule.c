/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "webhooks/schedule.h"

#include <libsoup/soup.h>
#include <string.h>

static const char *const kinds[] = { "default", "standard" };

/* Waits after the first, second, ... failure, in seconds.
 * Source: the Standard Webhooks specification, "Retry schedule" (the operational considerations). */
static const gint64 standard_wait_s[] = { 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600,
                                          10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600 };

#define STANDARD_JITTER_PERCENT 10

const char *
ulak_schedule_kind_to_string (UlakScheduleKind kind)
{
  return kinds[kind];
}

/**
 * ulak_schedule_kind_from_string:
 * @text: text from outside
 * @kind_out: (out): the schedule
 *
 * Returns: whether there is such a schedule
 */
gboolean
ulak_schedule_kind_from_string (const char *text, UlakScheduleKind *kind_out)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kinds[i], text))
      {
        *kind_out = (UlakScheduleKind) i;
        return TRUE;
      }
  return FALSE;
}

static gint64
standard_wait_us (guint failures, UlakRandom *random)
{
  guint step = MIN (failures, G_N_ELEMENTS (standard_wait_s)) - 1;
  UlakBackoff backoff = { standard_wait_s[step] * 1000, standard_wait_s[step] * 1000, STANDARD_JITTER_PERCENT };

  return ulak_backoff_next_ms (&backoff, 1, random) * 1000;
}

static gint64
wait_us (UlakScheduleKind kind, const UlakSchedulePolicy *policy, guint failures, UlakRandom *random)
{
  switch (kind)
    {
    case ULAK_SCHEDULE_DEFAULT:
      return ulak_backoff_next_ms (&policy->backoff, failures, random) * 1000;
    case ULAK_SCHEDULE_STANDARD:
      return standard_wait_us (failures, random);
    }
  g_return_val_if_reached (G_USEC_PER_SEC);
}

static guint
allowed_attempts (UlakScheduleKind kind, const UlakSchedulePolicy *policy)
{
  return kind == ULAK_SCHEDULE_STANDARD ? G_N_ELEMENTS (standard_wait_s) + 1 : policy->attempts;
}

/**
 * ulak_schedule_judge:
 * @kind: the endpoint's schedule
 * @policy: the settings
 * @attempt: what just happened
 * @attempts: requests that left so far, this one included if it did
 * @failures: tries that failed so far, this one included if it did
 * @age_us: age of the delivery, microseconds
 * @random: the source of jitter
 * @wait_us_out: (out): for %ULAK_VERDICT_RETRY: how long to wait, microseconds
 *
 * Returns: what to do with the delivery
 */
UlakVerdict
ulak_schedule_judge (UlakScheduleKind kind,
                     const UlakSchedulePolicy *policy,
                     const UlakAttempt *attempt,
                     guint attempts,
                     guint failures,
                     gint64 age_us,
                     UlakRandom *random,
                     gint64 *wait_us_out)
{
  if (ulak_attempt_is_success (attempt))
    return ULAK_VERDICT_DELIVERED;
  if (attempt->status == SOUP_STATUS_GONE)
    return ULAK_VERDICT_DISABLE;
  if (attempts >= allowed_attempts (kind, policy) || age_us >= policy->max_age_us)
    return ULAK_VERDICT_DEAD;
  *wait_us_out = MAX (wait_us (kind, policy, MAX (failures, 1), random), attempt->retry_after_us);
  return ULAK_VERDICT_RETRY;
}

static gint64
seconds_until_date (const char *header, gint64 now_us)
{
  g_autoptr (GDateTime) date = soup_date_time_new_from_http_string (header);

  return date != NULL ? g_date_time_to_unix (date) - now_us / G_USEC_PER_SEC : 0;
}

/**
 * ulak_retry_after_parse_us:
 * @header: (nullable): the value of Retry-After: seconds or an HTTP date
 * @now_us: wall clock, microseconds
 *
 * Source: RFC 9110, section 10.2.3.
 *
 * Returns: the wait asked for, 0 for none or an unreadable one, at most %ULAK_RETRY_AFTER_MAX_US
 */
gint64
ulak_retry_after_parse_us (const char *header, gint64 now_us)
{
  guint64 seconds;
  gint64 wait_s;

  if (header == NULL)
    return 0;
  if (g_ascii_string_to_unsigned (header, 10, 0, G_MAXUINT32, &seconds, NULL))
    wait_s = (gint64) seconds;
  else if (*header != '\0' && header[strspn (header, "0123456789")] == '\0')
    wait_s = G_MAXUINT32; /* more seconds than anybody means */
  else
    wait_s = seconds_until_date (header, now_us);
  return CLAMP (wait_s * G_USEC_PER_SEC, 0, ULAK_RETRY_AFTER_MAX_US);
}
