/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * docs/http.md has a row for each route and each error, and no other rows of these forms.
 */
#include "api/error-status.h"
#include "api/router.h"

#include <string.h>

static char *page;

static const char *
get_scope_word (UlakScope scope)
{
  switch (scope)
    {
    case ULAK_SCOPE_OPEN:
      return "open";
    case ULAK_SCOPE_OPTIONAL:
      return "optional";
    case ULAK_SCOPE_METRICS:
      return "metrics";
    case ULAK_SCOPE_READ:
      return "read";
    case ULAK_SCOPE_SEND:
      return "send";
    case ULAK_SCOPE_MANAGE:
      return "manage";
    case ULAK_SCOPE_WEBHOOKS:
      return "webhooks";
    case ULAK_SCOPE_SECRETS:
      return "secrets";
    }
  g_return_val_if_reached (NULL);
}

static guint
count_rows (const char *pattern)
{
  g_autoptr (GRegex) row = g_regex_new (pattern, G_REGEX_MULTILINE, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  guint n = 0;

  for (g_regex_match (row, page, 0, &match); g_match_info_matches (match); g_match_info_next (match, NULL))
    n++;
  return n;
}

static void
check_row (const char *row)
{
  if (strstr (page, row) == NULL)
    g_error ("docs/http.md has no row ‘%s’", row + 1);
}

static void
test_routes (void)
{
  guint n = 0;

  for (const UlakRoute *route = ulak_routes_get (); route->method != NULL; route++, n++)
    {
      g_autofree char *row
          = g_strdup_printf ("\n| %s | `%s` | %s | ", route->method, route->pattern, get_scope_word (route->scope));

      check_row (row);
    }
  g_assert_cmpuint (count_rows ("^\\| [A-Z]+ \\| `/"), ==, n);
}

static void
check_error (GHashTable *codes, const char *code, guint status)
{
  g_autofree char *row = g_strdup_printf ("\n| `%s` | %u | ", code, status);

  check_row (row);
  g_hash_table_add (codes, (gpointer) code);
}

static void
test_errors (void)
{
  g_autoptr (GHashTable) codes = g_hash_table_new (g_str_hash, g_str_equal);
  gsize n;
  const UlakErrorStatus *table = ulak_error_status_table (&n);

  for (gsize i = 0; i < n; i++)
    check_error (codes, table[i].code, table[i].status);
  for (guint fault = 0; fault < ULAK_N_HTTP_FAULTS; fault++)
    {
      const UlakHttpFaultStatus *entry = ulak_http_fault_get_status (fault);

      check_error (codes, entry->code, entry->status);
    }
  g_assert_cmpuint (count_rows ("^\\| `E_"), ==, g_hash_table_size (codes));
}

static void
test_retry (void)
{
  gsize n;
  const UlakErrorStatus *table = ulak_error_status_table (&n);

  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *pattern = g_strdup_printf ("^\\| `%s` \\|.*`Retry-After`", table[i].code);

      g_assert_cmpuint (count_rows (pattern), ==, table[i].retry_after_s > 0 ? 1 : 0);
    }
}

int
main (int argc, char **argv)
{
  g_autofree char *path = g_build_filename (g_getenv ("G_TEST_SRCDIR"), "../../docs/http.md", NULL);
  int status;

  g_test_init (&argc, &argv, NULL);
  g_assert_true (g_file_get_contents (path, &page, NULL, NULL));
  g_test_add_func ("/http-page/every route has its row", test_routes);
  g_test_add_func ("/http-page/every error has its row", test_errors);
  g_test_add_func ("/http-page/errors that carry Retry-After say so", test_retry);
  status = g_test_run ();
  g_free (page);
  return status;
}
