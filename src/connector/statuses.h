/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Statuses: what the network says about a message of ours, applied to its row with the event that tells of it.
 *
 * In a chat of several people each has a receipt of their own, and the message has a status once as many people have it as it was
 * sent to; who joined or left since changes nothing. A status about a message that is not known yet waits in a table of its own until the answer of the send names it.
 * Runs on the store's writer thread.
 */
#pragma once

#include "connector/inbound.h"
#include "connector/line-work.h"

gboolean ulak_statuses_apply (UlakDatabase *database,
                              UlakLineWork *work,
                              const UlakInboundStatus *status,
                              UlakIdSeries *ids,
                              GError **error);
/* Those that came early for network_id, now that its row is there. */
gboolean ulak_statuses_apply_early (UlakDatabase *database,
                                    UlakLineWork *work,
                                    const char *network_id,
                                    UlakIdSeries *ids,
                                    GError **error);
