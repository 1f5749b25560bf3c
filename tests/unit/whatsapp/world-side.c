/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Sides: devices that are paired, published, connected and restarted.
 */
#include "chat-world-private.h"

#include "whatsapp/crypto/adv.h"
#include "whatsapp/schema.h"
#include "whatsapp/session/pre-keys.h"
#include <glib/gstdio.h>
#include <string.h>

typedef struct
{
  Side *side;
  const Side *phone;
  guint n_keys;
  UlakCredentials *credentials;
} SetUp;

static GBytes *
make_statement (const UlakKeyPair *own, const UlakKeyPair *phone, UlakRandom *random)
{
  static const guint8 prefix[] = { 6, 0 };
  Wa__ADVDeviceIdentity details = WA__ADVDEVICE_IDENTITY__INIT;
  Wa__ADVSignedDeviceIdentity statement = WA__ADVSIGNED_DEVICE_IDENTITY__INIT;
  guint8 account_signature[ULAK_CURVE_SIGNATURE_BYTES], device_signature[ULAK_CURVE_SIGNATURE_BYTES];
  g_autoptr (GBytes) packed = NULL;
  UlakAdvIdentity adv;

  details.has_raw_id = TRUE;
  details.raw_id = 7;
  packed = ulak_protobuf_pack (&details);
  {
    const UlakSpan spans[] = { ULAK_SPAN_ARRAY (prefix), ulak_span_of (packed), ULAK_SPAN_ARRAY (own->public_key) };

    ulak_curve_sign (&phone->private_key, random, spans, G_N_ELEMENTS (spans), account_signature);
  }
  adv = (UlakAdvIdentity){ .details = ulak_span_of (packed), .account_signature_key = ULAK_SPAN_ARRAY (phone->public_key) };
  ulak_adv_sign_device (&adv, own, random, device_signature);
  statement.has_details = statement.has_account_signature = statement.has_device_signature = TRUE;
  statement.has_account_signature_key = TRUE;
  statement.details = (ProtobufCBinaryData){ g_bytes_get_size (packed), (guint8 *) g_bytes_get_data (packed, NULL) };
  statement.account_signature = (ProtobufCBinaryData){ sizeof account_signature, account_signature };
  statement.device_signature = (ProtobufCBinaryData){ sizeof device_signature, device_signature };
  statement.account_signature_key = (ProtobufCBinaryData){ sizeof phone->public_key, (guint8 *) phone->public_key };
  return ulak_protobuf_pack (&statement);
}

static gboolean
pair_run (UlakDatabase *database, gpointer data, GError **error)
{
  SetUp *self = data;
  Side *side = self->side;
  gint64 now_us = ULAK_FAKE_CLOCK_START_US;
  g_autoptr (UlakCredentials) made = NULL;
  g_autoptr (GBytes) statement = NULL;
  const UlakKeyPair *phone;
  UlakPairing pairing = { .jid = side->me.phone, .lid = side->me.lid, .platform = "android" };

  if (!ulak_credentials_create (database, side->seal, side->world->random, now_us, &made, error))
    return FALSE;
  phone = self->phone == NULL ? ulak_credentials_get_identity (made)
                              : ulak_credentials_get_identity (ulak_session_get_credentials (self->phone->session));
  statement = make_statement (ulak_credentials_get_identity (made), phone, side->world->random);
  pairing.device_identity = ulak_span_of (statement);
  pairing.lid_migration = ULAK_LID_MIGRATION_YES;
  memcpy (pairing.account_signature_key, phone->public_key, sizeof pairing.account_signature_key);
  return ulak_credentials_save_pairing (database, &pairing, now_us, error)
         && ulak_credentials_load (database, side->seal, &self->credentials, error);
}

static gboolean
load_run (UlakDatabase *database, gpointer data, GError **error)
{
  SetUp *self = data;

  return ulak_credentials_load (database, self->side->seal, &self->credentials, error);
}

static void
put_key (UlakNodeBuilder *builder, guint32 id, const guint8 *value, const guint8 *signature)
{
  const guint8 bytes[] = { (guint8) (id >> 16), (guint8) (id >> 8), (guint8) id };

  ulak_node_builder_open (builder, "id");
  ulak_node_builder_set_bytes (builder, bytes, sizeof bytes);
  ulak_node_builder_close (builder);
  ulak_node_builder_open (builder, "value");
  ulak_node_builder_set_bytes (builder, value, ULAK_CURVE_PUBLIC_BYTES);
  ulak_node_builder_close (builder);
  if (signature == NULL)
    return;
  ulak_node_builder_open (builder, "signature");
  ulak_node_builder_set_bytes (builder, signature, ULAK_CURVE_SIGNATURE_BYTES);
  ulak_node_builder_close (builder);
}

static void
make_bundle (Side *side, const UlakSignedPreKey *key)
{
  UlakCredentials *credentials = ulak_session_get_credentials (side->session);
  GBytes *identity = ulak_credentials_get_device_identity (credentials);
  UlakNodeBuilder *builder = ulak_node_builder_new ("user");
  guint32 registration = GUINT32_TO_BE (ulak_credentials_get_registration_id (credentials));
  gsize size_bytes;

  ulak_node_builder_open (builder, "registration");
  ulak_node_builder_set_bytes (builder, (const guint8 *) &registration, sizeof registration);
  ulak_node_builder_close (builder);
  ulak_node_builder_open (builder, "identity");
  ulak_node_builder_set_bytes (builder, ulak_credentials_get_identity (credentials)->public_key, ULAK_CURVE_PUBLIC_BYTES);
  ulak_node_builder_close (builder);
  ulak_node_builder_open (builder, "skey");
  put_key (builder, key->id, key->public_key, key->signature);
  ulak_node_builder_close (builder);
  if (!side->is_phone)
    {
      const guint8 *bytes = g_bytes_get_data (identity, &size_bytes);

      ulak_node_builder_open (builder, "device-identity");
      ulak_node_builder_set_bytes (builder, bytes, size_bytes);
      ulak_node_builder_close (builder);
    }
  side->bundle = world_end_node (builder);
}

static gboolean
publish_run (UlakDatabase *database, gpointer data, GError **error)
{
  SetUp *self = data;
  Side *side = self->side;
  g_autoptr (GArray) keys = NULL;
  UlakSignedPreKey signed_key;

  if (!ulak_pre_keys_prepare (side->session, database, 30, ULAK_FAKE_CLOCK_START_US, &keys, error)
      || !ulak_pre_keys_mark_uploaded (database, (const UlakPreKey *) (void *) keys->data, keys->len, error)
      || !ulak_signed_pre_keys_get_current (database, &signed_key, error))
    return FALSE;
  for (guint i = 0; i < keys->len; i++)
    {
      const UlakPreKey *key = &g_array_index (keys, UlakPreKey, i);
      UlakNodeBuilder *builder = ulak_node_builder_new ("key");

      put_key (builder, key->id, key->public_key, NULL);
      g_ptr_array_add (side->pre_keys, world_end_node (builder));
    }
  make_bundle (side, &signed_key);
  return TRUE;
}

static void
run (Side *self, UlakStoreWork work, SetUp *set_up)
{
  UlakStore *store = ulak_line_store_get_store (self->store);
  g_auto (WorldWait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  ulak_store_write_async (store, work, set_up, NULL, world_wait_cb, &wait);
  ulak_store_finish (store, world_wait_result (&wait), &error);
  g_assert_no_error (error);
}

static void
open_store (Side *self)
{
  UlakLineStoreOptions options = {
    .path = self->path,
    .migrate = TRUE,
    .migrations = ulak_schema_get_migrations (),
    .queue_max = 1000,
    .unknown_wait_ms = 60000,
    .clock = ULAK_CLOCK (self->world->clock),
    .random = self->world->random,
  };
  g_auto (WorldWait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  ulak_line_store_open_async (&options, NULL, world_wait_cb, &wait);
  self->store = ulak_line_store_open_finish (world_wait_result (&wait), &error);
  g_assert_no_error (error);
}

static void
close_store (Side *self)
{
  g_auto (WorldWait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  ulak_line_store_close_async (self->store, world_wait_cb, &wait);
  ulak_line_store_close_finish (self->store, world_wait_result (&wait), &error);
  g_assert_no_error (error);
  world_wait_clear (&wait);
  g_clear_object (&self->store);
}

static void
open_chat (Side *self, UlakCredentials *credentials)
{
  UlakChatOptions options = { .line = self->line,
                              .wire = ULAK_WIRE (self->wire),
                              .clock = ULAK_CLOCK (self->world->clock),
                              .random = self->world->random };

  self->session = ulak_session_new (credentials, self->world->random);
  self->chat = ulak_chat_new (&options);
  ulak_chat_set_account (self->chat, self->session, &self->me);
}

static void
close_chat (Side *self)
{
  g_auto (WorldWait) wait = { 0 };

  ulak_chat_stop_async (self->chat, world_wait_cb, &wait);
  g_assert_true (ulak_chat_stop_finish (self->chat, world_wait_result (&wait), NULL));
  world_wait_clear (&wait);
  world_settle (self->world);
  g_assert_finalize_object (g_steal_pointer (&self->chat));
  g_clear_pointer (&self->session, ulak_session_unref);
}

Side *
world_add (World *self, const char *user, const char *lid, guint device)
{
  Side *side = g_new0 (Side, 1);
  g_autofree char *phone_text = g_strdup_printf ("%s:%u@s.whatsapp.net", user, device);
  g_autofree char *lid_text = g_strdup_printf ("%s:%u@lid", lid, device);
  g_autoptr (UlakSecret) secret = ulak_secret_new ("0123456789abcdef0123456789abcdef", 32);
  SetUp set_up = { .side = side };
  g_autoptr (GError) error = NULL;

  side->world = self;
  side->is_phone = device == 0;
  side->seal = ulak_seal_new_for_key (secret, ULAK_CREDENTIALS_SEAL_PURPOSE, &error);
  g_assert_no_error (error);
  side->folder = g_dir_make_tmp ("ulak-chat-XXXXXX", NULL);
  side->path = g_build_filename (side->folder, "whatsapp.db", NULL);
  g_assert_true (ulak_jid_parse (phone_text, &side->me.phone, NULL));
  g_assert_true (ulak_jid_parse (lid_text, &side->me.lid, NULL));
  side->line = g_object_new (ULAK_TYPE_LINE, NULL);
  side->line->side = side;
  side->wire = g_object_new (TEST_TYPE_WIRE, NULL);
  side->wire->side = side;
  side->pre_keys = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_node_unref);
  side->inbox = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_node_unref);
  side->sent = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_node_unref);
  side->got = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_node_unref);
  for (guint i = 0; i < self->sides->len; i++)
    {
      const Side *other = g_ptr_array_index (self->sides, i);

      if (other->is_phone && g_str_equal (other->me.phone.user, user))
        set_up.phone = other;
    }
  g_ptr_array_add (self->sides, side);
  open_store (side);
  run (side, pair_run, &set_up);
  open_chat (side, set_up.credentials);
  ulak_credentials_unref (set_up.credentials);
  run (side, publish_run, &set_up);
  side_connect (side);
  return side;
}

void
side_connect (Side *self)
{
  g_autoptr (GPtrArray) inbox = g_steal_pointer (&self->inbox);

  self->inbox = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_node_unref);
  self->wire->is_online = TRUE;
  ulak_chat_connected (self->chat);
  for (guint i = 0; i < inbox->len; i++)
    side_give_later (self, ulak_node_ref (g_ptr_array_index (inbox, i)));
  world_settle (self->world);
}

void
side_disconnect (Side *self)
{
  self->wire->is_online = FALSE;
  self->wire->epoch++;
  self->wire->held = 0;
  ulak_chat_disconnected (self->chat);
}

void
side_restart (Side *self)
{
  SetUp set_up = { .side = self };

  side_disconnect (self);
  close_chat (self);
  close_store (self);
  open_store (self);
  run (self, load_run, &set_up);
  open_chat (self, set_up.credentials);
  ulak_credentials_unref (set_up.credentials);
  side_connect (self);
}

static void
remove_folder (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inner = g_build_filename (path, name, NULL);

      g_remove (inner);
    }
  g_rmdir (path);
}

void
side_free (gpointer data)
{
  Side *self = data;

  g_assert_cmpuint (self->wire->held, ==, 0);
  side_disconnect (self);
  close_chat (self);
  close_store (self);
  remove_folder (self->folder);
  g_ptr_array_unref (self->pre_keys);
  g_ptr_array_unref (self->inbox);
  g_ptr_array_unref (self->sent);
  g_ptr_array_unref (self->got);
  ulak_node_unref (self->bundle);
  g_object_unref (self->wire);
  g_object_unref (self->line);
  ulak_seal_free (self->seal);
  g_free (self->folder);
  g_free (self->path);
  g_free (self);
}
