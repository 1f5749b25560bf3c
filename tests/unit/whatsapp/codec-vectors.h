/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Vectors: the files of tests/data/whatsapp/, which says what made them.
 */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

JsonNode *ulak_vectors_load (const char *file);
JsonArray *ulak_vectors_get (JsonNode *root, const char *list);
GBytes *ulak_vectors_hex (const char *hex);
void ulak_vectors_assert_bytes (GBytes *found, GBytes *expected, const char *name);
