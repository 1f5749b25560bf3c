/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A real notify socket, read by the test: what systemd would see, byte by byte.
 */
#include "service/notify.h"

#include "service/watchdog.h"
#include "unit/fakes/clock.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct
{
  char *folder; /* (owned) */
  char *path;   /* (owned) */
  int fd;
  UlakFakeClock *clock; /* (owned) */
} Fixture;

static void
set_up (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  self->folder = g_dir_make_tmp ("ulak-notify-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "notify", NULL);
  self->fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  g_assert_cmpint (self->fd, >=, 0);
  g_strlcpy (address.sun_path, self->path, sizeof address.sun_path);
  g_assert_cmpint (bind (self->fd, (const struct sockaddr *) &address, sizeof address), ==, 0);
  g_setenv ("NOTIFY_SOCKET", self->path, TRUE);
  self->clock = ulak_fake_clock_new ();
}

static void
tear_down (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  char byte;

  /* Nothing else was said. */
  g_assert_cmpint (recv (self->fd, &byte, 1, 0), ==, -1);
  g_assert_cmpint (errno, ==, EAGAIN);
  g_unsetenv ("NOTIFY_SOCKET");
  g_unsetenv ("WATCHDOG_USEC");
  g_unsetenv ("WATCHDOG_PID");
  close (self->fd);
  g_unlink (self->path);
  g_rmdir (self->folder);
  g_free (self->path);
  g_free (self->folder);
  g_object_unref (self->clock);
}

static void
assert_said (Fixture *self, const char *expected)
{
  char text[4096] = "";

  g_assert_cmpint (recv (self->fd, text, sizeof text - 1, 0), >, 0);
  g_assert_cmpstr (text, ==, expected);
}

static void
test_ready_comes_with_a_status (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  ulak_notify_ready ("Serving");
  assert_said (self, "READY=1\nSTATUS=Serving");
}

static void
test_a_status_cannot_smuggle_an_assignment (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  ulak_notify_status ("a\nMAINPID=1\r\nb");
  assert_said (self, "STATUS=a MAINPID=1  b");
}

static void
test_reloading_carries_the_monotonic_time (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *expected = NULL;

  ulak_fake_clock_advance_ms (self->clock, 1234);
  expected
      = g_strdup_printf ("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT "\nSTATUS=Reading the configuration again",
                         ulak_clock_get_monotonic_us (ULAK_CLOCK (self->clock)));
  ulak_notify_reloading (ULAK_CLOCK (self->clock));
  assert_said (self, expected);
}

static void
test_stopping_comes_with_a_status (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  ulak_notify_stopping ("Finishing");
  assert_said (self, "STOPPING=1\nSTATUS=Finishing");
}

static void
test_the_watchdog_is_fed_at_half_of_its_time (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakWatchdog) watchdog = NULL;

  g_setenv ("WATCHDOG_USEC", "2000000", TRUE);
  watchdog = ulak_watchdog_new (ULAK_CLOCK (self->clock));
  assert_said (self, "WATCHDOG=1");
  g_assert_cmpint (ulak_fake_clock_get_next_delay_us (self->clock), ==, 1000000);
  ulak_fake_clock_advance_ms (self->clock, 999);
  ulak_fake_clock_advance_ms (self->clock, 1);
  assert_said (self, "WATCHDOG=1");
  ulak_fake_clock_advance_ms (self->clock, 2000);
  assert_said (self, "WATCHDOG=1");
  assert_said (self, "WATCHDOG=1");
  g_clear_pointer (&watchdog, ulak_watchdog_free);
  g_assert_cmpuint (ulak_fake_clock_count_timers (self->clock), ==, 0);
}

static void
test_a_watchdog_of_another_process_is_not_fed (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakWatchdog) watchdog = NULL;

  g_setenv ("WATCHDOG_USEC", "2000000", TRUE);
  g_setenv ("WATCHDOG_PID", "1", TRUE);
  watchdog = ulak_watchdog_new (ULAK_CLOCK (self->clock));
  g_assert_cmpuint (ulak_fake_clock_count_timers (self->clock), ==, 0);
}

#define ADD(name, func) g_test_add ("/notify/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("ready comes with a status", test_ready_comes_with_a_status);
  ADD ("a status cannot smuggle an assignment", test_a_status_cannot_smuggle_an_assignment);
  ADD ("reloading carries the monotonic time", test_reloading_carries_the_monotonic_time);
  ADD ("stopping comes with a status", test_stopping_comes_with_a_status);
  ADD ("the watchdog is fed at half of its time", test_the_watchdog_is_fed_at_half_of_its_time);
  ADD ("a watchdog of another process is not fed", test_a_watchdog_of_another_process_is_not_fed);
  return g_test_run ();
}
