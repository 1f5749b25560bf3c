/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Bare posts: what a tuned libsoup client does when it does nothing else, the ceiling of the dispatcher.
 *
 *   bare-posts URL CONCURRENCY SECONDS
 *
 * posts a 1 KiB body over and over and prints requests per second and CPU per request in microseconds.
 */
#include <libsoup/soup.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

typedef struct
{
  SoupSession *session;
  GBytes *body;
  const char *url;
  gint64 end_us;
  guint in_flight;
  guint64 done;
  guint64 failed;
  GMainLoop *loop;
} Bench;

static void post (Bench *bench);

static void
posted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Bench *bench = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) answer = soup_session_send_and_read_finish (SOUP_SESSION (source), result, &error);

  bench->in_flight--;
  if (answer != NULL)
    bench->done++;
  else
    bench->failed++;
  if (g_get_monotonic_time () < bench->end_us && bench->failed < 100)
    post (bench);
  else if (bench->in_flight == 0)
    g_main_loop_quit (bench->loop);
}

static void
post (Bench *bench)
{
  g_autoptr (SoupMessage) message = soup_message_new ("POST", bench->url);

  soup_message_set_request_body_from_bytes (message, "application/json", bench->body);
  soup_message_add_flags (message, SOUP_MESSAGE_IDEMPOTENT); /* else libsoup opens a connection for each POST */
  bench->in_flight++;
  soup_session_send_and_read_async (bench->session, message, G_PRIORITY_DEFAULT, NULL, posted_cb, bench);
}

static double
cpu_us (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return 1e6 * (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

int
main (int argc, char **argv)
{
  Bench bench = { 0 };
  g_autofree char *body = g_strnfill (1024, 'x');
  int concurrency = argc > 2 ? atoi (argv[2]) : 0;
  int seconds = argc > 3 ? atoi (argv[3]) : 0;
  gint64 start_us;

  if (concurrency < 1 || seconds < 1)
    {
      fprintf (stderr, "usage: bare-posts URL CONCURRENCY SECONDS\n");
      return 2;
    }
  bench.session = soup_session_new_with_options ("max-conns", concurrency, "max-conns-per-host", concurrency, NULL);
  soup_session_set_proxy_resolver (bench.session, NULL);
  bench.body = g_bytes_new (body, 1024);
  bench.url = argv[1];
  bench.loop = g_main_loop_new (NULL, FALSE);
  start_us = g_get_monotonic_time ();
  bench.end_us = start_us + seconds * G_USEC_PER_SEC;
  for (int i = 0; i < concurrency; i++)
    post (&bench);
  g_main_loop_run (bench.loop);

  printf ("{\"per_s\": %.0f, \"cpu_us\": %.1f, \"failed\": %" G_GUINT64_FORMAT "}\n",
          (double) bench.done * G_USEC_PER_SEC / (double) (g_get_monotonic_time () - start_us),
          cpu_us () / (double) MAX (bench.done, 1), bench.failed);
  return bench.failed > 0;
}
