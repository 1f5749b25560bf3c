/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Stored message: a row of the messages table as people see it, docs/messages.md, "Reading".
 *
 * Runs on the store's threads.
 */
#pragma once

#include "store/database.h"

#include <json-glib/json-glib.h>

/* row: of a query that selects all columns; still on its row afterwards. */
JsonObject *ulak_stored_message_show (UlakDatabase *database, UlakStatement *row, GError **error);
const char *ulak_stored_message_type (JsonObject *send_document);
