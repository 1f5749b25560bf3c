/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/social/usync.h"

#include "core/error.h"

UlakNodeBuilder *
ulak_usync_begin (UlakQuestion *question, const char *context)
{
  UlakNodeBuilder *builder = ulak_question_begin (question, "get", "usync", NULL);
  g_autofree char *id = ulak_wire_make_id (ulak_chat_get_wire (question->chat));

  ulak_node_builder_open (builder, "usync");
  ulak_node_builder_add_text (builder, "sid", id);
  ulak_node_builder_add_text (builder, "mode", "query");
  ulak_node_builder_add_text (builder, "last", "true");
  ulak_node_builder_add_text (builder, "index", "0");
  ulak_node_builder_add_text (builder, "context", context);
  ulak_node_builder_open (builder, "query");
  return builder;
}

void
ulak_usync_open_list (UlakNodeBuilder *builder)
{
  ulak_node_builder_close (builder);
  ulak_node_builder_open (builder, "list");
}

const UlakNode *
ulak_usync_get_first (const UlakNode *answer, GError **error)
{
  const UlakNode *usync = ulak_node_get_child (answer, "usync");
  const UlakNode *list = usync == NULL ? NULL : ulak_node_get_child (usync, "list");
  const UlakNode *user = list == NULL ? NULL : ulak_node_get_child (list, "user");

  if (user == NULL)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_REMOTE, "WhatsApp's answer names no user");
  return user;
}
