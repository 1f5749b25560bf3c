/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Event streams: the event log as Server-Sent Events, for any number of readers up to a limit.
 *
 * A stream is a cursor over the log and at most one page in memory: it asks for the next page only after the client took the
 * last one, so that a slow reader costs nothing but its connection, which is cut when it takes nothing for
 * [api] body_timeout_ms. The signal EventsStored wakes streams that have caught up. The id of each event is its
 * sequence, so that Last-Event-ID resumes without loss, after a restart of ours too: a drain ends streams in order.
 *
 * Source: WHATWG HTML, "Server-sent events".
 */
#pragma once

#include "api/request.h"

#define ULAK_EVENT_STREAMS_MAX 256

UlakEventStreams *ulak_event_streams_new (UlakApi *api);
void ulak_event_streams_free (UlakEventStreams *self);

/* Takes the request over; filter: a{sv} of ReadEvents, floating. after: -1 for only what comes from now on. */
void ulak_event_streams_add (UlakEventStreams *self, UlakRequest *request, gint64 after, GVariant *filter);
/* Ends every stream after what it has; no further ones are taken. */
void ulak_event_streams_end (UlakEventStreams *self);
