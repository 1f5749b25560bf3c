/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Resend work: one retry receipt, judged and answered on the rows of one transaction. Store's thread. Only for resend.c.
 */
#pragma once

#include "whatsapp/chat/intake.h"

G_BEGIN_DECLS

typedef struct
{
  UlakNode *receipt; /* (owned) */
  UlakAddress address;
  UlakChatView view;
  gboolean has_asked_devices, has_asked_bundle;
  gboolean is_admitted; /* counted by an earlier work */

  /* out */
  gboolean lacks_devices; /* of the asking user */
  gboolean lacks_bundle;  /* of the asking device */
  gboolean was_admitted;
  UlakNode *stanza;       /* (owned) (nullable): NULL, and nothing lacks: only acknowledge */
  const char *why;        /* (static) (nullable): why nothing is sent */
} UlakResendWork;

UlakResendWork *ulak_resend_work_new (UlakChat *chat, const UlakNode *receipt, const UlakAddress *address);
UlakResendWork *ulak_resend_work_ref (UlakResendWork *self);
void ulak_resend_work_unref (gpointer self);
gboolean ulak_resend_work_run (UlakDatabase *database, gpointer work, GError **error);

G_END_DECLS
