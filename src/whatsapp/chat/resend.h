/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Resend: somebody's device could not decrypt a message of ours, and gets it again, also after a restart.
 *
 * One retry receipt of a device at a time, ULAK_RESEND_RUNNING_MAX in all, the rest wait in order. What must not be answered (too
 * often, unknown message, a device that is not of the chat) is only acknowledged; a receipt that could not be handled for the
 * connection's or the disk's sake is not, so that the server brings it again. Main thread only.
 */
#pragma once

#include "whatsapp/chat/address.h"
#include "whatsapp/chat/chat.h"

G_BEGIN_DECLS

#define ULAK_RESEND_RUNNING_MAX 8
#define ULAK_RESEND_WAITING_MAX 1000 /* more are not taken: the server brings them again at the next login */

typedef struct _UlakResend UlakResend;

UlakResend *ulak_resend_new (UlakChat *chat);
void ulak_resend_free (UlakResend *self);
void ulak_resend_take (UlakResend *self, const UlakNode *receipt, const UlakAddress *address);
/* The connection is gone: what waits is forgotten. */
void ulak_resend_cut (UlakResend *self);
guint ulak_resend_count (UlakResend *self); /* running */

G_END_DECLS
