/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "scripted-server.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define REQUEST_MAX (8 * 1024 * 1024)
#define TOKEN_OK "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"good\":true}"
#define TOKEN_BAD "HTTP/1.1 401 Unauthorized\r\nContent-Length: 22\r\n\r\n{\"error\":{\"code\":190}}"

struct _ScriptedServer
{
  GSocketService *service; /* (owned) */
  GCancellable *ending;    /* (owned) */
  guint16 port;

  GMutex lock; /* for what follows */
  GQueue script;
  GString *last_request;
  guint n_requests;
  guint n_connections;
  guint n_threads;
  GCond idle;
};

static gsize
body_length (const char *head)
{
  const char *found = strcasestr (head, "\r\nContent-Length:");

  return found == NULL ? 0 : strtoul (found + 17, NULL, 10);
}

/* NULL at the end of the connection. */
static GString *
read_request (ScriptedServer *self, GInputStream *input)
{
  g_autoptr (GString) request = g_string_new (NULL);
  char buffer[16384];

  while (request->len < REQUEST_MAX)
    {
      const char *end = strstr (request->str, "\r\n\r\n");
      gssize n;

      if (end != NULL && request->len >= (gsize) (end - request->str) + 4 + body_length (request->str))
        return g_steal_pointer (&request);
      n = g_input_stream_read (input, buffer, sizeof buffer, self->ending, NULL);
      if (n <= 0)
        return NULL;
      g_string_append_len (request, buffer, n);
    }
  return NULL;
}

static ScriptEntry *
take_entry (ScriptedServer *self, GString *request)
{
  ScriptEntry *entry;

  g_mutex_lock (&self->lock);
  self->n_requests++;
  g_string_assign (self->last_request, "");
  g_string_append_len (self->last_request, request->str, (gssize) request->len);
  entry = g_queue_pop_head (&self->script);
  g_mutex_unlock (&self->lock);
  return entry;
}

static gboolean
write_text (ScriptedServer *self, GOutputStream *output, const char *text, gsize size)
{
  return g_output_stream_write_all (output, text, size, NULL, self->ending, NULL);
}

static void
wait_for_end (ScriptedServer *self)
{
  GPollFD fd;

  if (!g_cancellable_make_pollfd (self->ending, &fd))
    return;
  g_poll (&fd, 1, -1);
  g_cancellable_release_fd (self->ending);
}

static void
reset (GSocketConnection *connection)
{
  struct linger linger = { 1, 0 };

  setsockopt (g_socket_get_fd (g_socket_connection_get_socket (connection)), SOL_SOCKET, SO_LINGER, &linger,
              sizeof linger);
}

static void
answer_token (ScriptedServer *self, GOutputStream *output, const char *token, const char *request)
{
  g_autofree char *wanted = g_strdup_printf ("\r\nAuthorization: Bearer %s\r\n", token);
  const char *text = strstr (request, wanted) != NULL ? TOKEN_OK : TOKEN_BAD;

  write_text (self, output, text, strlen (text));
}

static void
write_filler (ScriptedServer *self, GOutputStream *output, gsize size)
{
  g_autofree char *filler = g_malloc (65536);

  memset (filler, 'x', 65536);
  while (size > 0 && write_text (self, output, filler, MIN (size, 65536)))
    size -= MIN (size, 65536);
}

/* Returns whether the connection goes on. */
static gboolean
play (ScriptedServer *self, ScriptEntry *entry, GSocketConnection *connection, const char *request)
{
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (connection));

  switch (entry->action)
    {
    case SCRIPT_ANSWER:
      write_text (self, output, entry->text, strlen (entry->text));
      return TRUE;
    case SCRIPT_ANSWER_CLOSE:
      write_text (self, output, entry->text, strlen (entry->text));
      return FALSE;
    case SCRIPT_RESET:
      reset (connection);
      return FALSE;
    case SCRIPT_SILENT:
      wait_for_end (self);
      return FALSE;
    case SCRIPT_TOKEN:
      answer_token (self, output, entry->text, request);
      return TRUE;
    case SCRIPT_STREAM:
      write_text (self, output, entry->text, strlen (entry->text));
      write_filler (self, output, entry->filler_bytes);
      return FALSE;
    }
  return FALSE;
}

static void
serve (ScriptedServer *self, GSocketConnection *connection)
{
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  gboolean goes_on = TRUE;

  while (goes_on)
    {
      g_autoptr (GString) request = read_request (self, input);
      g_autofree ScriptEntry *entry = request == NULL ? NULL : take_entry (self, request);

      goes_on = entry != NULL && play (self, entry, connection, request->str);
    }
}

static gboolean
run_cb (GThreadedSocketService *service G_GNUC_UNUSED,
        GSocketConnection *connection,
        GObject *source G_GNUC_UNUSED,
        gpointer user_data)
{
  ScriptedServer *self = user_data;

  g_mutex_lock (&self->lock);
  self->n_connections++;
  self->n_threads++;
  g_mutex_unlock (&self->lock);

  serve (self, connection);
  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);

  g_mutex_lock (&self->lock);
  self->n_threads--;
  g_cond_signal (&self->idle);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

ScriptedServer *
scripted_server_new (void)
{
  ScriptedServer *self = g_new0 (ScriptedServer, 1);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GError) error = NULL;

  g_mutex_init (&self->lock);
  g_cond_init (&self->idle);
  g_queue_init (&self->script);
  self->last_request = g_string_new (NULL);
  self->ending = g_cancellable_new ();
  self->service = g_threaded_socket_service_new (16);
  g_signal_connect (self->service, "run", G_CALLBACK (run_cb), self);
  g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), address, G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_TCP, NULL, &bound, &error);
  g_assert_no_error (error);
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  return self;
}

void
scripted_server_free (ScriptedServer *self)
{
  g_socket_service_stop (self->service);
  g_cancellable_cancel (self->ending);
  g_mutex_lock (&self->lock);
  while (self->n_threads > 0)
    g_cond_wait (&self->idle, &self->lock);
  g_mutex_unlock (&self->lock);

  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_object_unref (self->service);
  g_object_unref (self->ending);
  g_queue_clear_full (&self->script, g_free);
  g_string_free (self->last_request, TRUE);
  g_free (self);
}

guint16
scripted_server_get_port (ScriptedServer *self)
{
  return self->port;
}

static void
add (ScriptedServer *self, ScriptAction action, const char *text, gsize filler_bytes)
{
  ScriptEntry *entry = g_new0 (ScriptEntry, 1);

  entry->action = action;
  entry->text = text;
  entry->filler_bytes = filler_bytes;
  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->script, entry);
  g_mutex_unlock (&self->lock);
}

/* text: not copied. */
void
scripted_server_add (ScriptedServer *self, ScriptAction action, const char *text)
{
  add (self, action, text, 0);
}

void
scripted_server_add_stream (ScriptedServer *self, const char *head, gsize filler_bytes)
{
  add (self, SCRIPT_STREAM, head, filler_bytes);
}

guint
scripted_server_count_requests (ScriptedServer *self)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = self->n_requests;
  g_mutex_unlock (&self->lock);
  return n;
}

guint
scripted_server_count_connections (ScriptedServer *self)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = self->n_connections;
  g_mutex_unlock (&self->lock);
  return n;
}

/* Connections that have not ended yet. */
guint
scripted_server_count_open (ScriptedServer *self)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = self->n_threads;
  g_mutex_unlock (&self->lock);
  return n;
}

char *
scripted_server_dup_last_request (ScriptedServer *self)
{
  char *text;

  g_mutex_lock (&self->lock);
  text = g_strdup (self->last_request->str);
  g_mutex_unlock (&self->lock);
  return text;
}
