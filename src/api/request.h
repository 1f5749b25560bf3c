/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Request: one HTTP request from its headers to its answer.
 *
 * Made when the headers are here: the route is found, the key is checked and the size is judged before a byte of
 * the body is taken. A handler answers exactly once, now or later; it holds a reference meanwhile. If the client leaves,
 * the answer goes nowhere and the work still ends well: what was committed stays. Every answer carries the request's id;
 * every error has the one shape {"error", "code", "requestId", "issues"}.
 */
#pragma once

#include "api/api.h"
#include "api/router.h"
#include "api/upload.h"
#include "core/context.h"

#include <gio/gunixfdlist.h>
#include <json-glib/json-glib.h>

UlakRequest *ulak_request_ref (UlakRequest *self);
void ulak_request_unref (UlakRequest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakRequest, ulak_request_unref)

UlakApi *ulak_request_get_api (UlakRequest *self);
const UlakContext *ulak_request_get_context (UlakRequest *self);
const UlakPrincipal *ulak_request_get_principal (UlakRequest *self);
SoupServerMessage *ulak_request_get_message (UlakRequest *self); /* NULL once the client is gone */
UlakHttpConnection *ulak_request_get_connection (UlakRequest *self);
const char *ulak_request_get_parameter (UlakRequest *self, guint index);
const char *ulak_request_get_query (UlakRequest *self, const char *name); /* (nullable), decoded */
const char *ulak_request_get_header (UlakRequest *self, const char *name);
GBytes *ulak_request_get_body (UlakRequest *self);       /* (transfer full) */
const char *ulak_request_get_body_text (UlakRequest *self); /* UTF-8; NULL and answered if it is not */
UlakUpload *ulak_request_get_upload (UlakRequest *self);
char *ulak_request_get_who (UlakRequest *self);          /* (transfer full): for the audit trail, "key:ID" */
gboolean ulak_request_is_gone (UlakRequest *self);

/* Called once when the client is gone or the answer is complete; for answers that go on. */
void ulak_request_set_gone_func (UlakRequest *self, GDestroyNotify func, gpointer user_data);

/* Reads ?limit= (1 to 200, else 50) and ?cursor=. FALSE and answered if they are wrong. */
gboolean ulak_request_get_page (UlakRequest *self, const char **cursor_out, guint *limit_out);

void ulak_request_answer (UlakRequest *self, guint status, const char *type, char *text); /* text: (transfer full) */
void ulak_request_answer_bytes (UlakRequest *self, guint status, const char *type, GBytes *bytes); /* bytes: (transfer full) */
void ulak_request_answer_json (UlakRequest *self, guint status, char *json);              /* json: (transfer full) */
void ulak_request_answer_object (UlakRequest *self, guint status, JsonObject *object);    /* object: (transfer full) */
void ulak_request_answer_list (UlakRequest *self, const char *data, const char *next);
void ulak_request_answer_empty (UlakRequest *self);                                        /* 204 */
void ulak_request_answer_error (UlakRequest *self, const GError *error);
void ulak_request_answer_fault (UlakRequest *self, guint status, const char *code, const char *sentence);
/* An answer whose body is appended piece by piece: counts as answered, logged when it ends. */
void ulak_request_begin_stream (UlakRequest *self, guint status, const char *type);

/* For the router: see request-entry.c */
UlakRequest *ulak_request_new (UlakApi *api, UlakHttpConnection *connection);
void ulak_request_enter (UlakRequest *self, const char *verdict);
void ulak_request_refuse (UlakRequest *self, guint status, const char *code, const char *sentence);
void ulak_request_too_large (UlakRequest *self);
void ulak_request_handle (UlakRequest *self);
void ulak_request_gone (UlakRequest *self);
