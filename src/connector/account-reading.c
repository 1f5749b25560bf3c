/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * MarkRead: the network is told first, unless nobody may know, and only then the rows are changed.
 */
#include "connector/account-methods.h"
#include "connector/line-parts.h"

/* A chat that somebody reads, up to a message. */
typedef struct
{
  UlakCall *call; /* ends with the answer */
  UlakLine *line; /* (owned) */
  char *id;       /* (owned) */
  gboolean typing;
  gboolean played;
} Mark;

static void
mark_free (Mark *mark)
{
  g_object_unref (mark->line);
  g_free (mark->id);
  g_free (mark);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Mark, mark_free)

static void
marked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Mark) mark = user_data;
  GError *error = NULL;

  if (ulak_line_store_finish (ULAK_LINE_STORE (source), result, &error))
    ulak_call_return (mark->call, NULL);
  else
    ulak_call_fail (mark->call, error);
}

static void
mark_rows (Mark *mark)
{
  ulak_line_store_mark_read_async (mark->line->store, mark->id, marked_cb, mark);
}

static void
told_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Mark) mark = user_data;
  GError *error = NULL;

  if (ULAK_BACKEND_GET_CLASS (source)->mark_read_finish (ULAK_BACKEND (source), result, &error))
    mark_rows (g_steal_pointer (&mark));
  else
    ulak_call_fail (mark->call, error);
}

/* Whether the network is to be told now; if not, what happens instead is under way. */
static gboolean
may_tell (Mark **mark, gboolean is_of_interest)
{
  UlakLine *line = (*mark)->line;

  if (line->settings.ghost_mode || !is_of_interest)
    mark_rows (g_steal_pointer (mark));
  else if (line->state != ULAK_LINE_STATE_READY)
    ulak_call_refuse ((*mark)->call, ULAK_ERROR_WRONG_STATE,
                      "The line is not ready, so that the network cannot be told");
  else
    return TRUE;
  return FALSE;
}

static void
inbound_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Mark) mark = user_data;
  UlakBackend *backend = mark->line->backend;
  gboolean typing = mark->typing;
  g_autoptr (GError) error = NULL;
  g_autofree char *network_id = ulak_line_store_find_inbound_finish (ULAK_LINE_STORE (source), result, &error);

  if (network_id == NULL)
    ulak_call_fail (mark->call, g_steal_pointer (&error));
  else if (may_tell (&mark, TRUE))
    ULAK_BACKEND_GET_CLASS (backend)->mark_read_async (backend, network_id, typing, told_cb, g_steal_pointer (&mark));
}

/* The same for a network that wants each message named. */
static void
unread_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Mark) mark = user_data;
  UlakBackend *backend = mark->line->backend;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakUnread) unread = ulak_line_store_list_unread_finish (ULAK_LINE_STORE (source), result, &error);
  UlakReadMark told;

  if (unread == NULL)
    {
      ulak_call_fail (mark->call, g_steal_pointer (&error));
      return;
    }
  told = (UlakReadMark){ unread->chat, (const UlakReadMessage *) (gpointer) unread->messages->data,
                         unread->messages->len, mark->typing, mark->played };
  if (may_tell (&mark, told.n_messages > 0 || told.typing))
    ULAK_BACKEND_GET_CLASS (backend)->mark_messages_async (backend, &told, told_cb, g_steal_pointer (&mark));
}

void
ulak_account_mark_read (UlakCall *call, gpointer data)
{
  UlakLine *line = data;
  Mark *mark = g_new0 (Mark, 1);

  mark->call = call;
  mark->line = g_object_ref (line);
  g_variant_get (ulak_call_get_parameters (call), "(sb@a{sv})", &mark->id, &mark->typing, NULL);
  g_variant_lookup (ulak_call_get_options (call), "played", "b", &mark->played);
  if (ULAK_BACKEND_GET_CLASS (line->backend)->mark_messages_async != NULL)
    ulak_line_store_list_unread_async (line->store, mark->id, unread_cb, mark);
  else
    ulak_line_store_find_inbound_async (line->store, mark->id, inbound_cb, mark);
}
