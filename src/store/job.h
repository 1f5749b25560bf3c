/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Job: one work on its way from a caller to a thread of the store and back.
 */
#pragma once

#include "store/store.h"

typedef struct
{
  GTask *task;        /* (owned): its task data is the work's data */
  UlakStoreWork work;
  gboolean is_joint;  /* may share a savepoint with its neighbours, and be run again with them */
  GError *error;      /* (owned) (nullable): why it failed */
} UlakJob;

UlakJob *ulak_job_new (GTask *task, UlakStoreWork work);
void ulak_job_free (UlakJob *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakJob, ulak_job_free)

gpointer ulak_job_get_data (UlakJob *self);
void ulak_job_refuse (UlakJob *self, GError *error);
void ulak_job_deliver (GPtrArray *jobs);
