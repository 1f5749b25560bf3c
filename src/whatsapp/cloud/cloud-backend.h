/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Cloud backend: a line over Meta's Cloud API, as the line sees it.
 *
 * Wires the parts together and holds no rules of its own: settings, the Graph client, the watch that tells the line's
 * state, the operations of cloud-call.h, and org.ulak.WhatsAppCloud1, through which ulak-api hands callbacks over.
 */
#pragma once

#include "connector/line.h"

G_BEGIN_DECLS

#define ULAK_TYPE_CLOUD_BACKEND (ulak_cloud_backend_get_type ())
G_DECLARE_FINAL_TYPE (UlakCloudBackend, ulak_cloud_backend, ULAK, CLOUD_BACKEND, UlakBackend)

UlakBackend *ulak_cloud_backend_new (UlakLine *line); /* line: unowned, outlives it */

G_END_DECLS
