/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * One row, read whole and opened once; a snapshot never changes.
 */
#include "whatsapp/session/credentials.h"

#include "whatsapp/session/device-cipher.h"
#include "whatsapp/session/pre-key-record.h"
#include "whatsapp/session/pre-keys.h"
#include "whatsapp/session/query.h"

#include "core/error.h"

#define REGISTRATION_ID_MAX 16380

struct _UlakCredentials
{
  gatomicrefcount references;
  UlakKeyPair noise;
  UlakKeyPair identity;
  UlakKey adv_secret;
  guint32 registration_id;
  UlakSignedPreKey signed_pre_key;
  UlakJid jid; /* no user: not linked */
  UlakJid lid;
  GBytes *device_identity; /* (owned) (nullable) */
  GBytes *routing_info;    /* (owned) (nullable) */
  char *platform;          /* (owned) (nullable) */
  char *business_name;     /* (owned) (nullable) */
  char *push_name;         /* (owned) (nullable) */
  UlakLidMigration lid_migration;
  gint64 server_time_offset_s;
};

UlakCredentials *
ulak_credentials_ref (UlakCredentials *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
ulak_credentials_unref (UlakCredentials *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  ulak_key_pair_clear (&self->noise);
  ulak_key_pair_clear (&self->identity);
  ulak_key_clear (&self->adv_secret);
  g_clear_pointer (&self->device_identity, g_bytes_unref);
  g_clear_pointer (&self->routing_info, g_bytes_unref);
  g_free (self->platform);
  g_free (self->business_name);
  g_free (self->push_name);
  g_free (self);
}

const UlakKeyPair *
ulak_credentials_get_noise (UlakCredentials *self)
{
  return &self->noise;
}

const UlakKeyPair *
ulak_credentials_get_identity (UlakCredentials *self)
{
  return &self->identity;
}

const UlakKey *
ulak_credentials_get_adv_secret (UlakCredentials *self)
{
  return &self->adv_secret;
}

guint32
ulak_credentials_get_registration_id (UlakCredentials *self)
{
  return self->registration_id;
}

const UlakSignedPreKey *
ulak_credentials_get_signed_pre_key (UlakCredentials *self)
{
  return &self->signed_pre_key;
}

gboolean
ulak_credentials_is_linked (UlakCredentials *self)
{
  return self->jid.user[0] != '\0';
}

const UlakJid *
ulak_credentials_get_jid (UlakCredentials *self)
{
  return self->jid.user[0] != '\0' ? &self->jid : NULL;
}

const UlakJid *
ulak_credentials_get_lid (UlakCredentials *self)
{
  return self->lid.user[0] != '\0' ? &self->lid : NULL;
}

static const UlakJid *
own_form (UlakCredentials *self, const UlakJid *jid)
{
  switch (ulak_peer_form_of (jid))
    {
    case ULAK_PEER_FORM_PHONE:
      return ulak_credentials_get_jid (self);
    case ULAK_PEER_FORM_LID:
      return ulak_credentials_get_lid (self);
    case ULAK_PEER_FORM_OTHER:
      return NULL;
    }
  g_return_val_if_reached (NULL);
}

gboolean
ulak_credentials_is_own (UlakCredentials *self, const UlakJid *jid)
{
  const UlakJid *own = own_form (self, jid);

  return own != NULL && strcmp (own->user, jid->user) == 0;
}

gboolean
ulak_credentials_is_own_device (UlakCredentials *self, const UlakJid *jid)
{
  return ulak_credentials_is_own (self, jid) && own_form (self, jid)->device == jid->device;
}

GBytes *
ulak_credentials_get_device_identity (UlakCredentials *self)
{
  return self->device_identity;
}

const char *
ulak_credentials_get_platform (UlakCredentials *self)
{
  return self->platform;
}

const char *
ulak_credentials_get_business_name (UlakCredentials *self)
{
  return self->business_name;
}

const char *
ulak_credentials_get_push_name (UlakCredentials *self)
{
  return self->push_name;
}

UlakLidMigration
ulak_credentials_get_lid_migration (UlakCredentials *self)
{
  return self->lid_migration;
}

GBytes *
ulak_credentials_get_routing_info (UlakCredentials *self)
{
  return self->routing_info;
}

gint64
ulak_credentials_get_server_time_offset_s (UlakCredentials *self)
{
  return self->server_time_offset_s;
}

static gboolean
open_key (UlakStatement *row, const char *column, UlakSeal *seal, const char *name, UlakKey *key_out, GError **error)
{
  UlakSpan blob = ulak_query_get_span (row, column);
  g_autoptr (UlakSecret) secret = ulak_seal_open (seal, name, blob.bytes, blob.size_bytes, error);
  gsize size_bytes;
  const guint8 *bytes;

  if (secret == NULL)
    {
      g_prefix_error (error, "The line's WhatsApp keys do not open: ");
      return FALSE;
    }
  bytes = ulak_secret_get_bytes (secret, &size_bytes);
  if (size_bytes != ULAK_KEY_BYTES)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_DAMAGED, "The sealed ‘%s’ is not a key", name);
      return FALSE;
    }
  ulak_key_set (key_out, bytes, size_bytes);
  return TRUE;
}

static gboolean
open_pair (UlakStatement *row,
           const char *column,
           UlakSeal *seal,
           const char *name,
           UlakKeyPair *pair_out,
           GError **error)
{
  g_auto (UlakKey) key = { 0 };

  if (!open_key (row, column, seal, name, &key, error))
    return FALSE;
  ulak_key_pair_set (pair_out, &key);
  return TRUE;
}

static gboolean
read_jid (UlakStatement *row, const char *column, UlakJid *jid_out, GError **error)
{
  return ulak_statement_is_null (row, column) || ulak_jid_parse (ulak_statement_get_text (row, column), jid_out, error);
}

static gboolean
read_row (UlakCredentials *self, UlakStatement *row, UlakSeal *seal, GError **error)
{
  self->registration_id = (guint32) ulak_statement_get_integer (row, "registration_id");
  self->device_identity = ulak_query_get_bytes (row, "device_identity");
  self->routing_info = ulak_query_get_bytes (row, "routing_info");
  self->platform = ulak_query_get_text (row, "platform");
  self->business_name = ulak_query_get_text (row, "business_name");
  self->push_name = ulak_query_get_text (row, "push_name");
  self->lid_migration = (UlakLidMigration) CLAMP (ulak_statement_get_integer (row, "lid_migration"),
                                                  ULAK_LID_MIGRATION_UNKNOWN, ULAK_LID_MIGRATION_YES);
  self->server_time_offset_s = ulak_statement_get_integer (row, "server_time_offset_s");
  return open_pair (row, "noise_private", seal, "noise", &self->noise, error)
         && open_pair (row, "identity_private", seal, "identity", &self->identity, error)
         && open_key (row, "adv_secret", seal, "adv-secret", &self->adv_secret, error)
         && read_jid (row, "jid", &self->jid, error) && read_jid (row, "lid", &self->lid, error);
}

gboolean
ulak_credentials_load (UlakDatabase *database, UlakSeal *seal, UlakCredentials **credentials_out, GError **error)
{
  g_autoptr (UlakCredentials) self = NULL;
  UlakStatement *row;

  if (!ulak_sql_find (database, ULAK_QUERY ("credentials-find"), ULAK_BINDINGS (), &row, error))
    return FALSE;
  if (row == NULL)
    {
      *credentials_out = NULL;
      return TRUE;
    }

  self = g_new0 (UlakCredentials, 1);
  g_atomic_ref_count_init (&self->references);
  if (!read_row (self, row, seal, error) || !ulak_signed_pre_keys_get_current (database, &self->signed_pre_key, error))
    return FALSE;
  *credentials_out = g_steal_pointer (&self);
  return TRUE;
}

static void
bind_sealed (UlakStatement *statement, const char *column, UlakSeal *seal, const char *name, const UlakKey *key)
{
  g_autoptr (GBytes) blob = ulak_seal_close (seal, name, key->bytes, sizeof key->bytes);

  ulak_query_bind_span (statement, column, ulak_span_of (blob));
}

static gboolean
insert_row (UlakDatabase *database,
            UlakSeal *seal,
            UlakRandom *random,
            const UlakKeyPair *identity,
            gint64 now_us,
            GError **error)
{
  g_auto (UlakKeyPair) noise = { 0 };
  g_auto (UlakKey) adv_secret = { 0 };
  UlakStatement *statement = ulak_sql_query (
      database, ULAK_QUERY ("credentials-insert"),
      ULAK_BINDINGS (ULAK_INTEGER ("registration_id", 1 + ulak_random_below (random, REGISTRATION_ID_MAX)),
                     ULAK_INTEGER ("now_us", now_us)),
      error);

  if (statement == NULL)
    return FALSE;
  ulak_key_pair_generate (&noise, random);
  ulak_random_fill (random, adv_secret.bytes, sizeof adv_secret.bytes);
  bind_sealed (statement, "noise_private", seal, "noise", &noise.private_key);
  bind_sealed (statement, "identity_private", seal, "identity", &identity->private_key);
  bind_sealed (statement, "adv_secret", seal, "adv-secret", &adv_secret);
  return ulak_statement_run (statement, error);
}

static gboolean
insert_signed_pre_key (UlakDatabase *database,
                       UlakRandom *random,
                       const UlakKeyPair *identity,
                       gint64 now_us,
                       GError **error)
{
  g_auto (UlakKeyPair) pair = { 0 };
  UlakSignedPreKey key = { .id = 1 };

  ulak_key_pair_generate (&pair, random);
  memcpy (key.public_key, pair.public_key, sizeof key.public_key);
  ulak_curve_sign_pre_key (&identity->private_key, random, pair.public_key, key.signature);
  return ulak_signed_pre_key_store (database, &key, &pair, TRUE, now_us, error);
}

gboolean
ulak_credentials_create (UlakDatabase *database,
                         UlakSeal *seal,
                         UlakRandom *random,
                         gint64 now_us,
                         UlakCredentials **credentials_out,
                         GError **error)
{
  g_auto (UlakKeyPair) identity = { 0 };
  gboolean exists;

  if (!ulak_query_exists (database, ULAK_QUERY ("credentials-find"), ULAK_BINDINGS (), &exists, error))
    return FALSE;
  if (exists)
    {
      g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_EXISTS,
                           "The line has WhatsApp credentials already: log it out first");
      return FALSE;
    }

  ulak_key_pair_generate (&identity, random);
  return insert_row (database, seal, random, &identity, now_us, error)
         && insert_signed_pre_key (database, random, &identity, now_us, error)
         && ulak_credentials_load (database, seal, credentials_out, error);
}

static gboolean
write_pairing (UlakDatabase *database, const UlakPairing *pairing, GError **error)
{
  g_autofree char *jid = ulak_jid_print (&pairing->jid);
  g_autofree char *lid = pairing->lid.user[0] != '\0' ? ulak_jid_print (&pairing->lid) : NULL;
  UlakStatement *statement = ulak_sql_query (database, ULAK_QUERY ("credentials-pair"),
                                             ULAK_BINDINGS (ULAK_TEXT ("jid", jid), ULAK_TEXT ("lid", lid),
                                                            ULAK_TEXT ("platform", pairing->platform),
                                                            ULAK_TEXT ("business_name", pairing->business_name),
                                                            ULAK_INTEGER ("lid_migration", pairing->lid_migration)),
                                             error);

  if (statement == NULL)
    return FALSE;
  ulak_query_bind_span (statement, "device_identity", pairing->device_identity);
  return ulak_statement_run (statement, error);
}

gboolean
ulak_credentials_save_pairing (UlakDatabase *database, const UlakPairing *pairing, gint64 now_us, GError **error)
{
  UlakPeerDevice phone = { 0, 0 };
  UlakPeer own;

  if (!write_pairing (database, pairing, error)
      || !ulak_peers_put_own (database, &pairing->jid, &pairing->lid, now_us, &own, error))
    return FALSE;
  phone.peer = own.id;
  return ulak_device_save_identity (database, &phone, pairing->account_signature_key, now_us, NULL, error);
}

/** ulak_credentials_save_lid: `<success lid>` told our LID, with our device; needs a stored pairing */
gboolean
ulak_credentials_save_lid (UlakDatabase *database, const UlakJid *lid, gint64 now_us, GError **error)
{
  g_autofree char *text = ulak_jid_print (lid);
  UlakStatement *row;
  UlakJid jid;
  UlakPeer own;

  if (!ulak_sql_find (database, ULAK_QUERY ("credentials-find"), ULAK_BINDINGS (), &row, error))
    return FALSE;
  if (row == NULL || ulak_statement_is_null (row, "jid"))
    {
      g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "The line is not linked");
      return FALSE;
    }
  return ulak_jid_parse (ulak_statement_get_text (row, "jid"), &jid, error)
         && ulak_sql_run (database, ULAK_QUERY ("credentials-set-lid"), ULAK_BINDINGS (ULAK_TEXT ("lid", text)), error)
         && ulak_peers_put_own (database, &jid, lid, now_us, &own, error);
}

gboolean
ulak_credentials_save_adv_secret (UlakDatabase *database, UlakSeal *seal, const UlakKey *secret, GError **error)
{
  UlakStatement *statement
      = ulak_sql_query (database, ULAK_QUERY ("credentials-set-adv-secret"), ULAK_BINDINGS (), error);

  if (statement == NULL)
    return FALSE;
  bind_sealed (statement, "adv_secret", seal, "adv-secret", secret);
  return ulak_statement_run (statement, error);
}

gboolean
ulak_credentials_save_routing_info (UlakDatabase *database, UlakSpan routing_info, GError **error)
{
  UlakStatement *statement
      = ulak_sql_query (database, ULAK_QUERY ("credentials-set-routing-info"), ULAK_BINDINGS (), error);

  if (statement == NULL)
    return FALSE;
  if (routing_info.size_bytes > 0)
    ulak_query_bind_span (statement, "routing_info", routing_info);
  else
    ulak_statement_bind_null (statement, "routing_info");
  return ulak_statement_run (statement, error);
}

gboolean
ulak_credentials_save_push_name (UlakDatabase *database, const char *push_name, GError **error)
{
  return ulak_sql_run (database, ULAK_QUERY ("credentials-set-push-name"),
                       ULAK_BINDINGS (ULAK_TEXT ("push_name", push_name)), error);
}

gboolean
ulak_credentials_save_server_time_offset (UlakDatabase *database, gint64 offset_s, GError **error)
{
  return ulak_sql_run (database, ULAK_QUERY ("credentials-set-server-time-offset"),
                       ULAK_BINDINGS (ULAK_INTEGER ("offset_s", offset_s)), error);
}

gboolean
ulak_credentials_save_lid_migration (UlakDatabase *database, UlakLidMigration migration, GError **error)
{
  return ulak_sql_run (database, ULAK_QUERY ("credentials-set-lid-migration"),
                       ULAK_BINDINGS (ULAK_INTEGER ("lid_migration", migration)), error);
}

gboolean
ulak_credentials_wipe (UlakDatabase *database, GError **error)
{
  return ulak_database_run_script (database, ULAK_QUERY ("wipe"), error);
}
