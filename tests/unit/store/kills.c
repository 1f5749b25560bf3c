/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A writer in a process of its own is killed with SIGKILL while works are under way. Whatever it acknowledged
 * on its standard output is there afterwards, nothing is there by half, and the lock died with it.
 */
#include "fixture.h"

#include <string.h>
#include <unistd.h>

#define N_KILLS 8
#define ACKNOWLEDGED_BEFORE_KILL 40
#define CALLERS 8

typedef struct
{
  UlakStore *store;
  guint next;
} Writer;

static void add_next (Writer *self);

/* One line in one write(), so that a kill never leaves half of it. */
static void
acknowledge_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree char *line = NULL;
  const char *name = ulak_store_finish (ULAK_STORE (source), result, NULL);

  g_assert_nonnull (name);
  line = g_strdup_printf ("%s\n", name);
  g_assert_cmpint (write (STDOUT_FILENO, line, strlen (line)), ==, (gssize) strlen (line));
  add_next (user_data);
}

static void
add_next (Writer *self)
{
  g_autofree char *name = g_strdup_printf ("%d-%u", (int) getpid (), self->next++);

  ulak_store_write_async (self->store, work_add_letter, g_steal_pointer (&name), g_free, acknowledge_cb,
                          self);
}

static int
run_writer (char *path)
{
  const UlakStoreOptions options = { .path = path, .migrations = migrations_v2, .migrate = TRUE };
  g_autoptr (GError) error = NULL;
  Writer writer = { NULL, 0 };

  writer.store = fixture_open_with (NULL, &options, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < CALLERS; i++)
    add_next (&writer);
  while (TRUE)
    g_main_context_iteration (NULL, TRUE);
  return 0;
}

static void
read_lines (GDataInputStream *lines, guint n, GPtrArray *names)
{
  char *name;

  for (guint i = 0; i < n && (name = g_data_input_stream_read_line (lines, NULL, NULL, NULL)) != NULL; i++)
    g_ptr_array_add (names, name);
}

static void
write_and_kill (Fixture *self, const char *program, GPtrArray *names)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process =
      g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, program, "--writer", self->path, NULL);
  g_autoptr (GDataInputStream) lines = NULL;

  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  read_lines (lines, ACKNOWLEDGED_BEFORE_KILL, names);
  g_subprocess_force_exit (process);
  read_lines (lines, G_MAXUINT, names); /* what it still said before it died */
  g_assert_true (g_subprocess_wait (process, NULL, &error));
  g_assert_true (g_subprocess_get_if_signaled (process));
}

static gint64
count_name (Fixture *self, const char *name)
{
  g_autofree char *sql = g_strdup_printf ("SELECT count(*) FROM letters WHERE name = '%s'", name);

  return raw_get_integer (self->path, sql);
}

static void
test_kills (Fixture *self, gconstpointer program)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < N_KILLS; i++)
    write_and_kill (self, program, names);
  g_assert_cmpuint (names->len, >=, N_KILLS * ACKNOWLEDGED_BEFORE_KILL);

  fixture_open (self);
  for (guint i = 0; i < names->len; i++)
    g_assert_cmpint (count_name (self, g_ptr_array_index (names, i)), ==, 1);
  /* What was under way may be there unacknowledged, but no more than the callers that waited at each kill. */
  g_assert_cmpint (fixture_count_letters (self), <=, names->len + N_KILLS * CALLERS);
  fixture_close (self);
  g_assert_true (ulak_store_check_file (self->path, &error));
  g_assert_no_error (error);
}

int
main (int argc, char *argv[])
{
  if (argc == 3 && g_str_equal (argv[1], "--writer"))
    return run_writer (argv[2]);

  g_test_init (&argc, &argv, NULL);
  g_test_add ("/store/kills/what a killed writer acknowledged is there", Fixture, argv[0], fixture_set_up,
              test_kills, fixture_tear_down);
  return g_test_run ();
}
