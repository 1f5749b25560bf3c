/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/link/stanzas.h"

#include "core/log.h"

#include <string.h>

/** ulak_server_jid: Returns: (transfer none): the server's own address */
const UlakJid *
ulak_server_jid (void)
{
  static UlakJid server;
  static gsize once;

  if (g_once_init_enter (&once))
    {
      gboolean is_parsed = ulak_jid_parse ("s.whatsapp.net", &server, NULL);

      g_assert (is_parsed);
      g_once_init_leave (&once, 1);
    }
  return &server;
}

/* What is copied out of a stanza may be as long as the server likes, and over the limits of a tree. */
static UlakNode *
end (UlakNodeBuilder *builder)
{
  g_autoptr (GError) error = NULL;
  UlakNode *node = ulak_node_builder_end (builder, &error);

  if (node == NULL)
    ulak_log_warning (NULL, NULL, "A stanza of the server cannot be answered: %s", error->message);
  return node;
}

/* Receipts, notifications and calls have theirs repeated; messages do not. */
static gboolean
repeats_type (const char *tag)
{
  return strcmp (tag, "message") != 0;
}

/* A receipt whose author is its sender is acknowledged without naming the author again. */
static gboolean
repeats_participant (const UlakNode *node)
{
  const char *participant = ulak_node_get_attribute (node, "participant"), *from = ulak_node_get_attribute (node, "from");

  return !ulak_node_is (node, "receipt") || g_strcmp0 (participant, from) != 0;
}

/**
 * ulak_stanza_ack:
 * @node: with id and from
 * @own_or_null: our address; goes into acks of messages
 * @error: a nack code, or 0
 *
 * Source: docs/protocol/connection.md, "Acknowledgements".
 * Returns: (transfer full): the <ack> for @node, or %NULL when @node is over the limits of what we send
 */
UlakNode *
ulak_stanza_ack (const UlakNode *node, const UlakJid *own_or_null, guint error)
{
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new ("ack");
  const char *tag = ulak_node_get_tag (node);

  ulak_node_builder_add_copy (builder, "id", node, "id");
  ulak_node_builder_add_text (builder, "class", tag);
  ulak_node_builder_add_copy (builder, "to", node, "from");
  if (repeats_participant (node))
    ulak_node_builder_add_copy (builder, "participant", node, "participant");
  ulak_node_builder_add_copy (builder, "recipient", node, "recipient");
  if (repeats_type (tag))
    ulak_node_builder_add_copy (builder, "type", node, "type");
  else if (own_or_null != NULL)
    ulak_node_builder_add_jid (builder, "from", own_or_null);
  if (error != 0)
    ulak_node_builder_add_number (builder, "error", error);
  return end (builder);
}

static UlakNodeBuilder *
begin_answer (const UlakNode *iq, const char *type)
{
  UlakNodeBuilder *builder = ulak_node_builder_new ("iq");

  ulak_node_builder_add_jid (builder, "to", ulak_server_jid ());
  ulak_node_builder_add_text (builder, "type", type);
  ulak_node_builder_add_copy (builder, "id", iq, "id");
  return builder;
}

/** ulak_stanza_result: Returns: (transfer full): an empty result for an iq of the server, also for one without id */
UlakNode *
ulak_stanza_result (const UlakNode *iq)
{
  g_autoptr (UlakNodeBuilder) builder = begin_answer (iq, "result");

  return end (builder);
}

/** ulak_stanza_error: Returns: (transfer full): an error for an iq of the server */
UlakNode *
ulak_stanza_error (const UlakNode *iq, guint code, const char *text)
{
  g_autoptr (UlakNodeBuilder) builder = begin_answer (iq, "error");

  ulak_node_builder_open (builder, "error");
  ulak_node_builder_add_number (builder, "code", code);
  ulak_node_builder_add_text (builder, "text", text);
  ulak_node_builder_close (builder);
  return end (builder);
}

/* Tags with a rule of their own; every other tag with an id is answered as one that we do not know. */
static const struct
{
  const char *tag;
  gboolean wants_ack;
} tags[] = {
  { "message", TRUE },   { "receipt", TRUE }, { "notification", TRUE }, { "call", TRUE },           { "iq", FALSE },
  { "ack", FALSE },      { "ib", FALSE },     { "presence", FALSE },    { "chatstate", FALSE },     { "success", FALSE },
  { "failure", FALSE },  { "xmlstreamend", FALSE },                     { "stream:error", FALSE },
};

/**
 * ulak_stanza_wants_ack:
 * @error_out: the nack code that goes with it
 *
 * Returns: whether @node, handled by nobody, is to be acknowledged
 */
gboolean
ulak_stanza_wants_ack (const UlakNode *node, guint *error_out)
{
  if (ulak_node_get_attribute (node, "id") == NULL || ulak_node_get_attribute (node, "from") == NULL)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (tags); i++)
    if (ulak_node_is (node, tags[i].tag))
      {
        *error_out = 0;
        return tags[i].wants_ack;
      }
  *error_out = ULAK_NACK_UNKNOWN_STANZA;
  return TRUE;
}

/** ulak_stanza_begin_iq: Returns: (transfer full): an open <iq>, to the server if @to is %NULL */
UlakNodeBuilder *
ulak_stanza_begin_iq (const char *id, const char *type, const char *xmlns, const UlakJid *to)
{
  UlakNodeBuilder *builder = ulak_node_builder_new ("iq");

  ulak_node_builder_add_text (builder, "id", id);
  ulak_node_builder_add_jid (builder, "to", to == NULL ? ulak_server_jid () : to);
  ulak_node_builder_add_text (builder, "type", type);
  ulak_node_builder_add_text (builder, "xmlns", xmlns);
  return builder;
}
