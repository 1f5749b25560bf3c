/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Media connection: which hosts take and give files, and the word that they want to hear for an upload.
 *
 * Asked for when it is needed, kept for as long as the server said, asked again when a host did not accept it. Any number
 * of callers share one query. Main thread only.
 */
#pragma once

#include "core/clock.h"
#include "whatsapp/media/media-port.h"

G_BEGIN_DECLS

#define ULAK_MEDIA_HOSTS_MAX 16
#define ULAK_MEDIA_HOST_NAME_MAX 255

/* Immutable; reference counted (g_atomic_rc_box). */
typedef struct
{
  GStrv names; /* (owned): "mmg.whatsapp.net", possibly with ":port"; at least one */
  char *auth;  /* (owned) */
} UlakMediaHosts;

UlakMediaHosts *ulak_media_hosts_ref (UlakMediaHosts *self);
void ulak_media_hosts_unref (UlakMediaHosts *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakMediaHosts, ulak_media_hosts_unref)

#define ULAK_TYPE_MEDIA_CONNECTION (ulak_media_connection_get_type ())
G_DECLARE_FINAL_TYPE (UlakMediaConnection, ulak_media_connection, ULAK, MEDIA_CONNECTION, GObject)

UlakMediaConnection *ulak_media_connection_new (const UlakMediaPort *port, UlakClock *clock);

/* Errors: those of the query; REMOTE for an answer without a usable host. */
void ulak_media_connection_get_async (UlakMediaConnection *self, GAsyncReadyCallback callback, gpointer user_data);
UlakMediaHosts *ulak_media_connection_get_finish (UlakMediaConnection *self, GAsyncResult *result, GError **error);
/* A host did not accept these: the next get asks the server. */
void ulak_media_connection_forget (UlakMediaConnection *self, const UlakMediaHosts *hosts);

G_END_DECLS
