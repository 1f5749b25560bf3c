/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A walk over the one table of routes.
 */
#include "api/router.h"

#include <string.h>

static const char *const open_routes[] = { "/healthz", "/readyz", "/webhooks/whatsapp/{id}", NULL };

/* The path of a pattern with something in the place of each parameter. */
static char *
make_path (const char *pattern)
{
  g_auto (GStrv) parts = g_strsplit (pattern, "/", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    if (*parts[i] == '{')
      {
        g_free (parts[i]);
        parts[i] = g_strdup ("abc");
      }
  return g_strjoinv ("/", parts);
}

static void
find (const char *method, const char *path, UlakMatch *match_out)
{
  g_auto (GStrv) segments = ulak_path_split (path, NULL);

  ulak_router_match (ulak_routes_get (), method, (const char *const *) segments, match_out);
}

static void
test_reachable (void)
{
  for (const UlakRoute *route = ulak_routes_get (); route->method != NULL; route++)
    {
      g_autofree char *path = make_path (route->pattern);
      g_auto (UlakMatch) match = { 0 };

      g_assert_nonnull (route->handler);
      find (route->method, path, &match);
      g_assert_true (match.route == route);
    }
}

static void
test_aliases (void)
{
  for (const UlakRoute *route = ulak_routes_get (); route->method != NULL; route++)
    if (g_str_has_prefix (route->pattern, "/api/v1/"))
      {
        g_autofree char *path = make_path (route->pattern), *alias = g_strconcat ("/api/", path + strlen ("/api/v1/"), NULL);
        g_auto (UlakMatch) match = { 0 };

        find (route->method, alias, &match);
        g_assert_true (match.route == route);
      }
}

static void
test_scopes (void)
{
  for (const UlakRoute *route = ulak_routes_get (); route->method != NULL; route++)
    g_assert_cmpint (route->scope == ULAK_SCOPE_OPEN, ==, g_strv_contains (open_routes, route->pattern));
}

static void
test_wrong_methods (void)
{
  for (const UlakRoute *route = ulak_routes_get (); route->method != NULL; route++)
    {
      g_autofree char *path = make_path (route->pattern);
      g_auto (UlakMatch) match = { 0 };

      find ("OPTIONS", path, &match);
      g_assert_null (match.route);
      g_assert_nonnull (strstr (match.allow, route->method));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/routes/every route is reached by its own path", test_reachable);
  g_test_add_func ("/routes/every versioned route has its alias", test_aliases);
  g_test_add_func ("/routes/only probes and callbacks ask for no key", test_scopes);
  g_test_add_func ("/routes/every path names its methods", test_wrong_methods);
  return g_test_run ();
}
