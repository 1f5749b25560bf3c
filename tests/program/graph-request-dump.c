/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * graph-request-dump: reads send documents, one a line, and prints the request that Graph would get for each; the judge
 * is tests/program/test_graph_schema.py. A medium "m" has the handle "1003383421387256"; "reply_to" is taken as it is.
 * A line {"read": ID, "typing": BOOL} asks for a read mark.
 */
#include "core/json.h"
#include "whatsapp/cloud/graph-request.h"

#include <stdio.h>

static char *
build (JsonObject *document, GError **error)
{
  g_autoptr (GHashTable) handles = g_hash_table_new (g_str_hash, g_str_equal);
  const char *read = ulak_json_peek_string (document, "read");
  UlakOutbound outbound = {
    .id = "0193a1b2-0000-7000-8000-000000000001",
    .chat = ulak_json_peek_string (document, "to"),
    .message = document,
    .reply_to_network_id = ulak_json_peek_string (document, "reply_to"),
  };

  g_hash_table_insert (handles, (char *) "m", (char *) "1003383421387256");
  if (read != NULL)
    return ulak_graph_request_build_read (read, ulak_json_peek_boolean (document, "typing", FALSE));
  return ulak_graph_request_build (&outbound, handles, error);
}

int
main (void)
{
  g_autofree char *line = NULL;
  size_t capacity = 0;
  ssize_t length;

  while ((length = getline (&line, &capacity, stdin)) > 0)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonObject) document = ulak_json_parse_object (line, (gsize) length, &ULAK_JSON_LIMITS_REQUEST, &error);
      g_autofree char *body = document == NULL ? NULL : build (document, &error);

      if (body == NULL)
        {
          fprintf (stderr, "graph-request-dump: %s\n", error->message);
          return 1;
        }
      puts (body);
    }
  return 0;
}
