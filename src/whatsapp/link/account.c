/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/link/account.h"

#include "whatsapp/session/generation.h"

typedef struct
{
  UlakAccountChange *change;
  UlakSeal *seal; /* unowned */
  UlakRandom *random;
  gint64 now_us;
  UlakAccountState state;
} Work;

UlakAccountChange *
ulak_account_change_new (void)
{
  return g_new0 (UlakAccountChange, 1);
}

void
ulak_account_change_free (UlakAccountChange *self)
{
  if (self->adv_secret != NULL)
    ulak_key_clear (self->adv_secret);
  g_free (self->adv_secret);
  g_free (self->pairing);
  g_clear_pointer (&self->device_identity, g_bytes_unref);
  g_free (self->platform);
  g_free (self->business_name);
  g_clear_pointer (&self->routing_info, g_bytes_unref);
  g_free (self);
}

void
ulak_account_state_clear (UlakAccountState *self)
{
  g_clear_pointer (&self->credentials, ulak_credentials_unref);
}

static void
work_free (gpointer data)
{
  Work *self = data;

  ulak_account_change_free (self->change);
  ulak_account_state_clear (&self->state);
  g_object_unref (self->random);
  g_free (self);
}

static gboolean
open_account (UlakDatabase *database, Work *self, GError **error)
{
  if (!ulak_generation_settle (database, &self->state.was_copy, error)
      || !ulak_credentials_load (database, self->seal, &self->state.credentials, error))
    return FALSE;
  if (self->state.credentials == NULL
      && !ulak_credentials_create (database, self->seal, self->random, self->now_us, &self->state.credentials, error))
    return FALSE;
  return ulak_pre_keys_count (database, &self->state.n_pre_keys, error);
}

static gboolean
save (UlakDatabase *database, Work *self, GError **error)
{
  const UlakAccountChange *change = self->change;

  if (change->wipes && !ulak_credentials_wipe (database, error))
    return FALSE;
  if (change->adv_secret != NULL && !ulak_credentials_save_adv_secret (database, self->seal, change->adv_secret, error))
    return FALSE;
  if (change->pairing != NULL && !ulak_credentials_save_pairing (database, change->pairing, self->now_us, error))
    return FALSE;
  if (change->routing_info != NULL
      && !ulak_credentials_save_routing_info (database, ulak_span_of (change->routing_info), error))
    return FALSE;
  if (change->lid.user[0] != '\0' && !ulak_credentials_save_lid (database, &change->lid, self->now_us, error))
    return FALSE;
  if (change->sets_time_offset && !ulak_credentials_save_server_time_offset (database, change->time_offset_s, error))
    return FALSE;
  return change->lid_migration == ULAK_LID_MIGRATION_UNKNOWN
         || ulak_credentials_save_lid_migration (database, change->lid_migration, error);
}

/* May run twice: nothing of an earlier run stays. */
static gboolean
run (UlakDatabase *database, gpointer data, GError **error)
{
  Work *self = data;

  ulak_account_state_clear (&self->state);
  self->state = (UlakAccountState){ 0 };
  if (self->change->opens)
    return open_account (database, self, error);
  return save (database, self, error) && ulak_credentials_load (database, self->seal, &self->state.credentials, error);
}

void
ulak_account_change_async (UlakAccountChange *self,
                           UlakStore *store,
                           UlakSeal *seal,
                           UlakRandom *random,
                           UlakClock *clock,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  Work *work = g_new0 (Work, 1);

  work->change = self;
  work->seal = seal;
  work->random = g_object_ref (random);
  work->now_us = ulak_clock_get_wall_us (clock);
  ulak_store_write_async (store, run, work, work_free, callback, user_data);
}

/** ulak_account_change_finish: @state_out: to be cleared; Returns: whether all of the change is durable */
gboolean
ulak_account_change_finish (UlakStore *store, GAsyncResult *result, UlakAccountState *state_out, GError **error)
{
  Work *work = ulak_store_finish (store, result, error);

  if (work == NULL)
    return FALSE;
  *state_out = work->state;
  work->state.credentials = NULL;
  return TRUE;
}
