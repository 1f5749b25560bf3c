/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Service1: org.ulak.Service1 on the daemon's object, an adapter from the bus to health, metrics and audit.
 */
#pragma once

#include "service/service.h"

G_BEGIN_DECLS

#define ULAK_TYPE_SERVICE1 (ulak_service1_get_type ())
G_DECLARE_FINAL_TYPE (UlakService1, ulak_service1, ULAK, SERVICE1, GObject)

/* service: unowned, outlives us. */
UlakService1 *ulak_service1_new (UlakService *service);
gboolean ulak_service1_export (UlakService1 *self, GDBusConnection *connection, const char *path, GError **error);
void ulak_service1_unexport (UlakService1 *self);

G_END_DECLS
