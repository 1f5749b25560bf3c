/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Scripted server: an HTTP peer on loopback that does exactly what the test says with each request, faults included.
 *
 * Bytes are written by hand, since a real HTTP server cannot be told to reset, to cut or to fall silent. Each connection has
 * a thread of its own; the script is taken entry by entry, whatever the connection.
 */
#pragma once

#include <gio/gio.h>

typedef enum
{
  SCRIPT_ANSWER,       /* text is the whole answer; the connection stays open */
  SCRIPT_ANSWER_CLOSE, /* text, then an orderly end */
  SCRIPT_RESET,        /* the request is read, then the connection is reset */
  SCRIPT_SILENT,       /* the request is read, nothing follows until the server ends */
  SCRIPT_TOKEN,        /* 200 if the request carries the bearer token in text, 401 otherwise */
  SCRIPT_STREAM,       /* text, then filler_bytes of 'x', then an orderly end */
} ScriptAction;

typedef struct
{
  ScriptAction action;
  const char *text;
  gsize filler_bytes;
} ScriptEntry;

typedef struct _ScriptedServer ScriptedServer;

ScriptedServer *scripted_server_new (void);
void scripted_server_free (ScriptedServer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScriptedServer, scripted_server_free)

guint16 scripted_server_get_port (ScriptedServer *self);
void scripted_server_add (ScriptedServer *self, ScriptAction action, const char *text);
void scripted_server_add_stream (ScriptedServer *self, const char *head, gsize filler_bytes);
guint scripted_server_count_requests (ScriptedServer *self);
guint scripted_server_count_connections (ScriptedServer *self);
guint scripted_server_count_open (ScriptedServer *self);
char *scripted_server_dup_last_request (ScriptedServer *self);
