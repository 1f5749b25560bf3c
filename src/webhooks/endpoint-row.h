/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Endpoint row: an endpoint as the store keeps it. Its secrets and headers are sealed there, each for its own place.
 */
#pragma once

#include "core/random.h"
#include "service/seal.h"
#include "webhooks/endpoint.h"
#include "webhooks/webhook-store.h"

G_BEGIN_DECLS

/* What the seal does not open stays NULL; without a seal all of it does. */
UlakEndpoint *ulak_endpoint_from_row (const UlakEndpointRow *row, UlakSeal *seal_or_null, gboolean allow_private);
UlakEndpointRow *ulak_endpoint_to_row (const UlakEndpoint *endpoint);

/* What is sealed in it is opened anew. */
void ulak_endpoint_open (UlakEndpoint *endpoint, UlakSeal *seal_or_null, gboolean allow_private);
void ulak_endpoint_renew_secret (UlakEndpoint *endpoint, UlakSeal *seal, UlakRandom *random);
void ulak_endpoint_seal_headers (UlakEndpoint *endpoint, UlakSeal *seal);

G_END_DECLS
