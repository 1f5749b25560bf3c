/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/router.h"

#include "core/error.h"

#include <string.h>

#define API_PREFIX "api"
#define API_VERSION "v1"
#define SEGMENTS_MAX 12

void
ulak_match_clear (UlakMatch *self)
{
  for (guint i = 0; i < ULAK_ROUTE_PARAMETERS_MAX; i++)
    g_clear_pointer (&self->parameters[i], g_free);
  g_clear_pointer (&self->allow, g_free);
}

static char *
decode_segment (const char *raw)
{
  g_autofree char *text = g_uri_unescape_string (raw, NULL);

  if (text == NULL || !g_utf8_validate (text, -1, NULL) || strcmp (text, ".") == 0 || strcmp (text, "..") == 0)
    return NULL;
  return g_steal_pointer (&text);
}

/**
 * ulak_path_split:
 * @raw_path: the path of a request target, still encoded
 *
 * Returns: (transfer full): the decoded segments, with the API's version put in where it is left out; %NULL with
 *   %ULAK_ERROR_INVALID
 */
GStrv
ulak_path_split (const char *raw_path, GError **error)
{
  g_auto (GStrv) raw = g_strsplit (raw_path, "/", SEGMENTS_MAX + 1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  gboolean is_versioned = TRUE;
  guint n_segments = 0;

  for (guint i = 0; raw[i] != NULL; i++)
    {
      g_autofree char *segment = decode_segment (raw[i]);

      if (segment == NULL || i >= SEGMENTS_MAX)
        {
          g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_INVALID,
                               "The path is too deep, badly encoded or has a dot segment");
          return NULL;
        }
      if (*segment == '\0')
        continue;
      if (n_segments == 0)
        is_versioned = strcmp (segment, API_PREFIX) != 0;
      if (n_segments == 1 && !is_versioned && strcmp (segment, API_VERSION) != 0)
        g_strv_builder_add (builder, API_VERSION);
      g_strv_builder_add (builder, segment);
      n_segments++;
    }
  return g_strv_builder_end (builder);
}

static gboolean
is_parameter (const char *pattern)
{
  return *pattern == '{';
}

/* Compares one pattern with the segments; parameters point into segments. */
static gboolean
match_pattern (const char *pattern, const char *const *segments, const char **parameters_out)
{
  guint n_parameters = 0, i = 0;

  for (; *pattern == '/' && pattern[1] != '\0'; i++)
    {
      const char *start = pattern + 1;
      gsize length = strcspn (start, "/");

      if (segments[i] == NULL)
        return FALSE;
      if (is_parameter (start))
        {
          g_assert (n_parameters < ULAK_ROUTE_PARAMETERS_MAX);
          parameters_out[n_parameters++] = segments[i];
        }
      else if (strncmp (start, segments[i], length) != 0 || segments[i][length] != '\0')
        return FALSE;
      pattern = start + length;
    }
  return segments[i] == NULL;
}

static gboolean
method_matches (const char *route_method, const char *method)
{
  return strcmp (route_method, method) == 0
         || (strcmp (method, "HEAD") == 0 && strcmp (route_method, "GET") == 0);
}

static void
add_allowed (GString *allow, const char *method)
{
  g_string_append_printf (allow, "%s%s", allow->len == 0 ? "" : ", ", method);
  if (strcmp (method, "GET") == 0)
    g_string_append (allow, ", HEAD");
}

/**
 * ulak_router_match:
 * @routes: a table, ended by a route without a method
 * @segments: from ulak_path_split()
 * @match_out: to be cleared by the caller
 */
void
ulak_router_match (const UlakRoute *routes, const char *method, const char *const *segments, UlakMatch *match_out)
{
  g_autoptr (GString) allow = g_string_new (NULL);

  memset (match_out, 0, sizeof *match_out);
  for (const UlakRoute *route = routes; route->method != NULL; route++)
    {
      const char *parameters[ULAK_ROUTE_PARAMETERS_MAX] = { NULL };

      if (!match_pattern (route->pattern, segments, parameters))
        continue;
      add_allowed (allow, route->method);
      if (!method_matches (route->method, method))
        continue;

      match_out->route = route;
      for (guint i = 0; i < ULAK_ROUTE_PARAMETERS_MAX; i++)
        match_out->parameters[i] = g_strdup (parameters[i]);
      return;
    }
  if (allow->len > 0)
    match_out->allow = g_string_free (g_steal_pointer (&allow), FALSE);
}
