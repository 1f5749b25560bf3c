/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/cloud/graph-error.h"

#include <string.h>

#define NOW_US G_GINT64_CONSTANT (1764059400000000) /* 2025-11-25T08:30:00Z */

static UlakGraphError *
judge (guint status, const char *answer, const char *retry_after)
{
  g_autoptr (JsonNode) node = answer == NULL ? NULL : json_from_string (answer, NULL);

  return ulak_graph_error_new (status, node == NULL ? NULL : json_node_get_object (node), retry_after, NOW_US);
}

static const struct
{
  guint status;
  const char *answer;
  const char *code;
  UlakSendOutcome outcome;
  UlakSendScope scope;
  gint64 original;
} answers[] = {
  { 401, "{\"error\":{\"code\":190,\"error_subcode\":463}}", "E_WA_TOKEN_EXPIRED", ULAK_SEND_FAILED, ULAK_SEND_SCOPE_LINE, 190 },
  { 400, "{\"error\":{\"code\":131056}}", "E_WA_RATE_PAIR", ULAK_SEND_RETRY, ULAK_SEND_SCOPE_RECIPIENT, 131056 },
  { 400, "{\"error\":{\"code\":130429}}", "E_WA_RATE_CLOUD", ULAK_SEND_RETRY, ULAK_SEND_SCOPE_LINE, 130429 },
  { 400, "{\"error\":{\"code\":80007}}", "E_WA_RATE_APP", ULAK_SEND_RETRY, ULAK_SEND_SCOPE_LINE, 80007 },
  { 400, "{\"error\":{\"code\":132015}}", "E_WA_TEMPLATE_PAUSED", ULAK_SEND_FAILED, ULAK_SEND_SCOPE_MESSAGE, 132015 },
  { 400, "{\"error\":{\"code\":131047}}", "E_WA_WINDOW_CLOSED", ULAK_SEND_FAILED, ULAK_SEND_SCOPE_RECIPIENT, 131047 },
  { 403, "{\"error\":{\"code\":273}}", "E_WA_PERMISSION", ULAK_SEND_FAILED, ULAK_SEND_SCOPE_LINE, 273 },
  { 500, "{\"error\":{\"code\":131000}}", "E_WA_SERVICE", ULAK_SEND_RETRY, ULAK_SEND_SCOPE_MESSAGE, 131000 },
  { 500, "{\"error\":{\"code\":131057}}", "E_WA_MAINTENANCE", ULAK_SEND_RETRY, ULAK_SEND_SCOPE_LINE, 131057 },
  { 400, "{\"error\":{\"code\":999999}}", "E_WA_OTHER", ULAK_SEND_FAILED, ULAK_SEND_SCOPE_MESSAGE, 999999 },
  { 400, "{\"error\":{\"code\":999999,\"is_transient\":true}}", "E_WA_SERVICE", ULAK_SEND_RETRY, ULAK_SEND_SCOPE_MESSAGE, 999999 },
  { 503, "{\"error\":{\"code\":999999}}", "E_WA_SERVICE", ULAK_SEND_RETRY, ULAK_SEND_SCOPE_MESSAGE, 999999 },
  { 504, "{\"error\":{\"code\":999999}}", "E_WA_SERVICE", ULAK_SEND_RETRY, ULAK_SEND_SCOPE_MESSAGE, 999999 },
  { 429, "{\"error\":{\"code\":999999}}", "E_WA_RATE_APP", ULAK_SEND_RETRY, ULAK_SEND_SCOPE_LINE, 999999 },
  { 429, "{\"error\":{\"code\":131048}}", "E_WA_SPAM_LIMIT", ULAK_SEND_RETRY, ULAK_SEND_SCOPE_LINE, 131048 },
  { 429, NULL, "E_WA_RATE_APP", ULAK_SEND_RETRY, ULAK_SEND_SCOPE_LINE, 0 },
  { 401, NULL, "E_WA_TOKEN_EXPIRED", ULAK_SEND_FAILED, ULAK_SEND_SCOPE_LINE, 0 },
  { 404, NULL, "E_WA_OTHER", ULAK_SEND_FAILED, ULAK_SEND_SCOPE_MESSAGE, 0 },
  { 301, NULL, "E_WA_OTHER", ULAK_SEND_FAILED, ULAK_SEND_SCOPE_MESSAGE, 0 },
  { 500, NULL, "E_WA_SERVICE", ULAK_SEND_RETRY, ULAK_SEND_SCOPE_MESSAGE, 0 },
  { 502, "{\"error\":\"bad gateway\"}", "E_WA_SERVICE", ULAK_SEND_RETRY, ULAK_SEND_SCOPE_MESSAGE, 0 },
  { 504, NULL, "E_WA_SERVICE", ULAK_SEND_UNKNOWN, ULAK_SEND_SCOPE_MESSAGE, 0 },
  { 200, NULL, "E_WA_ANSWER", ULAK_SEND_UNKNOWN, ULAK_SEND_SCOPE_MESSAGE, 0 },
  { 400, "{\"error\":{\"code\":\"many\"}}", "E_WA_OTHER", ULAK_SEND_FAILED, ULAK_SEND_SCOPE_MESSAGE, 0 },
};

static void
test_answers (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autoptr (UlakGraphError) error = judge (answers[i].status, answers[i].answer, NULL);
      g_autoptr (UlakSendResult) result = ulak_graph_error_to_result (error);

      g_test_message ("row %" G_GSIZE_FORMAT, i);
      g_assert_cmpstr (result->error_code, ==, answers[i].code);
      g_assert_cmpint (result->outcome, ==, answers[i].outcome);
      g_assert_cmpint (result->scope, ==, answers[i].scope);
      g_assert_cmpint (result->original_code, ==, answers[i].original);
    }
}

static void
test_original_is_kept (void)
{
  g_autoptr (UlakGraphError) error = judge (400,
                                            "{\"error\":{\"message\":\"(#132000) m\",\"code\":132000,\"error_subcode\":2494073,\"error_data\":"
                                            "{\"messaging_product\":\"whatsapp\",\"details\":\"body: 1 of 2\"},\"fbtrace_id\":\"Az8\"}}",
                                            NULL);
  g_autoptr (UlakSendResult) result = ulak_graph_error_to_result (error);

  g_assert_cmpint (result->original_code, ==, 132000);
  g_assert_cmpint (result->original_subcode, ==, 2494073);
  g_assert_cmpstr (result->original_details, ==, "body: 1 of 2");
  g_assert_cmpstr (error->trace_id, ==, "Az8");
  g_assert_nonnull (result->error_message);
}

static void
test_long_details (void)
{
  g_autoptr (GString) text = g_string_new ("{\"error\":{\"code\":100,\"message\":\"");
  g_autoptr (UlakGraphError) error = NULL;

  for (guint i = 0; i < 5000; i++)
    g_string_append (text, "\xc3\xbc");
  g_string_append (text, "\"}}");
  error = judge (400, text->str, NULL);
  g_assert_cmpint (g_utf8_strlen (error->details, -1), ==, 500);
}

static void
test_effects (void)
{
  static const struct
  {
    gint64 code;
    UlakGraphEffect effect;
  } rows[] = {
    { 190, ULAK_GRAPH_EFFECT_TOKEN },
    { 0, ULAK_GRAPH_EFFECT_TOKEN },
    { 131031, ULAK_GRAPH_EFFECT_BANNED },
    { 368, ULAK_GRAPH_EFFECT_FAILED },
    { 133010, ULAK_GRAPH_EFFECT_FAILED },
    { 100, ULAK_GRAPH_EFFECT_NONE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpint (ulak_graph_rule_find (rows[i].code)->effect, ==, rows[i].effect);
  g_assert_null (ulak_graph_rule_find (-1));
  g_assert_null (ulak_graph_rule_find (424242));
}

static void
test_retry_after (void)
{
  static const struct
  {
    const char *text;
    gint64 wait_ms;
  } rows[] = {
    { NULL, 0 },
    { "", 0 },
    { "7", 7000 },
    { "0", 0 },
    { "-5", 0 },
    { "soon", 0 },
    { "86400", 86400000 },
    { "99999999999999999999999", 86400000 },
    { "Tue, 25 Nov 2025 08:31:00 GMT", 60000 },
    { "Tue, 25 Nov 2025 08:00:00 GMT", 0 },
    { "Tue, 25 Nov 2098 08:00:00 GMT", 86400000 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpint (ulak_graph_parse_retry_after_ms (rows[i].text, NOW_US), ==, rows[i].wait_ms);
}

static void
test_retry_after_is_for_retries (void)
{
  g_autoptr (UlakGraphError) throttled = judge (429, NULL, "7");
  g_autoptr (UlakGraphError) refused = judge (400, "{\"error\":{\"code\":100}}", "7");
  g_autoptr (UlakSendResult) wait = ulak_graph_error_to_result (throttled);
  g_autoptr (UlakSendResult) fail = ulak_graph_error_to_result (refused);

  g_assert_cmpint (wait->retry_after_ms, ==, 7000);
  g_assert_cmpint (fail->retry_after_ms, ==, 0);
}

static void
test_table_is_sound (void)
{
  gsize n;
  const UlakGraphRule *rules = ulak_graph_rules (&n);

  for (gsize i = 0; i < n; i++)
    {
      g_assert_cmpint (rules[i].first, <=, rules[i].last);
      g_assert_true (i == 0 || rules[i - 1].last < rules[i].first);
      g_assert_true (g_str_has_prefix (rules[i].code, "E_WA_"));
      g_assert_true (rules[i].effect == ULAK_GRAPH_EFFECT_NONE || rules[i].outcome == ULAK_SEND_FAILED);
      g_assert_false (g_str_has_suffix (rules[i].message, "."));
    }
}

static char *
doc_row (const UlakGraphRule *rule)
{
  static const char *const scopes[] = { "message", "recipient", "line" };
  static const char *const effects[] = { "none", "token", "failed", "banned" };
  g_autofree char *codes = rule->first == rule->last
                               ? g_strdup_printf ("%" G_GINT64_FORMAT, rule->first)
                               : g_strdup_printf ("%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, rule->first, rule->last);

  return g_strdup_printf ("\n| %s | `%s` | %s | %s | %s | %s. ", codes, rule->code, rule->outcome == ULAK_SEND_RETRY ? "retry" : "fail",
                          scopes[rule->scope], effects[rule->effect], rule->message);
}

static guint
count_rows (const char *doc)
{
  guint n = 0;

  for (const char *line = strstr (doc, "| Meta's code |"); line != NULL && line[0] == '|'; n++)
    {
      line = strchr (line, '\n');
      line = line == NULL ? NULL : line + 1;
    }
  return n;
}

static void
test_documentation (void)
{
  g_autofree char *path = g_build_filename (g_getenv ("ULAK_TEST_DOCS"), "whatsapp-cloud.md", NULL);
  g_autofree char *doc = NULL;
  g_autoptr (GError) error = NULL;
  gsize n;
  const UlakGraphRule *rules = ulak_graph_rules (&n);

  g_file_get_contents (path, &doc, NULL, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *row = doc_row (&rules[i]);

      if (strstr (doc, row) == NULL)
        g_error ("docs/whatsapp-cloud.md lacks the row: %s", row + 1);
    }
  g_assert_cmpuint (count_rows (doc), ==, n + 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/graph-error/answers are judged by code, then by status", test_answers);
  g_test_add_func ("/graph-error/Meta's own code, subcode and details are kept", test_original_is_kept);
  g_test_add_func ("/graph-error/details are cut between characters", test_long_details);
  g_test_add_func ("/graph-error/errors of the account reach the line's state", test_effects);
  g_test_add_func ("/graph-error/Retry-After is read in both forms", test_retry_after);
  g_test_add_func ("/graph-error/Retry-After counts only for what is tried again", test_retry_after_is_for_retries);
  g_test_add_func ("/graph-error/the table is ordered and consistent", test_table_is_sound);
  g_test_add_func ("/graph-error/the documentation has the same table", test_documentation);
  return g_test_run ();
}
