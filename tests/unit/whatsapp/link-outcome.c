/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Every stream error and failure code has its outcome.
 */
#include "whatsapp/link/outcome.h"

#include "core/error.h"
#include "whatsapp/codec/node-builder.h"

#include <string.h>

typedef struct
{
  const char *tag;
  const char *attribute; /* (nullable) */
  guint code;
  const char *child; /* (nullable) */
  const char *type;  /* (nullable): of the child */
  UlakOutcomeKind kind;
  const char *error_code;
} Row;

#define STREAM(code, kind, error_code) { "stream:error", "code", code, NULL, NULL, ULAK_OUTCOME_##kind, error_code }
#define FAILURE(code, kind, error_code) { "failure", "reason", code, NULL, NULL, ULAK_OUTCOME_##kind, error_code }

static const Row rows[] = {
  STREAM (515, RESTART, NULL),
  STREAM (516, LOGGED_OUT, "E_WA_LOGGED_OUT"),
  STREAM (401, LOGGED_OUT, "E_WA_LOGGED_OUT"),
  { "stream:error", "code", 401, "conflict", "device_removed", ULAK_OUTCOME_LOGGED_OUT, "E_WA_LOGGED_OUT" },
  { "stream:error", NULL, 0, "conflict", "device_removed", ULAK_OUTCOME_LOGGED_OUT, "E_WA_LOGGED_OUT" },
  { "stream:error", NULL, 0, "conflict", "replaced", ULAK_OUTCOME_REPLACED, "E_WA_REPLACED" },
  { "stream:error", NULL, 0, "conflict", "unheard-of", ULAK_OUTCOME_RETRY, "E_WA_UNAVAILABLE" },
  STREAM (409, REPLACED, "E_WA_REPLACED"),
  STREAM (440, REPLACED, "E_WA_REPLACED"),
  STREAM (500, RETRY, "E_WA_UNAVAILABLE"),
  STREAM (503, RETRY, "E_WA_UNAVAILABLE"),
  STREAM (599, RETRY, "E_WA_UNAVAILABLE"),
  STREAM (429, SLOW_RETRY, "E_WA_UNAVAILABLE"),
  { "stream:error", NULL, 0, "ack", NULL, ULAK_OUTCOME_ACK_MISSING, "E_WA_UNAVAILABLE" },
  { "stream:error", NULL, 0, "xml-not-well-formed", NULL, ULAK_OUTCOME_RETRY, "E_WA_UNAVAILABLE" },
  STREAM (413, REFUSED, "E_WA_REFUSED"),
  STREAM (414, REFUSED, "E_WA_REFUSED"),
  STREAM (777, RETRY, "E_WA_UNAVAILABLE"),
  { "stream:error", NULL, 0, NULL, NULL, ULAK_OUTCOME_RETRY, "E_WA_UNAVAILABLE" },
  FAILURE (400, REFUSED, "E_WA_REFUSED"),
  FAILURE (401, LOGGED_OUT, "E_WA_LOGGED_OUT"),
  FAILURE (402, BANNED, "E_WA_BANNED"),
  FAILURE (403, LOCKED, "E_WA_LOCKED"),
  FAILURE (405, OUTDATED, "E_WA_OUTDATED"),
  FAILURE (406, LOGGED_OUT, "E_WA_LOGGED_OUT"),
  FAILURE (409, REFUSED, "E_WA_REFUSED"),
  FAILURE (411, REFUSED, "E_WA_REFUSED"),
  FAILURE (413, REFUSED, "E_WA_REFUSED"),
  FAILURE (414, REFUSED, "E_WA_REFUSED"),
  FAILURE (415, REFUSED, "E_WA_REFUSED"),
  FAILURE (418, REFUSED, "E_WA_REFUSED"),
  FAILURE (429, SLOW_RETRY, "E_WA_UNAVAILABLE"),
  FAILURE (500, RETRY, "E_WA_UNAVAILABLE"),
  FAILURE (501, RETRY, "E_WA_UNAVAILABLE"),
  FAILURE (503, RETRY, "E_WA_UNAVAILABLE"),
  FAILURE (777, RETRY, "E_WA_UNAVAILABLE"),
  { "failure", NULL, 0, NULL, NULL, ULAK_OUTCOME_RETRY, "E_WA_UNAVAILABLE" },
  { "xmlstreamend", NULL, 0, NULL, NULL, ULAK_OUTCOME_RETRY, "E_WA_UNAVAILABLE" },
};

static UlakNode *
make_node (const Row *row)
{
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new (row->tag);

  if (row->attribute != NULL)
    ulak_node_builder_add_number (builder, row->attribute, row->code);
  if (row->child != NULL)
    {
      ulak_node_builder_open (builder, row->child);
      ulak_node_builder_add_text (builder, "type", row->type);
      ulak_node_builder_close (builder);
    }
  return ulak_node_builder_end (builder, NULL);
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (UlakNode) node = make_node (row);
  g_autoptr (UlakOutcome) outcome = ulak_outcome_from_node (node);

  g_assert_cmpint (outcome->kind, ==, row->kind);
  g_assert_cmpstr (outcome->error_code, ==, row->error_code);
  g_assert_cmpint (outcome->original_code, ==, row->code);
  g_assert_cmpstr (outcome->message, !=, "");
  g_assert_cmpint (outcome->ack != NULL, ==, row->kind == ULAK_OUTCOME_ACK_MISSING);
}

static void
test_bans (void)
{
  static const guint reasons[] = { 101, 102, 103, 104, 106 };

  for (gsize i = 0; i < G_N_ELEMENTS (reasons); i++)
    {
      g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new ("failure");
      g_autoptr (UlakNode) node = NULL;
      g_autoptr (UlakOutcome) outcome = NULL;

      ulak_node_builder_add_text (builder, "reason", "402");
      ulak_node_builder_add_number (builder, "code", reasons[i]);
      ulak_node_builder_add_text (builder, "expire", "3600");
      node = ulak_node_builder_end (builder, NULL);
      outcome = ulak_outcome_from_node (node);
      g_assert_cmpint (outcome->original_detail, ==, reasons[i]);
      g_assert_cmpint (outcome->wait_s, ==, 3600);
      g_assert_nonnull (strchr (outcome->message, ':'));
    }
}

static void
test_ban_without_end (void)
{
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new ("failure");
  g_autoptr (UlakNode) node = NULL;
  g_autoptr (UlakOutcome) outcome = NULL;

  ulak_node_builder_add_text (builder, "reason", "402");
  ulak_node_builder_add_text (builder, "expire", "99999999999999999999");
  node = ulak_node_builder_end (builder, NULL);
  outcome = ulak_outcome_from_node (node);
  g_assert_cmpint (outcome->wait_s, ==, 0);
}

static void
test_text_of_lock (void)
{
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new ("failure");
  g_autofree char *endless = g_strnfill (100000, 'x');
  g_autoptr (UlakNode) node = NULL;
  g_autoptr (UlakOutcome) outcome = NULL;

  ulak_node_builder_add_text (builder, "reason", "403");
  ulak_node_builder_add_text (builder, "logout_message_header", "Your account\nis locked");
  ulak_node_builder_add_text (builder, "logout_message_subtext", endless);
  node = ulak_node_builder_end (builder, NULL);
  outcome = ulak_outcome_from_node (node);
  g_assert_nonnull (strstr (outcome->message, "Your accountis locked: xxx"));
  g_assert_cmpuint (strlen (outcome->message), <, 500);
}

static void
test_errors (void)
{
  g_autoptr (GError) certificate = g_error_new (ULAK_ERROR, ULAK_ERROR_NOT_ALLOWED, "forged");
  g_autoptr (GError) cut = g_error_new (ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "cut");
  g_autoptr (UlakOutcome) a = ulak_outcome_from_error (certificate), b = ulak_outcome_from_error (cut);

  g_assert_cmpint (a->kind, ==, ULAK_OUTCOME_CERTIFICATE);
  g_assert_cmpstr (a->error_code, ==, "E_WA_CERTIFICATE");
  g_assert_cmpint (b->kind, ==, ULAK_OUTCOME_RETRY);
  g_assert_cmpstr (b->message, ==, "cut");
}

static void
test_what_follows (void)
{
  static const struct
  {
    UlakOutcomeKind kind;
    gboolean ends, drops_keys;
  } expected[] = {
    { ULAK_OUTCOME_RETRY, FALSE, FALSE },     { ULAK_OUTCOME_RESTART, FALSE, FALSE },    { ULAK_OUTCOME_SLOW_RETRY, FALSE, FALSE },
    { ULAK_OUTCOME_ACK_MISSING, FALSE, FALSE }, { ULAK_OUTCOME_LOGGED_OUT, TRUE, TRUE },  { ULAK_OUTCOME_LOCKED, TRUE, TRUE },
    { ULAK_OUTCOME_REPLACED, TRUE, FALSE },   { ULAK_OUTCOME_OUTDATED, TRUE, FALSE },    { ULAK_OUTCOME_BANNED, TRUE, FALSE },
    { ULAK_OUTCOME_REFUSED, TRUE, FALSE },    { ULAK_OUTCOME_CERTIFICATE, FALSE, FALSE }, { ULAK_OUTCOME_UNPAIRED, TRUE, FALSE },
    { ULAK_OUTCOME_LOCAL, FALSE, FALSE },
  };

  g_assert_cmpuint (G_N_ELEMENTS (expected), ==, ULAK_N_OUTCOMES);
  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_assert_cmpint (ulak_outcome_kind_ends (expected[i].kind), ==, expected[i].ends);
      g_assert_cmpint (ulak_outcome_kind_drops_keys (expected[i].kind), ==, expected[i].drops_keys);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *name = g_strdup_printf ("/link-outcome/%s %u with %s %s has its outcome", rows[i].tag, rows[i].code,
                                               rows[i].child == NULL ? "nothing" : rows[i].child, rows[i].type == NULL ? "" : rows[i].type);

      g_test_add_data_func (name, &rows[i], test_row);
    }
  g_test_add_func ("/link-outcome/a ban says why and until when", test_bans);
  g_test_add_func ("/link-outcome/a ban that says nonsense has no end", test_ban_without_end);
  g_test_add_func ("/link-outcome/a lock shows the server's text, cut and cleaned", test_text_of_lock);
  g_test_add_func ("/link-outcome/a broken connection is told from a false server", test_errors);
  g_test_add_func ("/link-outcome/each outcome says whether it ends and what it drops", test_what_follows);
  return g_test_run ();
}
