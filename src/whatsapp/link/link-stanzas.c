/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Stanzas: what comes in finds who handles it, what goes out is counted and waited for.
 */
#include "whatsapp/link/link-private.h"

#include "core/error.h"
#include "core/log.h"
#include "whatsapp/link/stanzas.h"

#include <string.h>

#define ERROR_TEXT_MAX 200 /* bytes of a text of the server that go into ours */

/* -- Out -- */

static gboolean
refuse_offline (GError **error)
{
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "The line is not connected to WhatsApp");
  return FALSE;
}

gboolean
ulak_link_send (UlakLink *self, const UlakNode *node, GError **error)
{
  return self->login.online_us == 0 ? refuse_offline (error) : ulak_channel_send (self->channel, node, error);
}

/* Queries work while a line is paired, too. */
static gboolean
send_any_time (UlakLink *self, const UlakNode *node, GError **error)
{
  return self->channel == NULL ? refuse_offline (error) : ulak_channel_send (self->channel, node, error);
}

gboolean
ulak_link_send_now (UlakLink *self, UlakNode *node_or_null)
{
  g_autoptr (UlakNode) node = node_or_null;
  g_autoptr (GError) error = NULL;

  if (node == NULL || self->channel == NULL)
    return FALSE;
  if (ulak_channel_send (self->channel, node, &error))
    return TRUE;
  ulak_log_warning (NULL, NULL, "<%s> is not sent: %s", ulak_node_get_tag (node), error->message);
  return FALSE;
}

void
ulak_link_send_built (UlakLink *self, UlakNodeBuilder *builder)
{
  g_autoptr (UlakNodeBuilder) owned = builder;

  ulak_link_send_now (self, ulak_node_builder_end (owned, NULL));
}

void
ulak_link_acknowledge (UlakLink *self, const UlakNode *node, guint error)
{
  const UlakJid *own = self->credentials == NULL ? NULL : ulak_credentials_get_jid (self->credentials);

  if (self->channel == NULL || !ulak_channel_is_open (self->channel))
    return;
  ulak_link_send_now (self, ulak_stanza_ack (node, own, error));
}

char *
ulak_link_make_id (UlakLink *self)
{
  return g_strdup_printf ("%u.%u-%u", self->id_prefix >> 16, self->id_prefix & 0xffff, ++self->id_counter);
}

/* Adds @task to @table and sends; @node has the id. */
static void
send_awaited (UlakLink *self, UlakPending *table, const UlakNode *node, gint64 timeout_ms, GTask *task)
{
  const char *id = ulak_node_get_attribute (node, "id");
  g_autoptr (GTask) owned = task;
  g_autoptr (GError) error = NULL;

  if (g_task_return_error_if_cancelled (task))
    return;
  if (id == NULL)
    error = g_error_new (ULAK_ERROR, ULAK_ERROR_INVALID, "<%s> has no id, so no answer can be told to be its own", ulak_node_get_tag (node));
  else if (ulak_pending_may_add (table, id, &error) && send_any_time (self, node, &error))
    ulak_pending_add (table, id, timeout_ms, g_steal_pointer (&owned));
  if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
}

void
ulak_link_send_message_async (UlakLink *self,
                              const UlakNode *message,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_autoptr (GError) error = NULL;

  g_task_set_source_tag (task, ulak_link_send_message_async);
  if (self->login.online_us != 0)
    {
      send_awaited (self, self->messages, message, ULAK_LINK_ACK_MS, task);
      return;
    }
  refuse_offline (&error);
  g_task_return_error (task, g_steal_pointer (&error));
  g_object_unref (task);
}

UlakNode *
ulak_link_send_message_finish (UlakLink *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

UlakNodeBuilder *
ulak_link_begin_query (UlakLink *self, const char *type, const char *xmlns, const UlakJid *to)
{
  g_autofree char *id = ulak_link_make_id (self);

  return ulak_stanza_begin_iq (id, type, xmlns, to);
}

void
ulak_link_query_async (UlakLink *self,
                       UlakNodeBuilder *query,
                       gint64 timeout_ms,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (UlakNodeBuilder) builder = query;
  g_autoptr (UlakNode) node = NULL;
  g_autoptr (GError) error = NULL;

  g_task_set_source_tag (task, ulak_link_query_async);
  node = ulak_node_builder_end (builder, &error);
  if (node != NULL)
    {
      send_awaited (self, self->queries, node, timeout_ms, task);
      return;
    }
  g_task_return_error (task, g_steal_pointer (&error));
  g_object_unref (task);
}

void
ulak_link_ask_async (UlakLink *self,
                     UlakNodeBuilder *query,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  if (!ulak_link_is_pairing (self))
    {
      ulak_link_query_async (self, query, ULAK_LINK_QUERY_MS, cancellable, callback, user_data);
      return;
    }
  ulak_node_builder_free (query);
  g_task_report_new_error (self, callback, user_data, ulak_link_ask_async, ULAK_ERROR, ULAK_ERROR_WRONG_STATE,
                           "The line is not linked to a phone yet");
}

static void
read_refusal (const UlakNode *iq, guint *code_out, GError **error)
{
  const UlakNode *child = ulak_node_get_child (iq, "error");
  const char *text = child == NULL ? NULL : ulak_node_get_attribute (child, "text");
  guint64 code = 0;

  if (child != NULL)
    ulak_node_read_number (child, "code", G_MAXUINT16, &code, NULL);
  if (code_out != NULL)
    *code_out = (guint) code;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_REMOTE, "WhatsApp refused this: %u %.*s", (guint) code, ERROR_TEXT_MAX,
               text == NULL ? "" : text);
}

UlakNode *
ulak_link_query_finish (UlakLink *self, GAsyncResult *result, guint *code_out, GError **error)
{
  g_autoptr (UlakNode) answer = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  if (code_out != NULL)
    *code_out = 0;
  answer = g_task_propagate_pointer (G_TASK (result), error);
  if (answer == NULL || g_strcmp0 (ulak_node_get_attribute (answer, "type"), "error") != 0)
    return g_steal_pointer (&answer);
  read_refusal (answer, code_out, error);
  return NULL;
}

/* -- Handlers -- */

guint
ulak_link_add_handler (UlakLink *self, const char *tag, const char *type, UlakLinkHandler handler, gpointer user_data)
{
  UlakLinkHandlerRow row = { ++self->next_handler_id, g_strdup (tag), g_strdup (type), handler, user_data };

  g_array_append_val (self->handlers, row);
  return row.id;
}

/* While stanzas are handed out rows stay where they are. */
static void
sweep_handlers (UlakLink *self)
{
  if (self->dispatching > 0)
    return;
  for (guint i = self->handlers->len; i > 0; i--)
    if (g_array_index (self->handlers, UlakLinkHandlerRow, i - 1).handler == NULL)
      g_array_remove_index (self->handlers, i - 1);
}

void
ulak_link_remove_handler (UlakLink *self, guint handler_id)
{
  for (guint i = 0; i < self->handlers->len; i++)
    {
      UlakLinkHandlerRow *row = &g_array_index (self->handlers, UlakLinkHandlerRow, i);

      if (row->id == handler_id)
        row->handler = NULL;
    }
  sweep_handlers (self);
}

/* What handlers call the type of a stanza. */
static const char *
get_type (const UlakNode *node)
{
  const UlakNode *first;

  if (!ulak_node_is (node, "ib"))
    return ulak_node_get_attribute (node, "type");
  first = ulak_node_get_first (node);
  return first == NULL ? NULL : ulak_node_get_tag (first);
}

static gboolean
offer (UlakLink *self, UlakNode *node)
{
  const char *tag = ulak_node_get_tag (node), *type = get_type (node);
  gboolean is_taken = FALSE;

  self->dispatching++;
  for (guint i = self->handlers->len; i > 0 && !is_taken; i--)
    {
      const UlakLinkHandlerRow row = g_array_index (self->handlers, UlakLinkHandlerRow, i - 1);

      if (row.handler != NULL && strcmp (row.tag, tag) == 0 && (row.type == NULL || g_strcmp0 (row.type, type) == 0))
        is_taken = row.handler (self, node, row.user_data);
    }
  self->dispatching--;
  sweep_handlers (self);
  return is_taken;
}

guint
ulak_link_hold (UlakLink *self)
{
  if (++self->held >= ULAK_LINK_HOLDS_MAX && self->channel != NULL)
    ulak_channel_set_paused (self->channel, TRUE);
  return self->epoch;
}

void
ulak_link_release (UlakLink *self, guint epoch)
{
  if (epoch != self->epoch || self->held == 0)
    return;
  if (--self->held <= ULAK_LINK_HOLDS_MAX / 2 && self->channel != NULL)
    ulak_channel_set_paused (self->channel, FALSE);
}

/* -- In -- */

static void
hand_out (UlakLink *self, UlakNode *node)
{
  const guint epoch = self->epoch;
  guint nack = 0;

  if (offer (self, node) || epoch != self->epoch)
    return;
  if (ulak_stanza_wants_ack (node, &nack))
    ulak_link_acknowledge (self, node, nack);
}

/* Before login nothing but notifications is answered: what else the server gives comes again after it. */
static void
take_stanza (UlakLink *self, UlakNode *node)
{
  if (self->login.online_us == 0)
    return;
  ulak_link_count_backlog (self, node);
  hand_out (self, node);
}

/* Queries go to the server and to groups: an answer of a person, ourselves apart, was asked of nobody. */
static gboolean
is_from_stranger (UlakLink *self, const UlakNode *node)
{
  UlakJid from, phone = { 0 }, lid = { 0 };
  guint8 domain;

  if (!ulak_node_read_jid (node, "from", &from, NULL) || from.user[0] == '\0' || !ulak_jid_get_domain (&from, &domain))
    return FALSE;
  ulak_link_get_own (self, &phone, &lid);
  return strcmp (from.user, phone.user) != 0 && strcmp (from.user, lid.user) != 0;
}

static void
take_answer (UlakLink *self, UlakNode *iq)
{
  const char *id = ulak_node_get_attribute (iq, "id");

  if (id == NULL || is_from_stranger (self, iq) || !ulak_pending_answer (self->queries, id, iq))
    ulak_log_debug (NULL, "An answer came that nobody waits for");
}

static gboolean
is_from_server (const UlakNode *node)
{
  UlakJid from;

  return ulak_node_read_jid (node, "from", &from, NULL) && ulak_jid_equal (&from, ulak_server_jid ());
}

/* Nobody but the server pairs devices; it may leave out that it is the one. */
static gboolean
may_pair (const UlakNode *iq)
{
  return ulak_node_get_attribute (iq, "from") == NULL || is_from_server (iq);
}

static void
take_iq (UlakLink *self, UlakNode *iq)
{
  const char *type = ulak_node_get_attribute (iq, "type");

  if (g_strcmp0 (type, "result") == 0 || g_strcmp0 (type, "error") == 0)
    take_answer (self, iq);
  else if (may_pair (iq) && ulak_node_get_child (iq, "pair-device") != NULL)
    ulak_link_take_pair_device (self, iq);
  else if (may_pair (iq) && ulak_node_get_child (iq, "pair-success") != NULL)
    ulak_link_take_pair_success (self, iq);
  else
    ulak_link_send_now (self, ulak_stanza_result (iq));
}

static void
take_ack (UlakLink *self, UlakNode *ack)
{
  const char *id = ulak_node_get_attribute (ack, "id");

  if (id != NULL && g_strcmp0 (ulak_node_get_attribute (ack, "class"), "message") == 0)
    ulak_pending_answer (self->messages, id, ack);
}

static void
take_success (UlakLink *self, UlakNode *node)
{
  if (self->login.online_us == 0 && ulak_credentials_is_linked (self->credentials))
    ulak_link_begin_login (self, node);
}

static void
take_end (UlakLink *self, UlakNode *node)
{
  ulak_link_lose (self, ulak_outcome_from_node (node));
}

static void
take_ib (UlakLink *self, UlakNode *node)
{
  const guint epoch = self->epoch;

  ulak_link_take_ib (self, node);
  if (epoch == self->epoch)
    offer (self, node);
}

static void
take_count (UlakLink *self, UlakNode *node)
{
  ulak_link_take_pre_key_count (self, ulak_node_get_child (node, "count"));
}

static void
take_refresh (UlakLink *self, UlakNode *node G_GNUC_UNUSED)
{
  ulak_link_refresh_qr (self);
}

/* The link's own, which only the server may send. They are acknowledged first: what follows may end the connection, and
 * nothing of theirs is stored that would not come again. */
static const struct
{
  const char *type;
  const char *child; /* (nullable): without it the notification is somebody else's */
  void (*take) (UlakLink *self, UlakNode *node);
} notifications[] = {
  { "encrypt", "count", take_count },
  { "companion_reg_refresh", NULL, take_refresh },
  { "link_code_companion_reg", NULL, ulak_link_take_code_notification },
  { "passkey_prologue_request", NULL, ulak_link_take_passkey_request },
  { "crsc_continuation", NULL, ulak_link_take_passkey_continuation },
};

static gboolean
take_own_notification (UlakLink *self, UlakNode *node)
{
  const char *type = ulak_node_get_attribute (node, "type");

  if (type == NULL || !is_from_server (node))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (notifications); i++)
    if (strcmp (notifications[i].type, type) == 0
        && (notifications[i].child == NULL || ulak_node_get_child (node, notifications[i].child) != NULL))
      {
        ulak_link_acknowledge (self, node, 0);
        notifications[i].take (self, node);
        return TRUE;
      }
  return FALSE;
}

static void
take_notification (UlakLink *self, UlakNode *node)
{
  ulak_link_count_backlog (self, node);
  if (take_own_notification (self, node))
    return;
  if (self->login.online_us != 0)
    hand_out (self, node);
  else
    ulak_link_acknowledge (self, node, 0);
}

static const struct
{
  const char *tag;
  void (*take) (UlakLink *self, UlakNode *node);
} takers[] = {
  { "message", take_stanza }, { "receipt", take_stanza },       { "ack", take_ack },      { "iq", take_iq },
  { "ib", take_ib },          { "notification", take_notification }, { "success", take_success }, { "failure", take_end },
  { "stream:error", take_end }, { "xmlstreamend", take_end },
};

/* One stanza, in the order of arrival. The link may be gone from this connection when it returns. */
void
ulak_link_receive (UlakLink *self, UlakNode *node)
{
  g_autoptr (UlakLink) alive = g_object_ref (self);

  for (gsize i = 0; i < G_N_ELEMENTS (takers); i++)
    if (ulak_node_is (node, takers[i].tag))
      {
        takers[i].take (self, node);
        return;
      }
  take_stanza (self, node);
}
