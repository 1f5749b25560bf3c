/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Cloud check: what a send document may not have on a line of Meta's Cloud API, beyond the general checks. Pure.
 */
#pragma once

#include "core/issues.h"

#include <json-glib/json-glib.h>

/* Adds an issue for each. message: passed ulak_message_check(). */
void ulak_cloud_check_message (JsonObject *message, UlakIssues *issues);
