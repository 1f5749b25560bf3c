/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Clean-up: small steps, so that sends and callbacks never wait long behind one.
 */
#include "connector/line-work.h"
#include "connector/sql.h"

#define CHATS_STEP 200

typedef struct
{
  UlakLineWork head;
  UlakCleanup what;
  gint64 before_us;
  gint64 keep; /* messages per chat, or bytes of media */
  guint limit;
  char *after;      /* (owned): chat */
  guint n;          /* out */
  char *last;       /* out: (owned) (nullable) */
  GPtrArray *names; /* out: (owned) (element-type utf8) */
} Broom;

static void
broom_free (gpointer data)
{
  Broom *self = data;

  g_free (self->after);
  g_free (self->last);
  g_clear_pointer (&self->names, g_ptr_array_unref);
  g_free (self);
}

static const char *const forget_paths[] = {
  [ULAK_CLEANUP_EARLY_STATUSES] = ULAK_SQL ("early-forget"),
  [ULAK_CLEANUP_SEEN] = ULAK_SQL ("seen-forget"),
};

static gboolean
forget_run (UlakDatabase *database, gpointer data, GError **error)
{
  Broom *self = data;

  ulak_line_work_start (self);
  if (!ulak_sql_run (
          database, forget_paths[self->what],
          ULAK_BINDINGS (ULAK_INTEGER ("before_us", self->before_us), ULAK_INTEGER ("limit", self->limit)),
          error))
    return FALSE;
  self->n = (guint) ulak_database_get_changes (database);
  return TRUE;
}

static void
forget_done (UlakLineStore *self G_GNUC_UNUSED, UlakLineWork *work, GTask *task)
{
  g_task_return_int (task, (gssize) ((Broom *) work)->n);
}

void
ulak_line_store_forget_async (UlakLineStore *self,
                              UlakCleanup what,
                              gint64 before_us,
                              guint limit,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  Broom *broom = g_new0 (Broom, 1);

  broom->what = what;
  broom->before_us = before_us;
  broom->limit = limit;
  ulak_line_store_write (self, forget_run, broom, broom_free, forget_done,
                         g_task_new (self, NULL, callback, user_data));
}

guint
ulak_line_store_forget_finish (UlakLineStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), 0);
  return (guint) MAX (g_task_propagate_int (G_TASK (result), error), 0);
}

/* --- messages --- */

static gboolean
trim_chat (UlakDatabase *database, Broom *self, const char *chat, GError **error)
{
  UlakStatement *row;
  gint64 last;

  if (!ulak_sql_find (database, ULAK_SQL ("chat-trim-from"),
                      ULAK_BINDINGS (ULAK_TEXT ("chat", chat), ULAK_INTEGER ("keep", self->keep)), &row, error))
    return FALSE;
  if (row == NULL)
    return TRUE;
  last = ulak_statement_get_integer (row, "sequence");
  if (!ulak_sql_run (database, ULAK_SQL ("chat-trim"),
                     ULAK_BINDINGS (ULAK_TEXT ("chat", chat), ULAK_INTEGER ("last", last),
                                    ULAK_INTEGER ("limit", self->limit - self->n)),
                     error))
    return FALSE;
  self->n += (guint) ulak_database_get_changes (database);
  return TRUE;
}

static GStrv
list_chats (UlakDatabase *database, const char *after, GError **error)
{
  g_autoptr (GStrvBuilder) ids = g_strv_builder_new ();
  UlakStatement *rows
      = ulak_sql_query (database, ULAK_SQL ("chats-after"),
                        ULAK_BINDINGS (ULAK_TEXT ("after", after), ULAK_INTEGER ("limit", CHATS_STEP)), error);
  gboolean has_row;

  while (rows != NULL)
    {
      if (!ulak_statement_step (rows, &has_row, error))
        return NULL;
      if (!has_row)
        return g_strv_builder_end (ids);
      g_strv_builder_add (ids, ulak_statement_get_text (rows, "id"));
    }
  return NULL;
}

/* A chat that is over the limit by more than the step allows is looked at again. */
static gboolean
trim_run (UlakDatabase *database, gpointer data, GError **error)
{
  Broom *self = data;
  g_auto (GStrv) chats = list_chats (database, self->after, error);

  ulak_line_work_start (self);
  g_clear_pointer (&self->last, g_free);
  self->n = 0;
  if (chats == NULL)
    return FALSE;
  for (guint i = 0; chats[i] != NULL; i++)
    {
      if (!trim_chat (database, self, chats[i], error))
        return FALSE;
      if (self->n >= self->limit)
        return TRUE;
      g_free (self->last);
      self->last = g_strdup (chats[i]);
    }
  return TRUE;
}

static void
trim_done (UlakLineStore *self G_GNUC_UNUSED, UlakLineWork *work, GTask *task)
{
  Broom *broom = (Broom *) work;

  if (broom->last == NULL && broom->n >= broom->limit)
    broom->last = g_strdup (broom->after);
  g_task_set_task_data (task, g_steal_pointer (&broom->last), g_free);
  g_task_return_int (task, (gssize) broom->n);
}

void
ulak_line_store_trim_chats_async (UlakLineStore *self,
                                  const char *after_chat,
                                  gint64 keep,
                                  guint limit,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  Broom *broom = g_new0 (Broom, 1);

  broom->after = g_strdup (after_chat);
  broom->keep = keep;
  broom->limit = limit;
  ulak_line_store_write (self, trim_run, broom, broom_free, trim_done,
                         g_task_new (self, NULL, callback, user_data));
}

/** ulak_line_store_trim_chats_finish: @last_chat_out: (transfer full) (nullable): where to go on; %NULL: all were seen */
gboolean
ulak_line_store_trim_chats_finish (UlakLineStore *self,
                                   GAsyncResult *result,
                                   guint *trimmed_out,
                                   char **last_chat_out,
                                   GError **error)
{
  gssize n;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  n = g_task_propagate_int (G_TASK (result), error);
  if (n < 0)
    return FALSE;
  *trimmed_out = (guint) n;
  *last_chat_out = g_strdup (g_task_get_task_data (G_TASK (result)));
  return TRUE;
}

/* --- media --- */

static gboolean
get_total (UlakDatabase *database, gint64 *total_out, GError **error)
{
  UlakStatement *row;

  if (!ulak_sql_find (database, ULAK_SQL ("media-total"), ULAK_BINDINGS (), &row, error))
    return FALSE;
  *total_out = ulak_statement_get_integer (row, "size_bytes");
  return TRUE;
}

typedef struct
{
  char *id, *stored_name;
} Victim;

static void
victim_clear (gpointer data)
{
  g_free (((Victim *) data)->id);
  g_free (((Victim *) data)->stored_name);
}

/* The least recently used ones, as many as must go to come below the budget. */
static GArray *
list_victims (UlakDatabase *database, Broom *self, gint64 before_us, gint64 over_bytes, GError **error)
{
  g_autoptr (GArray) victims = g_array_new (FALSE, FALSE, sizeof (Victim));
  UlakStatement *rows = ulak_sql_query (
      database, ULAK_SQL ("media-oldest"),
      ULAK_BINDINGS (ULAK_INTEGER ("before_us", before_us), ULAK_INTEGER ("limit", self->limit)), error);
  gboolean has_row;

  g_array_set_clear_func (victims, victim_clear);
  while (rows != NULL)
    {
      Victim victim;

      if (over_bytes <= 0)
        return g_steal_pointer (&victims);
      if (!ulak_statement_step (rows, &has_row, error))
        return NULL;
      if (!has_row)
        return g_steal_pointer (&victims);
      victim.id = g_strdup (ulak_statement_get_text (rows, "id"));
      victim.stored_name = g_strdup (ulak_statement_get_text (rows, "stored_name"));
      over_bytes -= ulak_statement_get_integer (rows, "size_bytes");
      g_array_append_val (victims, victim);
    }
  return NULL;
}

static gboolean
evict (UlakDatabase *database, Broom *self, gint64 before_us, gint64 over_bytes, GError **error)
{
  g_autoptr (GArray) victims = list_victims (database, self, before_us, over_bytes, error);

  for (guint i = 0; victims != NULL && i < victims->len; i++)
    {
      Victim *victim = &g_array_index (victims, Victim, i);

      if (!ulak_sql_run (
              database, ULAK_SQL ("media-forget"),
              ULAK_BINDINGS (ULAK_TEXT ("id", victim->id), ULAK_TEXT ("stored_name", victim->stored_name)),
              error))
        return FALSE;
      g_ptr_array_add (self->names, g_steal_pointer (&victim->stored_name));
    }
  return victims != NULL;
}

static gboolean
evict_run (UlakDatabase *database, gpointer data, GError **error)
{
  Broom *self = data;
  gint64 total;

  ulak_line_work_start (self);
  g_clear_pointer (&self->names, g_ptr_array_unref);
  self->names = g_ptr_array_new_with_free_func (g_free);
  return evict (database, self, self->before_us, G_MAXINT64, error) && get_total (database, &total, error)
         && evict (database, self, G_MAXINT64, total - self->keep, error);
}

static void
evict_done (UlakLineStore *self G_GNUC_UNUSED, UlakLineWork *work, GTask *task)
{
  GPtrArray *names = ((Broom *) work)->names;
  GStrvBuilder *builder = g_strv_builder_new ();

  for (guint i = 0; i < names->len; i++)
    g_strv_builder_add (builder, g_ptr_array_index (names, i));
  g_task_return_pointer (task, g_strv_builder_end (builder), (GDestroyNotify) g_strfreev);
  g_strv_builder_unref (builder);
}

void
ulak_line_store_evict_media_async (UlakLineStore *self,
                                   gint64 before_us,
                                   gint64 max_bytes,
                                   guint limit,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  Broom *broom = g_new0 (Broom, 1);

  broom->before_us = before_us;
  broom->keep = max_bytes;
  broom->limit = limit;
  ulak_line_store_write (self, evict_run, broom, broom_free, evict_done,
                         g_task_new (self, NULL, callback, user_data));
}

GStrv
ulak_line_store_evict_media_finish (UlakLineStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- files that no row names --- */

static gboolean
orphans_run (UlakDatabase *database, gpointer data, GError **error)
{
  Broom *self = data;

  for (guint i = 0; i < self->names->len;)
    {
      UlakStatement *row;

      if (!ulak_sql_find (database, ULAK_SQL ("media-by-file"),
                          ULAK_BINDINGS (ULAK_TEXT ("stored_name", g_ptr_array_index (self->names, i))), &row,
                          error))
        return FALSE;
      if (row != NULL)
        g_ptr_array_remove_index_fast (self->names, i);
      else
        i++;
    }
  return TRUE;
}

/** ulak_line_store_find_orphans_async: which of @names no medium has. Finish with ulak_line_store_evict_media_finish() */
void
ulak_line_store_find_orphans_async (UlakLineStore *self,
                                    const char *const *names,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  Broom *broom = g_new0 (Broom, 1);

  broom->names = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; names[i] != NULL; i++)
    g_ptr_array_add (broom->names, g_strdup (names[i]));
  ulak_line_store_read (self, orphans_run, broom, broom_free, evict_done,
                        g_task_new (self, NULL, callback, user_data));
}
