/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/social/group-show.h"

#include "core/clock.h"
#include "core/json.h"
#include "whatsapp/chat/address.h"
#include "whatsapp/chat/groups.h"
#include "whatsapp/chat/people.h"

#define DONE 200 /* what the server does not say when a member was changed */

static const char *const rank_names[] = {
  [ULAK_GROUP_RANK_MEMBER] = "member",
  [ULAK_GROUP_RANK_ADMIN] = "admin",
  [ULAK_GROUP_RANK_SUPERADMIN] = "superadmin",
};

static void
set_text (JsonObject *object, const char *name, const char *text)
{
  if (text != NULL && text[0] != '\0')
    json_object_set_string_member (object, name, text);
  else
    json_object_set_null_member (object, name);
}

static JsonObject *
show_peer (const UlakPeer *peer, const UlakJid *jid)
{
  JsonObject *document = json_object_new ();
  g_autofree char *id = ulak_people_name_peer (peer, jid);
  g_autofree char *lid = peer->lid[0] == '\0' ? NULL : g_strconcat (peer->lid, "@lid", NULL);

  json_object_set_string_member (document, "id", id);
  set_text (document, "phone", peer->phone);
  set_text (document, "lid", lid);
  return document;
}

/* The same person in the other form, under the names that groups and the block list give it. */
static void
find_alternate (const UlakNode *node, const UlakJid *jid, UlakJid *alternate_out)
{
  static const char *const names[] = { "phone_number", "pn_jid", "lid" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (ulak_node_read_jid (node, names[i], alternate_out, NULL) && ulak_jid_is_user (alternate_out)
        && ulak_jid_is_lid (alternate_out) != ulak_jid_is_lid (jid))
      return;
  *alternate_out = (UlakJid){ 0 };
}

gboolean
ulak_member_show (UlakDatabase *database,
                  const UlakNode *node,
                  gint64 now_us,
                  JsonObject **document_out,
                  GError **error)
{
  UlakJid jid, alternate;
  UlakPeer peer;

  *document_out = NULL;
  if (!ulak_node_read_jid (node, "jid", &jid, NULL) || !ulak_jid_is_user (&jid))
    return TRUE;
  find_alternate (node, &jid, &alternate);
  if (!ulak_people_meet (database, &jid, &alternate, now_us, &peer, error))
    return FALSE;
  *document_out = show_peer (&peer, &jid);
  return TRUE;
}

gboolean
ulak_member_results_show (UlakDatabase *database,
                          const UlakNode *parent,
                          gboolean only_refused,
                          gint64 now_us,
                          JsonArray **results_out,
                          GError **error)
{
  g_autoptr (JsonArray) results = json_array_new ();

  for (const UlakNode *node = ulak_node_get_first (parent); node != NULL; node = ulak_node_get_next (node))
    {
      guint64 code = DONE;
      JsonObject *member;

      if (!ulak_node_is (node, "participant")
          || (!ulak_node_read_number (node, "error", G_MAXINT32, &code, NULL) && only_refused))
        continue;
      if (!ulak_member_show (database, node, now_us, &member, error))
        return FALSE;
      if (member == NULL)
        continue;
      json_object_set_int_member (member, "code", (gint64) code);
      json_array_add_object_element (results, member);
    }
  *results_out = g_steal_pointer (&results);
  return TRUE;
}

static gboolean
add_members (UlakDatabase *database, const UlakGroup *group, JsonObject *document, GError **error)
{
  g_autoptr (JsonArray) members = json_array_new ();

  for (guint i = 0; i < group->members->len; i++)
    {
      const UlakGroupMember *member = &g_array_index (group->members, UlakGroupMember, i);
      UlakJid nobody = { 0 };
      JsonObject *shown;
      UlakPeer peer;

      if (!ulak_peers_get (database, member->peer, &peer, error))
        return FALSE;
      if (peer.id == 0)
        continue;
      shown = show_peer (&peer, &nobody);
      json_object_set_string_member (shown, "rank", rank_names[member->rank]);
      json_array_add_object_element (members, shown);
    }
  json_object_set_array_member (document, "members", g_steal_pointer (&members));
  return TRUE;
}

/* The cached document has what the server said; people see ids and times as elsewhere, and what is not set, too. */
static gboolean
show_details (UlakDatabase *database, JsonObject *document, GError **error)
{
  static const char *const marks[] = { "announcement", "locked", "approval" };
  const char *owner = ulak_json_peek_string (document, "owner");
  gint64 created_s = ulak_json_peek_integer (document, "created_at", 0);
  g_autofree char *created_at = created_s > 0 ? ulak_format_rfc3339 (created_s * G_USEC_PER_SEC) : NULL;
  g_autofree char *owner_id = NULL;
  UlakJid jid;

  if (owner != NULL && ulak_jid_parse (owner, &jid, NULL) && ulak_jid_is_user (&jid)
      && !ulak_people_name (database, &jid, &owner_id, error))
    return FALSE;
  set_text (document, "owner", owner_id);
  set_text (document, "created_at", created_at);
  json_object_remove_member (document, "subject_at");
  for (gsize i = 0; i < G_N_ELEMENTS (marks); i++)
    if (!json_object_has_member (document, marks[i]))
      json_object_set_boolean_member (document, marks[i], FALSE);
  if (!json_object_has_member (document, "timer_s"))
    json_object_set_int_member (document, "timer_s", 0);
  if (!json_object_has_member (document, "description"))
    json_object_set_string_member (document, "description", "");
  return TRUE;
}

gboolean
ulak_group_show (UlakDatabase *database,
                 const UlakNode *node,
                 gint64 now_us,
                 JsonObject **document_out,
                 GError **error)
{
  g_autoptr (JsonObject) document = NULL;
  g_autoptr (UlakGroup) group = NULL;
  g_autofree char *name = NULL;

  if (!ulak_groups_put (database, node, now_us, &name, error)
      || !ulak_group_cache_get (database, name, &group, error))
    return FALSE;
  document = group == NULL ? json_object_new () : ulak_groups_parse_document (group);
  json_object_set_string_member (document, "id", name);
  if (!show_details (database, document, error) || (group != NULL && !add_members (database, group, document, error)))
    return FALSE;
  *document_out = g_steal_pointer (&document);
  return TRUE;
}
