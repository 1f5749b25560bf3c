/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The server: who is who, and answers to queries.
 */
#include "chat-world-private.h"

#include "whatsapp/session/pre-keys.h"

/* --- the server: who is who --- */

gboolean
side_is_called (const Side *side, const UlakJid *jid)
{
  return g_str_equal (jid->user, jid->server == ULAK_JID_SERVER_LID ? side->me.lid.user : side->me.phone.user);
}

Side *
world_find_device (World *self, const UlakJid *jid)
{
  for (guint i = 0; i < self->sides->len; i++)
    {
      Side *side = g_ptr_array_index (self->sides, i);

      if (side_is_called (side, jid) && side->me.phone.device == jid->device)
        return side;
    }
  return NULL;
}

static void
give_later_cb_free (gpointer data)
{
  g_free (data);
}

typedef struct
{
  Side *side;
  UlakNode *node;
} Give;

static gboolean
give_cb (gpointer user_data)
{
  Give *give = user_data;

  give->side->world->running--;
  if (give->side->wire->is_online)
    {
      g_ptr_array_add (give->side->got, ulak_node_ref (give->node));
      ulak_chat_take_stanza (give->side->chat, give->node);
    }
  else
    g_ptr_array_add (give->side->inbox, ulak_node_ref (give->node));
  ulak_node_unref (give->node);
  return G_SOURCE_REMOVE;
}

void
side_give_later (Side *side, UlakNode *node /* (transfer full) */)
{
  Give *give = g_new0 (Give, 1);

  give->side = side;
  give->node = node;
  side->world->running++;
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, give_cb, give, give_later_cb_free);
}

void
side_give_node (Side *self, const UlakNode *stanza)
{
  side_give_later (self, ulak_node_ref (stanza));
  world_settle (self->world);
}

void
side_give (Side *self, const char *xml)
{
  g_autoptr (UlakNode) node = world_parse (xml);

  side_give_node (self, node);
}

/* --- the server: queries --- */

static UlakNodeBuilder *
begin_result (const UlakNode *iq)
{
  UlakNodeBuilder *builder = ulak_node_builder_new ("iq");

  ulak_node_builder_add_copy (builder, "id", iq, "id");
  ulak_node_builder_add_text (builder, "type", "result");
  return builder;
}

static void
add_devices (World *self, UlakNodeBuilder *builder, const UlakJid *jid)
{
  const Side *any = NULL;

  ulak_node_builder_open (builder, "user");
  ulak_node_builder_add_jid (builder, "jid", jid);
  ulak_node_builder_open (builder, "devices");
  ulak_node_builder_open (builder, "device-list");
  for (guint i = 0; i < self->sides->len; i++)
    {
      const Side *side = g_ptr_array_index (self->sides, i);

      if (!side_is_called (side, jid) || g_strcmp0 (self->hidden_user, side->me.phone.user) == 0)
        continue;
      any = side;
      ulak_node_builder_open (builder, "device");
      ulak_node_builder_add_number (builder, "id", side->me.phone.device);
      if (side->me.phone.device > 0)
        ulak_node_builder_add_number (builder, "key-index", side->me.phone.device);
      ulak_node_builder_close (builder);
    }
  ulak_node_builder_close (builder);
  ulak_node_builder_close (builder);
  if (any != NULL)
    {
      UlakJid lid = ulak_jid_get_account (&any->me.lid);

      ulak_node_builder_open (builder, "lid");
      ulak_node_builder_add_jid (builder, "val", &lid);
      ulak_node_builder_close (builder);
    }
  ulak_node_builder_close (builder);
}

static UlakNode *
serve_usync (World *self, const UlakNode *iq)
{
  const UlakNode *list = ulak_node_get_child (ulak_node_get_child (iq, "usync"), "list");
  UlakNodeBuilder *builder = begin_result (iq);

  self->n_usync++;
  ulak_node_builder_open (builder, "usync");
  ulak_node_builder_open (builder, "list");
  for (const UlakNode *user = ulak_node_get_first (list); user != NULL; user = ulak_node_get_next (user))
    {
      UlakJid jid;

      g_assert_true (ulak_node_read_jid (user, "jid", &jid, NULL));
      add_devices (self, builder, &jid);
    }
  ulak_node_builder_close (builder);
  ulak_node_builder_close (builder);
  return world_end_node (builder);
}

static void
add_bundle (World *self, UlakNodeBuilder *builder, const UlakJid *jid)
{
  Side *side = world_find_device (self, jid);

  ulak_node_builder_open (builder, "user");
  ulak_node_builder_add_jid (builder, "jid", jid);
  if (side == NULL)
    {
      ulak_node_builder_open (builder, "error");
      ulak_node_builder_add_text (builder, "code", "406");
      ulak_node_builder_close (builder);
    }
  else
    {
      world_copy_inside (builder, side->bundle);
      if (side->pre_keys->len > 0)
        {
          world_copy_child (builder, g_ptr_array_index (side->pre_keys, side->pre_keys->len - 1));
          g_ptr_array_set_size (side->pre_keys, (gint) side->pre_keys->len - 1);
        }
    }
  ulak_node_builder_close (builder);
}

static UlakNode *
serve_bundles (World *self, const UlakNode *iq)
{
  UlakNodeBuilder *builder = begin_result (iq);
  const UlakNode *key = ulak_node_get_child (iq, "key");

  self->n_bundles++;
  ulak_node_builder_open (builder, "list");
  for (const UlakNode *user = ulak_node_get_first (key); user != NULL; user = ulak_node_get_next (user))
    {
      UlakJid jid;

      g_assert_true (ulak_node_read_jid (user, "jid", &jid, NULL));
      add_bundle (self, builder, &jid);
    }
  ulak_node_builder_close (builder);
  return world_end_node (builder);
}

WorldGroup *
world_find_group (World *self, const char *jid)
{
  for (guint i = 0; i < self->groups->len; i++)
    {
      WorldGroup *group = g_ptr_array_index (self->groups, i);

      if (g_str_equal (group->jid, jid))
        return group;
    }
  return NULL;
}

static const Side *
find_account (World *self, const char *user)
{
  for (guint i = 0; i < self->sides->len; i++)
    {
      const Side *side = g_ptr_array_index (self->sides, i);

      if (g_str_equal (side->me.phone.user, user))
        return side;
    }
  g_assert_not_reached ();
}

static UlakNode *
serve_group (World *self, const UlakNode *iq, guint *code_out)
{
  const WorldGroup *group = world_find_group (self, ulak_node_get_attribute (iq, "to"));
  UlakNodeBuilder *builder;

  self->n_groups++;
  if (group == NULL)
    {
      *code_out = 404;
      return NULL;
    }
  builder = begin_result (iq);
  ulak_node_builder_open (builder, "group");
  ulak_node_builder_add_text (builder, "id", group->jid);
  ulak_node_builder_add_text (builder, "subject", "A group");
  ulak_node_builder_add_text (builder, "addressing_mode", group->uses_lid ? "lid" : "pn");
  if (group->timer_s > 0)
    {
      ulak_node_builder_open (builder, "ephemeral");
      ulak_node_builder_add_number (builder, "expiration", group->timer_s);
      ulak_node_builder_close (builder);
    }
  for (guint i = 0; i < group->accounts->len; i++)
    {
      const Side *side = find_account (self, g_ptr_array_index (group->accounts, i));
      UlakJid lid = ulak_jid_get_account (&side->me.lid);
      UlakJid phone = ulak_jid_get_account (&side->me.phone);

      ulak_node_builder_open (builder, "participant");
      ulak_node_builder_add_jid (builder, "jid", group->uses_lid ? &lid : &phone);
      ulak_node_builder_add_jid (builder, group->uses_lid ? "phone_number" : "lid", group->uses_lid ? &phone : &lid);
      if (i == 0)
        ulak_node_builder_add_text (builder, "type", "superadmin");
      ulak_node_builder_close (builder);
    }
  ulak_node_builder_close (builder);
  return world_end_node (builder);
}

static UlakNode *
serve_mex (World *self, const UlakNode *iq)
{
  UlakNodeBuilder *builder = begin_result (iq);

  ulak_node_builder_open (builder, "result");
  ulak_node_builder_set_text (builder, self->mex != NULL ? self->mex : "{}");
  ulak_node_builder_close (builder);
  return world_end_node (builder);
}

/* What a test wants said once. */
static UlakNode *
serve_script (World *self, guint *code_out)
{
  g_autofree char *xml = self->script == NULL ? NULL : g_strdup_printf ("<iq type='result'>%s</iq>", self->script);

  *code_out = self->script_code;
  self->script = NULL;
  self->script_code = 0;
  return *code_out != 0 ? NULL : world_parse (xml);
}

UlakNode *
world_serve_query (Side *side, const UlakNode *iq, guint *code_out)
{
  const char *xmlns = ulak_node_get_attribute (iq, "xmlns");

  if (side->world->script != NULL || side->world->script_code != 0)
    return serve_script (side->world, code_out);
  if (g_str_equal (xmlns, "usync"))
    return serve_usync (side->world, iq);
  if (g_str_equal (xmlns, "encrypt"))
    return serve_bundles (side->world, iq);
  if (g_str_equal (xmlns, "w:g2"))
    return serve_group (side->world, iq, code_out);
  if (g_str_equal (xmlns, "w:mex"))
    return serve_mex (side->world, iq);
  g_assert_cmpstr (xmlns, ==, "privacy");
  side->world->n_tokens++;
  return world_end_node (begin_result (iq));
}
