/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The server: messages fanned out to devices, receipts passed on.
 */
#include "chat-world-private.h"

/* --- the server: messages --- */

static UlakJid
form_of (const Side *side, gboolean as_lid)
{
  UlakJid jid = as_lid ? side->me.lid : side->me.phone;

  jid.device = side->me.phone.device;
  return jid;
}

static const UlakNode *
find_part (const UlakNode *message, const UlakJid *jid)
{
  const UlakNode *participants = ulak_node_get_child (message, "participants");

  for (const UlakNode *to = participants == NULL ? NULL : ulak_node_get_first (participants); to != NULL;
       to = ulak_node_get_next (to))
    {
      UlakJid named;

      g_assert_true (ulak_node_read_jid (to, "jid", &named, NULL));
      if (ulak_jid_equal (&named, jid))
        return ulak_node_get_first (to);
    }
  return NULL;
}

/* Whether a status names the user, with a key or without. */
static gboolean
is_named (const UlakNode *message, const UlakJid *jid)
{
  const UlakNode *participants = ulak_node_get_child (message, "participants");
  UlakJid account = ulak_jid_get_account (jid);

  for (const UlakNode *to = participants == NULL ? NULL : ulak_node_get_first (participants); to != NULL;
       to = ulak_node_get_next (to))
    {
      UlakJid named;

      g_assert_true (ulak_node_read_jid (to, "jid", &named, NULL));
      named = ulak_jid_get_account (&named);
      if (ulak_jid_equal (&named, &account))
        return TRUE;
    }
  return FALSE;
}

static void
add_enc (World *self, UlakNodeBuilder *builder, const UlakNode *enc)
{
  gsize size_bytes;
  const guint8 *bytes = ulak_node_get_bytes (enc, &size_bytes);
  g_autofree guint8 *copy = g_memdup2 (bytes, size_bytes);
  const char *name, *value;

  if (self->damages)
    copy[size_bytes - 3] ^= 1;
  self->damages = FALSE;
  ulak_node_builder_open (builder, "enc");
  for (guint i = 0; i < ulak_node_count_attributes (enc); i++)
    {
      value = ulak_node_get_attribute_at (enc, i, &name);
      ulak_node_builder_add_text (builder, name, value);
    }
  ulak_node_builder_set_bytes (builder, copy, size_bytes);
  ulak_node_builder_close (builder);
}

static UlakNodeBuilder *
begin_message (const Side *from, const UlakNode *message, const char *t)
{
  UlakNodeBuilder *builder = ulak_node_builder_new ("message");

  ulak_node_builder_add_copy (builder, "id", message, "id");
  ulak_node_builder_add_copy (builder, "type", message, "type");
  ulak_node_builder_add_copy (builder, "edit", message, "edit");
  ulak_node_builder_add_copy (builder, "category", message, "category");
  ulak_node_builder_add_text (builder, "t", t);
  ulak_node_builder_add_text (builder, "notify", from->me.phone.user);
  return builder;
}

static void
add_identity (const Side *from, UlakNodeBuilder *builder, const UlakNode *message)
{
  const UlakNode *identity = ulak_node_get_child (message, "device-identity");

  if (identity != NULL && !from->is_phone)
    world_copy_child (builder, identity);
}

static void
deliver_direct (Side *from, Side *to, const UlakNode *message, const UlakJid *chat, const UlakNode *enc, const char *t)
{
  gboolean as_lid = chat->server == ULAK_JID_SERVER_LID;
  UlakNodeBuilder *builder = begin_message (from, message, t);
  UlakJid sender = form_of (from, as_lid);
  UlakJid other = form_of (from, !as_lid);

  other = ulak_jid_get_account (&other);
  ulak_node_builder_add_jid (builder, "from", &sender);
  ulak_node_builder_add_jid (builder, as_lid ? "sender_pn" : "sender_lid", &other);
  if (side_is_called (to, &sender) && ulak_node_get_attribute (message, "category") == NULL)
    {
      ulak_node_builder_add_jid (builder, "recipient", chat);
      ulak_node_builder_add_copy (builder, "peer_recipient_pn", message, "peer_recipient_pn");
    }
  add_enc (from->world, builder, enc);
  add_identity (from, builder, message);
  side_give_later (to, world_end_node (builder));
}

static void
deliver_group (Side *from, Side *to, const UlakNode *message, const WorldGroup *group, const UlakNode *part, const UlakNode *whole, const char *t)
{
  UlakNodeBuilder *builder = begin_message (from, message, t);
  gboolean as_lid = group == NULL || group->uses_lid;
  UlakJid sender = form_of (from, as_lid);
  UlakJid other = form_of (from, !as_lid);

  other = ulak_jid_get_account (&other);
  ulak_node_builder_add_text (builder, "from", group == NULL ? "status@broadcast" : group->jid);
  ulak_node_builder_add_jid (builder, "participant", &sender);
  ulak_node_builder_add_jid (builder, as_lid ? "participant_pn" : "participant_lid", &other);
  if (part != NULL)
    add_enc (from->world, builder, part);
  if (whole != NULL)
    add_enc (from->world, builder, whole);
  add_identity (from, builder, message);
  side_give_later (to, world_end_node (builder));
}

static gboolean
is_member (const WorldGroup *group, const Side *side)
{
  for (guint i = 0; i < group->accounts->len; i++)
    if (g_str_equal (g_ptr_array_index (group->accounts, i), side->me.phone.user))
      return TRUE;
  return FALSE;
}

static void
fan_out (Side *from, const UlakNode *message, const UlakJid *to, const char *t)
{
  World *self = from->world;
  g_autofree char *name = ulak_jid_print (to);
  const WorldGroup *group = world_find_group (self, name);
  const UlakNode *enc = ulak_node_get_child (message, "enc");
  gboolean is_status = g_str_equal (name, "status@broadcast");
  gboolean as_lid = group != NULL ? group->uses_lid : is_status || to->server == ULAK_JID_SERVER_LID;

  for (guint i = 0; i < self->sides->len; i++)
    {
      Side *side = g_ptr_array_index (self->sides, i);
      UlakJid jid = form_of (side, as_lid);
      const UlakNode *part = find_part (message, &jid);

      if (side == from)
        continue;
      if (group != NULL && is_member (group, side))
        deliver_group (from, side, message, group, part, enc, t);
      else if (is_status && is_named (message, &jid))
        deliver_group (from, side, message, NULL, part, enc, t);
      else if (group == NULL && part != NULL)
        deliver_direct (from, side, message, to, part, t);
    }
}

/* A single <enc> without participants: to one device. */
static void
deliver_to_device (Side *from, const UlakNode *message, const UlakJid *to, const char *t)
{
  g_autofree char *name = ulak_jid_print (to);
  const WorldGroup *group = world_find_group (from->world, name);
  const UlakNode *enc = ulak_node_get_child (message, "enc");
  UlakJid target = *to, chat = ulak_jid_get_account (to);
  Side *side;

  if (ulak_node_get_attribute (message, "participant") != NULL)
    g_assert_true (ulak_node_read_jid (message, "participant", &target, NULL));
  if (ulak_node_get_attribute (message, "recipient") != NULL)
    g_assert_true (ulak_node_read_jid (message, "recipient", &chat, NULL));
  side = world_find_device (from->world, &target);
  g_assert_nonnull (side);
  if (group != NULL || g_str_equal (name, "status@broadcast"))
    deliver_group (from, side, message, group, enc, NULL, t);
  else
    deliver_direct (from, side, message, &chat, enc, t);
}

UlakNode *
world_serve_message (Side *side, const UlakNode *message)
{
  World *self = side->world;
  UlakNodeBuilder *builder = ulak_node_builder_new ("ack");
  g_autofree char *t
      = g_strdup_printf ("%" G_GINT64_FORMAT, ulak_clock_get_wall_us (ULAK_CLOCK (self->clock)) / G_USEC_PER_SEC);
  const UlakNode *enc = ulak_node_get_child (message, "enc");
  UlakJid to;

  g_assert_true (ulak_node_read_jid (message, "to", &to, NULL));
  ulak_node_builder_add_copy (builder, "id", message, "id");
  ulak_node_builder_add_text (builder, "class", "message");
  ulak_node_builder_add_copy (builder, "from", message, "to");
  ulak_node_builder_add_text (builder, "t", t);
  if (self->next_attribute != NULL)
    ulak_node_builder_add_text (builder, self->next_attribute, self->next_value);
  self->next_attribute = NULL;
  if (self->next_error != NULL)
    {
      ulak_node_builder_add_text (builder, "error", self->next_error);
      self->next_error = NULL;
      return world_end_node (builder);
    }
  if (enc != NULL && g_strcmp0 (ulak_node_get_attribute (enc, "type"), "skmsg") != 0)
    deliver_to_device (side, message, &to, t);
  else
    fan_out (side, message, &to, t);
  return world_end_node (builder);
}

/* --- the server: receipts --- */

void
world_serve_receipt (Side *from, const UlakNode *receipt)
{
  UlakNodeBuilder *builder;
  UlakJid to, target;
  Side *side;

  g_assert_true (ulak_node_read_jid (receipt, "to", &to, NULL));
  target = to;
  if (ulak_node_get_attribute (receipt, "participant") != NULL)
    g_assert_true (ulak_node_read_jid (receipt, "participant", &target, NULL));
  side = world_find_device (from->world, &target);
  if (side == NULL || side == from)
    return;
  builder = ulak_node_builder_new ("receipt");
  ulak_node_builder_add_copy (builder, "id", receipt, "id");
  ulak_node_builder_add_copy (builder, "type", receipt, "type");
  ulak_node_builder_add_copy (builder, "recipient", receipt, "recipient");
  ulak_node_builder_add_text (builder, "t", "1764059401");
  if (ulak_node_get_attribute (receipt, "participant") != NULL)
    {
      UlakJid own = form_of (from, target.server == ULAK_JID_SERVER_LID);

      ulak_node_builder_add_copy (builder, "from", receipt, "to");
      ulak_node_builder_add_jid (builder, "participant", &own);
    }
  else
    {
      UlakJid own = form_of (from, to.server == ULAK_JID_SERVER_LID);

      ulak_node_builder_add_jid (builder, "from", &own);
    }
  if (ulak_node_get_content (receipt) == ULAK_NODE_CHILDREN)
    world_copy_inside (builder, receipt);
  side_give_later (side, world_end_node (builder));
}
