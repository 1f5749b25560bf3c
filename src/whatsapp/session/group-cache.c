/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A group's row and its members. Whoever holds our sender key and is no member is the reason for a new one.
 */
#include "whatsapp/session/group-cache.h"

#include "whatsapp/session/group-cipher.h"
#include "whatsapp/session/query.h"

#include "core/error.h"

#define GROUP_BINDING(group) ULAK_TEXT ("group_jid", group)

void
ulak_group_free (UlakGroup *self)
{
  g_free (self->document);
  g_clear_pointer (&self->members, g_array_unref);
  g_free (self);
}

static gboolean
read_members (UlakDatabase *database, const char *group, GArray *members, GError **error)
{
  UlakStatement *rows
      = ulak_sql_query (database, ULAK_QUERY ("group-members"), ULAK_BINDINGS (GROUP_BINDING (group)), error);
  gboolean has_row;

  if (rows == NULL)
    return FALSE;
  while (ulak_statement_step (rows, &has_row, error))
    {
      UlakGroupMember member;

      if (!has_row)
        return TRUE;
      member.peer = ulak_statement_get_integer (rows, "peer");
      member.rank = (UlakGroupRank) ulak_statement_get_integer (rows, "rank");
      member.since_us = ulak_statement_get_integer (rows, "since_us");
      g_array_append_val (members, member);
    }
  return FALSE;
}

gboolean
ulak_group_cache_get (UlakDatabase *database, const char *group, UlakGroup **group_out, GError **error)
{
  g_autoptr (UlakGroup) self = NULL;
  UlakStatement *row;

  if (!ulak_sql_find (database, ULAK_QUERY ("group-find"), ULAK_BINDINGS (GROUP_BINDING (group)), &row, error))
    return FALSE;
  if (row == NULL)
    {
      *group_out = NULL;
      return TRUE;
    }

  self = g_new0 (UlakGroup, 1);
  self->document = ulak_query_get_text (row, "document");
  self->uses_lid = ulak_statement_get_integer (row, "uses_lid") != 0;
  self->fetched_us = ulak_statement_get_integer (row, "fetched_us");
  self->members = g_array_new (FALSE, FALSE, sizeof (UlakGroupMember));
  if (!read_members (database, group, self->members, error))
    return FALSE;
  *group_out = g_steal_pointer (&self);
  return TRUE;
}

static gboolean
check_limits (gsize document_bytes, guint n_members, GError **error)
{
  if (document_bytes <= ULAK_GROUP_CACHE_MAX_BYTES && n_members <= ULAK_GROUP_CACHE_MAX_MEMBERS)
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE,
               "A group has %u members and %" G_GSIZE_FORMAT " bytes of metadata; at most %d and %d are kept", n_members,
               document_bytes, ULAK_GROUP_CACHE_MAX_MEMBERS, ULAK_GROUP_CACHE_MAX_BYTES);
  return FALSE;
}

static gboolean
write_member (UlakDatabase *database,
              const char *group,
              const UlakGroupMember *member,
              gint64 since_us,
              gboolean joins,
              GError **error)
{
  return ulak_sql_run (database, ULAK_QUERY ("group-member-put"),
                       ULAK_BINDINGS (GROUP_BINDING (group), ULAK_INTEGER ("peer", member->peer),
                                      ULAK_INTEGER ("rank", member->rank), ULAK_INTEGER ("since_us", since_us),
                                      ULAK_INTEGER ("joins", joins)),
                       error);
}

/* Those who stay keep what is known of them. */
static gboolean
write_members (UlakDatabase *database, const char *group, GArray *members, gint64 whole_us, GError **error)
{
  if (!ulak_sql_run (database, ULAK_QUERY ("group-members-doubt"), ULAK_BINDINGS (GROUP_BINDING (group)), error))
    return FALSE;
  for (guint i = 0; i < members->len; i++)
    if (!write_member (database, group, &g_array_index (members, UlakGroupMember, i), whole_us, FALSE, error))
      return FALSE;
  return ulak_sql_run (database, ULAK_QUERY ("group-members-remove-doubted"), ULAK_BINDINGS (GROUP_BINDING (group)), error);
}

static gboolean
rotate_if_stranger_reads (UlakDatabase *database, const char *group, gboolean *has_rotated_out, GError **error)
{
  gboolean has_stranger;

  if (!ulak_query_exists (database, ULAK_QUERY ("memory-has-stranger"), ULAK_BINDINGS (GROUP_BINDING (group)),
                          &has_stranger, error))
    return FALSE;
  if (has_rotated_out != NULL)
    *has_rotated_out = has_stranger;
  return !has_stranger || ulak_group_rotate (database, group, error);
}

gboolean
ulak_group_cache_put (UlakDatabase *database,
                      const char *group,
                      const UlakGroup *contents,
                      gboolean *has_rotated_out,
                      GError **error)
{
  UlakStatement *row;
  gint64 whole_us;

  if (!check_limits (strlen (contents->document), contents->members->len, error)
      || !ulak_sql_find (database, ULAK_QUERY ("group-whole"), ULAK_BINDINGS (GROUP_BINDING (group)), &row, error))
    return FALSE;
  whole_us = ulak_statement_get_integer (row, "whole_us");
  if (!ulak_sql_run (database, ULAK_QUERY ("group-put"),
                     ULAK_BINDINGS (GROUP_BINDING (group), ULAK_TEXT ("document", contents->document),
                                    ULAK_INTEGER ("uses_lid", contents->uses_lid),
                                    ULAK_INTEGER ("fetched_us", contents->fetched_us)),
                     error)
      || !write_members (database, group, contents->members, whole_us, error))
    return FALSE;
  return rotate_if_stranger_reads (database, group, has_rotated_out, error);
}

static gboolean
group_exists (UlakDatabase *database, const char *group, gboolean *exists_out, GError **error)
{
  return ulak_query_exists (database, ULAK_QUERY ("group-exists"), ULAK_BINDINGS (GROUP_BINDING (group)), exists_out,
                            error);
}

gboolean
ulak_group_cache_add_member (UlakDatabase *database, const char *group, const UlakGroupMember *member, GError **error)
{
  UlakStatement *row;
  gboolean exists;

  if (!group_exists (database, group, &exists, error))
    return FALSE;
  if (!exists)
    return TRUE;
  if (!ulak_sql_find (database, ULAK_QUERY ("group-members-count"), ULAK_BINDINGS (GROUP_BINDING (group)), &row, error))
    return FALSE;
  return check_limits (0, (guint) ulak_statement_get_integer (row, "n") + 1, error)
         && write_member (database, group, member, member->since_us, member->since_us != 0, error);
}

/** ulak_group_cache_remove_member: our sender key goes with a member that holds it, or if the group is not cached */
gboolean
ulak_group_cache_remove_member (UlakDatabase *database, const char *group, gint64 peer, GError **error)
{
  gboolean exists;

  if (!group_exists (database, group, &exists, error))
    return FALSE;
  if (!exists)
    return ulak_group_rotate (database, group, error);
  return ulak_sql_run (database, ULAK_QUERY ("group-member-remove"),
                       ULAK_BINDINGS (GROUP_BINDING (group), ULAK_INTEGER ("peer", peer)), error)
         && rotate_if_stranger_reads (database, group, NULL, error);
}

gboolean
ulak_group_cache_set_document (UlakDatabase *database, const char *group, const char *document, GError **error)
{
  return check_limits (strlen (document), 0, error)
         && ulak_sql_run (database, ULAK_QUERY ("group-set-document"),
                          ULAK_BINDINGS (GROUP_BINDING (group), ULAK_TEXT ("document", document)), error);
}

gboolean
ulak_group_cache_make_stale (UlakDatabase *database, const char *group, GError **error)
{
  return ulak_sql_run (database, ULAK_QUERY ("group-stale"), ULAK_BINDINGS (GROUP_BINDING (group)), error);
}

gboolean
ulak_group_cache_make_all_stale (UlakDatabase *database, GError **error)
{
  return ulak_sql_run (database, ULAK_QUERY ("groups-stale"), ULAK_BINDINGS (), error);
}

gboolean
ulak_group_cache_drop (UlakDatabase *database, const char *group, GError **error)
{
  static const char *const queries[] = {
    ULAK_QUERY ("group-delete"),
    ULAK_QUERY ("sender-keys-delete-of-group"),
    ULAK_QUERY ("memory-clear"),
  };

  for (gsize i = 0; i < G_N_ELEMENTS (queries); i++)
    if (!ulak_sql_run (database, queries[i], ULAK_BINDINGS (GROUP_BINDING (group)), error))
      return FALSE;
  return TRUE;
}

gboolean
ulak_group_cache_list (UlakDatabase *database, const char *after_group, guint limit, GStrv *groups_out, GError **error)
{
  g_autoptr (GPtrArray) groups = g_ptr_array_new_with_free_func (g_free);
  UlakStatement *rows
      = ulak_sql_query (database, ULAK_QUERY ("groups-list"),
                        ULAK_BINDINGS (ULAK_TEXT ("after_group", after_group), ULAK_INTEGER ("limit", limit)), error);
  gboolean has_row;

  if (rows == NULL)
    return FALSE;
  while (ulak_statement_step (rows, &has_row, error))
    {
      g_ptr_array_add (groups, has_row ? ulak_query_get_text (rows, "jid") : NULL);
      if (has_row)
        continue;
      *groups_out = (GStrv) g_ptr_array_steal (groups, NULL);
      return TRUE;
    }
  return FALSE;
}

gboolean
ulak_group_cache_is_member (UlakDatabase *database,
                            const char *group,
                            gint64 peer,
                            UlakGroupMember *member_out,
                            gboolean *is_member_out,
                            GError **error)
{
  UlakStatement *row;

  if (!ulak_sql_find (database, ULAK_QUERY ("group-member-find"),
                      ULAK_BINDINGS (GROUP_BINDING (group), ULAK_INTEGER ("peer", peer)), &row, error))
    return FALSE;
  *is_member_out = row != NULL;
  if (row != NULL && member_out != NULL)
    *member_out = (UlakGroupMember){ peer, (UlakGroupRank) ulak_statement_get_integer (row, "rank"),
                                     ulak_statement_get_integer (row, "since_us") };
  return TRUE;
}
