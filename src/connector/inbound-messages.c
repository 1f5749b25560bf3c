/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Messages of a batch become rows: new ones, those that take the place of a placeholder, edits, revokes.
 *
 * An edit or a revoke of a message that never came makes the row itself, so that nothing is lost; the message that comes
 * later is older and not taken.
 */
#include "connector/contact-book.h"
#include "connector/events.h"
#include "connector/inbound-commit.h"
#include "connector/lanes.h"
#include "connector/sql.h"
#include "connector/statuses.h"
#include "core/json.h"

#define UNDECRYPTABLE "undecryptable"
#define REVOKED "revoked"

/* What is written of a message, wherever it came from. */
typedef struct
{
  UlakInboundPlace place;
  JsonObject *content; /* (owned) */
  const char *media_reference;
  const char *quoted_network_id;
  const char *status; /* NULL: that of what comes in now */
  gint64 timestamp_us;
  UlakInboundFlags flags;
  char *type;      /* (owned) */
  char *media_id;  /* (owned) (nullable) */
  char *text;      /* (owned): content as it is stored */
  char *id;        /* (owned) (nullable): of the row, once it is inserted */
  char *quoted_id; /* (owned) (nullable) */
} Letter;

static void
letter_clear (Letter *self)
{
  ulak_inbound_place_clear (&self->place);
  g_clear_pointer (&self->content, json_object_unref);
  g_free (self->type);
  g_free (self->media_id);
  g_free (self->text);
  g_free (self->id);
  g_free (self->quoted_id);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Letter, letter_clear)

/* The row that a letter is about. */
typedef struct
{
  gint64 sequence; /* 0: there is none */
  char *type;      /* (owned) */
  char *media_id;  /* (owned) (nullable) */
  gint64 edited_us;
} Row;

static void
row_clear (Row *self)
{
  g_free (self->type);
  g_free (self->media_id);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Row, row_clear)

static gboolean
is_history (const Letter *letter)
{
  return (letter->flags & ULAK_INBOUND_HISTORY) != 0;
}

static gboolean
is_reaction (const Letter *letter)
{
  return g_str_equal (letter->type, "reaction");
}

/* --- the row that is there --- */

typedef struct
{
  gint64 sequence;
  char *sender;
} Candidate;

static void
candidate_clear (gpointer data)
{
  g_free (((Candidate *) data)->sender);
}

static GArray *
list_candidates (UlakDatabase *database, const UlakInboundPlace *place, GError **error)
{
  g_autoptr (GArray) list = g_array_new (FALSE, FALSE, sizeof (Candidate));
  UlakStatement *rows = ulak_sql_query (database, ULAK_SQL ("messages-known"),
                                        ULAK_BINDINGS (ULAK_TEXT ("network_id", place->network_id),
                                                       ULAK_TEXT ("chat", place->chat),
                                                       ULAK_TEXT ("contact", place->is_direct ? place->person : NULL)),
                                        error);
  gboolean has_row;

  g_array_set_clear_func (list, candidate_clear);
  while (rows != NULL)
    {
      Candidate candidate;

      if (!ulak_statement_step (rows, &has_row, error))
        return NULL;
      if (!has_row)
        return g_steal_pointer (&list);
      candidate.sequence = ulak_statement_get_integer (rows, "sequence");
      candidate.sender = g_strdup (ulak_statement_get_text (rows, "sender"));
      g_array_append_val (list, candidate);
    }
  return NULL;
}

/* Ids are chosen by senders: only a message of the same author is the one that is meant. */
static gboolean
is_of_author (UlakDatabase *database,
              const UlakInboundPlace *place,
              const char *sender,
              gboolean *is_out,
              GError **error)
{
  g_autofree char *person = NULL;

  if (sender == NULL || place->from == NULL)
    {
      *is_out = sender == NULL && place->from == NULL;
      return TRUE;
    }
  if (!ulak_contact_book_find (database, sender, &person, error))
    return FALSE;
  *is_out = g_strcmp0 (person, place->person) == 0 || g_str_equal (sender, place->from);
  return TRUE;
}

static gboolean
read_row (UlakDatabase *database, gint64 sequence, Row *row_out, GError **error)
{
  UlakStatement *row;

  if (!ulak_sql_find (database, ULAK_SQL ("message-by-sequence"),
                      ULAK_BINDINGS (ULAK_INTEGER ("sequence", sequence)), &row, error))
    return FALSE;
  g_return_val_if_fail (row != NULL, FALSE);
  row_out->sequence = sequence;
  row_out->type = g_strdup (ulak_statement_get_text (row, "type"));
  row_out->media_id = g_strdup (ulak_statement_get_text (row, "media_id"));
  row_out->edited_us = ulak_statement_is_null (row, "edited_us") ? 0 : ulak_statement_get_integer (row, "edited_us");
  return TRUE;
}

static gboolean
find_row (UlakDatabase *database, const UlakInboundPlace *place, Row *row_out, GError **error)
{
  g_autoptr (GArray) list = list_candidates (database, place, error);
  gboolean is_it = FALSE;

  for (guint i = 0; list != NULL && i < list->len; i++)
    {
      const Candidate *candidate = &g_array_index (list, Candidate, i);

      if (!is_of_author (database, place, candidate->sender, &is_it, error))
        return FALSE;
      if (is_it)
        return read_row (database, candidate->sequence, row_out, error);
    }
  return list != NULL;
}

gboolean
ulak_inbound_has_placeholder (UlakDatabase *database,
                              const UlakInboundMessage *message,
                              gboolean *has_out,
                              GError **error)
{
  g_auto (UlakInboundPlace) place = { .network_id = message->network_id };
  g_auto (Row) row = { 0 };

  if (!ulak_inbound_place_look_up (&place, database, message->contact, message->chat, message->from, error)
      || !find_row (database, &place, &row, error))
    return FALSE;
  *has_out = row.sequence != 0 && g_str_equal (row.type, UNDECRYPTABLE);
  return TRUE;
}

gboolean
ulak_inbound_knows_message (UlakDatabase *database,
                            const UlakInboundMessage *message,
                            gboolean *knows_out,
                            GError **error)
{
  g_auto (UlakInboundPlace) place = { .network_id = message->network_id };
  g_auto (Row) row = { 0 };
  gboolean is_new = FALSE;

  if (!ulak_inbound_place_look_up (&place, database, message->contact, message->chat, message->from, error)
      || !find_row (database, &place, &row, error))
    return FALSE;
  if (row.sequence == 0 && !ulak_inbound_place_is_new (&place, database, 0, FALSE, &is_new, error))
    return FALSE;
  *knows_out = row.sequence == 0 ? !is_new : !g_str_equal (row.type, UNDECRYPTABLE);
  return TRUE;
}

/* --- writing --- */

static void
name_medium (Letter *letter, const char *media_id)
{
  JsonObject *media = ulak_json_peek_object (letter->content, "media");

  if (media == NULL)
    {
      media = json_object_new ();
      json_object_set_object_member (letter->content, "media", media);
    }
  json_object_set_string_member (media, "media_id", media_id);
}

static gboolean
add_medium (UlakDatabase *database, UlakInboundCommit *commit, Letter *letter, GError **error)
{
  JsonObject *media;

  if (letter->media_reference == NULL)
    return TRUE;
  letter->media_id = ulak_id_series_next (&commit->ids);
  name_medium (letter, letter->media_id);
  media = ulak_json_peek_object (letter->content, "media");
  return ulak_sql_run (
      database, ULAK_SQL ("media-insert"),
      ULAK_BINDINGS (ULAK_TEXT ("id", letter->media_id),
                     ULAK_TEXT ("mime_type", ulak_json_peek_string (media, "mime_type")),
                     ULAK_INTEGER ("size_bytes", ulak_json_peek_integer (media, "size_bytes", 0)),
                     ULAK_TEXT ("sha256", ulak_json_peek_string (media, "sha256")),
                     ULAK_TEXT ("file_name", ulak_json_peek_string (media, "file_name")),
                     ULAK_TEXT ("stored_name", NULL), ULAK_TEXT ("reference", letter->media_reference),
                     ULAK_INTEGER ("now_us", commit->head.now_us)),
      error);
}

static gboolean
find_quoted (UlakDatabase *database, const Letter *letter, char **id_out, GError **error)
{
  return letter->quoted_network_id == NULL
         || ulak_sql_get_text (database, ULAK_SQL ("message-by-network-id"),
                               ULAK_BINDINGS (ULAK_TEXT ("network_id", letter->quoted_network_id)), "id", id_out,
                               error);
}

static const char *
status_of (const Letter *letter)
{
  if (letter->status != NULL)
    return letter->status;
  return letter->place.from == NULL ? "sent" : "received";
}

static gboolean
insert_live (UlakDatabase *database, const Letter *letter, GError **error)
{
  return ulak_sql_run (
      database, ULAK_SQL ("message-insert"),
      ULAK_BINDINGS (
          ULAK_TEXT ("id", letter->id), ULAK_TEXT ("network_id", letter->place.network_id),
          ULAK_TEXT ("chat", letter->place.chat), ULAK_TEXT ("sender", letter->place.from),
          ULAK_INTEGER ("is_request", 0), ULAK_TEXT ("type", letter->type), ULAK_TEXT ("status", status_of (letter)),
          ULAK_INTEGER ("timestamp_us", letter->timestamp_us), ULAK_TEXT ("content", letter->text),
          ULAK_TEXT ("quoted_id", letter->quoted_id), ULAK_TEXT ("quoted_network_id", letter->quoted_network_id),
          ULAK_TEXT ("media_id", letter->media_id), ULAK_INTEGER ("open", 0), ULAK_INTEGER ("due_us", 0),
          ULAK_INTEGER ("expires_us", 0)),
      error);
}

static gboolean
insert_history (UlakDatabase *database, const Letter *letter, GError **error)
{
  return ulak_sql_run (
      database, ULAK_SQL ("message-insert-history"),
      ULAK_BINDINGS (ULAK_TEXT ("id", letter->id), ULAK_TEXT ("network_id", letter->place.network_id),
                     ULAK_TEXT ("chat", letter->place.chat), ULAK_TEXT ("sender", letter->place.from),
                     ULAK_TEXT ("type", letter->type), ULAK_TEXT ("status", status_of (letter)),
                     ULAK_INTEGER ("timestamp_us", letter->timestamp_us), ULAK_TEXT ("content", letter->text),
                     ULAK_TEXT ("quoted_id", letter->quoted_id),
                     ULAK_TEXT ("quoted_network_id", letter->quoted_network_id),
                     ULAK_TEXT ("media_id", letter->media_id),
                     ULAK_INTEGER ("starred", (letter->flags & ULAK_INBOUND_STARRED) != 0)),
      error);
}

static gboolean
insert (UlakDatabase *database,
        UlakInboundCommit *commit,
        Letter *letter,
        gint64 *sequence_out,
        GError **error)
{
  letter->id = ulak_id_series_next (&commit->ids);
  if (!find_quoted (database, letter, &letter->quoted_id, error) || !add_medium (database, commit, letter, error))
    return FALSE;
  letter->text = ulak_json_print_object (letter->content);
  if (!(is_history (letter) ? insert_history : insert_live) (database, letter, error))
    return FALSE;
  *sequence_out = ulak_database_get_last_rowid (database);
  return TRUE;
}

static gboolean
touch_chat (UlakDatabase *database, const UlakInboundCommit *commit, const Letter *letter, GError **error)
{
  const UlakInboundPlace *place = &letter->place;
  const char *contact = place->is_direct ? place->person : NULL;
  gboolean counts = !is_reaction (letter) && (letter->flags & ULAK_INBOUND_QUIET) == 0;

  if (is_history (letter))
    return ulak_sql_run (database, ULAK_SQL ("chat-history"),
                         ULAK_BINDINGS (ULAK_TEXT ("id", place->chat), ULAK_TEXT ("contact", contact),
                                        ULAK_INTEGER ("timestamp_us", letter->timestamp_us)),
                         error);
  if (place->from == NULL)
    return ulak_sql_run (
               database, ULAK_SQL ("chat-touch"),
               ULAK_BINDINGS (ULAK_TEXT ("id", place->chat), ULAK_INTEGER ("now_us", commit->head.now_us)), error)
           && (contact == NULL
               || ulak_sql_run (database, ULAK_SQL ("chat-put"),
                                ULAK_BINDINGS (ULAK_TEXT ("id", place->chat), ULAK_TEXT ("contact", contact)), error));
  return ulak_sql_run (database, ULAK_SQL ("chat-inbound"),
                       ULAK_BINDINGS (ULAK_TEXT ("id", place->chat), ULAK_TEXT ("contact", contact),
                                      ULAK_TEXT ("name", place->is_direct ? place->person_name : NULL),
                                      ULAK_INTEGER ("unread", counts ? 1 : 0),
                                      ULAK_INTEGER ("now_us", commit->head.now_us)),
                       error)
         && ulak_lanes_warm (database, place->chat, error);
}

static gboolean
tell (UlakDatabase *database, UlakInboundCommit *commit, const char *type, gint64 sequence, GError **error)
{
  g_autofree char *id = ulak_id_series_next (&commit->ids);

  return ulak_events_put_message (database, &commit->head, id, type, sequence, commit->head.now_us, error);
}

static gboolean
tell_new (UlakDatabase *database,
          UlakInboundCommit *commit,
          const char *type,
          const Letter *letter,
          gint64 sequence,
          GError **error)
{
  g_autofree char *id = ulak_id_series_next (&commit->ids);
  const UlakNewMessage message = {
    .sequence = sequence,
    .id = letter->id,
    .network_id = letter->place.network_id,
    .chat = letter->place.chat,
    .from = letter->place.from,
    .type = letter->type,
    .status = status_of (letter),
    .timestamp_us = letter->timestamp_us,
    .quoted_id = letter->quoted_id,
    .quoted_network_id = letter->quoted_network_id,
    .content = letter->content,
    .person = letter->place.is_direct ? letter->place.person : NULL,
  };

  return ulak_events_put_new_message (database, &commit->head, id, type, &message, error);
}

/* --- a message --- */

static const char *
event_type_of (const Letter *letter)
{
  if ((letter->flags & ULAK_INBOUND_PLACEHOLDER) != 0)
    return "message.undecryptable";
  if (is_reaction (letter))
    return "message.reaction";
  return letter->place.from == NULL ? "message.sent" : "message.received";
}

/* Receipts of what another device of ours sent may have been faster. */
static gboolean
apply_early (UlakDatabase *database, UlakInboundCommit *commit, const Letter *letter, GError **error)
{
  return letter->place.from != NULL
         || ulak_statuses_apply_early (database, &commit->head, letter->place.network_id, &commit->ids, error);
}

static gboolean
add_letter (UlakDatabase *database, UlakInboundCommit *commit, Letter *letter, const char *event_type, GError **error)
{
  gint64 sequence;

  if (!insert (database, commit, letter, &sequence, error) || !touch_chat (database, commit, letter, error))
    return FALSE;
  if (is_history (letter))
    return TRUE;
  commit->n_new++;
  return tell_new (database, commit, event_type, letter, sequence, error) && apply_early (database, commit, letter, error);
}

static gboolean
replace (UlakDatabase *database, UlakInboundCommit *commit, Letter *letter, gint64 sequence, GError **error)
{
  g_autofree char *quoted_id = NULL;

  if (!find_quoted (database, letter, &quoted_id, error) || !add_medium (database, commit, letter, error))
    return FALSE;
  letter->text = ulak_json_print_object (letter->content);
  return ulak_sql_run (database, ULAK_SQL ("message-replace"),
                       ULAK_BINDINGS (ULAK_INTEGER ("sequence", sequence), ULAK_TEXT ("type", letter->type),
                                      ULAK_TEXT ("content", letter->text), ULAK_TEXT ("quoted_id", quoted_id),
                                      ULAK_TEXT ("quoted_network_id", letter->quoted_network_id),
                                      ULAK_TEXT ("media_id", letter->media_id),
                                      ULAK_INTEGER ("timestamp_us", letter->timestamp_us)),
                       error)
         && tell (database, commit, "message.replaced", sequence, error);
}

/* It was seen: only a placeholder still waits for it. */
static gboolean
fill_placeholder (UlakDatabase *database, UlakInboundCommit *commit, Letter *letter, GError **error)
{
  g_auto (Row) row = { 0 };

  if ((letter->flags & ULAK_INBOUND_PLACEHOLDER) != 0)
    return TRUE;
  if (!find_row (database, &letter->place, &row, error))
    return FALSE;
  return row.sequence == 0 || !g_str_equal (row.type, UNDECRYPTABLE)
         || replace (database, commit, letter, row.sequence, error);
}

static char *
type_of (JsonObject *content, UlakInboundFlags flags)
{
  const char *type = ulak_json_peek_string (content, "type");

  if ((flags & ULAK_INBOUND_PLACEHOLDER) != 0)
    return g_strdup (UNDECRYPTABLE);
  return g_strdup (type != NULL ? type : "unsupported");
}

gboolean
ulak_inbound_store_message (UlakDatabase *database,
                            UlakInboundCommit *commit,
                            const UlakInboundItem *item,
                            GError **error)
{
  const UlakInboundMessage *message = &item->message;
  g_auto (Letter) letter = {
    .place.network_id = message->network_id,
    .media_reference = item->media_reference,
    .quoted_network_id = message->quoted_network_id,
    .status = message->status,
    .timestamp_us = message->timestamp_us,
    .flags = message->flags,
  };
  gboolean is_new;

  letter.content = ulak_inbound_item_get_content (item, error);
  if (letter.content == NULL)
    return FALSE;
  letter.type = type_of (letter.content, letter.flags);
  if (!ulak_inbound_place_find (&letter.place, database, commit, item, message->chat, message->from, error)
      || !ulak_inbound_place_is_new (&letter.place, database, commit->head.now_us, TRUE, &is_new, error))
    return FALSE;
  return is_new ? add_letter (database, commit, &letter, event_type_of (&letter), error)
                : fill_placeholder (database, commit, &letter, error);
}

/* --- an edit --- */

static gboolean
edit_row (UlakDatabase *database, UlakInboundCommit *commit, Letter *letter, const Row *row, GError **error)
{
  if (row->media_id != NULL && letter->media_reference != NULL)
    name_medium (letter, row->media_id); /* a new caption of the same file */
  else if (!add_medium (database, commit, letter, error))
    return FALSE;
  letter->text = ulak_json_print_object (letter->content);
  return ulak_sql_run (database, ULAK_SQL ("message-edit"),
                       ULAK_BINDINGS (ULAK_INTEGER ("sequence", row->sequence), ULAK_TEXT ("type", letter->type),
                                      ULAK_TEXT ("content", letter->text), ULAK_TEXT ("media_id", letter->media_id),
                                      ULAK_INTEGER ("edited_us", letter->timestamp_us)),
                       error)
         && (is_history (letter) || tell (database, commit, "message.edited", row->sequence, error));
}

/* The message itself did not come, and is not one that was cleaned up. */
static gboolean
add_edited (UlakDatabase *database, UlakInboundCommit *commit, Letter *letter, GError **error)
{
  gint64 sequence;

  if (!insert (database, commit, letter, &sequence, error) || !touch_chat (database, commit, letter, error)
      || !ulak_sql_run (database, ULAK_SQL ("message-edit"),
                        ULAK_BINDINGS (ULAK_INTEGER ("sequence", sequence), ULAK_TEXT ("type", letter->type),
                                       ULAK_TEXT ("content", letter->text), ULAK_TEXT ("media_id", NULL),
                                       ULAK_INTEGER ("edited_us", letter->timestamp_us)),
                        error))
    return FALSE;
  return is_history (letter) || tell (database, commit, "message.edited", sequence, error);
}

gboolean
ulak_inbound_store_edit (UlakDatabase *database,
                         UlakInboundCommit *commit,
                         const UlakInboundItem *item,
                         GError **error)
{
  const UlakInboundEdit *edit = &item->edit;
  g_auto (Letter) letter = {
    .place.network_id = edit->network_id,
    .media_reference = item->media_reference,
    .timestamp_us = edit->timestamp_us,
    .flags = edit->flags,
  };
  g_auto (Row) row = { 0 };
  gboolean is_new;

  letter.content = ulak_inbound_item_get_content (item, error);
  if (letter.content == NULL)
    return FALSE;
  letter.type = type_of (letter.content, 0);
  if (!ulak_inbound_place_find (&letter.place, database, commit, item, edit->chat, edit->from, error)
      || !find_row (database, &letter.place, &row, error))
    return FALSE;
  if (row.sequence != 0)
    return g_str_equal (row.type, REVOKED) || row.edited_us >= edit->timestamp_us
           || edit_row (database, commit, &letter, &row, error);
  if (!ulak_inbound_place_is_new (&letter.place, database, commit->head.now_us, TRUE, &is_new, error))
    return FALSE;
  return !is_new || add_edited (database, commit, &letter, error);
}

/* --- a revoke --- */

static gboolean
revoke_row (UlakDatabase *database, UlakInboundCommit *commit, const UlakInboundRevoke *revoke, const Row *row, GError **error)
{
  gboolean is_quiet = (revoke->flags & ULAK_INBOUND_HISTORY) != 0;

  if (row->media_id != NULL
      && !ulak_sql_run (database, ULAK_SQL ("media-drop"), ULAK_BINDINGS (ULAK_TEXT ("id", row->media_id)), error))
    return FALSE;
  return ulak_sql_run (database, ULAK_SQL ("message-revoke"),
                       ULAK_BINDINGS (ULAK_INTEGER ("sequence", row->sequence), ULAK_TEXT ("by", revoke->by)), error)
         && (is_quiet || tell (database, commit, "message.revoked", row->sequence, error));
}

gboolean
ulak_inbound_store_revoke (UlakDatabase *database,
                           UlakInboundCommit *commit,
                           const UlakInboundItem *item,
                           GError **error)
{
  const UlakInboundRevoke *revoke = &item->revoke;
  g_auto (Letter) letter = {
    .place.network_id = revoke->network_id,
    .timestamp_us = revoke->timestamp_us,
    .flags = revoke->flags | ULAK_INBOUND_QUIET,
  };
  g_auto (Row) row = { 0 };
  gboolean is_new;

  if (!ulak_inbound_place_find (&letter.place, database, commit, item, revoke->chat, revoke->from, error)
      || !find_row (database, &letter.place, &row, error))
    return FALSE;
  if (row.sequence != 0)
    return g_str_equal (row.type, REVOKED) || revoke_row (database, commit, revoke, &row, error);
  if (!ulak_inbound_place_is_new (&letter.place, database, commit->head.now_us, TRUE, &is_new, error))
    return FALSE;
  if (!is_new)
    return TRUE;
  letter.type = g_strdup (REVOKED);
  letter.content = json_object_new ();
  json_object_set_string_member (letter.content, "type", REVOKED);
  if (!insert (database, commit, &letter, &row.sequence, error) || !touch_chat (database, commit, &letter, error))
    return FALSE;
  return revoke_row (database, commit, revoke, &row, error);
}
