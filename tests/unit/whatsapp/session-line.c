/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The data of each work is a struct on the caller's stack, which waits.
 */
#include "unit/whatsapp/session-line.h"

#include "whatsapp/schema.h"

#include "core/error.h"

#include <glib/gstdio.h>

static void
got_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static void
wait_for (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
}

void
line_run (Line *self, UlakStoreWork work, gpointer data, int expected_code)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ulak_store_write_async (self->store, work, data, NULL, got_cb, &result);
  wait_for (&result);
  ulak_store_finish (self->store, result, &error);
  if (expected_code < 0)
    g_assert_no_error (error);
  else
    g_assert_error (error, ULAK_ERROR, expected_code);
}

typedef struct
{
  Line *line;
  UlakCredentials *credentials;
} Linking;

static gboolean
link_work (UlakDatabase *database, gpointer data, GError **error)
{
  Linking *linking = data;
  Line *line = linking->line;
  g_autoptr (UlakCredentials) made = NULL;
  UlakPairing pairing = { .jid = line->jid, .lid = line->lid, .device_identity = ULAK_SPAN_TEXT ("made up") };

  return ulak_credentials_create (database, line->seal, line->random, START_US, &made, error)
         && ulak_credentials_save_pairing (database, &pairing, START_US, error)
         && ulak_credentials_load (database, line->seal, &linking->credentials, error);
}

static void
open_store (Line *self)
{
  g_autofree char *path = g_build_filename (self->folder, "whatsapp.db", NULL);
  UlakStoreOptions options = { .path = path, .migrations = ulak_schema_get_migrations (), .migrate = TRUE };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ulak_store_open_async (&options, NULL, got_cb, &result);
  wait_for (&result);
  self->store = ulak_store_open_finish (result, &error);
  g_assert_no_error (error);
}

void
line_set_up (Line *self, const char *parent)
{
  g_autoptr (GError) error = NULL;
  Linking linking = { .line = self };

  *self = (Line){ .jid = jid_of ("15550000002:4@s.whatsapp.net"), .lid = jid_of ("100000000000002:4@lid") };
  self->folder = parent != NULL ? g_build_filename (parent, "ulak-session-XXXXXX", NULL)
                                : g_dir_make_tmp ("ulak-session-XXXXXX", &error);
  g_assert_no_error (error);
  if (parent != NULL)
    g_assert_nonnull (g_mkdtemp (self->folder));
  self->random = ulak_random_system_new ();
  self->seal = side_make_seal ("0123456789abcdef0123456789abcdef");
  open_store (self);
  line_run (self, link_work, &linking, -1);
  self->session = ulak_session_new (linking.credentials, self->random);
  ulak_credentials_unref (linking.credentials);
}

void
line_clear (Line *self)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GDir) folder = NULL;
  const char *name;

  g_clear_pointer (&self->session, ulak_session_unref);
  ulak_store_close_async (self->store, got_cb, &result);
  wait_for (&result);
  g_assert_true (ulak_store_close_finish (self->store, result, NULL));
  g_clear_object (&self->store);
  g_clear_object (&self->random);
  g_clear_pointer (&self->seal, ulak_seal_free);
  folder = g_dir_open (self->folder, 0, NULL);
  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (self->folder);
  g_clear_pointer (&self->folder, g_free);
}

gboolean
line_read_work (UlakDatabase *database, gpointer data, GError **error)
{
  Reading *reading = data;
  UlakPeerDevice from;

  ulak_decryption_clear (&reading->decryption);
  if (!ulak_peers_resolve_device (database, reading->from, START_US, &from, error)
      || !ulak_device_decrypt (reading->line->session, database, &from, reading->ciphertext->kind,
                               ulak_span_of (reading->ciphertext->bytes), ULAK_SPAN_NONE, START_US,
                               &reading->decryption, error))
    return FALSE;
  if (reading->fails)
    g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_CONFLICT, "Something else in this work went wrong");
  return !reading->fails;
}

typedef struct
{
  Line *line;
  UlakPreKey pre_key;
  UlakSignedPreKey signed_pre_key;
} Publishing;

static gboolean
publish_work (UlakDatabase *database, gpointer data, GError **error)
{
  Publishing *publishing = data;
  g_autoptr (GArray) keys = NULL;

  if (!ulak_pre_keys_prepare (publishing->line->session, database, 1, START_US, &keys, error))
    return FALSE;
  publishing->pre_key = g_array_index (keys, UlakPreKey, 0);
  return ulak_signed_pre_keys_get_current (database, &publishing->signed_pre_key, error);
}

UlakPeerDevice
line_be_met (Line *self, Side *side)
{
  UlakCredentials *credentials = ulak_session_get_credentials (self->session);
  Publishing publishing = { .line = self };
  UlakPeerDevice device;
  UlakBundle bundle;

  line_run (self, publish_work, &publishing, -1);
  bundle = (UlakBundle){
    .registration_id = ulak_credentials_get_registration_id (credentials),
    .identity = ULAK_SPAN_ARRAY (ulak_credentials_get_identity (credentials)->public_key),
    .has_pre_key = TRUE,
    .pre_key_id = publishing.pre_key.id,
    .pre_key = ULAK_SPAN_ARRAY (publishing.pre_key.public_key),
    .signed_pre_key_id = publishing.signed_pre_key.id,
    .signed_pre_key = ULAK_SPAN_ARRAY (publishing.signed_pre_key.public_key),
    .signature = ULAK_SPAN_ARRAY (publishing.signed_pre_key.signature),
  };
  g_assert_true (ulak_peers_resolve_device (side->database, &self->lid, START_US, &device, NULL));
  g_assert_cmpint (side_meet_as (side, &device, &bundle), ==, ULAK_BUNDLE_OK);
  return device;
}

typedef struct
{
  Line *line;
  const UlakJid *to;
  const char *text;
  UlakCiphertext ciphertext;
} Writing;

static gboolean
write_work (UlakDatabase *database, gpointer data, GError **error)
{
  Writing *writing = data;
  UlakPeerDevice to;

  ulak_ciphertext_clear (&writing->ciphertext);
  return ulak_peers_resolve_device (database, writing->to, START_US, &to, error)
         && ulak_device_encrypt (writing->line->session, database, &to, ULAK_SPAN_TEXT (writing->text), START_US,
                                 &writing->ciphertext, error);
}

UlakCiphertext
line_encrypt (Line *self, const UlakJid *to, const char *text)
{
  Writing writing = { .line = self, .to = to, .text = text };

  line_run (self, write_work, &writing, -1);
  return writing.ciphertext;
}
