/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * App state job: one collection to bring up to date, or one change in it. Main thread only.
 */
#pragma once

#include "whatsapp/chat/app-state-change.h"

G_BEGIN_DECLS

typedef struct
{
  char *collection;           /* (owned) */
  UlakAppStateRecord *record; /* (owned) (nullable): a change */
  GTask *task;                /* (owned) (nullable): of the change */
  gboolean is_uploaded;       /* the server has the change; what is left is to fetch it */
  gboolean fetches_first;     /* the next round asks only */
  gboolean is_current;        /* a change: what the others have is here, which may be nothing at all */
  guint n_conflicts, n_damaged, n_rounds;
} UlakAppStateJob;

UlakAppStateJob *ulak_app_state_job_new (const char *collection);
/* record, task: (transfer full): told how it ended. */
UlakAppStateJob *ulak_app_state_job_new_change (UlakAppStateRecord *record, GTask *task);
/* A change that has not ended yet fails, since the line stops. */
void ulak_app_state_job_free (gpointer self);

/* Whether the next round carries its change. */
gboolean ulak_app_state_job_uploads (const UlakAppStateJob *self);

GError *ulak_app_state_new_stopped_error (void);

G_END_DECLS
