/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Link probe: one link, and nothing else of a line, for test_link.py.
 *
 *   link-probe DATABASE SERVER_URL ROOT_KEY CA_FILE
 *
 * Each state is a line of JSON on standard output. Standard input takes a command a line: "code PHONE", "status",
 * "available", "logout", "quit"; its end quits, too.
 */
#include "core/clock.h"
#include "core/random.h"
#include "whatsapp/link/link.h"
#include "whatsapp/link/roots.h"
#include "whatsapp/session/session.h"

#include <gio/gunixinputstream.h>
#include <json-glib/json-glib.h>
#include <string.h>

#define MASTER "0123456789abcdef0123456789abcdef"

static const char *const migrations[] = { "/org/ulak/sql/whatsapp/migrations/0001-session.sql", NULL };

typedef struct
{
  char **arguments;
  GMainLoop *loop;
  UlakClock *clock;
  UlakStore *store;
  UlakSeal *seal;
  UlakLink *link;
  GDataInputStream *commands;
} Probe;

static void
print_builder (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autofree char *text = json_to_string (root, FALSE);

  g_print ("%s\n", text);
}

static void
add_text (JsonBuilder *builder, const char *name, const char *text)
{
  if (text == NULL)
    return;
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, text);
}

static void
add_number (JsonBuilder *builder, const char *name, gint64 number)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, number);
}

static void
print_event (const char *event, const char *text)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  add_text (builder, "event", event);
  add_text (builder, "text", text);
  json_builder_end_object (builder);
  print_builder (builder);
}

static void
state_cb (UlakLink *link G_GNUC_UNUSED, const UlakLinkState *state, gpointer user_data G_GNUC_UNUSED)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  add_text (builder, "event", ulak_link_phase_to_string (state->phase));
  add_text (builder, "text", state->text);
  if (state->outcome != NULL)
    {
      add_text (builder, "error", state->outcome->error_code);
      add_text (builder, "message", state->outcome->message);
    }
  json_builder_end_object (builder);
  print_builder (builder);
}

static void
print_status (Probe *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  UlakLinkStatus status;

  ulak_link_get_status (self->link, &status);
  json_builder_begin_object (builder);
  add_text (builder, "event", "status");
  add_text (builder, "phase", ulak_link_phase_to_string (status.phase));
  add_number (builder, "connect_ms", status.connect_ms);
  add_number (builder, "ready_ms", status.ready_ms);
  add_number (builder, "frame_age_ms", status.frame_age_ms);
  add_number (builder, "reconnects", (gint64) status.reconnects);
  add_number (builder, "frames_in", (gint64) status.frames_in);
  add_number (builder, "frames_out", (gint64) status.frames_out);
  json_builder_end_object (builder);
  print_builder (builder);
}

static void
code_cb (GObject *source, GAsyncResult *result, gpointer user_data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *code = ulak_link_request_code_finish (ULAK_LINK (source), result, &error);

  print_event (code == NULL ? "refused" : "answer", code == NULL ? error->message : code);
}

static void
logout_cb (GObject *source, GAsyncResult *result, gpointer user_data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;

  print_event (ulak_link_logout_finish (ULAK_LINK (source), result, &error) ? "logged-out" : "refused",
               error == NULL ? NULL : error->message);
}

static void read_command (Probe *self);

static void
obey (Probe *self, const char *line)
{
  if (g_str_has_prefix (line, "code "))
    ulak_link_request_code_async (self->link, line + strlen ("code "), code_cb, self);
  else if (strcmp (line, "status") == 0)
    print_status (self);
  else if (strcmp (line, "available") == 0)
    ulak_link_set_available (self->link, TRUE);
  else if (strcmp (line, "logout") == 0)
    ulak_link_logout_async (self->link, logout_cb, self);
  else
    g_main_loop_quit (self->loop);
}

static void
command_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Probe *self = user_data;
  g_autofree char *line = g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (source), result, NULL, NULL);

  if (line == NULL)
    {
      g_main_loop_quit (self->loop);
      return;
    }
  obey (self, line);
  read_command (self);
}

static void
read_command (Probe *self)
{
  g_data_input_stream_read_line_async (self->commands, G_PRIORITY_DEFAULT, NULL, command_cb, self);
}

static void
start_link (Probe *self)
{
  g_autoptr (UlakRandom) random = ulak_random_system_new ();
  g_autoptr (GError) error = NULL;
  const UlakLinkOptions options = {
    .store = self->store,
    .seal = self->seal,
    .clock = self->clock,
    .random = random,
    .server_url = self->arguments[2],
    .root_key = self->arguments[3],
    .state_changed = state_cb,
    .user_data = self,
  };

  self->link = ulak_link_new (&options, &error);
  if (self->link == NULL)
    g_error ("%s", error->message);
  ulak_link_start (self->link);
}

static void
opened_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  Probe *self = user_data;
  g_autoptr (GError) error = NULL;

  self->store = ulak_store_open_finish (result, &error);
  if (self->store == NULL)
    g_error ("%s", error->message);
  start_link (self);
}

static void
closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ulak_store_close_finish (ULAK_STORE (source), result, NULL);
  g_main_loop_quit (((Probe *) user_data)->loop);
}

static void
close_down (Probe *self)
{
  g_clear_object (&self->link);
  if (self->store != NULL)
    {
      ulak_store_close_async (self->store, closed_cb, self);
      g_main_loop_run (self->loop);
    }
  g_clear_object (&self->store);
}

int
main (int argc, char **argv)
{
  g_autoptr (GInputStream) input = g_unix_input_stream_new (0, FALSE);
  g_autoptr (UlakSecret) master = ulak_secret_new (MASTER, strlen (MASTER));
  g_autoptr (GError) error = NULL;
  Probe probe = { .arguments = argv };
  UlakStoreOptions options = { .migrations = migrations, .migrate = TRUE };

  if (argc != 5)
    return 2;
  if (!ulak_roots_install (argv[4], &error))
    g_error ("%s", error->message);
  probe.loop = g_main_loop_new (NULL, FALSE);
  probe.clock = ulak_clock_system_new ();
  probe.seal = ulak_seal_new_for_key (master, ULAK_CREDENTIALS_SEAL_PURPOSE, &error);
  probe.commands = g_data_input_stream_new (input);
  options.path = argv[1];
  ulak_session_register_sql ();
  ulak_store_open_async (&options, NULL, opened_cb, &probe);
  read_command (&probe);
  g_main_loop_run (probe.loop);
  close_down (&probe);
  ulak_seal_free (probe.seal);
  g_object_unref (probe.clock);
  g_object_unref (probe.commands);
  g_main_loop_unref (probe.loop);
  return 0;
}
