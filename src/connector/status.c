/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Status: the rank of each status of an outbound message.
 *
 * A status only ever rises. `failed` lies between `sent` and `delivered`: a network that reports a failure after it
 * reported delivery is not believed, one that delivers after all is.
 */
#include "connector/line-work.h"

static const struct
{
  const char *status;
  guint rank;
  gboolean is_held;
} ranks[] = {
  { "pending", 0, FALSE },
  { "held", 0, TRUE },
  { "sending", 0, FALSE },
  { "unknown", 0, TRUE },
  { "sent", 1, FALSE },
  { "failed", 2, FALSE },
  { "delivered", 3, FALSE },
  { "read", 4, FALSE },
  { "played", 5, FALSE },
};

static gint
find (const char *status)
{
  for (gsize i = 0; i < G_N_ELEMENTS (ranks); i++)
    if (g_str_equal (ranks[i].status, status))
      return (gint) i;
  return -1;
}

gboolean
ulak_status_is_held (const char *status)
{
  gint i = find (status);

  return i >= 0 && ranks[i].is_held;
}

/** ulak_status_may_become: Returns: %FALSE also for a status that is none of ours */
gboolean
ulak_status_may_become (const char *from, const char *to)
{
  gint i = find (from), j = find (to);

  return i >= 0 && j >= 0 && ranks[j].rank > ranks[i].rank;
}

guint
ulak_status_get_rank (const char *status)
{
  gint i = find (status);

  return i < 0 ? 0 : ranks[i].rank;
}

const char *
ulak_status_of_rank (guint rank)
{
  for (gsize i = 0; i < G_N_ELEMENTS (ranks); i++)
    if (rank > 0 && ranks[i].rank == rank)
      return ranks[i].status;
  return NULL;
}
