/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Call: one method call on our bus interfaces, from authorisation to reply.
 *
 * A handler of the generated skeleton hands its invocation over by ulak_call_begin() and returns TRUE. The options are
 * checked (an unknown key is an error), the context is taken out of them (a request id is made if none came), the caller
 * is authorised, and only then the handler runs. It ends the call exactly once, now or later, by one of the returns.
 * While the service drains or has not started, calls fail with ULAK_ERROR_UNAVAILABLE.
 */
#pragma once

#include "core/context.h"
#include "core/error.h"
#include "service/service.h"

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

typedef struct _UlakCall UlakCall;

typedef void (*UlakCallHandler) (UlakCall *call, gpointer self);

typedef struct
{
  const char *key;
  const char *type; /* a GVariant type string */
} UlakCallOption;

#define ULAK_CALL_NO_OPTIONS ((const UlakCallOption *) NULL) /* only request-id and traceparent */

/* invocation: (transfer full). self: (transfer none), referenced for the call's life. options_index: of the a{sv} among
 * the parameters. extra: keys besides the usual ones, ended by { NULL, NULL }. */
void ulak_call_begin (UlakService *service,
                      GDBusMethodInvocation *invocation,
                      const char *action,
                      guint options_index,
                      const UlakCallOption *extra,
                      UlakCallHandler handler,
                      GObject *self);

const UlakContext *ulak_call_get_context (const UlakCall *self);
GVariant *ulak_call_get_parameters (const UlakCall *self);                /* (transfer none) */
GVariant *ulak_call_get_options (const UlakCall *self);                   /* (transfer none) */
const char *ulak_call_get_who (const UlakCall *self);                     /* "uid:1000" */
const char *ulak_call_get_sender (const UlakCall *self);                  /* unique bus name */
int ulak_call_take_fd (UlakCall *self, GVariant *handle, GError **error); /* the caller closes it; -1 on error */

/* For methods that lines may call: finishes at once for the other services of the suite. */
void ulak_call_check_line_async (UlakCall *self, const char *account, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_call_check_line_finish (GAsyncResult *result, GError **error);

void ulak_call_return (UlakCall *self, GVariant *reply);                 /* ends and frees the call */
void ulak_call_return_with_fd (UlakCall *self, GVariant *reply, int fd); /* fd: (transfer full), handle 0 */
void ulak_call_fail (UlakCall *self, GError *error);                     /* error: (transfer full) */
void ulak_call_refuse (UlakCall *self, UlakError code, const char *format, ...) G_GNUC_PRINTF (3, 4);
