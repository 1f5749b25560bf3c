/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Event types: the one table of what may happen, for validation, documentation and tests.
 *
 * A filter is a type, or a prefix of whole words ending in ".*" ("message.*"). Filters are checked against the table, so
 * that a misspelt one is heard; an event is accepted when its type is well formed, so that a newer line may talk
 * to an older dispatcher during an upgrade.
 */
#pragma once

#include <glib.h>

#define ULAK_EVENT_TYPE_MAX 64

/* What one event may hold, wherever it is made: the log refuses what is larger. See ULAK_JSON_LIMITS_EVENT, too. */
#define ULAK_EVENT_DATA_MAX_BYTES (256 * 1024)
#define ULAK_EVENT_CHAT_MAX_BYTES 256

#define ULAK_EVENT_ACCOUNT_STATE "account.state"
#define ULAK_EVENT_ACCOUNT_LINK "account.link"
#define ULAK_EVENT_ACCOUNT_UPDATED "account.updated"
#define ULAK_EVENT_ENDPOINT_DISABLED "endpoint.disabled"
#define ULAK_EVENT_WEBHOOK_TEST "webhook.test"

typedef struct
{
  const char *type;
  const char *data;    /* the fields of "data" */
  const char *meaning; /* one sentence */
} UlakEventType;

const UlakEventType *ulak_event_types_get (gsize *n_types_out);

gboolean ulak_event_type_is_known (const char *type);
gboolean ulak_event_type_is_well_formed (const char *type);
gboolean ulak_event_filter_is_valid (const char *filter);
gboolean ulak_event_filter_matches (const char *filter, const char *type);
