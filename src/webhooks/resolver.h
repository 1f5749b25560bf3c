/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Resolver: names become addresses, and only public ones.
 *
 * Stands before the system's resolver, and what it lets through is what is connected to: there is no second look-up that a
 * clever name server could answer differently. With private targets allowed it lets everything through.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define ULAK_TYPE_RESOLVER (ulak_resolver_get_type ())
G_DECLARE_FINAL_TYPE (UlakResolver, ulak_resolver, ULAK, RESOLVER, GResolver)

UlakResolver *ulak_resolver_new (GResolver *inner);
void ulak_resolver_set_allow_private (UlakResolver *self, gboolean allow_private);

G_END_DECLS
