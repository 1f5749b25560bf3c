/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Sink: a receiver that costs next to nothing, so that a benchmark measures the sender.
 *
 * Prints its port, answers every request with 200 and an empty body over keep-alive connections, and on SIGUSR1 prints how many
 * it has answered. Reads no more of HTTP than Content-Length; only our own senders talk to it.
 */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 4096
#define HEAD_MAX 16384

typedef struct
{
  char head[HEAD_MAX];
  size_t size;      /* bytes of the head so far */
  size_t body_left; /* bytes of the body still to come */
} Connection;

static Connection *connections[CONNECTIONS_MAX];
static unsigned long answered;
static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

static void
drop (int fd)
{
  free (connections[fd]);
  connections[fd] = NULL;
  close (fd);
}

static size_t
content_length (const char *head)
{
  const char *line = strcasestr (head, "\r\ncontent-length:");

  return line != NULL ? strtoul (line + strlen ("\r\ncontent-length:"), NULL, 10) : 0;
}

/* Takes every complete request out of what was read. Returns 0 when the peer should be dropped. */
static int
take (int fd, Connection *self, const char *data, size_t size)
{
  while (size > 0)
    {
      char *end;

      if (self->body_left > 0)
        {
          size_t n = size < self->body_left ? size : self->body_left;

          self->body_left -= n;
          data += n;
          size -= n;
        }
      else
        {
          if (self->size == HEAD_MAX - 1)
            return 0;
          self->head[self->size++] = *data++;
          self->head[self->size] = '\0';
          size--;
          end = self->size >= 4 ? self->head + self->size - 4 : NULL;
          if (end == NULL || memcmp (end, "\r\n\r\n", 4) != 0)
            continue;
          self->body_left = content_length (self->head);
        }
      if (self->body_left > 0)
        continue;
      self->size = 0;
      answered++;
      if (write (fd, answer, sizeof answer - 1) != (ssize_t) sizeof answer - 1)
        return 0;
    }
  return 1;
}

static void
serve (int fd)
{
  char buffer[65536];
  ssize_t n = read (fd, buffer, sizeof buffer);

  if (n < 0 && errno == EAGAIN)
    return;
  if (n <= 0 || !take (fd, connections[fd], buffer, (size_t) n))
    drop (fd);
}

static void
watch (int epoll, int fd)
{
  struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

  epoll_ctl (epoll, EPOLL_CTL_ADD, fd, &event);
}

static void
take_connection (int epoll, int listener)
{
  int fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

  if (fd < 0)
    return;
  if (fd >= CONNECTIONS_MAX)
    {
      close (fd);
      return;
    }
  connections[fd] = calloc (1, sizeof (Connection));
  watch (epoll, fd);
}

static int
listen_on_loopback (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

  if (fd < 0 || bind (fd, (struct sockaddr *) &address, size) < 0 || listen (fd, 1024) < 0
      || getsockname (fd, (struct sockaddr *) &address, &size) < 0)
    {
      perror ("sink");
      exit (1);
    }
  printf ("%d\n", ntohs (address.sin_port));
  fflush (stdout);
  return fd;
}

int
main (void)
{
  int listener = listen_on_loopback (), epoll = epoll_create1 (EPOLL_CLOEXEC), signals;
  sigset_t mask;

  sigemptyset (&mask);
  sigaddset (&mask, SIGUSR1);
  sigprocmask (SIG_BLOCK, &mask, NULL);
  signal (SIGPIPE, SIG_IGN);
  signals = signalfd (-1, &mask, SFD_CLOEXEC);
  watch (epoll, listener);
  watch (epoll, signals);
  for (;;)
    {
      struct epoll_event events[256];
      int n = epoll_wait (epoll, events, 256, -1);

      for (int i = 0; i < n; i++)
        {
          struct signalfd_siginfo info;

          if (events[i].data.fd == listener)
            take_connection (epoll, listener);
          else if (events[i].data.fd != signals)
            serve (events[i].data.fd);
          else if (read (signals, &info, sizeof info) > 0)
            printf ("%lu\n", answered), fflush (stdout);
        }
    }
}
