/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A bucket of burst tokens that gains one in interval_us, as in the generic cell rate algorithm (ITU-T I.371): full_us moves on by
 * an interval for each token taken, and one may be taken while it is at most (burst - 1) intervals away.
 */
#include "connector/pace.h"

#define SWEEP_EVERY 1024 /* takes between two looks for recipients whose buckets are full again */

typedef struct
{
  gint64 interval_us; /* 0: no limit */
  gint64 burst;
} Limit;

struct _UlakPace
{
  Limit second, minute, pair, contact;
  gint64 second_full_us;
  gint64 minute_full_us;
  gint64 contact_full_us;
  GHashTable *pairs; /* (owned) (element-type utf8 gint64): chat to full_us */
  guint takes;
};

static gint64
wait_of (const Limit *limit, gint64 full_us, gint64 now_us, guint ahead)
{
  if (limit->interval_us == 0)
    return 0;
  return MAX (0, MAX (full_us, now_us) + (gint64) ahead * limit->interval_us
                     - (limit->burst - 1) * limit->interval_us - now_us);
}

static gint64
full_after_take (const Limit *limit, gint64 full_us, gint64 now_us)
{
  return MAX (full_us, now_us) + limit->interval_us;
}

UlakPace *
ulak_pace_new (const UlakPaceLimits *limits)
{
  UlakPace *self = g_new0 (UlakPace, 1);

  self->pairs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  ulak_pace_set_limits (self, limits);
  return self;
}

void
ulak_pace_free (UlakPace *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->pairs);
  g_free (self);
}

/** ulak_pace_set_limits: tokens that were taken stay taken */
void
ulak_pace_set_limits (UlakPace *self, const UlakPaceLimits *limits)
{
  self->second = (Limit){ G_USEC_PER_SEC / limits->rate_per_second, limits->rate_per_second };
  self->minute = (Limit){ limits->rate_per_minute == 0 ? 0 : 60 * G_USEC_PER_SEC / limits->rate_per_minute,
                          limits->rate_per_minute };
  self->pair = (Limit){ limits->pair_interval_ms * 1000, limits->pair_burst };
  self->contact = (Limit){ limits->contact_interval_ms * 1000, ULAK_PACE_CONTACT_BURST };
}

gint64
ulak_pace_get_line_wait_us (const UlakPace *self, gint64 now_us, guint ahead)
{
  return MAX (wait_of (&self->second, self->second_full_us, now_us, ahead),
              wait_of (&self->minute, self->minute_full_us, now_us, ahead));
}

gint64
ulak_pace_get_pair_wait_us (const UlakPace *self, const char *chat, gint64 now_us)
{
  const gint64 *full_us = g_hash_table_lookup (self->pairs, chat);

  return full_us == NULL ? 0 : wait_of (&self->pair, *full_us, now_us, 0);
}

gint64
ulak_pace_get_contact_wait_us (const UlakPace *self, gint64 now_us, guint ahead)
{
  return wait_of (&self->contact, self->contact_full_us, now_us, ahead);
}

static gboolean
is_full (gpointer key G_GNUC_UNUSED, gpointer value, gpointer now_us)
{
  return *(gint64 *) value <= *(gint64 *) now_us;
}

static void
take_pair (UlakPace *self, const char *chat, gint64 now_us)
{
  gint64 *full_us = g_hash_table_lookup (self->pairs, chat);

  if (self->pair.interval_us == 0)
    return;
  if (full_us == NULL)
    {
      full_us = g_new0 (gint64, 1);
      g_hash_table_insert (self->pairs, g_strdup (chat), full_us);
    }
  *full_us = full_after_take (&self->pair, *full_us, now_us);
}

/** ulak_pace_take: one message to @chat leaves; the caller saw that both waits are 0 */
void
ulak_pace_take (UlakPace *self, const char *chat, gint64 now_us)
{
  self->second_full_us = full_after_take (&self->second, self->second_full_us, now_us);
  self->minute_full_us = full_after_take (&self->minute, self->minute_full_us, now_us);
  take_pair (self, chat, now_us);
  if (++self->takes % SWEEP_EVERY == 0)
    g_hash_table_foreach_remove (self->pairs, is_full, &now_us);
}

void
ulak_pace_take_contact (UlakPace *self, gint64 now_us)
{
  self->contact_full_us = full_after_take (&self->contact, self->contact_full_us, now_us);
}

/** ulak_pace_count_pairs: Returns: recipients whose buckets are remembered */
guint
ulak_pace_count_pairs (const UlakPace *self)
{
  return g_hash_table_size (self->pairs);
}
