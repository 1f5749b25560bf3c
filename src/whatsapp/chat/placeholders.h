/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Placeholders: messages that we could not read and that our own phone may have. Some seconds after the first failure it is
 * asked, unless the sender's second try came first. Who dies meanwhile asks at its next start, once, for what was asked of
 * senders within a day and has not come: a sender that stays silent is not asked again.
 */
#pragma once

#include "whatsapp/chat/address.h"
#include "whatsapp/chat/chat.h"

G_BEGIN_DECLS

#define ULAK_PLACEHOLDERS_MAX 256 /* waiting at once; more are not asked for: a phone is no server */
#define ULAK_PLACEHOLDERS_WAIT_MS 4000
#define ULAK_PLACEHOLDERS_RESUME_AGE_US G_TIME_SPAN_DAY

typedef struct _UlakPlaceholders UlakPlaceholders;

UlakPlaceholders *ulak_placeholders_new (UlakChat *chat);
void ulak_placeholders_free (UlakPlaceholders *self);
void ulak_placeholders_ask (UlakPlaceholders *self, const UlakAddress *address, const char *network_id);
void ulak_placeholders_forget (UlakPlaceholders *self, const UlakAddress *address, const char *network_id);
/* For each connection. */
void ulak_placeholders_connected (UlakPlaceholders *self);
void ulak_placeholders_stop (UlakPlaceholders *self);

G_END_DECLS
