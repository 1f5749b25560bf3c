/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/error-status.h"
#include "api/router.h"

static const UlakRoute routes[] = {
  { "GET", "/healthz", ULAK_SCOPE_OPEN, ULAK_BODY_JSON, NULL },
  { "GET", "/api/v1/accounts", ULAK_SCOPE_READ, ULAK_BODY_JSON, NULL },
  { "POST", "/api/v1/accounts", ULAK_SCOPE_MANAGE, ULAK_BODY_JSON, NULL },
  { "GET", "/api/v1/accounts/{id}/chats/{chat}/messages", ULAK_SCOPE_READ, ULAK_BODY_JSON, NULL },
  { NULL },
};

static void
find (const char *method, const char *path, UlakMatch *match_out)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) segments = ulak_path_split (path, &error);

  g_assert_no_error (error);
  ulak_router_match (routes, method, (const char *const *) segments, match_out);
}

static void
test_parameters (void)
{
  g_auto (UlakMatch) match = { 0 };

  find ("GET", "/api/v1/accounts/sales/chats/9053%2F21%20a/messages", &match);
  g_assert_true (match.route == &routes[3]);
  g_assert_cmpstr (match.parameters[0], ==, "sales");
  g_assert_cmpstr (match.parameters[1], ==, "9053/21 a");
  g_assert_null (match.parameters[2]);
}

static void
test_alias (void)
{
  const char *const paths[] = { "/api/accounts", "/api/v1/accounts", "//api//v1/accounts/", "/%61pi/accounts" };

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_auto (UlakMatch) match = { 0 };

      find ("POST", paths[i], &match);
      g_assert_true (match.route == &routes[2]);
    }
}

static void
test_head (void)
{
  g_auto (UlakMatch) match = { 0 };

  find ("HEAD", "/healthz", &match);
  g_assert_true (match.route == &routes[0]);
}

static void
test_wrong_method (void)
{
  g_auto (UlakMatch) match = { 0 };

  find ("DELETE", "/api/v1/accounts", &match);
  g_assert_null (match.route);
  g_assert_cmpstr (match.allow, ==, "GET, HEAD, POST");
}

static void
test_unknown (void)
{
  const char *const paths[] = { "/", "", "/api/v1", "/api/v2/accounts", "/api/v1/accountsx", "/v1/accounts", "/healthz/x" };

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_auto (UlakMatch) match = { 0 };

      find ("GET", paths[i], &match);
      g_assert_null (match.route);
      g_assert_null (match.allow);
    }
}

static void
test_bad_paths (void)
{
  const char *const paths[] = { "/api/../healthz", "/%2e%2e/healthz", "/./healthz", "/a/%00", "/a/%zz", "/a/%ff",
                                "/1/2/3/4/5/6/7/8/9/10/11/12/13/14" };

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (GError) error = NULL;
      g_auto (GStrv) segments = ulak_path_split (paths[i], &error);

      g_assert_null (segments);
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
    }
}

static void
test_errors (void)
{
  gsize n = 0;
  const UlakErrorStatus *table = ulak_error_status_table (&n);

  g_assert_cmpuint (n, ==, ULAK_N_ERRORS);
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GError) error = g_error_new_literal (ULAK_ERROR, (int) i, "x");

      g_assert_cmpint (table[i].error, ==, i);
      g_assert_true (ulak_error_status_get (error) == &table[i]);
      g_assert_cmpuint (table[i].status, >=, 400);
      g_assert_cmpuint (table[i].status, <, 600);
      g_assert_true (g_str_has_prefix (table[i].code, "E_"));
    }
}

static void
test_foreign_error (void)
{
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "x");

  g_assert_cmpuint (ulak_error_status_get (error)->status, ==, 500);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/router/parameters are decoded and in order", test_parameters);
  g_test_add_func ("/router/paths without a version mean the current one", test_alias);
  g_test_add_func ("/router/HEAD takes the route of GET", test_head);
  g_test_add_func ("/router/a wrong method names the allowed ones", test_wrong_method);
  g_test_add_func ("/router/unknown paths have no route", test_unknown);
  g_test_add_func ("/router/dot segments and bad encodings are refused", test_bad_paths);
  g_test_add_func ("/router/every error has a status and a code", test_errors);
  g_test_add_func ("/router/a foreign error is internal", test_foreign_error);
  return g_test_run ();
}
