/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Message rules: what must hold across the fields of a send document's objects; message-check.c names them at its shapes.
 */
#pragma once

#include "connector/shape.h"

G_BEGIN_DECLS

#define ULAK_MESSAGE_LIST_ROWS_MAX 10 /* of all sections together */

void ulak_message_require_one_of (JsonObject *object, const char *path, const char *const *names, UlakIssues *issues);

void ulak_message_check_media (JsonObject *object, const char *path, UlakIssues *issues);
void ulak_message_check_header (JsonObject *object, const char *path, UlakIssues *issues);
void ulak_message_check_birthday (JsonObject *object, const char *path, UlakIssues *issues);
void ulak_message_check_interactive (JsonObject *object, const char *path, UlakIssues *issues);
void ulak_message_check_parameter (JsonObject *object, const char *path, UlakIssues *issues);
void ulak_message_check_component (JsonObject *object, const char *path, UlakIssues *issues);
void ulak_message_check_poll (JsonObject *object, const char *path, UlakIssues *issues);

G_END_DECLS
