/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Issues: what is wrong with an input, all of it at once.
 *
 * A validator adds one issue for each bad field: a JSON-style path ("image.link") and a sentence that says what is
 * wrong and what is allowed. Issues cross the bus inside the message of an ULAK_ERROR_INVALID, one "path: sentence"
 * per line, and the HTTP API turns them back into its issues[] array. At most ULAK_ISSUES_MAX are kept.
 */
#pragma once

#include <glib.h>

#define ULAK_ISSUES_MAX 50

typedef struct _UlakIssues UlakIssues;

typedef void (*UlakIssueFunc) (const char *path, const char *message, gpointer user_data);

UlakIssues *ulak_issues_new (void);
void ulak_issues_free (UlakIssues *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakIssues, ulak_issues_free)

void ulak_issues_add (UlakIssues *self, const char *path, const char *format, ...) G_GNUC_PRINTF (3, 4);
guint ulak_issues_count (const UlakIssues *self);
gboolean ulak_issues_to_error (const UlakIssues *self, GError **error);

void ulak_issues_foreach_in_error (const GError *error, UlakIssueFunc func, gpointer user_data);
