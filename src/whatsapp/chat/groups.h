/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Groups: what the server says of a group, put into the group cache. Store's thread.
 *
 * The document of a group is JSON of our own: {"subject", "owner", "created_at" (Unix s), "description", "description_id",
 * "announcement", "locked", "timer_s", "member_add_mode", "approval", "suspended", "parent", "linked_parent", ...}.
 */
#pragma once

#include "connector/inbound.h"
#include "whatsapp/chat/intake.h"
#include "whatsapp/codec/node.h"
#include "whatsapp/session/group-cache.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* group: a <group> of the server. *name_out (nullable): (transfer full): the group's JID. INVALID: it is none. */
gboolean ulak_groups_put (UlakDatabase *database,
                          const UlakNode *group,
                          gint64 now_us,
                          char **name_out,
                          GError **error);
/* (transfer full): never NULL */
JsonObject *ulak_groups_parse_document (const UlakGroup *group);
/* 0: off, or not known */
guint32 ulak_groups_get_timer_s (const UlakGroup *group);

/* A `w:gp2` notification: members, settings, our own leaving; an event group.updated tells it. */
gboolean ulak_groups_apply (UlakDatabase *database, UlakInbound *inbound, UlakEntry *entry, GError **error);

G_END_DECLS
