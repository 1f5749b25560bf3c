/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Link code: pairing by eight letters that people type into the phone.
 *
 * One code at a time: it is good for 180 s or three answers of a phone, and bound to the connection it was made on. The
 * letters are stretched in a worker thread. From the phone's answer on the ADV secret is the one agreed, so no refresh of
 * the QR may change it.
 */
#include "whatsapp/link/link-private.h"

#include "core/error.h"
#include "core/log.h"
#include "whatsapp/link/qr-text.h"

#include <string.h>

#define CODE_MS 180000
#define SUCCESS_MS 60000
#define HELLOS_MAX 3
#define PHONE_MIN 7
#define PHONE_MAX 15
#define REF_BYTES_MAX 1024
#define DISPLAY "Chrome (Linux)" /* the server refuses what is not a known browser on a known system */
#define TAG "link_code_companion_reg"

void
ulak_link_clear_code (UlakLink *self)
{
  UlakLinkCodePairing *code = &self->code;
  g_autoptr (GTask) request = g_steal_pointer (&code->request);

  ulak_clock_clear_timer (self->clock, &code->timer);
  ulak_key_pair_clear (&code->ephemeral);
  ulak_link_code_clear (&code->code);
  g_clear_pointer (&code->ref, g_bytes_unref);
  code->serial++;
  code->until_us = 0;
  code->hellos = 0;
  code->is_making = code->is_stretching = code->is_finishing = FALSE;
  if (request != NULL)
    g_task_return_new_error (request, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "The connection to WhatsApp ended before the code was taken");
}

static void
give_up (UlakLink *self, GError *error)
{
  g_autoptr (GTask) request = g_steal_pointer (&self->code.request);

  ulak_link_clear_code (self);
  if (request != NULL)
    g_task_return_error (request, g_error_copy (error));
  ulak_link_show_qr (self);
}

/* Also the code may have been given up meanwhile. */
static gboolean
is_current (const UlakLinkAsk *ask)
{
  return ulak_link_ask_is_current (ask) && ask->link->code.serial == ask->code_serial;
}

/* -- What takes long -- */

typedef struct
{
  UlakLinkAsk *ask;
  UlakLinkCode code;
  guint8 public_key[ULAK_CURVE_PUBLIC_BYTES]; /* to wrap, or unwrapped */
  GBytes *wrapped;                            /* (owned) (nullable): likewise the other way round */
  guint8 phone_identity[ULAK_CURVE_PUBLIC_BYTES];
} Stretch;

static Stretch *
stretch_new (UlakLink *self)
{
  Stretch *stretch = g_new0 (Stretch, 1);

  stretch->ask = ulak_link_ask_new (self);
  stretch->code = self->code.code;
  return stretch;
}

static void
stretch_free (gpointer data)
{
  Stretch *self = data;

  ulak_link_code_clear (&self->code);
  ulak_link_ask_free (self->ask);
  g_clear_pointer (&self->wrapped, g_bytes_unref);
  g_free (self);
}

static void
wrap_thread (GTask *task, gpointer source G_GNUC_UNUSED, gpointer data, GCancellable *cancellable G_GNUC_UNUSED)
{
  Stretch *self = data;
  g_autoptr (UlakRandom) random = ulak_random_system_new ();

  self->wrapped = ulak_link_code_wrap (&self->code, self->public_key, random);
  g_task_return_boolean (task, TRUE);
}

static void
unwrap_thread (GTask *task, gpointer source G_GNUC_UNUSED, gpointer data, GCancellable *cancellable G_GNUC_UNUSED)
{
  Stretch *self = data;
  GError *error = NULL;

  if (ulak_link_code_unwrap (&self->code, ulak_span_of (self->wrapped), self->public_key, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* @stretch: (transfer full) */
static void
run_stretch (UlakLink *self, Stretch *stretch, GTaskThreadFunc func, GAsyncReadyCallback callback)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, NULL);

  g_task_set_source_tag (task, run_stretch);
  g_task_set_task_data (task, stretch, stretch_free);
  g_task_run_in_thread (task, func);
}

/* -- companion_hello -- */

static void
add_bytes (UlakNodeBuilder *builder, const char *tag, const void *bytes, gsize size_bytes)
{
  ulak_node_builder_open (builder, tag);
  ulak_node_builder_set_bytes (builder, bytes, size_bytes);
  ulak_node_builder_close (builder);
}

static UlakNodeBuilder *
begin_stage (UlakLink *self, const char *stage)
{
  UlakNodeBuilder *builder = ulak_link_begin_query (self, "set", "md", NULL);

  ulak_node_builder_open (builder, TAG);
  ulak_node_builder_add_jid (builder, "jid", &self->code.phone);
  ulak_node_builder_add_text (builder, "stage", stage);
  return builder;
}

static void
code_over_cb (gpointer user_data)
{
  UlakLink *self = user_data;

  self->code.timer = 0;
  ulak_link_clear_code (self);
  if (self->pairing.timer == 0) /* and the refs are used up, too */
    ulak_link_fail_pairing (self, "Nobody typed the code in time");
  else
    ulak_link_show_qr (self);
}

static void
show_code (UlakLink *self)
{
  g_autoptr (GTask) request = g_steal_pointer (&self->code.request);
  g_autofree char *text = ulak_link_code_display (&self->code.code);
  UlakLinkState state = { .phase = ULAK_LINK_CODE, .text = text };

  self->code.is_making = FALSE;
  self->code.until_us = ulak_clock_get_wall_us (self->clock) + CODE_MS * G_TIME_SPAN_MILLISECOND;
  self->code.timer = ulak_link_add_timer (self, CODE_MS, code_over_cb);
  state.expires_us = self->code.until_us;
  ulak_link_report (self, &state);
  if (request != NULL)
    g_task_return_pointer (request, g_steal_pointer (&text), g_free);
}

static void
hello_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakLink *self = ULAK_LINK (source);
  g_autoptr (UlakLinkAsk) ask = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) answer = ulak_link_query_finish (self, result, NULL, &error);
  const UlakNode *stage = answer == NULL ? NULL : ulak_node_get_child (answer, TAG);
  const UlakNode *ref = stage == NULL ? NULL : ulak_node_read_child (stage, "link_code_pairing_ref", &error);
  const guint8 *bytes;
  gsize size_bytes;

  if (!is_current (ask))
    return;
  bytes = ref == NULL ? NULL : ulak_node_read_bytes (ref, 1, REF_BYTES_MAX, &size_bytes, &error);
  if (bytes == NULL)
    {
      if (error == NULL)
        error = g_error_new (ULAK_ERROR, ULAK_ERROR_REMOTE, "WhatsApp's answer names no pairing");
      else if (answer == NULL && g_error_matches (error, ULAK_ERROR, ULAK_ERROR_REMOTE))
        g_prefix_error (&error, "WhatsApp makes no code for this number, which must be the account's own: ");
      give_up (self, error);
      return;
    }
  self->code.ref = g_bytes_new (bytes, size_bytes);
  show_code (self);
}

static void
wrapped_cb (GObject *source, GAsyncResult *result, gpointer user_data G_GNUC_UNUSED)
{
  UlakLink *self = ULAK_LINK (source);
  Stretch *stretch = g_task_get_task_data (G_TASK (result));
  const guint8 *noise;
  UlakNodeBuilder *builder;

  if (!is_current (stretch->ask))
    return;
  noise = ulak_credentials_get_noise (self->credentials)->public_key;
  builder = begin_stage (self, "companion_hello");
  ulak_node_builder_add_text (builder, "should_show_push_notification", "true");
  add_bytes (builder, "link_code_pairing_wrapped_companion_ephemeral_pub", g_bytes_get_data (stretch->wrapped, NULL),
             g_bytes_get_size (stretch->wrapped));
  add_bytes (builder, "companion_server_auth_key_pub", noise, ULAK_CURVE_PUBLIC_BYTES);
  add_bytes (builder, "companion_platform_id", ULAK_QR_CLIENT_CHROME, strlen (ULAK_QR_CLIENT_CHROME));
  add_bytes (builder, "companion_platform_display", DISPLAY, strlen (DISPLAY));
  add_bytes (builder, "link_code_pairing_nonce", "0", 1);
  ulak_link_query_async (self, builder, ULAK_LINK_QUERY_MS, NULL, hello_cb, ulak_link_ask_new (self));
}

static void
make_code (UlakLink *self)
{
  Stretch *stretch;

  self->code.is_making = TRUE;
  ulak_link_code_generate (&self->code.code, self->random);
  ulak_key_pair_generate (&self->code.ephemeral, self->random);
  stretch = stretch_new (self);
  memcpy (stretch->public_key, self->code.ephemeral.public_key, sizeof stretch->public_key);
  run_stretch (self, stretch, wrap_thread, wrapped_cb);
}

void
ulak_link_begin_code (UlakLink *self)
{
  if (self->code.request != NULL && !self->code.is_making)
    make_code (self);
}

static gboolean
parse_phone (const char *phone, UlakJid *jid_out, GError **error)
{
  gsize length = strspn (phone, "0123456789");
  g_autofree char *text = g_strdup_printf ("%.*s@s.whatsapp.net", PHONE_MAX, phone);

  if (phone[length] == '\0' && length >= PHONE_MIN && length <= PHONE_MAX && phone[0] != '0')
    return ulak_jid_parse (text, jid_out, error);
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID,
               "phone: a number in international form, %d to %d digits without + and leading zeros", PHONE_MIN, PHONE_MAX);
  return FALSE;
}

static gboolean
may_request (UlakLink *self, GError **error)
{
  gboolean is_linked = self->credentials != NULL && ulak_credentials_is_linked (self->credentials);

  if (is_linked || !(ulak_link_is_pairing (self) || self->phase == ULAK_LINK_CONNECTING))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "A code cannot be made while the line is %s",
                   is_linked ? "linked" : ulak_link_phase_to_string (self->phase));
      return FALSE;
    }
  if (self->code.request == NULL && !self->code.is_making && !self->code.is_finishing)
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_FULL, "%s; try again soon",
               self->code.is_finishing ? "A phone answers a code just now" : "A code is being made already");
  return FALSE;
}

void
ulak_link_request_code_async (UlakLink *self, const char *phone, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autoptr (GError) error = NULL;
  UlakJid jid;

  g_task_set_source_tag (task, ulak_link_request_code_async);
  if (!parse_phone (phone, &jid, &error) || !may_request (self, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  if (self->code.until_us != 0 && ulak_jid_equal (&jid, &self->code.phone))
    {
      g_task_return_pointer (task, ulak_link_code_display (&self->code.code), g_free);
      return;
    }
  ulak_link_clear_code (self); /* of another number, which may have been a wrong one */
  self->code.phone = jid;
  self->code.request = g_steal_pointer (&task);
  if (self->pairing.n_refs > 0)
    ulak_link_begin_code (self);
}

char *
ulak_link_request_code_finish (UlakLink *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

gboolean
ulak_link_prefer_qr (UlakLink *self)
{
  if (self->code.until_us == 0 || self->code.is_finishing)
    return FALSE;
  ulak_link_clear_code (self);
  if (self->pairing.timer == 0)
    ulak_link_lose (self, ulak_outcome_new (ULAK_OUTCOME_RETRY, NULL, "The QRs are used up, and one is wanted instead of the code"));
  else
    ulak_link_show_qr (self);
  return TRUE;
}

/* -- primary_hello and companion_finish -- */

static void
no_success_cb (gpointer user_data)
{
  UlakLink *self = user_data;

  self->code.timer = 0;
  ulak_link_fail_pairing (self, "The phone took the code, but WhatsApp's server did not confirm the link");
}

static void
finish_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakLink *self = ULAK_LINK (source);
  g_autoptr (UlakLinkAsk) ask = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) answer = ulak_link_query_finish (self, result, NULL, &error);

  if (is_current (ask) && answer == NULL)
    ulak_link_fail_pairing (self, error->message);
}

/* The ADV secret that was agreed is stored; now the phone may use it. */
typedef struct
{
  UlakLinkAsk *ask;
  GBytes *bundle;
} Finish;

static void
secret_stored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Finish *finish = user_data;
  g_autoptr (UlakLinkAsk) ask = finish->ask;
  g_autoptr (GBytes) bundle = finish->bundle;
  UlakLink *self = ask->link;
  g_auto (UlakAccountState) state = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean is_stored = ulak_account_change_finish (ULAK_STORE (source), result, &state, &error);
  gboolean is_wanted = is_current (ask);
  UlakNodeBuilder *builder;

  g_free (finish);
  if (!is_wanted)
    return;
  self->code.is_stretching = FALSE;
  if (!is_stored)
    {
      ulak_link_fail_pairing (self, error->message);
      return;
    }
  ulak_link_take_credentials (self, &state);
  builder = begin_stage (self, "companion_finish");
  add_bytes (builder, "link_code_pairing_wrapped_key_bundle", g_bytes_get_data (bundle, NULL), g_bytes_get_size (bundle));
  add_bytes (builder, "companion_identity_public", ulak_credentials_get_identity (self->credentials)->public_key,
             ULAK_CURVE_PUBLIC_BYTES);
  add_bytes (builder, "link_code_pairing_ref", g_bytes_get_data (self->code.ref, NULL), g_bytes_get_size (self->code.ref));
  ulak_clock_clear_timer (self->clock, &self->code.timer);
  self->code.timer = ulak_link_add_timer (self, SUCCESS_MS, no_success_cb);
  ulak_link_query_async (self, builder, ULAK_LINK_QUERY_MS, NULL, finish_cb, ulak_link_ask_new (self));
}

static void
agree (UlakLink *self, const Stretch *stretch)
{
  g_autoptr (UlakAccountChange) change = ulak_account_change_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bundle = NULL;
  Finish *finish;

  change->adv_secret = g_new0 (UlakKey, 1);
  bundle = ulak_link_code_finish (&self->code.ephemeral, ULAK_SPAN_ARRAY (stretch->public_key),
                                  ulak_credentials_get_identity (self->credentials), ULAK_SPAN_ARRAY (stretch->phone_identity),
                                  self->random, change->adv_secret, &error);
  if (bundle == NULL)
    {
      ulak_link_fail_pairing (self, error->message);
      return;
    }
  finish = g_new0 (Finish, 1);
  finish->ask = ulak_link_ask_new (self);
  finish->bundle = g_steal_pointer (&bundle);
  ulak_link_change (self, g_steal_pointer (&change), secret_stored_cb, finish);
}

static void
unwrapped_cb (GObject *source, GAsyncResult *result, gpointer user_data G_GNUC_UNUSED)
{
  UlakLink *self = ULAK_LINK (source);
  Stretch *stretch = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;

  if (!is_current (stretch->ask))
    return;
  if (g_task_propagate_boolean (G_TASK (result), &error))
    agree (self, stretch);
  else
    ulak_link_fail_pairing (self, error->message);
}

static UlakSpan
read_field (const UlakNode *stage, const char *tag, gsize min_bytes, gsize max_bytes)
{
  const UlakNode *node = ulak_node_get_child (stage, tag);
  gsize size_bytes = 0;
  const guint8 *bytes = node == NULL ? NULL : ulak_node_read_bytes (node, min_bytes, max_bytes, &size_bytes, NULL);

  return bytes == NULL ? ULAK_SPAN_NONE : ULAK_SPAN (bytes, size_bytes);
}

static void
take_hello (UlakLink *self, const UlakNode *stage)
{
  UlakSpan ref = read_field (stage, "link_code_pairing_ref", 1, REF_BYTES_MAX);
  UlakSpan wrapped = read_field (stage, "link_code_pairing_wrapped_primary_ephemeral_pub", ULAK_LINK_CODE_WRAPPED_BYTES,
                                 ULAK_LINK_CODE_WRAPPED_BYTES);
  UlakSpan identity = read_field (stage, "primary_identity_pub", ULAK_CURVE_PUBLIC_BYTES, ULAK_CURVE_PUBLIC_BYTES);
  Stretch *stretch;

  if (self->code.ref == NULL || !ulak_span_equals (ref, ulak_span_of (self->code.ref)) || wrapped.size_bytes == 0
      || identity.size_bytes == 0)
    {
      ulak_log_warning (NULL, NULL, "An answer to a link code that is not ours, or not whole, is ignored");
      return;
    }
  if (self->code.is_stretching)
    return;
  if (++self->code.hellos > HELLOS_MAX)
    {
      ulak_link_fail_pairing (self, "The code was typed too often; ask for a new one");
      return;
    }
  self->code.is_finishing = self->code.is_stretching = TRUE;
  stretch = stretch_new (self);
  stretch->wrapped = g_bytes_new (wrapped.bytes, wrapped.size_bytes);
  memcpy (stretch->phone_identity, identity.bytes, sizeof stretch->phone_identity);
  run_stretch (self, stretch, unwrap_thread, unwrapped_cb);
}

/* The server wants another code for the same phone; people are asked first if it says so. */
static void
take_refresh (UlakLink *self, const UlakNode *stage)
{
  const gboolean is_manual = g_strcmp0 (ulak_node_get_attribute (stage, "force_manual_refresh"), "true") == 0;
  const UlakJid phone = self->code.phone;

  if (self->code.ref == NULL || self->code.is_finishing)
    return;
  ulak_link_clear_code (self);
  if (is_manual)
    {
      ulak_link_show_qr (self);
      return;
    }
  self->code.phone = phone;
  make_code (self);
}

void
ulak_link_take_code_notification (UlakLink *self, UlakNode *notification)
{
  const UlakNode *stage = ulak_node_get_child (notification, TAG);
  const char *name = stage == NULL ? NULL : ulak_node_get_attribute (stage, "stage");

  if (!ulak_link_is_pairing (self))
    return;
  if (g_strcmp0 (name, "primary_hello") == 0)
    take_hello (self, stage);
  else if (g_strcmp0 (name, "refresh_code") == 0)
    take_refresh (self, stage);
}
