/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Lines: what the processes org.ulak.Account.* say of themselves, and what systemd says of their units.
 *
 * A line whose bus name is owned tells its own state; otherwise its unit decides between stopped, starting and failed.
 * Names and properties are followed by signals, so that reading a state never waits; only the owner of a name is
 * believed. Units are asked about when somebody looks. Starting and stopping goes through systemd's D-Bus API, where the
 * polkit rule for user ulak allows start, stop, restart and reset-failed of lines and nothing else.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define ULAK_TYPE_LINES (ulak_lines_get_type ())
G_DECLARE_FINAL_TYPE (UlakLines, ulak_lines, ULAK, LINES, GObject)

/* Signal "changed" (const char *account): its name came or went, or its state moved. */
UlakLines *ulak_lines_new (GDBusConnection *connection);

void ulak_lines_start_async (UlakLines *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_lines_start_finish (UlakLines *self, GAsyncResult *result, GError **error);

typedef struct
{
  const char *state;
  const char *last_error; /* "" for none */
  guint queue_depth;
  guint held;
} UlakLineFacts;

gboolean ulak_lines_is_present (UlakLines *self, const char *account);
gboolean ulak_lines_is_coming (UlakLines *self, const char *account); /* its unit is up or on its way up */
void ulak_lines_get_facts (UlakLines *self, const char *account, UlakLineFacts *facts_out); /* valid until the next turn */
const char *ulak_lines_get_owner (UlakLines *self, const char *account); /* (nullable): unique bus name */
GStrv ulak_lines_list_present (UlakLines *self);

/* Brings what is known of units up to date; without an answer from systemd nothing is known of them. */
void ulak_lines_refresh_units_async (UlakLines *self, GAsyncReadyCallback callback, gpointer user_data);
void ulak_lines_refresh_units_finish (UlakLines *self, GAsyncResult *result);

void ulak_lines_start_unit_async (UlakLines *self, const char *network, const char *account, GAsyncReadyCallback callback, gpointer user_data);
void ulak_lines_stop_unit_async (UlakLines *self, const char *network, const char *account, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_lines_unit_finish (UlakLines *self, GAsyncResult *result, GError **error);

G_END_DECLS
