/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Claim: a message on its way to the network, with what it quotes and is about, and whom it goes to. UlakClaim itself is in
 * line-store.h.
 */
#pragma once

#include "connector/line-store.h"

G_BEGIN_DECLS

/* Store's thread. row: of the message. claim: empty. Errors: those of the database; DAMAGED. */
gboolean ulak_claim_fill (UlakDatabase *database, UlakStatement *row, UlakClaim *claim, GError **error);
/* What the backend is told of it. It points into the claim. Any thread. */
UlakOutbound ulak_claim_show (const UlakClaim *claim, gboolean is_cold);

G_END_DECLS
