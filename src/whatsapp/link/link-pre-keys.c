/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Pre-keys at the server: enough one-time keys, and a signed one that is not too old.
 *
 * Keys are stored before they leave and marked after the server took them, so a cut in between sends the same keys again.
 * One upload runs at a time.
 */
#include "whatsapp/link/link-private.h"

#include "core/log.h"

#include <string.h>

#define LOW 5
#define RETRY_MS 60000
#define ROTATION_CHECK_MS (24 * 3600 * 1000)
#define COUNT_MAX 1000000
#define CURVE_KEY_TYPE 5

void
ulak_link_clear_pre_keys (UlakLink *self)
{
  ulak_clock_clear_timer (self->clock, &self->pre_keys.retry_timer);
  ulak_clock_clear_timer (self->clock, &self->pre_keys.rotation_timer);
  self->pre_keys.is_uploading = self->pre_keys.is_wanted = FALSE;
}

/* One upload or rotation on its way through store, network and store. */
typedef struct
{
  UlakLinkAsk *ask;
  UlakSession *session;
  UlakSignedPreKey signed_key;
  GArray *keys; /* (nullable) */
  guint n;
  gint64 now_us;
  gboolean is_due;
} Errand;

static Errand *
errand_new (UlakLink *self)
{
  Errand *errand = g_atomic_rc_box_new0 (Errand);

  errand->ask = ulak_link_ask_new (self);
  errand->session = ulak_session_new (self->credentials, self->random);
  errand->now_us = ulak_clock_get_wall_us (self->clock);
  return errand;
}

static void
errand_clear (gpointer data)
{
  Errand *errand = data;

  ulak_link_ask_free (errand->ask);
  ulak_session_unref (errand->session);
  g_clear_pointer (&errand->keys, g_array_unref);
}

static void
errand_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, errand_clear);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Errand, errand_unref)

static void
run_write (UlakLink *self, UlakStoreWork work, Errand *errand, GAsyncReadyCallback callback)
{
  ulak_store_write_async (self->store, work, g_atomic_rc_box_acquire (errand), errand_unref, callback,
                          g_atomic_rc_box_acquire (errand));
}

static void
add_bytes (UlakNodeBuilder *builder, const char *tag, const guint8 *bytes, gsize size_bytes)
{
  ulak_node_builder_open (builder, tag);
  ulak_node_builder_set_bytes (builder, bytes, size_bytes);
  ulak_node_builder_close (builder);
}

static void
add_id (UlakNodeBuilder *builder, guint32 id)
{
  guint32 big_endian = GUINT32_TO_BE (id);

  add_bytes (builder, "id", (guint8 *) &big_endian + 1, 3);
}

static void
add_signed_key (UlakNodeBuilder *builder, const UlakSignedPreKey *key)
{
  ulak_node_builder_open (builder, "skey");
  add_id (builder, key->id);
  add_bytes (builder, "value", key->public_key, sizeof key->public_key);
  add_bytes (builder, "signature", key->signature, sizeof key->signature);
  ulak_node_builder_close (builder);
}

static void
upload_failed (UlakLink *self, const char *why);

static void
upload_done (UlakLink *self)
{
  gboolean was_first = self->pre_keys.is_first, is_wanted = self->pre_keys.is_wanted;

  self->pre_keys.is_uploading = self->pre_keys.is_wanted = self->pre_keys.is_first = FALSE;
  if (was_first && !self->login.is_active)
    ulak_link_go_active (self);
  else if (is_wanted)
    ulak_link_ask_pre_key_count (self);
}

static gboolean
mark_work (UlakDatabase *database, gpointer data, GError **error)
{
  Errand *errand = data;

  return ulak_pre_keys_mark_uploaded (database, (const UlakPreKey *) errand->keys->data, errand->keys->len, error);
}

static void
marked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Errand) errand = user_data;
  g_autoptr (GError) error = NULL;

  if (ulak_store_finish (ULAK_STORE (source), result, &error) == NULL)
    ulak_log_warning (NULL, NULL, "That pre-keys were uploaded cannot be stored; they will be sent again: %s", error->message);
  if (ulak_link_ask_is_current (errand->ask))
    upload_done (errand->ask->link);
}

static void
uploaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakLink *self = ULAK_LINK (source);
  g_autoptr (Errand) errand = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) answer = ulak_link_query_finish (self, result, NULL, &error);

  if (!ulak_link_ask_is_current (errand->ask))
    return;
  if (answer == NULL)
    upload_failed (self, error->message);
  else
    run_write (self, mark_work, errand, marked_cb);
}

static void
send_upload (UlakLink *self, Errand *errand)
{
  UlakNodeBuilder *builder = ulak_link_begin_query (self, "set", "encrypt", NULL);
  guint32 registration_id = GUINT32_TO_BE (ulak_credentials_get_registration_id (self->credentials));
  const UlakKeyPair *identity = ulak_credentials_get_identity (self->credentials);
  const guint8 type = CURVE_KEY_TYPE;

  add_bytes (builder, "registration", (const guint8 *) &registration_id, sizeof registration_id);
  add_bytes (builder, "type", &type, 1);
  add_bytes (builder, "identity", identity->public_key, sizeof identity->public_key);
  ulak_node_builder_open (builder, "list");
  for (guint i = 0; i < errand->keys->len; i++)
    {
      const UlakPreKey *key = &g_array_index (errand->keys, UlakPreKey, i);

      ulak_node_builder_open (builder, "key");
      add_id (builder, key->id);
      add_bytes (builder, "value", key->public_key, sizeof key->public_key);
      ulak_node_builder_close (builder);
    }
  ulak_node_builder_close (builder);
  add_signed_key (builder, &errand->signed_key);
  ulak_link_query_async (self, builder, ULAK_LINK_QUERY_MS, NULL, uploaded_cb, g_atomic_rc_box_acquire (errand));
}

static gboolean
prepare_work (UlakDatabase *database, gpointer data, GError **error)
{
  Errand *errand = data;

  g_clear_pointer (&errand->keys, g_array_unref);
  return ulak_signed_pre_keys_get_current (database, &errand->signed_key, error)
         && ulak_pre_keys_prepare (errand->session, database, errand->n, errand->now_us, &errand->keys, error);
}

static void
prepared_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Errand) errand = user_data;
  g_autoptr (GError) error = NULL;
  gboolean is_prepared = ulak_store_finish (ULAK_STORE (source), result, &error) != NULL;

  if (!ulak_link_ask_is_current (errand->ask))
    return;
  if (is_prepared)
    send_upload (errand->ask->link, errand);
  else
    upload_failed (errand->ask->link, error->message);
}

/* At once, or once more after the one that runs. */
void
ulak_link_upload_pre_keys (UlakLink *self)
{
  g_autoptr (Errand) errand = NULL;

  self->pre_keys.is_wanted = self->pre_keys.is_uploading;
  if (self->pre_keys.is_uploading)
    return;
  ulak_clock_clear_timer (self->clock, &self->pre_keys.retry_timer);
  self->pre_keys.is_uploading = TRUE;
  errand = errand_new (self);
  errand->n = self->pre_keys.is_first ? ULAK_PRE_KEYS_FIRST_UPLOAD : ULAK_PRE_KEYS_NEXT_UPLOAD;
  run_write (self, prepare_work, errand, prepared_cb);
}

static void
retry_cb (gpointer user_data)
{
  UlakLink *self = user_data;

  self->pre_keys.retry_timer = 0;
  ulak_link_upload_pre_keys (self);
}

/* A line without one-time keys works, with weaker first messages; it does not wait for them. */
static void
upload_failed (UlakLink *self, const char *why)
{
  ulak_log_warning (NULL, NULL, "Pre-keys cannot be uploaded, which is tried again: %s", why);
  self->pre_keys.is_uploading = self->pre_keys.is_wanted = FALSE;
  self->pre_keys.retry_timer = ulak_link_add_timer (self, RETRY_MS, retry_cb);
  if (self->pre_keys.is_first && !self->login.is_active)
    ulak_link_go_active (self);
}

void
ulak_link_take_pre_key_count (UlakLink *self, const UlakNode *count)
{
  guint64 value;

  if (self->login.online_us != 0 && ulak_node_read_number (count, "value", COUNT_MAX, &value, NULL) && value < LOW)
    ulak_link_upload_pre_keys (self);
}

static void
count_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakLink *self = ULAK_LINK (source);
  g_autoptr (UlakLinkAsk) ask = user_data;
  g_autoptr (UlakNode) answer = ulak_link_query_finish (self, result, NULL, NULL);
  const UlakNode *count = answer == NULL ? NULL : ulak_node_get_child (answer, "count");

  if (ulak_link_ask_is_current (ask) && count != NULL)
    ulak_link_take_pre_key_count (self, count);
}

void
ulak_link_ask_pre_key_count (UlakLink *self)
{
  UlakNodeBuilder *builder = ulak_link_begin_query (self, "get", "encrypt", NULL);

  ulak_node_builder_open (builder, "count");
  ulak_link_query_async (self, builder, ULAK_LINK_QUERY_MS, NULL, count_cb, ulak_link_ask_new (self));
}

/* -- The signed pre-key -- */

static gboolean
mark_rotated_work (UlakDatabase *database, gpointer data, GError **error)
{
  Errand *errand = data;

  return ulak_signed_pre_keys_mark_uploaded (database, errand->signed_key.id, error);
}

static void
rotation_marked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Errand) errand = user_data;
  g_autoptr (GError) error = NULL;

  if (ulak_store_finish (ULAK_STORE (source), result, &error) == NULL)
    ulak_log_warning (NULL, NULL, "That the signed pre-key was changed cannot be stored: %s", error->message);
}

static void
rotated_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakLink *self = ULAK_LINK (source);
  g_autoptr (Errand) errand = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) answer = ulak_link_query_finish (self, result, NULL, &error);

  if (answer != NULL)
    run_write (self, mark_rotated_work, errand, rotation_marked_cb);
  else if (ulak_link_ask_is_current (errand->ask))
    ulak_log_warning (NULL, NULL, "The signed pre-key cannot be changed, which is tried again: %s", error->message);
}

static gboolean
rotation_work (UlakDatabase *database, gpointer data, GError **error)
{
  Errand *errand = data;

  return ulak_signed_pre_keys_prepare_rotation (errand->session, database, errand->now_us, &errand->signed_key, &errand->is_due, error);
}

static void
rotation_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Errand) errand = user_data;
  UlakLink *self = errand->ask->link;
  UlakNodeBuilder *builder;

  if (ulak_store_finish (ULAK_STORE (source), result, NULL) == NULL || !errand->is_due || !ulak_link_ask_is_current (errand->ask))
    return;
  builder = ulak_link_begin_query (self, "set", "encrypt", NULL);
  ulak_node_builder_open (builder, "rotate");
  add_signed_key (builder, &errand->signed_key);
  ulak_link_query_async (self, builder, ULAK_LINK_QUERY_MS, NULL, rotated_cb, g_atomic_rc_box_acquire (errand));
}

static void
rotation_timer_cb (gpointer user_data)
{
  UlakLink *self = user_data;

  self->pre_keys.rotation_timer = 0;
  ulak_link_check_rotation (self);
}

/* When the line is ready, and every day. */
void
ulak_link_check_rotation (UlakLink *self)
{
  g_autoptr (Errand) errand = errand_new (self);

  self->pre_keys.rotation_timer = ulak_link_add_timer (self, ROTATION_CHECK_MS, rotation_timer_cb);
  run_write (self, rotation_work, errand, rotation_cb);
}
