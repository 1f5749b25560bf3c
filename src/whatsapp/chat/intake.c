/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * An entry belongs to the queue and to its batch, which is freed when the commit is over.
 */
#include "whatsapp/chat/intake.h"

#include "whatsapp/chat/chat-private.h"

#include "core/error.h"
#include "core/log.h"

#define TRIES_MAX 3 /* of a work that fails for another reason than the disk */
#define RETRY_MIN_MS 500
#define RETRY_MAX_MS 30000

struct _UlakIntake
{
  UlakChat *chat; /* unowned, owns us */
  GQueue entries; /* (element-type UlakEntry): in the order of arrival */
  guint epoch;
};

/* --- view --- */

void
ulak_chat_view_init (UlakChatView *self, UlakChat *chat)
{
  self->session = ulak_session_ref (chat->session);
  self->random = g_object_ref (chat->random);
  self->me = chat->me;
  self->now_us = ulak_clock_get_wall_us (chat->clock);
}

void
ulak_chat_view_copy (UlakChatView *self, const UlakChatView *from)
{
  *self = *from;
  ulak_session_ref (self->session);
  g_object_ref (self->random);
}

void
ulak_chat_view_clear (UlakChatView *self)
{
  g_clear_pointer (&self->session, ulak_session_unref);
  g_clear_object (&self->random);
}

/* --- entry --- */

void
ulak_verdict_clear (UlakVerdict *self)
{
  ulak_retry_keys_clear (&self->keys);
  *self = (UlakVerdict){ 0 };
}

/** ulak_entry_new: @work: NULL: there is nothing to store */
UlakEntry *
ulak_entry_new (UlakChat *chat, const UlakNode *stanza, UlakEntryWork work, UlakEntryAnswer answer)
{
  UlakEntry *self = g_atomic_rc_box_new0 (UlakEntry);

  self->stanza = ulak_node_ref (stanza);
  ulak_chat_view_init (&self->view, chat);
  self->protocols = chat->protocols;
  self->may_guess_migration = chat->migration == ULAK_LID_MIGRATION_UNKNOWN;
  self->work = work;
  self->answer = answer;
  return self;
}

UlakEntry *
ulak_entry_ref (UlakEntry *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
entry_clear (gpointer data)
{
  UlakEntry *self = data;

  ulak_verdict_clear (&self->verdict);
  ulak_chat_view_clear (&self->view);
  ulak_node_unref (self->stanza);
}

void
ulak_entry_unref (UlakEntry *self)
{
  g_atomic_rc_box_release_full (self, entry_clear);
}

gint64
ulak_entry_get_time_us (const UlakEntry *self)
{
  guint64 t = 0;

  if (!ulak_node_read_number (self->stanza, "t", G_MAXINT64 / G_USEC_PER_SEC, &t, NULL))
    return self->view.now_us;
  return (gint64) t * G_USEC_PER_SEC;
}

static void
entry_unref (gpointer data)
{
  ulak_entry_unref (data);
}

/* --- the queue --- */

static void
drop_head (UlakIntake *self)
{
  UlakEntry *entry = g_queue_pop_head (&self->entries);

  ulak_wire_release (self->chat->wire, entry->hold);
  ulak_entry_unref (entry);
}

static void
flush (UlakIntake *self)
{
  UlakEntry *entry;

  while ((entry = g_queue_peek_head (&self->entries)) != NULL && entry->is_settled)
    {
      g_autoptr (UlakEntry) kept = ulak_entry_ref (entry);

      drop_head (self);
      if (kept->is_last && !kept->is_lost)
        ulak_chat_answer_ack (self->chat, kept);
      else if (!kept->is_lost && kept->answer != NULL)
        kept->answer (self->chat, kept);
    }
  ulak_chat_check_stopped (self->chat);
}

static void
settle (UlakIntake *self, UlakEntry *entry, gboolean is_lost)
{
  entry->is_settled = TRUE;
  entry->is_lost = is_lost;
  flush (self);
}

/* That it was let go is written, too: a database that takes nothing has us keep the answer. */
static gboolean
let_go (UlakDatabase *database, UlakInbound *inbound, UlakEntry *entry, GError **error)
{
  const char *id = ulak_node_get_attribute (entry->stanza, "id"), *from = ulak_node_get_attribute (entry->stanza, "from");
  const char *const parts[] = { "let-go", ulak_node_get_tag (entry->stanza), id != NULL ? id : "", from, NULL };
  gboolean is_new;

  entry->verdict.nack = ULAK_NACK_UNHANDLED;
  return ulak_inbound_note_seen (database, parts, entry->view.now_us, &is_new, error)
         && (entry->last == NULL || entry->last (database, inbound, entry, error));
}

static gboolean
prepare (UlakDatabase *database, UlakInbound *inbound, gpointer data, GError **error)
{
  UlakEntry *entry = data;

  ulak_verdict_clear (&entry->verdict);
  return entry->is_last ? let_go (database, inbound, entry, error) : entry->work (database, inbound, entry, error);
}

static void commit (UlakIntake *self, UlakEntry *entry);

/* What a callback needs; holds the chat, since the line may outlive it. */
typedef struct
{
  UlakChat *chat;   /* (owned) */
  UlakEntry *entry; /* (owned) */
} Visit;

static Visit *
visit_new (UlakIntake *self, UlakEntry *entry)
{
  Visit *visit = g_new (Visit, 1);

  visit->chat = g_object_ref (self->chat);
  visit->entry = ulak_entry_ref (entry);
  return visit;
}

static void
visit_free (Visit *visit)
{
  ulak_entry_unref (visit->entry);
  g_object_unref (visit->chat);
  g_free (visit);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Visit, visit_free)

static void
again_cb (gpointer user_data)
{
  g_autoptr (Visit) visit = user_data;

  visit->entry->timer = 0;
  visit->entry->waiting = NULL;
  commit (visit->chat->intake, visit->entry);
}

/* --- a group that is not known yet --- */

static void
fetched_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Visit) visit = user_data;
  UlakIntake *self = visit->chat->intake;
  g_autoptr (GError) error = NULL;

  if (!ulak_fetch_finish (ULAK_CHAT (source)->fetch, result, NULL, &error))
    ulak_log_info (NULL, "A group is not known: %s", error->message);
  if (visit->entry->epoch == self->epoch)
    commit (self, visit->entry);
  else
    settle (self, visit->entry, TRUE);
}

static void
fetch_group (UlakIntake *self, UlakEntry *entry)
{
  g_autofree char *group = ulak_jid_print (&entry->verdict.group);
  const char *const keys[] = { group, NULL };

  entry->has_asked_group = TRUE;
  ulak_fetch_async (self->chat->fetch, ULAK_FETCH_GROUP, keys, fetched_cb, visit_new (self, entry));
}

/* --- what cannot be stored --- */

static gboolean
is_fault_of_disk (const GError *error)
{
  return g_error_matches (error, ULAK_ERROR, ULAK_ERROR_FULL)
         || g_error_matches (error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE);
}

static gboolean
has_another_way (const UlakIntake *self, const UlakEntry *entry, const GError *error)
{
  return entry->epoch == self->epoch && !entry->is_last && !g_error_matches (error, ULAK_ERROR, ULAK_ERROR_DAMAGED)
         && !g_error_matches (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE);
}

static void
take_another_way (UlakIntake *self, UlakEntry *entry)
{
  if (entry->way < entry->n_ways)
    entry->way++;
  else
    entry->is_last = TRUE;
  ulak_log_warning (NULL, NULL, "A <%s> cannot be stored as it is; %s", ulak_node_get_tag (entry->stanza),
                    entry->is_last ? "it is let go" : "it is kept whole");
  commit (self, entry);
}

static void
failed (UlakIntake *self, UlakEntry *entry, const GError *error)
{
  gint64 delay_ms = MIN (RETRY_MIN_MS << MIN (entry->tries, 10), RETRY_MAX_MS);
  gboolean is_hopeless;

  if (entry->verdict.wants_group && !entry->has_asked_group && entry->epoch == self->epoch)
    {
      fetch_group (self, entry);
      return;
    }
  entry->tries++;
  if (!is_fault_of_disk (error))
    entry->refusals++;
  is_hopeless = !is_fault_of_disk (error) && entry->refusals >= TRIES_MAX;
  ulak_log_info (NULL, "A <%s> cannot be stored (try %u): %s", ulak_node_get_tag (entry->stanza), entry->tries,
                 error->message);
  if (is_hopeless && has_another_way (self, entry, error))
    take_another_way (self, entry);
  else if (is_hopeless || entry->epoch != self->epoch || g_error_matches (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE))
    settle (self, entry, TRUE);
  else
    {
      entry->waiting = visit_new (self, entry);
      entry->timer = ulak_clock_add_timer (self->chat->clock, delay_ms * 1000, again_cb, entry->waiting);
    }
}

static void
committed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Visit) visit = user_data;
  UlakIntake *self = visit->chat->intake;
  g_autoptr (GError) error = NULL;

  if (ulak_line_commit_inbound_finish (ULAK_LINE (source), result, &error))
    settle (self, visit->entry, FALSE);
  else
    failed (self, visit->entry, error);
}

static void
commit (UlakIntake *self, UlakEntry *entry)
{
  UlakInbound *inbound = ulak_inbound_new ();

  ulak_inbound_set_prepare (inbound, prepare, ulak_entry_ref (entry), entry_unref);
  ulak_line_commit_inbound_async (self->chat->line, inbound, committed_cb, visit_new (self, entry));
}

/** ulak_intake_take: @entry: (transfer full): the next one in the order of answers */
void
ulak_intake_take (UlakIntake *self, UlakEntry *entry)
{
  entry->epoch = self->epoch;
  entry->hold = ulak_wire_hold (self->chat->wire);
  g_queue_push_tail (&self->entries, entry);
  if (entry->work == NULL)
    settle (self, entry, FALSE);
  else
    commit (self, entry);
}

void
ulak_intake_cut (UlakIntake *self)
{
  self->epoch++;
  for (GList *link = self->entries.head; link != NULL; link = link->next)
    {
      UlakEntry *entry = link->data;

      if (entry->timer == 0)
        continue;
      ulak_clock_clear_timer (self->chat->clock, &entry->timer);
      entry->is_settled = entry->is_lost = TRUE;
      visit_free (g_steal_pointer (&entry->waiting));
    }
  flush (self);
}

guint
ulak_intake_get_epoch (UlakIntake *self)
{
  return self->epoch;
}

guint
ulak_intake_count (UlakIntake *self)
{
  return g_queue_get_length (&self->entries);
}

UlakIntake *
ulak_intake_new (UlakChat *chat)
{
  UlakIntake *self = g_new0 (UlakIntake, 1);

  self->chat = chat;
  g_queue_init (&self->entries);
  return self;
}

void
ulak_intake_free (UlakIntake *self)
{
  g_queue_clear_full (&self->entries, entry_unref);
  g_free (self);
}
