/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Kinds are listed strongest first.
 */
#include "connector/contact-book.h"

#include "connector/sql.h"
#include "core/json.h"

#include <string.h>

#define ALIAS_MAX 256
/* An alias that was seen so lately is not written again: a busy sender costs no writes. */
#define SEEN_LATELY_US G_TIME_SPAN_MINUTE

typedef struct
{
  const char *kind;
  gboolean is_strong;   /* never given to another person */
  gboolean is_identity; /* leads to a person at all */
} AliasKind;

enum
{
  KIND_USER_ID,
  KIND_LID,
  KIND_WA_ID,
  KIND_PHONE,
  KIND_USER_NAME,
};

static const AliasKind kinds[] = {
  [KIND_USER_ID] = { "user_id", TRUE, TRUE },
  [KIND_LID] = { "lid", TRUE, TRUE },
  [KIND_WA_ID] = { "wa_id", FALSE, TRUE },
  [KIND_PHONE] = { "phone", FALSE, TRUE },
  [KIND_USER_NAME] = { "user_name", FALSE, FALSE },
};

typedef struct
{
  const char *values[G_N_ELEMENTS (kinds)];
} Aliases;

static void
collect (Aliases *aliases, JsonObject *contact, const char *sender)
{
  gboolean is_known = FALSE;
  gboolean is_number = strspn (sender, "0123456789") == strlen (sender);
  gboolean is_lid = g_str_has_suffix (sender, "@lid");

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      const char *value = contact == NULL ? NULL : ulak_json_peek_string (contact, kinds[i].kind);

      aliases->values[i] = value != NULL && *value != '\0' && strlen (value) <= ALIAS_MAX ? value : NULL;
      is_known |= kinds[i].is_identity && aliases->values[i] != NULL;
    }
  if (!is_known)
    aliases->values[is_number ? KIND_WA_ID : is_lid ? KIND_LID : KIND_USER_ID] = sender;
}

static gboolean
find_alias (UlakDatabase *database, const char *kind, const char *value, char **contact_out, GError **error)
{
  return ulak_sql_get_text (database, ULAK_SQL ("alias-find"),
                            ULAK_BINDINGS (ULAK_TEXT ("kind", kind), ULAK_TEXT ("value", value)), "contact",
                            contact_out, error);
}

/* Whether contact goes by another strong alias than the one that came now. */
static gboolean
is_somebody_else (UlakDatabase *database,
                  const char *contact,
                  const Aliases *aliases,
                  gboolean *is_other_out,
                  GError **error)
{
  gboolean is_other = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (kinds) && !is_other; i++)
    {
      UlakStatement *row = NULL;

      if (!kinds[i].is_strong || aliases->values[i] == NULL)
        continue;
      if (!ulak_sql_find (database, ULAK_SQL ("alias-other"),
                          ULAK_BINDINGS (ULAK_TEXT ("contact", contact), ULAK_TEXT ("kind", kinds[i].kind),
                                         ULAK_TEXT ("value", aliases->values[i])),
                          &row, error))
        return FALSE;
      is_other = row != NULL;
    }
  *is_other_out = is_other;
  return TRUE;
}

static gboolean
find_person (UlakDatabase *database, const Aliases *aliases, char **contact_out, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *contact = NULL;
      gboolean is_other = FALSE;

      if (!kinds[i].is_identity || aliases->values[i] == NULL)
        continue;
      if (!find_alias (database, kinds[i].kind, aliases->values[i], &contact, error))
        return FALSE;
      if (contact == NULL)
        continue;
      if (!kinds[i].is_strong && !is_somebody_else (database, contact, aliases, &is_other, error))
        return FALSE;
      if (is_other)
        continue;
      *contact_out = g_steal_pointer (&contact);
      return TRUE;
    }
  *contact_out = NULL;
  return TRUE;
}

/* Everything of the other is this person's now; the row stays, so that what was seen under its id is recognised. */
static gboolean
become_one (UlakDatabase *database, const char *contact, const char *other, GError **error)
{
  const UlakBinding *both = ULAK_BINDINGS (ULAK_TEXT ("contact", contact), ULAK_TEXT ("other", other));

  return ulak_sql_run (database, ULAK_SQL ("aliases-move"), both, error)
         && ulak_sql_run (database, ULAK_SQL ("chats-move"), both, error)
         && ulak_sql_run (database, ULAK_SQL ("contacts-merge"), both, error)
         && ulak_sql_run (database, ULAK_SQL ("contact-inherit"), both, error);
}

/* What the database knows of one alias. */
typedef struct
{
  char *contact; /* (owned) (nullable) */
  gint64 last_seen_us;
} Known;

static gboolean
look_up (UlakDatabase *database, gsize kind, const char *value, Known *known, GError **error)
{
  UlakStatement *row;

  if (!ulak_sql_find (database, ULAK_SQL ("alias-find"),
                      ULAK_BINDINGS (ULAK_TEXT ("kind", kinds[kind].kind), ULAK_TEXT ("value", value)), &row, error))
    return FALSE;
  known->contact = row == NULL ? NULL : g_strdup (ulak_statement_get_text (row, "contact"));
  known->last_seen_us = row == NULL ? 0 : ulak_statement_get_integer (row, "last_seen_us");
  return TRUE;
}

static gboolean
put_alias (UlakDatabase *database,
           const char *contact,
           gsize kind,
           const Aliases *aliases,
           gint64 now_us,
           gboolean *changed_out,
           GError **error)
{
  const char *value = aliases->values[kind];
  g_autofree char *holder = NULL;
  gboolean is_other = FALSE, is_same;
  Known known;

  if (!look_up (database, kind, value, &known, error))
    return FALSE;
  holder = known.contact;
  is_same = g_strcmp0 (holder, contact) == 0;
  if (is_same && known.last_seen_us > now_us - SEEN_LATELY_US)
    return TRUE;
  if (holder != NULL && !is_same && kinds[kind].is_identity)
    {
      if (!is_somebody_else (database, holder, aliases, &is_other, error)
          || (!is_other && !become_one (database, contact, holder, error)))
        return FALSE;
    }
  *changed_out |= !is_same;
  return ulak_sql_run (database, ULAK_SQL ("alias-put"),
                       ULAK_BINDINGS (ULAK_TEXT ("kind", kinds[kind].kind), ULAK_TEXT ("value", value),
                                      ULAK_TEXT ("contact", contact), ULAK_INTEGER ("now_us", now_us)),
                       error);
}

static gboolean
put_aliases (UlakDatabase *database,
             const char *contact,
             const Aliases *aliases,
             gint64 now_us,
             gboolean *changed_out,
             GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (aliases->values[i] != NULL && !put_alias (database, contact, i, aliases, now_us, changed_out, error))
      return FALSE;
  return TRUE;
}

static gboolean
put_names (UlakDatabase *database, const char *id, JsonObject *contact, gboolean *changed_out, GError **error)
{
  const char *name = contact == NULL ? NULL : ulak_json_peek_string (contact, "name");
  gboolean has_saved = contact != NULL && json_object_has_member (contact, "saved_name");
  const char *saved_name = has_saved ? ulak_json_peek_string (contact, "saved_name") : NULL;

  if (name != NULL)
    {
      if (!ulak_sql_run (database, ULAK_SQL ("contact-name"),
                         ULAK_BINDINGS (ULAK_TEXT ("id", id), ULAK_TEXT ("name", name)), error))
        return FALSE;
      *changed_out |= ulak_database_get_changes (database) > 0;
    }
  if (has_saved)
    {
      if (!ulak_sql_run (database, ULAK_SQL ("contact-saved-name"),
                         ULAK_BINDINGS (ULAK_TEXT ("id", id), ULAK_TEXT ("name", saved_name)), error))
        return FALSE;
      *changed_out |= ulak_database_get_changes (database) > 0;
    }
  return TRUE;
}

/**
 * ulak_contact_book_meet:
 * @contact: (nullable): every id known of the sender, "name" as it calls itself, "saved_name" as the owner calls it (null takes
 *   that away)
 * @sender: the sender's id; stands for the aliases when @contact has none
 *
 * Returns: (transfer full) (nullable): the person's id
 */
char *
ulak_contact_book_meet (UlakDatabase *database,
                        JsonObject *contact,
                        const char *sender,
                        const char *new_id,
                        gint64 now_us,
                        gboolean *changed_out,
                        GError **error)
{
  g_autofree char *id = NULL;
  gboolean has_changed = FALSE;
  Aliases aliases;

  collect (&aliases, contact, sender);
  if (!find_person (database, &aliases, &id, error))
    return NULL;
  if (id == NULL)
    {
      id = g_strdup (new_id);
      has_changed = TRUE;
      if (!ulak_sql_run (database, ULAK_SQL ("contact-insert"),
                         ULAK_BINDINGS (ULAK_TEXT ("id", id), ULAK_INTEGER ("now_us", now_us)), error))
        return NULL;
    }
  if (!put_names (database, id, contact, &has_changed, error)
      || !put_aliases (database, id, &aliases, now_us, &has_changed, error))
    return NULL;
  if (changed_out != NULL)
    *changed_out = has_changed;
  return g_steal_pointer (&id);
}

gboolean
ulak_contact_book_find (UlakDatabase *database, const char *alias, char **contact_out, GError **error)
{
  g_autofree char *contact = NULL;

  for (gsize i = 0; contact == NULL && i < G_N_ELEMENTS (kinds); i++)
    if (kinds[i].is_identity && !find_alias (database, kinds[i].kind, alias, &contact, error))
      return FALSE;
  *contact_out = g_steal_pointer (&contact);
  return TRUE;
}

gboolean
ulak_contact_book_list_former (UlakDatabase *database, const char *id, GPtrArray *list, GError **error)
{
  UlakStatement *rows
      = ulak_sql_query (database, ULAK_SQL ("contacts-former"), ULAK_BINDINGS (ULAK_TEXT ("contact", id)), error);
  gboolean has_row;

  while (rows != NULL)
    {
      if (!ulak_statement_step (rows, &has_row, error))
        return FALSE;
      if (!has_row)
        return TRUE;
      g_ptr_array_add (list, g_strdup (ulak_statement_get_text (rows, "id")));
    }
  return FALSE;
}

/* --- what people see of a person --- */

typedef struct
{
  char *name;                         /* (owned) (nullable) */
  char *values[G_N_ELEMENTS (kinds)]; /* (owned) (nullable): by kind, the one seen last */
  gint64 seen_us[G_N_ELEMENTS (kinds)];
} Shown;

static void
shown_clear (Shown *self)
{
  g_free (self->name);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    g_free (self->values[i]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Shown, shown_clear)

static gsize
kind_of (const char *name)
{
  gsize kind = 0;

  while (kind < G_N_ELEMENTS (kinds) && !g_str_equal (kinds[kind].kind, name))
    kind++;
  return kind;
}

static void
take_value (Shown *self, UlakStatement *row)
{
  gsize kind = kind_of (ulak_statement_get_text (row, "kind"));
  gint64 seen_us = ulak_statement_get_integer (row, "last_seen_us");

  if (kind == G_N_ELEMENTS (kinds) || (self->values[kind] != NULL && seen_us < self->seen_us[kind]))
    return;
  g_free (self->values[kind]);
  self->values[kind] = g_strdup (ulak_statement_get_text (row, "value"));
  self->seen_us[kind] = seen_us;
}

static gboolean
read_shown (Shown *self, UlakDatabase *database, const char *id, GError **error)
{
  UlakStatement *rows;
  gboolean has_row;

  if (!ulak_sql_get_text (database, ULAK_SQL ("contact-show"), ULAK_BINDINGS (ULAK_TEXT ("id", id)), "name",
                          &self->name, error))
    return FALSE;
  rows = ulak_sql_query (database, ULAK_SQL ("aliases-of-contact"), ULAK_BINDINGS (ULAK_TEXT ("contact", id)), error);
  while (rows != NULL)
    {
      if (!ulak_statement_step (rows, &has_row, error))
        return FALSE;
      if (!has_row)
        return TRUE;
      take_value (self, rows);
    }
  return FALSE;
}

static void
append_member (GString *text, const char *before, const char *name, const char *value)
{
  g_string_append (text, before);
  g_string_append_c (text, '"');
  g_string_append (text, name);
  g_string_append (text, "\":");
  ulak_json_append_string (text, value);
}

/** ulak_contact_book_append: appends the person as a JSON object: every known alias, null for the usual ones that are not */
gboolean
ulak_contact_book_append (UlakDatabase *database, const char *id, GString *text, GError **error)
{
  g_auto (Shown) shown = { 0 };

  if (!read_shown (&shown, database, id, error))
    return FALSE;
  append_member (text, "{", "id", id);
  append_member (text, ",", "phone", shown.values[KIND_PHONE]);
  append_member (text, ",", "name", shown.name);
  append_member (text, ",", "wa_id", shown.values[KIND_WA_ID]);
  append_member (text, ",", "user_id", shown.values[KIND_USER_ID]);
  if (shown.values[KIND_LID] != NULL)
    append_member (text, ",", "lid", shown.values[KIND_LID]);
  if (shown.values[KIND_USER_NAME] != NULL)
    append_member (text, ",", "user_name", shown.values[KIND_USER_NAME]);
  g_string_append_c (text, '}');
  return TRUE;
}

static void
set_text (JsonObject *object, const char *name, const char *text)
{
  if (text == NULL)
    json_object_set_null_member (object, name);
  else
    json_object_set_string_member (object, name, text);
}

JsonObject *
ulak_contact_book_show (UlakDatabase *database, const char *id, GError **error)
{
  g_auto (Shown) shown = { 0 };
  JsonObject *contact;

  if (!read_shown (&shown, database, id, error))
    return NULL;
  contact = json_object_new ();
  json_object_set_string_member (contact, "id", id);
  set_text (contact, "phone", shown.values[KIND_PHONE]);
  set_text (contact, "name", shown.name);
  set_text (contact, "wa_id", shown.values[KIND_WA_ID]);
  set_text (contact, "user_id", shown.values[KIND_USER_ID]);
  if (shown.values[KIND_LID] != NULL)
    json_object_set_string_member (contact, "lid", shown.values[KIND_LID]);
  if (shown.values[KIND_USER_NAME] != NULL)
    json_object_set_string_member (contact, "user_name", shown.values[KIND_USER_NAME]);
  return contact;
}
