/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The queries and the migration (0003-chat) of this room.
 */
#pragma once

#define ULAK_CHAT_SQL(name) ("/org/ulak/sql/whatsapp/" name ".sql")

/* Once is enough, more are harmless. Any thread. */
void ulak_chat_register_sql (void);
