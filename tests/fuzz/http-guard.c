/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * First line: method and path; then "name: value" lines. Whatever they are, a request that is called sound has at most one
 * length, or one coding, and never both; a path that is taken has no dot segment.
 */
#include "api/http-guard.h"
#include "api/router.h"

#include "fuzz/target.h"

#include <string.h>

static void
check_path (const char *path)
{
  g_auto (GStrv) segments = ulak_path_split (path, NULL);

  for (guint i = 0; segments != NULL && segments[i] != NULL; i++)
    {
      g_assert_cmpstr (segments[i], !=, "");
      g_assert_cmpstr (segments[i], !=, ".");
      g_assert_cmpstr (segments[i], !=, "..");
      g_assert_true (g_utf8_validate (segments[i], -1, NULL));
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size_bytes)
{
  g_autofree char *text = g_strndup ((const char *) bytes, size_bytes);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  char *space = lines[0] == NULL ? NULL : strchr (lines[0], ' ');
  guint n_lengths = 0, n_codings = 0;
  UlakHttpGuard guard;

  if (space == NULL)
    return 0;
  *space = '\0';
  check_path (space + 1);
  ulak_http_guard_init (&guard, lines[0]);
  for (guint i = 1; lines[i] != NULL; i++)
    {
      char *colon = strstr (lines[i], ": ");

      if (colon == NULL)
        continue;
      *colon = '\0';
      n_lengths += g_ascii_strcasecmp (lines[i], "Content-Length") == 0;
      n_codings += g_ascii_strcasecmp (lines[i], "Transfer-Encoding") == 0;
      ulak_http_guard_field (&guard, lines[i], colon + 2);
    }
  if (ulak_http_guard_end (&guard) == NULL)
    g_assert_cmpuint (n_lengths + n_codings, <=, 1);
  return 0;
}
