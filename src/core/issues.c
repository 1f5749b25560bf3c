/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/issues.h"

#include "core/error.h"

#include <string.h>

struct _UlakIssues
{
  GPtrArray *lines; /* (owned) (element-type utf8): "path: sentence", no line breaks inside */
};

UlakIssues *
ulak_issues_new (void)
{
  UlakIssues *self = g_new0 (UlakIssues, 1);

  self->lines = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
ulak_issues_free (UlakIssues *self)
{
  if (self == NULL)
    return;

  g_ptr_array_unref (self->lines);
  g_free (self);
}

/**
 * ulak_issues_add:
 * @self: issues
 * @path: where, as "field.inner[2]"; "" is the whole document
 * @format: a printf format for the sentence: what is wrong and what is allowed
 *
 * Adds an issue. Beyond %ULAK_ISSUES_MAX further ones are dropped: nobody reads the fifty-first.
 */
void
ulak_issues_add (UlakIssues *self, const char *path, const char *format, ...)
{
  va_list args;
  g_autofree char *sentence = NULL;
  char *line;

  if (self->lines->len >= ULAK_ISSUES_MAX)
    return;

  va_start (args, format);
  sentence = g_strdup_vprintf (format, args);
  va_end (args);

  line = g_strdup_printf ("%s: %s", *path == '\0' ? "." : path, sentence);
  g_strdelimit (line, "\r\n", ' ');
  g_ptr_array_add (self->lines, line);
}

guint
ulak_issues_count (const UlakIssues *self)
{
  return self->lines->len;
}

/**
 * ulak_issues_to_error:
 *
 * Returns: %TRUE if there is no issue; otherwise %FALSE with %ULAK_ERROR_INVALID listing them all
 */
gboolean
ulak_issues_to_error (const UlakIssues *self, GError **error)
{
  g_autoptr (GString) text = NULL;

  if (self->lines->len == 0)
    return TRUE;

  text = g_string_new (NULL);
  for (guint i = 0; i < self->lines->len; i++)
    g_string_append_printf (text, "%s%s", i == 0 ? "" : "\n", (const char *) self->lines->pdata[i]);
  g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_INVALID, text->str);
  return FALSE;
}

/**
 * ulak_issues_foreach_in_error:
 * @error: an %ULAK_ERROR_INVALID, from here or from the bus (already stripped)
 * @func: called once for each issue
 *
 * Takes the issues out of an error again. A line without a path is reported with path ".".
 */
void
ulak_issues_foreach_in_error (const GError *error, UlakIssueFunc func, gpointer user_data)
{
  g_auto (GStrv) lines = g_strsplit (error->message, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *colon = strstr (lines[i], ": ");

      if (colon != NULL && memchr (lines[i], ' ', (gsize) (colon - lines[i])) == NULL)
        {
          *colon = '\0';
          func (lines[i], colon + 2, user_data);
        }
      else if (*lines[i] != '\0')
        func (".", lines[i], user_data);
    }
}
