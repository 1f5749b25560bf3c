/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Linking: those who asked for a QR or a code and wait until there is something to show.
 *
 * The backend tells what happens; whoever waits is answered by it, or after 15 s with what is in the way. The last one who asks
 * decides between QR and code. Main thread only.
 */
#pragma once

#include "core/clock.h"
#include "whatsapp/link/link.h"

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _UlakLinking UlakLinking;

UlakLinking *ulak_linking_new (UlakClock *clock);
void ulak_linking_free (UlakLinking *self); /* nobody may wait */

/* (transfer full) (nullable): the digits of a phone number as people write it, with or without '+', spaces, hyphens and brackets; NULL
 * with INVALID. */
char *ulak_linking_read_phone (const char *text, GError **error);

/* source: of the task. phone: digits; "" for a QR. link: NULL: it comes with ulak_linking_follow(). Finishes when there is something
 * to show or the line is linked. Errors: those of ulak_link_request_code(); WRONG_STATE when the link came to an end; TIMED_OUT. */
void ulak_linking_wait_async (UlakLinking *self,
                              UlakLink *link_or_null,
                              gpointer source,
                              const char *phone,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean ulak_linking_wait_finish (GAsyncResult *result, GError **error);

/* The link is in this state now, and the line shows it already. */
void ulak_linking_follow (UlakLinking *self, UlakLink *link, const UlakLinkState *state);
/* There is no link yet because of this. */
void ulak_linking_explain (UlakLinking *self, const char *why);
/* There will be no link: who waits and who asks later is answered by WRONG_STATE. */
void ulak_linking_give_up (UlakLinking *self, const char *why);
/* Nobody will be answered any more. */
void ulak_linking_fail (UlakLinking *self, const char *why);

G_END_DECLS
