/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Rate limit: how many requests a client may send, by the generic cell rate algorithm.
 *
 * A client is a name: a key's id, or an address. All that is kept of one is the time at which its quota will be whole again
 * (the cell rate algorithm's theoretical arrival time): each request moves it on by period / calls and is refused if that would
 * put it more than a period ahead. So `calls` may come at once and no window's edge lets twice as many through; a refused
 * request costs nothing. A client whose quota is whole is the same as one never seen: such entries are dropped, and above
 * ULAK_RATE_LIMIT_CLIENTS_MAX the one that was silent longest. Main thread only.
 */
#pragma once

#include "core/clock.h"

#define ULAK_RATE_LIMIT_CLIENTS_MAX 10000

typedef struct _UlakRateLimit UlakRateLimit;

/* For the RateLimit-* and Retry-After fields of an answer. */
typedef struct
{
  guint limit;          /* requests in a period; 0: there is no limit */
  guint remaining;      /* requests that would pass now */
  guint reset_s;        /* until the quota is whole, rounded up */
  guint retry_after_s;  /* refused: until one passes, rounded up, 1 or more; else 0 */
} UlakRateQuota;

/* An HTTP field as draft-ietf-httpapi-ratelimit-headers-06 names it; later drafts pack all into one structured field. */
typedef struct
{
  const char *name;
  guint value;
} UlakRateField;

#define ULAK_RATE_FIELDS_MAX 4

guint ulak_rate_quota_list_fields (const UlakRateQuota *self, UlakRateField *fields_out);

UlakRateLimit *ulak_rate_limit_new (UlakClock *clock);
void ulak_rate_limit_free (UlakRateLimit *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakRateLimit, ulak_rate_limit_free)

void ulak_rate_limit_set (UlakRateLimit *self, guint calls, guint period_s);
gboolean ulak_rate_limit_take (UlakRateLimit *self, const char *client, UlakRateQuota *quota_out);
guint ulak_rate_limit_count_clients (UlakRateLimit *self);

char *ulak_rate_limit_name_address (const char *address);
