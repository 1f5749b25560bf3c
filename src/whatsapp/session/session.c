/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The session is a context and a store context whose callbacks go to the visit of the moment (signal-visit.h).
 */
#include "whatsapp/session/session.h"

#include "whatsapp/crypto/must.h"
#include "whatsapp/crypto/signal-context.h"
#include "whatsapp/session/signal-visit.h"

#include "whatsapp-session-sql.h"

struct _UlakSession
{
  gatomicrefcount references;
  UlakCredentials *credentials;          /* (owned) */
  UlakRandom *random;                    /* (owned) */
  signal_context *context;               /* (owned) */
  signal_protocol_store_context *stores; /* (owned) */
  UlakSignalVisit *visit;                /* unowned: only while the library runs */
};

UlakSession *
ulak_session_new (UlakCredentials *credentials, UlakRandom *random)
{
  UlakSession *self = g_new0 (UlakSession, 1);

  g_atomic_ref_count_init (&self->references);
  self->credentials = ulak_credentials_ref (credentials);
  self->random = g_object_ref (random);
  self->context = ulak_signal_context_new (self->random);
  ulak_must (signal_protocol_store_context_create (&self->stores, self->context) == 0);
  ulak_signal_stores_install (self->stores, self);
  return self;
}

UlakSession *
ulak_session_ref (UlakSession *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
ulak_session_unref (UlakSession *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  signal_protocol_store_context_destroy (self->stores);
  signal_context_destroy (self->context);
  ulak_credentials_unref (self->credentials);
  g_object_unref (self->random);
  g_free (self);
}

UlakCredentials *
ulak_session_get_credentials (UlakSession *self)
{
  return self->credentials;
}

signal_context *
ulak_session_get_context (UlakSession *self)
{
  return self->context;
}

signal_protocol_store_context *
ulak_session_get_stores (UlakSession *self)
{
  return self->stores;
}

UlakRandom *
ulak_session_get_random (UlakSession *self)
{
  return self->random;
}

void
ulak_session_set_visit (UlakSession *self, UlakSignalVisit *visit)
{
  self->visit = visit;
}

UlakSignalVisit *
ulak_session_get_visit (UlakSession *self)
{
  return self->visit;
}

void
ulak_session_register_sql (void)
{
  static gsize is_registered;

  if (!g_once_init_enter (&is_registered))
    return;
  ulak_whatsapp_session_sql_register_resource ();
  g_once_init_leave (&is_registered, 1);
}
