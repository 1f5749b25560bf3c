/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Context: who asked, across processes.
 *
 * A request id (accepted from the client or made) and a W3C traceparent follow one request through every service.
 * D-Bus has no headers, so each method of ours ends in an options dictionary, a{sv}, whose keys "request-id" and
 * "traceparent" carry them; logs show them as ULAK_REQUEST_ID and ULAK_TRACEPARENT.
 */
#pragma once

#include "core/id.h"

#include <glib-object.h>

typedef struct
{
  char *request_id;  /* (owned) (not nullable): [A-Za-z0-9._-]{1,64} */
  char *traceparent; /* (owned) (nullable): "00-<32 hex>-<16 hex>-<2 hex>" */
} UlakContext;

UlakContext *ulak_context_new (const char *request_id, const char *traceparent);
UlakContext *ulak_context_make (UlakClock *clock, UlakRandom *random);
UlakContext *ulak_context_copy (const UlakContext *self);
void ulak_context_free (UlakContext *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakContext, ulak_context_free)

UlakContext *ulak_context_from_options (GVariant *options);
GVariant *ulak_context_to_options (const UlakContext *self);
GVariant *ulak_context_make_options (UlakClock *clock, UlakRandom *random);

gboolean ulak_request_id_is_valid (const char *text);
gboolean ulak_traceparent_is_valid (const char *text);
