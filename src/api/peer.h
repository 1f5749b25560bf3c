/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Peer: one call to a line or to ulak-webhooks, with one deadline and one way of naming what went wrong.
 *
 * Every method of the suite ends in a dictionary of options; it is put in here, with the request's context. Calls go through
 * the connection itself rather than a proxy object per line: nothing is cached, nothing is to be kept in step, and a line
 * that is not there is an answer, not a wait. Errors are ours: a stopped line is WRONG_STATE, a service that is away
 * or died during the call UNAVAILABLE, the deadline TIMED_OUT.
 */
#pragma once

#include "core/context.h"

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

typedef struct
{
  const char *account;    /* (nullable): a line; NULL: ulak-webhooks */
  const char *interface;  /* (nullable): org.ulak.Account1 or org.ulak.Webhooks1 */
  const char *method;
  GVariant *arguments;    /* (nullable), floating: a tuple without the options */
  GVariant *options;      /* (nullable), floating: options besides the context */
  const char *reply_type;
  int fd;                 /* handle 0 of the arguments, (transfer full); used where has_fd */
  gboolean has_fd;
  gint64 timeout_ms;      /* 0: the usual */
} UlakPeerCall;

typedef struct
{
  GVariant *values;   /* (owned) */
  GUnixFDList *fds;   /* (owned) (nullable) */
} UlakPeerReply;

void ulak_peer_reply_free (UlakPeerReply *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakPeerReply, ulak_peer_reply_free)

void ulak_peer_call_async (GDBusConnection *connection,
                           const UlakPeerCall *call,
                           const UlakContext *context,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
UlakPeerReply *ulak_peer_call_finish (GAsyncResult *result, GError **error);
