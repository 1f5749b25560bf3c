/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The methods of org.ulak.Webhooks1, grouped by noun into adapter-*.c, and what they share; adapter.c lists them. Nobody else
 * includes it.
 */
#pragma once

#include "service/call.h"
#include "webhooks/adapter.h"

#define ULAK_ADAPTER_LIST_MAX 200

/* adapter, as everywhere here: the UlakAdapter. */
const UlakAdapterParts *ulak_adapter_get_parts (gpointer adapter);

/* --- a call whose answer comes later --- */

typedef struct
{
  GObject *adapter; /* (owned) */
  const UlakAdapterParts *parts;
  UlakCall *call;     /* ends with the answer */
  const char *action; /* (nullable): for the audit log */
  char *target;       /* (owned) (nullable): the same */
} UlakPending;

UlakPending *ulak_pending_new (gpointer adapter, UlakCall *call, const char *action, const char *target);
/* Both free it, and write to the audit log. */
void ulak_pending_answer (UlakPending *pending, GVariant *reply);
void ulak_pending_refuse (UlakPending *pending, GError *error); /* error: (transfer full) */

/* --- pages --- */

gboolean ulak_adapter_check_limit (guint limit, guint max, GError **error);
/* fallback: what an empty cursor stands for. */
gboolean ulak_adapter_parse_cursor (const char *cursor, gint64 fallback, gint64 *number_out, GError **error);

/* --- the methods --- */

void ulak_adapter_submit (UlakCall *call, gpointer adapter);
void ulak_adapter_read_events (UlakCall *call, gpointer adapter);
void ulak_adapter_add_endpoint (UlakCall *call, gpointer adapter);
void ulak_adapter_update_endpoint (UlakCall *call, gpointer adapter);
void ulak_adapter_remove_endpoint (UlakCall *call, gpointer adapter);
void ulak_adapter_get_endpoint (UlakCall *call, gpointer adapter);
void ulak_adapter_list_endpoints (UlakCall *call, gpointer adapter);
void ulak_adapter_rotate_secret (UlakCall *call, gpointer adapter);
void ulak_adapter_list_deliveries (UlakCall *call, gpointer adapter);
void ulak_adapter_replay (UlakCall *call, gpointer adapter);
void ulak_adapter_replay_since (UlakCall *call, gpointer adapter);
void ulak_adapter_test_endpoint (UlakCall *call, gpointer adapter);
