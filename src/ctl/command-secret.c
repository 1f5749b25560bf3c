/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * ulakctl secret, key: what proves who one is. Values come from standard input and never from the command line, where
 * every user of the host could read them.
 */
#include "ctl/command.h"

#include "core/clock.h"
#include "core/error.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define SECRET_MAX_BYTES (16 * 1024)

static const UlakColumn secret_columns[] = { { "name", "name" }, { "kept in", "kept_in" } };
static const UlakColumn key_columns[] = { { "id", "id" }, { "name", "name" }, { "created", "created_at" }, { "last used", "last_used_at" } };

static char *
print_array (JsonArray *rows)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_ARRAY);

  json_node_set_array (node, rows);
  return json_to_string (node, FALSE);
}

/* Switches the terminal's echo; nothing happens when standard input is none. */
static void
set_echo (gboolean enabled)
{
  struct termios settings;

  if (tcgetattr (STDIN_FILENO, &settings) < 0)
    return;
  settings.c_lflag = enabled ? settings.c_lflag | ECHO : settings.c_lflag & ~(tcflag_t) ECHO;
  tcsetattr (STDIN_FILENO, TCSAFLUSH, &settings);
}

static gboolean
read_value (char *buffer, gsize *size_out, GError **error)
{
  gboolean is_terminal = isatty (STDIN_FILENO);
  gsize size = 0;
  gssize n = 1;

  if (is_terminal)
    {
      g_printerr ("Value: ");
      set_echo (FALSE);
    }
  while (size < SECRET_MAX_BYTES + 1 && (n = read (STDIN_FILENO, buffer + size, SECRET_MAX_BYTES + 1 - size)) > 0)
    {
      size += (gsize) n;
      if (is_terminal && buffer[size - 1] == '\n')
        break;
    }
  if (is_terminal)
    {
      set_echo (TRUE);
      g_printerr ("\n");
    }

  if (n < 0)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_FAILED, "Cannot read standard input: %s", g_strerror (errno));
  else if (size > SECRET_MAX_BYTES)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE, "The value is over %d bytes", SECRET_MAX_BYTES);
  else if (size == 0 || (size == 1 && buffer[0] == '\n'))
    g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_INVALID, "The value is empty; give it on standard input");
  else
    {
      *size_out = buffer[size - 1] == '\n' ? size - 1 : size; /* people's last line break is not part of it */
      return TRUE;
    }
  return FALSE;
}

static gboolean
send_value (UlakInvocation *self, const char *value, gsize size, GError **error)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  g_autoptr (GVariant) reply = NULL;
  int ends[2];
  gboolean is_written;

  if (!g_unix_open_pipe (ends, FD_CLOEXEC, error))
    return FALSE;
  is_written = write (ends[1], value, size) == (gssize) size; /* a pipe holds 64 KiB: it cannot block */
  close (ends[1]);
  g_unix_fd_list_append (fds, ends[0], NULL);
  close (ends[0]);
  if (!is_written)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_FAILED, "Cannot hand the value over: %s", g_strerror (errno));
      return FALSE;
    }

  reply = ulak_client_call_with_fds (self->client, &ulak_client_api, "SetSecret",
                                     g_variant_new ("(sh@a{sv})", self->arguments[0], 0, ulak_client_make_options (self->client)),
                                     fds, NULL, error);
  return reply != NULL;
}

static gboolean
set_secret (UlakInvocation *self, GError **error)
{
  char buffer[SECRET_MAX_BYTES + 1];
  gsize size = 0;
  gboolean is_done = read_value (buffer, &size, error) && send_value (self, buffer, size, error);

  explicit_bzero (buffer, sizeof buffer);
  if (is_done)
    ulak_print_done (self, "%s: kept; refer to it as secret:%s", self->arguments[0], self->arguments[0]);
  return is_done;
}

static gboolean
list_secrets (UlakInvocation *self, GError **error)
{
  g_autoptr (JsonArray) rows = json_array_new ();
  g_autoptr (GVariantIter) names = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autofree char *text = NULL;
  const char *name, *kept_in;

  reply = ulak_client_call (self->client, &ulak_client_api, "ListSecrets",
                            g_variant_new ("(@a{sv})", ulak_client_make_options (self->client)), error);
  if (reply == NULL)
    return FALSE;

  g_variant_get (reply, "(a(ss))", &names);
  while (g_variant_iter_next (names, "(&s&s)", &name, &kept_in))
    {
      JsonObject *row = json_object_new ();

      json_object_set_string_member (row, "name", name);
      json_object_set_string_member (row, "kept_in", kept_in);
      json_array_add_object_element (rows, row);
    }
  text = print_array (rows);
  ulak_print_rows (self, text, secret_columns, G_N_ELEMENTS (secret_columns));
  return TRUE;
}

static gboolean
call_with_name (UlakInvocation *self, const char *method, GError **error)
{
  g_autoptr (GVariant) reply = NULL;

  reply = ulak_client_call (self->client, &ulak_client_api, method,
                            g_variant_new ("(s@a{sv})", self->arguments[0], ulak_client_make_options (self->client)), error);
  if (reply == NULL)
    return FALSE;

  ulak_print_done (self, "%s: removed", self->arguments[0]);
  return TRUE;
}

static gboolean
remove_secret (UlakInvocation *self, GError **error)
{
  return call_with_name (self, "RemoveSecret", error);
}

static gboolean
add_key (UlakInvocation *self, GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  const char *id, *key;

  reply = ulak_client_call (self->client, &ulak_client_api, "AddKey",
                            g_variant_new ("(s@a{sv})", self->arguments[0], ulak_client_make_options (self->client)), error);
  if (reply == NULL)
    return FALSE;

  g_variant_get (reply, "(&s&s)", &id, &key);
  if (self->as_json)
    g_print ("{\"id\":\"%s\",\"key\":\"%s\"}\n", id, key);
  else
    g_print ("%s\nThis key is shown only now. Send it as: Authorization: Bearer KEY\n", key);
  return TRUE;
}

static void
set_time (JsonObject *row, const char *member, gint64 time_us)
{
  g_autofree char *text = time_us > 0 ? ulak_format_rfc3339 (time_us) : NULL;

  if (text != NULL)
    json_object_set_string_member (row, member, text);
  else
    json_object_set_null_member (row, member);
}

static gboolean
list_keys (UlakInvocation *self, GError **error)
{
  g_autoptr (JsonArray) rows = json_array_new ();
  g_autoptr (GVariantIter) keys = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autofree char *text = NULL;
  const char *id, *name;
  gint64 created_us, last_used_us;

  reply = ulak_client_call (self->client, &ulak_client_api, "ListKeys",
                            g_variant_new ("(@a{sv})", ulak_client_make_options (self->client)), error);
  if (reply == NULL)
    return FALSE;

  g_variant_get (reply, "(a(ssxx))", &keys);
  while (g_variant_iter_next (keys, "(&s&sxx)", &id, &name, &created_us, &last_used_us))
    {
      JsonObject *row = json_object_new ();

      json_object_set_string_member (row, "id", id);
      json_object_set_string_member (row, "name", name);
      set_time (row, "created_at", created_us);
      set_time (row, "last_used_at", last_used_us);
      json_array_add_object_element (rows, row);
    }
  text = print_array (rows);
  ulak_print_rows (self, text, key_columns, G_N_ELEMENTS (key_columns));
  return TRUE;
}

static gboolean
remove_key (UlakInvocation *self, GError **error)
{
  return call_with_name (self, "RemoveKey", error);
}

const UlakCommand ulak_secret_commands[] = {
  { "secret", "set", "NAME", 1, 1, "", TRUE, set_secret, "keep a secret, read from standard input, in the keyring" },
  { "secret", "list", "", 0, 0, "", TRUE, list_secrets, "list the names of secrets" },
  { "secret", "remove", "NAME", 1, 1, "", TRUE, remove_secret, "remove a secret from the keyring" },
  { NULL },
};

const UlakCommand ulak_key_commands[] = {
  { "key", "add", "NAME", 1, 1, "", TRUE, add_key, "make an API key and print it, once" },
  { "key", "list", "", 0, 0, "", TRUE, list_keys, "list the API keys" },
  { "key", "remove", "ID", 1, 1, "", TRUE, remove_key, "revoke an API key" },
  { NULL },
};
