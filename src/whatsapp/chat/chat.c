/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Life of a chat, and who gets which stanza.
 */
#include "whatsapp/chat/chat-private.h"

#include "core/error.h"
#include "core/log.h"

G_DEFINE_FINAL_TYPE (UlakChat, ulak_chat, G_TYPE_OBJECT)

/* --- answers --- */

/* An answer to a stanza of a connection that is gone would be one too many: the server gives the stanza again. */
void
ulak_chat_answer (UlakChat *self, const UlakEntry *entry, UlakNode *node)
{
  g_autoptr (UlakNode) owned = node;
  g_autoptr (GError) error = NULL;

  if (node == NULL || !self->is_online || entry->epoch != ulak_intake_get_epoch (self->intake))
    return;
  if (!ulak_wire_send (self->wire, node, &error))
    ulak_log_info (NULL, "An answer was not sent: %s", error->message);
}

void
ulak_chat_answer_ack (UlakChat *self, UlakEntry *entry)
{
  ulak_chat_answer (self, entry, ulak_answer_ack (entry->stanza, &self->me, entry->verdict.nack));
}

/* --- whether we are migrated --- */

static gboolean
save_migration_run (UlakDatabase *database, gpointer data, GError **error)
{
  return ulak_credentials_save_lid_migration (database, (UlakLidMigration) GPOINTER_TO_INT (data), error);
}

static void
saved_migration_cb (GObject *source, GAsyncResult *result, gpointer user_data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;

  ulak_store_finish (ULAK_STORE (source), result, &error);
  if (error != NULL)
    ulak_log_info (NULL, "How this account's chats are addressed was not kept: %s", error->message);
}

void
ulak_chat_found_migration (UlakChat *self, UlakLidMigration migration)
{
  if (self->migration == migration || self->migration == ULAK_LID_MIGRATION_YES)
    return;
  self->migration = migration;
  ulak_store_write_async (ulak_line_get_store (self->line), save_migration_run, GINT_TO_POINTER ((int) migration),
                          NULL, saved_migration_cb, NULL);
}

gboolean
ulak_chat_is_lid (UlakChat *self)
{
  return self->migration == ULAK_LID_MIGRATION_YES
         || (self->migration == ULAK_LID_MIGRATION_UNKNOWN && self->guesses_lid);
}

void
ulak_chat_set_migration (UlakChat *self, UlakLidMigration migration)
{
  if (migration != ULAK_LID_MIGRATION_UNKNOWN)
    ulak_chat_found_migration (self, migration);
}

/* --- stanzas --- */

static const struct
{
  const char *tag;
  void (*take) (UlakChat *self, const UlakNode *stanza);
} takers[] = {
  { "message", ulak_chat_take_message },
  { "receipt", ulak_chat_take_receipt },
  { "notification", ulak_chat_take_notification },
  { "call", ulak_chat_take_notification },
};

static void
take_unknown (UlakChat *self, const UlakNode *stanza)
{
  UlakEntry *entry = ulak_entry_new (self, stanza, NULL, ulak_chat_answer_ack);

  entry->verdict.nack = ULAK_NACK_UNKNOWN_STANZA;
  ulak_intake_take (self->intake, entry);
}

void
ulak_chat_take_stanza (UlakChat *self, const UlakNode *stanza)
{
  g_return_if_fail (self->session != NULL);

  if (self->stopping != NULL)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (takers); i++)
    if (ulak_node_is (stanza, takers[i].tag))
      {
        takers[i].take (self, stanza);
        return;
      }
  if (ulak_node_get_attribute (stanza, "id") != NULL)
    take_unknown (self, stanza);
}

/* --- settings --- */

void
ulak_chat_set_account (UlakChat *self, UlakSession *session, const UlakMe *me)
{
  UlakLidMigration migration = ulak_credentials_get_lid_migration (ulak_session_get_credentials (session));

  if (self->session != session)
    {
      g_clear_pointer (&self->session, ulak_session_unref);
      self->session = ulak_session_ref (session);
      self->migration = migration;
    }
  self->me = *me;
}

void
ulak_chat_connected (UlakChat *self)
{
  self->is_online = TRUE;
  ulak_placeholders_connected (self->placeholders);
}

void
ulak_chat_disconnected (UlakChat *self)
{
  if (!self->is_online)
    return;
  self->is_online = FALSE;
  ulak_intake_cut (self->intake);
  ulak_resend_cut (self->resend);
}

void
ulak_chat_set_available (UlakChat *self, gboolean is_available)
{
  self->is_available = is_available;
}

void
ulak_chat_set_ghost (UlakChat *self, gboolean is_ghost)
{
  self->is_ghost = is_ghost;
}

void
ulak_chat_set_hides_reading (UlakChat *self, gboolean hides_reading)
{
  self->hides_reading = hides_reading;
}

void
ulak_chat_handle (UlakChat *self,
                  const char *tag,
                  const char *type,
                  UlakStanzaWork work,
                  UlakStanzaDone done,
                  gpointer data)
{
  UlakStanzaHandler *handler = g_new (UlakStanzaHandler, 1);

  *handler = (UlakStanzaHandler){ work, done, data };
  g_hash_table_replace (self->handlers, g_strdup_printf ("%s %s", tag, type), handler);
}

void
ulak_chat_handle_protocol (UlakChat *self,
                           Wa__ProtocolMessage__Type type,
                           UlakProtocolWork work,
                           UlakProtocolDone done,
                           gpointer data)
{
  g_return_if_fail ((guint) type < ULAK_PROTOCOL_TYPES_MAX);

  self->protocols[type] = (UlakProtocolHandler){ work, done, data };
}

UlakLine *
ulak_chat_get_line (UlakChat *self)
{
  return self->line;
}

UlakWire *
ulak_chat_get_wire (UlakChat *self)
{
  return self->wire;
}

UlakClock *
ulak_chat_get_clock (UlakChat *self)
{
  return self->clock;
}

UlakRandom *
ulak_chat_get_random (UlakChat *self)
{
  return self->random;
}

const UlakMe *
ulak_chat_get_me (UlakChat *self)
{
  return &self->me;
}

/* --- life --- */

void
ulak_chat_check_stopped (UlakChat *self)
{
  g_autoptr (GTask) task = NULL;

  if (self->stopping == NULL || ulak_intake_count (self->intake) > 0 || self->sending > 0
      || ulak_resend_count (self->resend) > 0)
    return;
  task = g_steal_pointer (&self->stopping);
  g_task_return_boolean (task, TRUE);
}

void
ulak_chat_stop_async (UlakChat *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (self->stopping == NULL);

  self->stopping = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (self->stopping, ulak_chat_stop_async);
  ulak_placeholders_stop (self->placeholders);
  ulak_chat_check_stopped (self);
}

gboolean
ulak_chat_stop_finish (UlakChat *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
ulak_chat_finalize (GObject *object)
{
  UlakChat *self = ULAK_CHAT (object);

  g_clear_pointer (&self->placeholders, ulak_placeholders_free);
  g_clear_pointer (&self->resend, ulak_resend_free);
  g_clear_pointer (&self->fetch, ulak_fetch_free);
  g_clear_pointer (&self->intake, ulak_intake_free);
  g_clear_pointer (&self->handlers, g_hash_table_unref);
  g_clear_pointer (&self->session, ulak_session_unref);
  g_clear_object (&self->wire);
  g_clear_object (&self->media);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  G_OBJECT_CLASS (ulak_chat_parent_class)->finalize (object);
}

static void
ulak_chat_class_init (UlakChatClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ulak_chat_finalize;
}

static void
ulak_chat_init (UlakChat *self)
{
  self->handlers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

/** ulak_chat_new: Returns: (transfer full) */
UlakChat *
ulak_chat_new (const UlakChatOptions *options)
{
  UlakChat *self = g_object_new (ULAK_TYPE_CHAT, NULL);

  self->line = options->line;
  self->wire = g_object_ref (options->wire);
  self->media = options->media == NULL ? NULL : g_object_ref (options->media);
  self->clock = g_object_ref (options->clock);
  self->random = g_object_ref (options->random);
  self->intake = ulak_intake_new (self);
  self->fetch = ulak_fetch_new (self);
  self->resend = ulak_resend_new (self);
  self->placeholders = ulak_placeholders_new (self);
  return self;
}
