/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Message check: what a send document may look like, docs/messages.md, "Sending".
 *
 * One pass finds every fault. It knows no network: limits that only one network has come from the backend's
 * check_message. Pure; any thread.
 */
#pragma once

#include "core/issues.h"

#include <json-glib/json-glib.h>

void ulak_message_check (JsonObject *message, UlakIssues *issues);

const char *ulak_message_get_kind (JsonObject *message);     /* the member that holds the content; NULL if none does */
const char *ulak_message_get_media_id (JsonObject *message); /* (nullable): the first one that it names */
