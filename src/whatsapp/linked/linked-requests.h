/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Linked requests: what the connector asks of a linked line: check, send, mark read, fetch a medium, link, log out.
 *
 * Each goes to the part that does it; what needs a part is UNAVAILABLE before the line's seal is there.
 */
#pragma once

#include "connector/backend.h"

G_BEGIN_DECLS

void ulak_linked_requests_fill (UlakBackendClass *klass);

G_END_DECLS
