/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What the scan lets through the parser takes; what was parsed can be printed, and printed text parses again.
 */
#include "core/json.h"

#include "core/json-scan.h"

#include "fuzz/target.h"

#include <string.h>

static void
read_fields (JsonObject *object)
{
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  g_autoptr (GError) error = NULL;

  ulak_json_read_string (object, "", "text", ULAK_JSON_REQUIRED, 1, 10, issues);
  ulak_json_read_integer (object, "", "a", ULAK_JSON_REQUIRED, 1, 10, 0, issues);
  ulak_json_read_number (object, "x", "a", ULAK_JSON_OPTIONAL, 1, 10, issues);
  ulak_json_read_array (object, "", "entry", ULAK_JSON_OPTIONAL, 0, 10, issues);
  ulak_json_refuse_unknown (object, "", (const char *const[]){ "text", "to", NULL }, issues);
  g_assert_true (ulak_issues_to_error (issues, &error) == (error == NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size_bytes)
{
  UlakJsonLimits limits = { 65536, 32, 2000, FALSE };
  g_autoptr (JsonNode) node = NULL, again = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  if (!ulak_json_scan ((const char *) bytes, size_bytes, &limits, NULL))
    return 0;

  node = ulak_json_parse ((const char *) bytes, size_bytes, &limits, &error);
  g_assert_no_error (error);
  if (JSON_NODE_HOLDS_OBJECT (node))
    read_fields (json_node_get_object (node));

  text = ulak_json_print (node);
  limits.max_bytes *= 8; /* escapes and digits grow in print */
  again = ulak_json_parse (text, strlen (text), &limits, &error);
  g_assert_no_error (error);
  return 0;
}
