/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Group cache: what the server last told of a group: its metadata, and who is in it.
 *
 * Participants are peers, so a member that is seen as LID and as phone number is one. A member that leaves means a
 * new sender key of ours, in the same transaction. Store's thread.
 */
#pragma once

#include "whatsapp/session/peers.h"

G_BEGIN_DECLS

#define ULAK_GROUP_CACHE_MAX_GROUPS 10000
#define ULAK_GROUP_CACHE_MAX_MEMBERS 5000
#define ULAK_GROUP_CACHE_MAX_BYTES 65536 /* of a metadata document */

typedef enum
{
  ULAK_GROUP_RANK_MEMBER,
  ULAK_GROUP_RANK_ADMIN,
  ULAK_GROUP_RANK_SUPERADMIN,
} UlakGroupRank;

typedef struct
{
  gint64 peer;
  UlakGroupRank rank;
  gint64 since_us; /* when it joined, as far as we know; 0: was there when we first heard of the group */
} UlakGroupMember;

typedef struct
{
  char *document;    /* (owned): JSON of the caller's: subject, owner, description, settings, ... */
  gboolean uses_lid; /* addressing_mode */
  gint64 fetched_us;
  GArray *members; /* (owned) (element-type UlakGroupMember) */
} UlakGroup;

void ulak_group_free (UlakGroup *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakGroup, ulak_group_free)

/* *group_out: (transfer full) (nullable): NULL: not known, or made stale. */
gboolean ulak_group_cache_get (UlakDatabase *database, const char *group, UlakGroup **group_out, GError **error);
/* Whoever is new counts from the last time that the members were told, since_us of contents is not looked at. TOO_LARGE over
 * the limits. *has_rotated_out (nullable): a member is gone, and so is our sender key. */
gboolean ulak_group_cache_put (UlakDatabase *database,
                               const char *group,
                               const UlakGroup *contents,
                               gboolean *has_rotated_out,
                               GError **error);
/* Changes of w:gp2 notifications; nothing happens to a group that is not in the cache. since_us of member: when it joined; 0: it
 * was there before, and what is known of that stays. */
gboolean ulak_group_cache_add_member (UlakDatabase *database,
                                      const char *group,
                                      const UlakGroupMember *member,
                                      GError **error);
gboolean ulak_group_cache_remove_member (UlakDatabase *database, const char *group, gint64 peer, GError **error);
gboolean ulak_group_cache_set_document (UlakDatabase *database,
                                        const char *group,
                                        const char *document,
                                        GError **error);
/* To be fetched anew before it is used; members stay, so that the next put sees who left. */
gboolean ulak_group_cache_make_stale (UlakDatabase *database, const char *group, GError **error);
gboolean ulak_group_cache_make_all_stale (UlakDatabase *database, GError **error);
/* We are no longer in it: row, members, our sender key and those of others go. */
gboolean ulak_group_cache_drop (UlakDatabase *database, const char *group, GError **error);
/* Groups in order of their JIDs after after_group ("" first), stale ones too. */
gboolean ulak_group_cache_list (UlakDatabase *database,
                                const char *after_group,
                                guint limit,
                                GStrv *groups_out,
                                GError **error);
/* member_out (nullable): of a member only */
gboolean ulak_group_cache_is_member (UlakDatabase *database,
                                     const char *group,
                                     gint64 peer,
                                     UlakGroupMember *member_out,
                                     gboolean *is_member_out,
                                     GError **error);

G_END_DECLS
