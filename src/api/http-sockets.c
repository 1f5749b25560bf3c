/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/http-sockets.h"

#include "core/error.h"

#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define BACKLOG 1024        /* as the socket unit says; the kernel caps it at net.core.somaxconn */
#define UNIX_SOCKET_MODE 0660

/**
 * ulak_http_sockets_inherit:
 *
 * Returns: (transfer full) (element-type GSocket): the sockets that systemd passed, none if it passed none; %NULL with
 *   %ULAK_ERROR_CONFIG if one is no listening stream socket
 */
GPtrArray *
ulak_http_sockets_inherit (GError **error)
{
  g_autoptr (GPtrArray) sockets = g_ptr_array_new_with_free_func (g_object_unref);
  g_auto (GStrv) names = NULL;
  int n_fds = sd_listen_fds_with_names (TRUE, &names);

  if (n_fds < 0)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_CONFIG, "Cannot take the sockets from systemd: %s",
                   g_strerror (-n_fds));
      return NULL;
    }
  for (int i = 0; i < n_fds; i++)
    {
      int fd = SD_LISTEN_FDS_START + i;
      GSocket *socket;

      if (sd_is_socket (fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0)
        {
          g_set_error (error, ULAK_ERROR, ULAK_ERROR_CONFIG,
                       "Socket ‘%s’ (number %d) from systemd is no listening stream socket", names[i], i + 1);
          return NULL;
        }
      socket = g_socket_new_from_fd (fd, error);
      if (socket == NULL)
        return NULL;
      g_ptr_array_add (sockets, socket);
    }
  return g_steal_pointer (&sockets);
}

static GSocketAddress *
parse_place (const char *place, GError **error)
{
  g_autoptr (GSocketConnectable) parsed = NULL;
  g_autoptr (GSocketAddress) address = NULL;

  if (g_path_is_absolute (place))
    return g_unix_socket_address_new (place);

  parsed = g_network_address_parse (place, 0, NULL);
  if (parsed != NULL && g_network_address_get_port (G_NETWORK_ADDRESS (parsed)) != 0)
    address = g_inet_socket_address_new_from_string (g_network_address_get_hostname (G_NETWORK_ADDRESS (parsed)),
                                                     g_network_address_get_port (G_NETWORK_ADDRESS (parsed)));
  if (address == NULL)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_CONFIG,
                 "Key ‘api/listen’ has ‘%s’; allowed is a numeric address with a port, such as 127.0.0.1:8080 or "
                 "[::1]:8080, or the absolute path of a Unix socket",
                 place);
  return g_steal_pointer (&address);
}

static GSocket *
listen_at (const char *place, GError **error)
{
  g_autoptr (GSocketAddress) address = parse_place (place, error);
  g_autoptr (GSocket) socket = NULL;
  gboolean is_unix = G_IS_UNIX_SOCKET_ADDRESS (address);

  if (address == NULL)
    return NULL;
  socket = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);
  if (socket == NULL)
    return NULL;
  if (is_unix)
    (void) unlink (place); /* left behind by a process that was killed */
  g_socket_set_listen_backlog (socket, BACKLOG);
  if (!g_socket_bind (socket, address, TRUE, error) || !g_socket_listen (socket, error))
    {
      g_prefix_error (error, "Cannot listen on ‘%s’: ", place);
      return NULL;
    }
  if (is_unix)
    (void) chmod (place, UNIX_SOCKET_MODE);
  return g_steal_pointer (&socket);
}

/**
 * ulak_http_sockets_listen:
 * @places: [api] listen
 *
 * Returns: (transfer full) (element-type GSocket): listening sockets, or %NULL with %ULAK_ERROR_CONFIG or a socket error
 */
GPtrArray *
ulak_http_sockets_listen (const char *const *places, GError **error)
{
  g_autoptr (GPtrArray) sockets = g_ptr_array_new_with_free_func (g_object_unref);

  for (gsize i = 0; places[i] != NULL; i++)
    {
      GSocket *socket = listen_at (places[i], error);

      if (socket == NULL)
        return NULL;
      g_ptr_array_add (sockets, socket);
    }
  return g_steal_pointer (&sockets);
}
