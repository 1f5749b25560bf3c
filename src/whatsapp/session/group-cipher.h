/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Group cipher: messages to and from groups, by sender keys, and who has got ours.
 *
 * A group is the text of its JID ("...@g.us", "status@broadcast"). An author's key is kept by (group, peer,
 * device); our own lies among them. A device that has not got our current key is listed as missing until
 * ulak_group_mark_holders() names it, which the caller does when the send was acknowledged. Store's thread; see
 * session.h.
 */
#pragma once

#include "whatsapp/session/decryption.h"
#include "whatsapp/session/peers.h"
#include "whatsapp/session/session.h"

G_BEGIN_DECLS

#define ULAK_GROUP_MAX_BYTES ULAK_JID_TEXT_MAX

typedef struct
{
  guint32 key_id; /* for ulak_group_mark_holders() */
  GBytes *bytes;  /* (owned): axolotlSenderKeyDistributionMessage, at the iteration of now */
} UlakDistribution;

void ulak_distribution_clear (UlakDistribution *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakDistribution, ulak_distribution_clear)

/* Our own key, made if there is none. WRONG_STATE before the account is linked. Call it before encrypting. */
gboolean ulak_group_get_distribution (UlakSession *session,
                                      UlakDatabase *database,
                                      const char *group,
                                      gint64 now_us,
                                      UlakDistribution *distribution_out,
                                      GError **error);
/* plain: padded. WRONG_STATE without a key of our own. */
gboolean ulak_group_encrypt (UlakSession *session,
                             UlakDatabase *database,
                             const char *group,
                             UlakSpan plain,
                             gint64 now_us,
                             GBytes **skmsg_out,
                             GError **error);

typedef enum
{
  ULAK_DISTRIBUTION_OK,
  ULAK_DISTRIBUTION_KNOWN,   /* the key is here already, as far on or further: nothing was changed */
  ULAK_DISTRIBUTION_GARBAGE, /* it does not parse, or its chain key or signing key is none */
  ULAK_DISTRIBUTION_FORGED,  /* it gives a key id that is here another signing key */
} UlakDistributionOutcome;

/* author: whose session the distribution message came through, and nobody else. */
gboolean ulak_group_process_distribution (UlakSession *session,
                                          UlakDatabase *database,
                                          const char *group,
                                          const UlakPeerDevice *author,
                                          UlakSpan bytes,
                                          gint64 now_us,
                                          UlakDistributionOutcome *outcome_out,
                                          GError **error);
gboolean ulak_group_decrypt (UlakSession *session,
                             UlakDatabase *database,
                             const char *group,
                             const UlakPeerDevice *author,
                             UlakSpan bytes,
                             gint64 now_us,
                             UlakDecryption *decryption_out,
                             GError **error);

/* Of the n devices those that have not got our current key: *missing_out (element-type UlakPeerDevice), in order. */
gboolean ulak_group_list_missing (UlakDatabase *database,
                                  const char *group,
                                  const UlakPeerDevice *devices,
                                  gsize n_devices,
                                  GArray **missing_out,
                                  GError **error);
/* The devices got the key of this id; nothing happens when it was rotated since. */
gboolean ulak_group_mark_holders (UlakDatabase *database,
                                  const char *group,
                                  guint32 key_id,
                                  const UlakPeerDevice *devices,
                                  gsize n_devices,
                                  gint64 now_us,
                                  GError **error);
/* group NULL: in every group. A retry receipt of the device means that it has lost the key. */
gboolean ulak_group_forget_holder (UlakDatabase *database,
                                   const char *group,
                                   const UlakPeerDevice *device,
                                   GError **error);
/* All devices of a user, in every group. */
gboolean ulak_group_forget_holders (UlakDatabase *database, gint64 peer, GError **error);
/* Our key of the group goes, and with it the memory of who has it: somebody left. */
gboolean ulak_group_rotate (UlakDatabase *database, const char *group, GError **error);
/* The device is gone: our keys of all groups where it holds one are rotated, its own sender keys deleted. */
gboolean ulak_group_drop_device (UlakDatabase *database, const UlakPeerDevice *device, GError **error);

G_END_DECLS
