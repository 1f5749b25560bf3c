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

typedef struct
{
  const char *kind;
  gboolean is_strong;   /* never given to another person */
  gboolean is_identity; /* leads to a person at all */
} AliasKind;

static const AliasKind kinds[] = {
  { "user_id", TRUE, TRUE },
  { "lid", TRUE, TRUE },
  { "wa_id", FALSE, TRUE },
  { "phone", FALSE, TRUE },
  { "user_name", FALSE, FALSE },
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

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      const char *value = contact == NULL ? NULL : ulak_json_peek_string (contact, kinds[i].kind);

      aliases->values[i] = value != NULL && *value != '\0' && strlen (value) <= ALIAS_MAX ? value : NULL;
      is_known |= kinds[i].is_identity && aliases->values[i] != NULL;
    }
  if (!is_known)
    aliases->values[is_number ? 2 : 0] = sender;
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

static gboolean
put_aliases (UlakDatabase *database, const char *contact, const Aliases *aliases, gint64 now_us, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (aliases->values[i] != NULL
        && !ulak_sql_run (database, ULAK_SQL ("alias-put"),
                          ULAK_BINDINGS (ULAK_TEXT ("kind", kinds[i].kind),
                                         ULAK_TEXT ("value", aliases->values[i]),
                                         ULAK_TEXT ("contact", contact), ULAK_INTEGER ("now_us", now_us)),
                          error))
      return FALSE;
  return TRUE;
}

/**
 * ulak_contact_book_meet:
 * @contact: (nullable): every id known of the sender, and the name
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
                        GError **error)
{
  const char *name = contact == NULL ? NULL : ulak_json_peek_string (contact, "name");
  g_autofree char *id = NULL;
  Aliases aliases;

  collect (&aliases, contact, sender);
  if (!find_person (database, &aliases, &id, error))
    return NULL;
  if (id == NULL)
    {
      id = g_strdup (new_id);
      if (!ulak_sql_run (
              database, ULAK_SQL ("contact-insert"),
              ULAK_BINDINGS (ULAK_TEXT ("id", id), ULAK_TEXT ("name", name), ULAK_INTEGER ("now_us", now_us)),
              error))
        return NULL;
    }
  else if (name != NULL
           && !ulak_sql_run (database, ULAK_SQL ("contact-name"),
                             ULAK_BINDINGS (ULAK_TEXT ("id", id), ULAK_TEXT ("name", name)), error))
    return NULL;
  return put_aliases (database, id, &aliases, now_us, error) ? g_steal_pointer (&id) : NULL;
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
  g_autoptr (JsonObject) contact = json_object_new ();
  g_autofree char *name = NULL;
  UlakStatement *rows;
  gboolean has_row;

  if (!ulak_sql_get_text (database, ULAK_SQL ("contact-show"), ULAK_BINDINGS (ULAK_TEXT ("id", id)), "name",
                          &name, error))
    return NULL;
  json_object_set_string_member (contact, "id", id);
  json_object_set_null_member (contact, "phone");
  set_text (contact, "name", name);
  json_object_set_null_member (contact, "wa_id");
  json_object_set_null_member (contact, "user_id");

  rows = ulak_sql_query (database, ULAK_SQL ("aliases-of-contact"), ULAK_BINDINGS (ULAK_TEXT ("contact", id)),
                         error);
  if (rows == NULL)
    return NULL;
  for (;;)
    {
      if (!ulak_statement_step (rows, &has_row, error))
        return NULL;
      if (!has_row)
        return g_steal_pointer (&contact);
      set_text (contact, ulak_statement_get_text (rows, "kind"), ulak_statement_get_text (rows, "value"));
    }
}
