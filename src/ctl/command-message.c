/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * ulakctl send, chats, messages, tail: what is said.
 */
#include "ctl/command.h"

#include "core/error.h"
#include "core/json.h"

#include <fcntl.h>

static const UlakColumn chat_columns[] = {
  { "chat", "id" }, { "name", "name" }, { "unread", "unread" }, { "updated", "updated_at" }, { "last message", "last_message.text" },
};
static const UlakColumn message_columns[] = {
  { "time", "timestamp" }, { "id", "id" }, { "from me", "from_me" }, { "status", "status" }, { "type", "type" }, { "text", "text" },
};
static const UlakColumn sent_columns[] = { { "id", "id" }, { "status", "status" } };

/* Kind of content by the first part of a MIME type; anything else travels as a document. */
static const char *
kind_of_file (const char *mime_type)
{
  if (g_str_equal (mime_type, "image/webp"))
    return "sticker";
  if (g_str_has_prefix (mime_type, "image/"))
    return "image";
  if (g_str_has_prefix (mime_type, "video/"))
    return "video";
  return g_str_has_prefix (mime_type, "audio/") ? "audio" : "document";
}

static char *
upload (UlakInvocation *self, const char *path, const char *mime_type, GError **error)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  g_autoptr (GVariant) reply = NULL;
  g_autofree char *name = g_filename_display_basename (path); /* names of files need not be UTF-8 */
  char *media_id = NULL;
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "Cannot open ‘%s’: %s", path, g_strerror (errno));
      return NULL;
    }
  g_unix_fd_list_append (fds, fd, NULL);
  close (fd);

  reply = ulak_client_call_line (self->client, self->arguments[0], "UploadMedia",
                                 g_variant_new ("(hss@a{sv})", 0, mime_type, name, ulak_client_make_options (self->client)),
                                 fds, error);
  if (reply != NULL)
    g_variant_get (reply, "(s)", &media_id);
  return media_id;
}

static gboolean
add_file (UlakInvocation *self, JsonObject *message, GError **error)
{
  const char *path = ulak_invocation_get (self, "file");
  g_autofree char *type = g_content_type_guess (path, NULL, 0, NULL);
  g_autofree char *mime_type = g_content_type_get_mime_type (type);
  g_autofree char *media_id = upload (self, path, mime_type != NULL ? mime_type : "application/octet-stream", error);
  const char *kind = kind_of_file (mime_type != NULL ? mime_type : "");
  JsonObject *content;

  if (media_id == NULL)
    return FALSE;

  content = json_object_new ();
  json_object_set_string_member (content, "media_id", media_id);
  if (self->n_arguments > 2)
    json_object_set_string_member (content, "caption", self->arguments[2]);
  json_object_set_object_member (message, kind, content);
  return TRUE;
}

static char *
make_message (UlakInvocation *self, GError **error)
{
  const char *whole = ulak_invocation_get (self, "message");
  g_autoptr (JsonObject) message = whole != NULL
      ? ulak_json_parse_text (whole, error)
      : json_object_new ();

  if (message == NULL)
    return NULL;

  json_object_set_string_member (message, "to", self->arguments[1]);
  if (ulak_invocation_has (self, "reply-to"))
    json_object_set_string_member (message, "reply_to", ulak_invocation_get (self, "reply-to"));
  if (ulak_invocation_has (self, "file") && !add_file (self, message, error))
    return NULL;
  if (!ulak_invocation_has (self, "file") && self->n_arguments > 2)
    json_object_set_string_member (message, "text", self->arguments[2]);
  return ulak_json_print_object (message);
}

static gboolean
send_message (UlakInvocation *self, GError **error)
{
  const char *chosen = ulak_invocation_get (self, "id");
  g_autofree char *id = chosen != NULL ? g_strdup (chosen) : ulak_client_make_id (self->client);
  g_autofree char *message = make_message (self, error);
  g_autofree char *answer = NULL;
  g_autoptr (GVariant) reply = NULL;
  const char *status;

  if (message == NULL)
    return FALSE;
  reply = ulak_client_call_line (self->client, self->arguments[0], "Send",
                                 g_variant_new ("(ss@a{sv})", id, message, ulak_client_make_options (self->client)), NULL,
                                 error);
  if (reply == NULL)
    return FALSE;

  g_variant_get (reply, "(&s)", &status);
  answer = g_strdup_printf ("{\"id\":\"%s\",\"status\":\"%s\"}", id, status);
  ulak_print_document (self, answer, sent_columns, G_N_ELEMENTS (sent_columns));
  return TRUE;
}

static gboolean
show (UlakInvocation *self, GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  const char *message;

  reply = ulak_client_call_line (self->client, self->arguments[0], "GetMessage",
                                 g_variant_new ("(s@a{sv})", self->arguments[1], ulak_client_make_options (self->client)),
                                 NULL, error);
  if (reply == NULL)
    return FALSE;

  g_variant_get (reply, "(&s)", &message);
  ulak_print_document (self, message, message_columns, G_N_ELEMENTS (message_columns));
  return TRUE;
}

static gboolean
list_chats (UlakInvocation *self, GError **error)
{
  guint limit;
  g_autofree char *rows = NULL;

  if (!ulak_invocation_get_limit (self, 50, &limit, error))
    return FALSE;
  rows = ulak_client_list_all (self->client, NULL, self->arguments[0], "ListChats", NULL, limit, error);
  if (rows == NULL)
    return FALSE;

  ulak_print_rows (self, rows, chat_columns, G_N_ELEMENTS (chat_columns));
  return TRUE;
}

static gboolean
list_messages (UlakInvocation *self, GError **error)
{
  guint limit;
  g_autofree char *rows = NULL;

  if (!ulak_invocation_get_limit (self, 50, &limit, error))
    return FALSE;
  rows = ulak_client_list_all (self->client, NULL, self->arguments[0], "ListMessages", self->arguments[1], limit, error);
  if (rows == NULL)
    return FALSE;

  ulak_print_rows (self, rows, message_columns, G_N_ELEMENTS (message_columns));
  return TRUE;
}

const UlakCommand ulak_message_commands[] = {
  { "send", NULL, "ACCOUNT TO [TEXT]", 2, 3, "file=PATH reply-to=ID message=JSON id=UUID", TRUE, send_message,
    "send a text, a file with TEXT as its caption, or a whole message document" },
  { "chats", NULL, "ACCOUNT", 1, 1, "limit=N", TRUE, list_chats, "list the chats of a line" },
  { "messages", NULL, "ACCOUNT CHAT", 2, 2, "limit=N", TRUE, list_messages, "list the messages of a chat, newest first" },
  { "message", NULL, "ACCOUNT ID", 2, 2, "", TRUE, show, "show one message and its status" },
  { NULL },
};
