/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Schema: what a WhatsApp line's database is made of, in the order in which it came to be.
 *
 * The position in the list is the schema version, so the list is append-only: whoever adds a migration, to
 * connector or to a room here, appends it at the end. Those of connector at the head are what
 * ulak_line_set_migrations() asks for. Both backends have the same schema, so that an account may change from one
 * to the other.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* NULL-terminated resource paths, for UlakStoreOptions. Registers the resources behind them. Any thread. */
const char *const *ulak_schema_get_migrations (void);

G_END_DECLS
