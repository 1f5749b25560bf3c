/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Two tables say it all: how old rows of a kind may be, and how many there may be.
 */
#include "whatsapp/session/clean-up.h"

#include "whatsapp/session/group-cache.h"
#include "whatsapp/session/message-secrets.h"
#include "whatsapp/session/pre-keys.h"
#include "whatsapp/session/query.h"
#include "whatsapp/session/sent.h"

/* By judgement: long enough that nobody misses what went. */
static const struct
{
  const char *query;
  gint64 age_us;
} ages[] = {
  { ULAK_QUERY ("clean-pre-keys"), ULAK_PRE_KEYS_GRACE_US },
  { ULAK_QUERY ("clean-retry-keys"), 30 * G_TIME_SPAN_DAY },
  { ULAK_QUERY ("signed-pre-keys-clean"), 3 * ULAK_SIGNED_PRE_KEY_AGE_US },
  { ULAK_QUERY ("clean-shadows"), 60 * G_TIME_SPAN_DAY },
  { ULAK_QUERY ("clean-sender-keys"), 400 * G_TIME_SPAN_DAY },
  { ULAK_QUERY ("clean-sent"), ULAK_SENT_AGE_US },
  { ULAK_QUERY ("clean-retries-served"), ULAK_SENT_AGE_US },
  { ULAK_QUERY ("clean-retry-counts"), 30 * G_TIME_SPAN_DAY },
  { ULAK_QUERY ("clean-message-secrets"), ULAK_MESSAGE_SECRETS_AGE_US },
  { ULAK_QUERY ("clean-peers"), 800 * G_TIME_SPAN_DAY },
  { ULAK_QUERY ("clean-groups"), 800 * G_TIME_SPAN_DAY },
};

static const struct
{
  const char *query;
  gint64 max_rows;
} amounts[] = {
  { ULAK_QUERY ("trim-pre-keys"), 20000 },
  { ULAK_QUERY ("trim-retry-keys"), 20000 },
  { ULAK_QUERY ("trim-sender-keys"), 500000 },
  { ULAK_QUERY ("trim-sent"), ULAK_SENT_MAX_ROWS },
  { ULAK_QUERY ("trim-retries-served"), 100000 },
  { ULAK_QUERY ("trim-retry-counts"), 100000 },
  { ULAK_QUERY ("trim-message-secrets"), ULAK_MESSAGE_SECRETS_MAX_ROWS },
  { ULAK_QUERY ("trim-peers"), 500000 },
  { ULAK_QUERY ("trim-groups"), ULAK_GROUP_CACHE_MAX_GROUPS },
};

gboolean
ulak_session_clean_up (UlakDatabase *database, gint64 now_us, guint limit, guint *n_removed_out, GError **error)
{
  gint64 n_removed = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (ages); i++)
    {
      if (!ulak_sql_run (
              database, ages[i].query,
              ULAK_BINDINGS (ULAK_INTEGER ("before_us", now_us - ages[i].age_us), ULAK_INTEGER ("limit", limit)),
              error))
        return FALSE;
      n_removed += ulak_database_get_changes (database);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (amounts); i++)
    {
      if (!ulak_sql_run (database, amounts[i].query,
                         ULAK_BINDINGS (ULAK_INTEGER ("max_rows", amounts[i].max_rows), ULAK_INTEGER ("limit", limit)),
                         error))
        return FALSE;
      n_removed += ulak_database_get_changes (database);
    }
  *n_removed_out = (guint) n_removed;
  return TRUE;
}
