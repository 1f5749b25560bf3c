/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Channel: one connection, from the socket to nodes. It lives once: open, use, closed.
 *
 * Socket and handshake have 20 s each. What is sent is sealed at once and written in the same order; several frames of
 * one turn of the main loop leave in one message. While the channel is paused, frames wait sealed, up to the limit of
 * frames.h. A stanza that cannot be read is handed out without its content, when at least tag and attributes can be, so
 * that it is answered; others are skipped, up to ULAK_CHANNEL_BAD_MAX of them. Whatever else the server does
 * against the rules ends the channel; it is abandoned then, never waited for. Main thread only.
 */
#pragma once

#include "core/clock.h"
#include "whatsapp/codec/node.h"
#include "whatsapp/link/handshake.h"
#include "whatsapp/link/transport.h"

G_BEGIN_DECLS

#define ULAK_CHANNEL_STEP_MS 20000
#define ULAK_CHANNEL_UNSENT_MAX 16777216 /* bytes that may wait for the wire besides one frame */
#define ULAK_CHANNEL_BAD_MAX 100         /* arbitrary; real servers send none */

typedef struct _UlakChannel UlakChannel;

typedef struct
{
  void (*opened) (gpointer user_data);                      /* the handshake is done; nodes may be sent */
  void (*received) (UlakNode *node, gpointer user_data);    /* (transfer none) */
  void (*closed) (const GError *error, gpointer user_data); /* once, the last call; not after ulak_channel_close() */
} UlakChannelEvents;

UlakChannel *ulak_channel_new (UlakSocket *socket,
                               UlakHandshakeOptions *handshake,
                               UlakClock *clock,
                               UlakRandom *random,
                               const UlakChannelEvents *events,
                               gpointer user_data);
void ulak_channel_close (UlakChannel *self); /* and frees it; safe inside its callbacks */

gboolean ulak_channel_is_open (const UlakChannel *self);
gboolean ulak_channel_is_past_hello (const UlakChannel *self); /* the server answered as WhatsApp does */
gboolean ulak_channel_send (UlakChannel *self, const UlakNode *node, GError **error);
void ulak_channel_flush (UlakChannel *self);
void ulak_channel_set_paused (UlakChannel *self, gboolean is_paused);

gsize ulak_channel_count_unsent (const UlakChannel *self);
guint64 ulak_channel_count_frames_in (const UlakChannel *self);
guint64 ulak_channel_count_frames_out (const UlakChannel *self);
gint64 ulak_channel_get_last_frame_us (const UlakChannel *self); /* monotonic; when it was made, before the first */

G_END_DECLS
