/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The inside of a chat world, for the files that together are it: chat-world.c (time, and who is there), world-side.c (a device),
 * world-acts.c (what tests let it do), world-line.c and world-wire.c (what its chat stands on), world-server.c and world-post.c
 * (what the server does), world-nodes.c (stanzas). Nobody else includes it.
 */
#pragma once

#include "chat-world.h"

/* --- waiting for one call --- */

typedef struct
{
  GAsyncResult *result;
} WorldWait;

void world_wait_cb (GObject *source, GAsyncResult *result, gpointer wait);
GAsyncResult *world_wait_result (WorldWait *wait);
void world_wait_clear (WorldWait *wait);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (WorldWait, world_wait_clear)

/* --- stanzas --- */

void world_copy_inside (UlakNodeBuilder *builder, const UlakNode *node); /* its content */
void world_copy_child (UlakNodeBuilder *builder, const UlakNode *child);
UlakNode *world_end_node (UlakNodeBuilder *builder); /* builder: (transfer full) */

/* --- what a side stands on --- */

struct _UlakLine
{
  UlakDaemon parent_instance;

  Side *side;
};

struct _TestWire
{
  GObject parent_instance;

  Side *side;
  gboolean is_online;
  guint epoch, held, next_id;
};

#define TEST_TYPE_WIRE (test_wire_get_type ())
G_DECLARE_FINAL_TYPE (TestWire, test_wire, TEST, WIRE, GObject)

void side_free (gpointer side);

/* --- the server --- */

gboolean side_is_called (const Side *side, const UlakJid *jid); /* by number or by LID */
Side *world_find_device (World *self, const UlakJid *jid);
WorldGroup *world_find_group (World *self, const char *jid);
void side_give_later (Side *side, UlakNode *node /* (transfer full) */);

UlakNode *world_serve_query (Side *side, const UlakNode *iq, guint *code_out);
UlakNode *world_serve_message (Side *side, const UlakNode *message);
void world_serve_receipt (Side *side, const UlakNode *receipt);
