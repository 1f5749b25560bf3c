/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Plan: one message of ours on its way to become a stanza.
 *
 * A run on the store's writer thread either says what it lacks (device lists, bundles, a group), and has encrypted nothing; or
 * it encrypts for everybody, keeps the plaintext, and gives the stanza. What was asked for and did not come is left out the
 * next time. The plaintext of an id is made once: a second try of the same message, also after a restart, sends the same.
 */
#pragma once

#include "whatsapp/chat/content-write.h"
#include "whatsapp/chat/intake.h"
#include "whatsapp/media/media-client.h"

G_BEGIN_DECLS

typedef enum
{
  ULAK_PLAN_DIRECT,
  ULAK_PLAN_GROUP,
  ULAK_PLAN_STATUS,
  ULAK_PLAN_PEER, /* to our own phone, about no chat */
} UlakPlanKind;

/* A message that this one is about. */
typedef struct
{
  char *network_id; /* (owned) (nullable): NULL: none */
  char *chat;       /* (owned) (nullable): chat id */
  char *from;       /* (owned) (nullable): sender's id; NULL: we */
  char *message;    /* (owned) (nullable): JSON text, as GetMessage shows it */
} UlakPlanTarget;

typedef struct
{
  /* what is sent; set before the first run */
  UlakPlanKind kind;
  UlakChatView view;
  char *chat;            /* (owned): chat id */
  UlakJid chat_jid;
  UlakJid alternate;     /* the other form of a direct chat's person, if known; no user: not */
  char *network_id;      /* (owned) */
  char *document;        /* (owned) (nullable): JSON text; PEER: NULL */
  GBytes *message;       /* (owned) (nullable): PEER */
  const char *priority;  /* (static) (nullable): PEER */
  UlakPlanTarget reply_to, target;
  UlakMediaUpload *upload; /* (owned) (nullable) */
  char *mime_type, *file_name; /* (owned) (nullable): of the upload */
  guint width, height;

  /* how; changed between runs */
  gboolean as_lid;           /* DIRECT */
  gboolean has_asked_devices, has_asked_bundles, has_asked_group;
  guint devices_max;         /* to encrypt for more is left to another run; 0: to any number */

  /* out: what is lacking */
  GPtrArray *lacks_devices;  /* (owned) (element-type utf8): JIDs of users */
  GPtrArray *lacks_bundles;  /* (owned) (element-type utf8): JIDs of devices */
  gboolean lacks_group;
  gboolean is_too_large;     /* devices_max was passed */

  /* out: the result */
  UlakNode *stanza;          /* (owned) (nullable) */
  const char *failure;       /* (static) (nullable): "E_WA_..." */
  char *failure_message;     /* (owned) (nullable) */
  char *phash;               /* (owned) (nullable) */
  gboolean is_lid;           /* DIRECT: the form that was used */
  gboolean has_both_forms;   /* DIRECT: the other one would be possible, too */
  gboolean has_token;
  gboolean owes_token;       /* the other side is to get ours */
  gint64 peer;               /* DIRECT */
  UlakJid peer_jid;          /* DIRECT: where tokens go */
  guint n_recipients;        /* GROUP, STATUS */
  guint32 key_id;            /* GROUP, STATUS */
  GArray *holders;           /* (owned) (element-type UlakPeerDevice): they got our sender key with it */
  GPtrArray *users;          /* (owned) (element-type utf8): JIDs of users whose device lists were used */
} UlakPlan;

UlakPlan *ulak_plan_new (void);
UlakPlan *ulak_plan_ref (UlakPlan *self);
void ulak_plan_unref (UlakPlan *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakPlan, ulak_plan_unref)

gboolean ulak_plan_lacks_something (const UlakPlan *self);
gboolean ulak_plan_run (UlakDatabase *database, gpointer plan, GError **error);

G_END_DECLS
