/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * How many messages a second a chat decrypts, stores durably and answers, all given at once: the server's part is in memory, and
 * the disk is the one below the folder of temporary files.
 *
 * Usage: chat-receives [MESSAGES]
 */
#include "unit/whatsapp/chat-world.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define ALICE "15550000001"
#define BOB "15550000002"

static void
ended_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ulak_send_result_free (ulak_chat_send_finish (ULAK_CHAT (source), result));
  ++*(guint *) user_data;
}

static void
send_many (Side *from, guint n_messages)
{
  g_autoptr (JsonObject) message = json_object_new ();
  JsonObject *text = json_object_new ();
  guint n_ended = 0;

  json_object_set_string_member (text, "body", "A message of the usual length, as people write them.");
  json_object_set_object_member (message, "text", text);
  for (guint i = 0; i < n_messages; i++)
    {
      g_autofree char *id = g_strdup_printf ("b%u", i);
      const UlakOutbound outbound = { .id = id, .chat = ALICE, .message = message };

      ulak_chat_send_async (from->chat, &outbound, NULL, ended_cb, &n_ended);
      if (i % 500 == 499)
        world_settle (from->world);
    }
  world_settle (from->world);
}

static double
cpu_s (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double) usage.ru_utime.tv_sec + (double) usage.ru_stime.tv_sec
         + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int
main (int argc, char **argv)
{
  guint n_messages = argc > 1 ? (guint) atoi (argv[1]) : 5000;
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, "100000000000001", 0);
  Side *bob = world_add (world, BOB, "100000000000002", 0);
  double cpu;
  gint64 start_us, spent_us;

  side_send_text (bob, "hello", ALICE, "Hello");
  side_send_text (alice, "hello", BOB, "Hello");
  side_disconnect (alice);
  start_us = g_get_monotonic_time ();
  cpu = cpu_s ();
  send_many (bob, n_messages);
  spent_us = g_get_monotonic_time () - start_us;
  printf ("sent:     %8.0f a second, %6.1f us of CPU each\n", n_messages * 1e6 / (double) spent_us,
          (cpu_s () - cpu) * 1e6 / n_messages);
  start_us = g_get_monotonic_time ();
  cpu = cpu_s ();
  side_connect (alice);
  spent_us = g_get_monotonic_time () - start_us;
  printf ("received: %8.0f a second, %6.1f us of CPU each\n", n_messages * 1e6 / (double) spent_us,
          (cpu_s () - cpu) * 1e6 / n_messages);
  return side_count (alice, "messages") == (gint64) n_messages + 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
