/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "unit/whatsapp/link-fixture.h"

#include "whatsapp/session/session.h"

#include <glib/gstdio.h>
#include <string.h>

#define MASTER "0123456789abcdef0123456789abcdef"
#define WAIT_S 20

static const char *const migrations[] = { "/org/ulak/sql/whatsapp/migrations/0001-session.sql", NULL };

static void
state_cb (UlakLink *link G_GNUC_UNUSED, const UlakLinkState *state, gpointer user_data)
{
  Fixture *self = user_data;

  g_string_append_printf (self->phases, "%s ", ulak_link_phase_to_string (state->phase));
  self->n_states++;
  self->phase = state->phase;
  g_free (self->text);
  self->text = g_strdup (state->text);
  self->expires_us = state->expires_us;
  self->until_us = state->until_us;
  self->needs_confirmation = state->needs_confirmation;
  self->may_skip_confirmation = state->may_skip_confirmation;
  g_clear_pointer (&self->outcome_code, g_free);
  if (state->outcome != NULL)
    {
      self->outcome = state->outcome->kind;
      self->outcome_code = g_strdup (state->outcome->error_code == NULL ? "" : state->outcome->error_code);
    }
}

static void
keep_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static GAsyncResult *
wait_result (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

static void
open_store (Fixture *self)
{
  g_autofree char *path = g_build_filename (self->folder, "whatsapp.db", NULL);
  const UlakStoreOptions options = { .path = path, .migrations = migrations, .migrate = TRUE };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ulak_session_register_sql ();
  ulak_store_open_async (&options, NULL, keep_cb, &result);
  self->store = ulak_store_open_finish (wait_result (&result), &error);
  g_assert_no_error (error);
}

void
fixture_set_up (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakSecret) master = ulak_secret_new (MASTER, strlen (MASTER));
  g_autoptr (UlakRandom) random = ulak_random_system_new ();
  g_autoptr (GError) error = NULL;
  UlakLinkOptions options;

  self->folder = g_dir_make_tmp ("ulak-link-XXXXXX", NULL);
  open_store (self);
  self->seal = ulak_seal_new_for_key (master, ULAK_CREDENTIALS_SEAL_PURPOSE, &error);
  g_assert_no_error (error);
  self->clock = ulak_fake_clock_new ();
  self->peer = link_peer_new (ULAK_CLOCK (self->clock));
  self->phases = g_string_new (NULL);
  ulak_key_pair_generate (&self->phone, random);
  options = (UlakLinkOptions){
    .store = self->store,
    .seal = self->seal,
    .clock = ULAK_CLOCK (self->clock),
    .random = random,
    .root_key = link_peer_get_root (self->peer),
    .state_changed = state_cb,
    .user_data = self,
    .make_socket = link_peer_make_socket,
    .socket_data = self->peer,
  };
  self->link = ulak_link_new (&options, &error);
  g_assert_no_error (error);
}

static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (folder);
}

void
fixture_tear_down (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GAsyncResult) result = NULL;

  ulak_link_stop (self->link);
  ulak_store_close_async (self->store, keep_cb, &result);
  wait_result (&result);
  g_assert_true (ulak_store_close_finish (self->store, result, NULL));
  link_peer_run_until_idle ();
  g_assert_cmpuint (ulak_fake_clock_count_timers (self->clock), ==, 0);
  g_assert_finalize_object (self->link);
  g_object_unref (self->store);
  ulak_seal_free (self->seal);
  link_peer_free (self->peer);
  g_object_unref (self->clock);
  g_string_free (self->phases, TRUE);
  g_free (self->text);
  g_free (self->outcome_code);
  remove_folder (self->folder);
  g_free (self->folder);
}

void
fixture_run (Fixture *self, UlakStoreWork work, gpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ulak_store_write_async (self->store, work, data, NULL, keep_cb, &result);
  ulak_store_finish (self->store, wait_result (&result), &error);
  g_assert_no_error (error);
}

typedef struct
{
  Fixture *fixture;
  UlakCredentials *credentials;
  guint n_uploaded;
} Account;

static gboolean
link_work (UlakDatabase *database, gpointer data, GError **error)
{
  Account *account = data;
  Fixture *self = account->fixture;
  UlakPairing pairing = { .device_identity = ULAK_SPAN_TEXT ("made up"), .platform = "android" };
  g_autoptr (UlakRandom) random = ulak_random_system_new ();
  g_autoptr (UlakCredentials) credentials = NULL;
  g_autoptr (UlakSession) session = NULL;
  g_autoptr (GArray) keys = NULL;

  g_assert_true (ulak_jid_parse (OWN_JID, &pairing.jid, NULL));
  g_assert_true (ulak_jid_parse (OWN_LID, &pairing.lid, NULL));
  memcpy (pairing.account_signature_key, self->phone.public_key, sizeof pairing.account_signature_key);
  if (!ulak_credentials_create (database, self->seal, random, ULAK_FAKE_CLOCK_START_US, &credentials, error)
      || !ulak_credentials_save_pairing (database, &pairing, ULAK_FAKE_CLOCK_START_US, error))
    return FALSE;
  if (account->n_uploaded == 0)
    return TRUE;
  session = ulak_session_new (credentials, random);
  return ulak_pre_keys_prepare (session, database, account->n_uploaded, ULAK_FAKE_CLOCK_START_US, &keys, error)
         && ulak_pre_keys_mark_uploaded (database, (const UlakPreKey *) keys->data, keys->len, error);
}

void
fixture_link_account (Fixture *self, guint n_uploaded)
{
  Account account = { .fixture = self, .n_uploaded = n_uploaded };

  fixture_run (self, link_work, &account);
}

static gboolean
load_work (UlakDatabase *database, gpointer data, GError **error)
{
  Account *account = data;

  g_clear_pointer (&account->credentials, ulak_credentials_unref);
  return ulak_credentials_load (database, account->fixture->seal, &account->credentials, error);
}

UlakCredentials *
fixture_load (Fixture *self)
{
  Account account = { .fixture = self };

  fixture_run (self, load_work, &account);
  return account.credentials;
}

gboolean
fixture_has_account (Fixture *self)
{
  g_autoptr (UlakCredentials) credentials = fixture_load (self);

  return credentials != NULL && ulak_credentials_is_linked (credentials);
}

static gboolean
late_cb (gpointer what)
{
  g_error ("The link did not become %s within %d s", (const char *) what, WAIT_S);
  return G_SOURCE_REMOVE;
}

void
fixture_wait_for_next (Fixture *self, UlakLinkPhase phase, guint seen)
{
  guint late = g_timeout_add_seconds (WAIT_S, late_cb, (gpointer) ulak_link_phase_to_string (phase));

  while (self->n_states <= seen || self->phase != phase)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (late);
}

void
fixture_wait_for (Fixture *self, UlakLinkPhase phase)
{
  fixture_wait_for_next (self, phase, 0);
}

void
fixture_advance (Fixture *self, gint64 by_ms)
{
  gint64 left_us = by_ms * G_TIME_SPAN_MILLISECOND;

  while (left_us > 0)
    {
      gint64 step_us = ulak_fake_clock_get_next_delay_us (self->clock);

      step_us = step_us < 0 || step_us > left_us ? left_us : MAX (step_us, 1);
      ulak_fake_clock_advance_us (self->clock, step_us);
      left_us -= step_us;
      link_peer_run_until_idle ();
    }
}

/* A stanza with at most one attribute, and a child with a type. */
void
send_tag (Fixture *self, const char *tag, const char *attribute, const char *value, const char *child, const char *type)
{
  UlakNodeBuilder *builder = ulak_node_builder_new (tag);

  if (attribute != NULL)
    ulak_node_builder_add_text (builder, attribute, value);
  if (child != NULL)
    {
      ulak_node_builder_open (builder, child);
      ulak_node_builder_add_text (builder, "type", type);
    }
  link_peer_send_built (self->peer, builder);
}

void
send_success (Fixture *self)
{
  UlakNodeBuilder *builder = ulak_node_builder_new ("success");

  ulak_node_builder_add_number (builder, "t", (guint64) (ulak_clock_get_wall_us (ULAK_CLOCK (self->clock)) / G_USEC_PER_SEC));
  ulak_node_builder_add_text (builder, "lid", "100000000000000@lid");
  link_peer_send_built (self->peer, builder);
}

void
send_ib (Fixture *self, const char *child)
{
  send_tag (self, "ib", NULL, NULL, child, NULL);
}

void
send_pair_device (Fixture *self, guint n_refs)
{
  UlakNodeBuilder *builder = ulak_node_builder_new ("iq");

  ulak_node_builder_add_text (builder, "id", "pair-1");
  ulak_node_builder_add_text (builder, "type", "set");
  ulak_node_builder_add_text (builder, "xmlns", "md");
  ulak_node_builder_open (builder, "pair-device");
  for (guint i = 0; i < n_refs; i++)
    {
      g_autofree char *ref = g_strdup_printf ("2@ref-%u", i);

      ulak_node_builder_open (builder, "ref");
      ulak_node_builder_set_bytes (builder, (const guint8 *) ref, strlen (ref));
      ulak_node_builder_close (builder);
    }
  link_peer_send_built (self->peer, builder);
}

void
fixture_log_in (Fixture *self)
{
  ulak_link_start (self->link);
  link_peer_accept (self->peer);
  send_success (self);
  fixture_wait_for (self, ULAK_LINK_ONLINE);
}

void
fixture_be_ready (Fixture *self)
{
  g_autoptr (UlakNode) active = NULL;

  fixture_log_in (self);
  active = link_peer_take_query (self->peer, "passive", "active");
  link_peer_answer (self->peer, active, NULL);
  send_ib (self, "offline");
  fixture_wait_for (self, ULAK_LINK_READY);
}
