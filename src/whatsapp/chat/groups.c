/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Source: docs/protocol/sending.md, "Groups".
 */
#include "whatsapp/chat/groups.h"

#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "whatsapp/chat/people.h"

#include <string.h>

/* --- the document --- */

static void
copy_text (const UlakNode *node, const char *attribute, JsonObject *document, const char *name)
{
  const char *text = ulak_node_get_attribute (node, attribute);

  if (text != NULL && g_utf8_validate (text, -1, NULL))
    json_object_set_string_member (document, name, text);
}

static void
copy_number (const UlakNode *node, const char *attribute, JsonObject *document, const char *name)
{
  guint64 number = 0;

  if (ulak_node_read_number (node, attribute, G_MAXINT64, &number, NULL))
    json_object_set_int_member (document, name, (gint64) number);
}

static void
read_description (const UlakNode *node, JsonObject *document)
{
  const UlakNode *body = ulak_node_get_child (node, "body");
  g_autofree char *text = body == NULL ? NULL : ulak_node_dup_text (body);

  json_object_set_string_member (document, "description", text != NULL ? text : "");
  copy_text (node, "id", document, "description_id");
}

static void
read_timer (const UlakNode *node, JsonObject *document)
{
  copy_number (node, "expiration", document, "timer_s");
}

static void
read_text_of_node (const UlakNode *node, JsonObject *document)
{
  g_autofree char *text = ulak_node_dup_text (node);

  if (text != NULL)
    json_object_set_string_member (document, ulak_node_get_tag (node), text);
}

static void
read_approval (const UlakNode *node, JsonObject *document)
{
  const UlakNode *join = ulak_node_get_child (node, "group_join");

  json_object_set_boolean_member (
      document, "approval", join != NULL && g_strcmp0 (ulak_node_get_attribute (join, "state"), "on") == 0);
}

static void
read_linked_parent (const UlakNode *node, JsonObject *document)
{
  copy_text (node, "jid", document, "linked_parent");
}

static void
read_subject (const UlakNode *node, JsonObject *document)
{
  copy_text (node, "subject", document, "subject");
  copy_number (node, "s_t", document, "subject_at");
}

/* The same children describe a group and tell of a change of it. */
static const struct
{
  const char *tag;
  void (*read) (const UlakNode *node, JsonObject *document); /* NULL: a mark */
  const char *name;                                          /* of a mark */
  gboolean value;
} details[] = {
  { "subject", read_subject, NULL, FALSE },
  { "description", read_description, NULL, FALSE },
  { "ephemeral", read_timer, NULL, FALSE },
  { "member_add_mode", read_text_of_node, NULL, FALSE },
  { "membership_approval_mode", read_approval, NULL, FALSE },
  { "linked_parent", read_linked_parent, NULL, FALSE },
  { "announcement", NULL, "announcement", TRUE },
  { "not_announcement", NULL, "announcement", FALSE },
  { "locked", NULL, "locked", TRUE },
  { "unlocked", NULL, "locked", FALSE },
  { "suspended", NULL, "suspended", TRUE },
  { "unsuspended", NULL, "suspended", FALSE },
  { "parent", NULL, "parent", TRUE },
  { "default_sub_group", NULL, "default_sub_group", TRUE },
};

/* FALSE: the child says nothing of the document. */
static gboolean
read_detail (const UlakNode *node, JsonObject *document)
{
  if (ulak_node_is (node, "not_ephemeral"))
    {
      json_object_set_int_member (document, "timer_s", 0);
      return TRUE;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (details); i++)
    {
      if (!ulak_node_is (node, details[i].tag))
        continue;
      if (details[i].read != NULL)
        details[i].read (node, document);
      else
        json_object_set_boolean_member (document, details[i].name, details[i].value);
      return TRUE;
    }
  return FALSE;
}

static JsonObject *
make_document (const UlakNode *group)
{
  JsonObject *document = json_object_new ();

  read_subject (group, document);
  copy_text (group, "creator", document, "owner");
  copy_number (group, "creation", document, "created_at");
  for (const UlakNode *child = ulak_node_get_first (group); child != NULL; child = ulak_node_get_next (child))
    read_detail (child, document);
  return document;
}

JsonObject *
ulak_groups_parse_document (const UlakGroup *group)
{
  static const UlakJsonLimits limits = { ULAK_GROUP_CACHE_MAX_BYTES, 8, 1000, FALSE };
  JsonObject *document = ulak_json_parse_object (group->document, strlen (group->document), &limits, NULL);

  return document != NULL ? document : json_object_new ();
}

guint32
ulak_groups_get_timer_s (const UlakGroup *group)
{
  g_autoptr (JsonObject) document = ulak_groups_parse_document (group);

  return (guint32) CLAMP (ulak_json_peek_integer (document, "timer_s", 0), 0, G_MAXINT32);
}

/* --- members --- */

static UlakGroupRank
read_rank (const UlakNode *participant)
{
  const char *type = ulak_node_get_attribute (participant, "type");

  if (g_strcmp0 (type, "superadmin") == 0)
    return ULAK_GROUP_RANK_SUPERADMIN;
  return g_strcmp0 (type, "admin") == 0 ? ULAK_GROUP_RANK_ADMIN : ULAK_GROUP_RANK_MEMBER;
}

/* *is_user_out FALSE: it is nobody. */
static gboolean
meet_participant (UlakDatabase *database,
                  const UlakNode *participant,
                  gint64 now_us,
                  UlakPeer *peer_out,
                  gboolean *is_user_out,
                  GError **error)
{
  UlakJid jid, alternate = { 0 };
  const char *other;

  *is_user_out = FALSE;
  if (!ulak_node_read_jid (participant, "jid", &jid, NULL) || !ulak_jid_is_user (&jid))
    return TRUE;
  other = ulak_node_get_attribute (participant, ulak_jid_is_lid (&jid) ? "phone_number" : "lid");
  if (other != NULL && (!ulak_jid_parse (other, &alternate, NULL) || !ulak_jid_is_user (&alternate)
                        || ulak_jid_is_lid (&alternate) == ulak_jid_is_lid (&jid)))
    alternate = (UlakJid){ 0 };
  *is_user_out = TRUE;
  return ulak_people_meet (database, &jid, &alternate, now_us, peer_out, error);
}

static gboolean
read_members (UlakDatabase *database, const UlakNode *group, gint64 now_us, GArray *members, GError **error)
{
  for (const UlakNode *child = ulak_node_get_first (group); child != NULL; child = ulak_node_get_next (child))
    {
      UlakGroupMember member = { .rank = read_rank (child) };
      gboolean is_user;
      UlakPeer peer;

      if (!ulak_node_is (child, "participant") || ulak_node_get_attribute (child, "error") != NULL)
        continue;
      if (!meet_participant (database, child, now_us, &peer, &is_user, error))
        return FALSE;
      member.peer = peer.id;
      if (is_user && members->len < ULAK_GROUP_CACHE_MAX_MEMBERS)
        g_array_append_val (members, member);
    }
  return TRUE;
}

static gboolean
read_name (const UlakNode *group, char **name_out, GError **error)
{
  const char *id = ulak_node_read_attribute (group, "id", error);
  g_autofree char *text = NULL;
  UlakJid jid;

  if (id == NULL)
    return FALSE;
  text = strchr (id, '@') != NULL ? g_strdup (id) : g_strconcat (id, "@g.us", NULL);
  if (!ulak_jid_parse (text, &jid, error))
    return FALSE;
  *name_out = ulak_jid_print (&jid);
  return TRUE;
}

gboolean
ulak_groups_put (UlakDatabase *database, const UlakNode *group, gint64 now_us, char **name_out, GError **error)
{
  g_autoptr (UlakGroup) contents = g_new0 (UlakGroup, 1);
  g_autoptr (JsonObject) document = make_document (group);
  g_autofree char *name = NULL;

  contents->members = g_array_new (FALSE, TRUE, sizeof (UlakGroupMember));
  contents->document = ulak_json_print_object (document);
  contents->uses_lid = g_strcmp0 (ulak_node_get_attribute (group, "addressing_mode"), "lid") == 0;
  contents->fetched_us = now_us;
  if (!read_name (group, &name, error) || !read_members (database, group, now_us, contents->members, error)
      || !ulak_group_cache_put (database, name, contents, NULL, error))
    return FALSE;
  if (name_out != NULL)
    *name_out = g_steal_pointer (&name);
  return TRUE;
}

/* --- changes --- */

typedef struct
{
  UlakDatabase *database;
  UlakEntry *entry;
  const char *group;
  JsonArray *members; /* of the event */
  UlakPeer own;
  gint64 joined_us; /* our clock */
  gboolean is_out; /* we are no longer in it */
} Change;

/* What passes a limit of the cache must not keep the server giving us the same notification for ever: the group is fetched
 * again when it is needed. why: (transfer full) */
static gboolean
bear_limit (const Change *self, GError *why, GError **error)
{
  g_autoptr (GError) owned = why;

  if (!g_error_matches (why, ULAK_ERROR, ULAK_ERROR_TOO_LARGE))
    {
      g_propagate_error (error, g_steal_pointer (&owned));
      return FALSE;
    }
  ulak_log_info (NULL, "A change of a group is not kept: %s", why->message);
  return ulak_group_cache_make_stale (self->database, self->group, error);
}

static gboolean
put_member (const Change *self, const UlakGroupMember *member, gboolean leaves, GError **error)
{
  GError *why = NULL;

  if (leaves)
    return ulak_group_cache_remove_member (self->database, self->group, member->peer, error);
  return ulak_group_cache_add_member (self->database, self->group, member, &why) || bear_limit (self, why, error);
}

static gboolean
change_members (Change *self, const UlakNode *change, GError **error)
{
  gboolean leaves = ulak_node_is (change, "remove");
  gboolean joins = ulak_node_is (change, "add");

  for (const UlakNode *child = ulak_node_get_first (change); child != NULL; child = ulak_node_get_next (child))
    {
      UlakGroupMember member
          = { .rank = ulak_node_is (change, "promote") ? ULAK_GROUP_RANK_ADMIN
                      : joins                          ? read_rank (child)
                                                       : ULAK_GROUP_RANK_MEMBER,
              .since_us = joins ? self->joined_us : 0 };
      g_autofree char *name = NULL;
      gboolean is_user;
      UlakJid jid;
      UlakPeer peer;

      if (!ulak_node_is (child, "participant"))
        continue;
      if (!meet_participant (self->database, child, self->entry->view.now_us, &peer, &is_user, error))
        return FALSE;
      if (!is_user || !ulak_node_read_jid (child, "jid", &jid, NULL))
        continue;
      member.peer = peer.id;
      name = ulak_people_name_peer (&peer, &jid);
      json_array_add_string_element (self->members, name);
      self->is_out |= leaves && peer.id == self->own.id;
      if (!put_member (self, &member, leaves, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
change_document (Change *self, const UlakNode *change, GError **error)
{
  g_autoptr (UlakGroup) known = NULL;
  g_autoptr (JsonObject) document = NULL;
  g_autofree char *text = NULL;
  GError *why = NULL;

  if (!ulak_group_cache_get (self->database, self->group, &known, error))
    return FALSE;
  if (known == NULL)
    return TRUE;
  document = ulak_groups_parse_document (known);
  if (!read_detail (change, document))
    return ulak_group_cache_make_stale (self->database, self->group, error);
  text = ulak_json_print_object (document);
  return ulak_group_cache_set_document (self->database, self->group, text, &why) || bear_limit (self, why, error);
}

static gboolean
is_of_members (const UlakNode *change)
{
  return ulak_node_is (change, "add") || ulak_node_is (change, "remove") || ulak_node_is (change, "promote")
         || ulak_node_is (change, "demote");
}

static gboolean
apply_change (Change *self, const UlakNode *change, GError **error)
{
  const UlakNode *group = ulak_node_get_child (change, "group");
  GError *why = NULL;

  if (is_of_members (change))
    return change_members (self, change, error);
  if (ulak_node_is (change, "delete"))
    self->is_out = TRUE;
  if (!ulak_node_is (change, "create") || group == NULL)
    return change_document (self, change, error);
  if (ulak_groups_put (self->database, group, self->entry->view.now_us, NULL, &why))
    return TRUE;
  if (!g_error_matches (why, ULAK_ERROR, ULAK_ERROR_INVALID))
    return bear_limit (self, why, error);
  ulak_log_info (NULL, "What a notification says of a group is wrong: %s", why->message);
  g_error_free (why);
  return TRUE;
}

static gboolean
tell (Change *self, UlakInbound *inbound, const UlakNode *change, gint64 timestamp_us, GError **error)
{
  g_autoptr (JsonObject) data = json_object_new ();
  g_autoptr (JsonObject) values = json_object_new ();
  g_autofree char *actor = NULL;
  UlakJid jid;

  json_object_set_string_member (data, "group", self->group);
  json_object_set_string_member (data, "change", ulak_node_get_tag (change));
  if (ulak_node_read_jid (self->entry->stanza, "participant", &jid, NULL))
    {
      if (!ulak_people_name (self->database, &jid, &actor, error))
        return FALSE;
      json_object_set_string_member (data, "by", actor);
    }
  if (json_array_get_length (self->members) > 0)
    json_object_set_array_member (data, "members", json_array_ref (self->members));
  if (read_detail (change, values))
    json_object_set_object_member (data, "values", json_object_ref (values));
  ulak_inbound_add_event (inbound, "group.updated", self->group, timestamp_us, data);
  return TRUE;
}

/* The server's time on our clock, since what we sent bears that; nothing is ahead of now. */
static gint64
read_joined_us (const UlakEntry *entry, guint64 t)
{
  UlakCredentials *credentials = ulak_session_get_credentials (entry->view.session);
  gint64 joined_s = (gint64) t - ulak_credentials_get_server_time_offset_s (credentials);

  return MAX (CLAMP (joined_s, 0, entry->view.now_us / G_USEC_PER_SEC) * G_USEC_PER_SEC, 1);
}

gboolean
ulak_groups_apply (UlakDatabase *database, UlakInbound *inbound, UlakEntry *entry, GError **error)
{
  const char *group = ulak_node_get_attribute (entry->stanza, "from");
  guint64 t = (guint64) (entry->view.now_us / G_USEC_PER_SEC);
  Change change = { .database = database, .entry = entry, .group = group };

  ulak_node_read_number (entry->stanza, "t", G_MAXINT64 / G_USEC_PER_SEC, &t, NULL);
  if (group == NULL || !g_str_has_suffix (group, "@g.us"))
    return TRUE;
  if (ulak_node_get_first (entry->stanza) == NULL) /* something changed, and nobody can say what */
    return ulak_group_cache_make_stale (database, group, error);
  if (!ulak_peers_get_own (database, &change.own, error))
    return FALSE;
  change.joined_us = read_joined_us (entry, t);
  for (const UlakNode *child = ulak_node_get_first (entry->stanza); child != NULL; child = ulak_node_get_next (child))
    {
      g_autoptr (JsonArray) members = json_array_new ();

      change.members = members;
      if (!apply_change (&change, child, error)
          || !tell (&change, inbound, child, (gint64) t * G_USEC_PER_SEC, error))
        return FALSE;
    }
  return !change.is_out || ulak_group_cache_drop (database, group, error);
}
