/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Table: rows of JSON objects as aligned columns for people.
 */
#pragma once

#include <json-glib/json-glib.h>

typedef struct
{
  const char *title;
  const char *path; /* members joined by dots: "last_message.text"; "last" of an array */
} UlakColumn;

char *ulak_table_print (JsonArray *rows, const UlakColumn *columns, gsize n_columns);
char *ulak_table_get_cell (JsonObject *row, const char *path);
