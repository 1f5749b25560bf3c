/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Shape: what a JSON object from a client may hold, as a table of fields; a field may name the shape of what lies inside.
 *
 * One walk over the tables checks kinds, lengths, ranges and unknown fields, and finds every fault. Rules that span fields
 * ("exactly one of link and media_id") are a function at the table. Pure; any thread.
 */
#pragma once

#include "core/issues.h"
#include "core/json.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define ULAK_SHAPE_URL_MAX 2048

typedef enum
{
  ULAK_FIELD_KIND_STRING, /* min to max characters */
  ULAK_FIELD_KIND_URL,    /* absolute, http or https */
  ULAK_FIELD_KIND_TIME,   /* RFC 3339 */
  ULAK_FIELD_KIND_CHAT,   /* a phone or a chat id */
  ULAK_FIELD_KIND_WORD,   /* one of words */
  ULAK_FIELD_KIND_BOOLEAN,
  ULAK_FIELD_KIND_INTEGER, /* min to max */
  ULAK_FIELD_KIND_NUMBER,  /* min to max */
  ULAK_FIELD_KIND_OBJECT,
  ULAK_FIELD_KIND_ARRAY, /* of objects; min to max of them */
  ULAK_FIELD_KIND_TEXTS, /* array of strings of 1 to length_max characters; min to max of them */
  ULAK_FIELD_KIND_CHATS, /* array of phones or chat ids; min to max of them */
  ULAK_FIELD_KIND_TEXT,  /* a string, or the object */
} UlakFieldKind;

typedef struct _UlakShape UlakShape;

typedef struct
{
  const char *name;
  UlakFieldKind kind;
  UlakJsonFlags flags;
  gint64 min;
  gint64 max;
  const UlakShape *shape;   /* OBJECT, ARRAY, TEXT */
  const char *const *words; /* WORD */
  guint length_max;         /* TEXTS */
} UlakField;

struct _UlakShape
{
  void (*check) (JsonObject *object, const char *path, UlakIssues *issues); /* (nullable): rules across fields */
  const UlakField *fields;                                                  /* ended by a NULL name */
};

/* path: of the object in the document; "" for the root. */
void ulak_shape_check (const UlakShape *self, JsonObject *object, const char *path, UlakIssues *issues);

/* For rules across fields. */
char *ulak_shape_join_path (const char *parent, const char *name); /* (transfer full) */
gboolean ulak_shape_has (JsonObject *object, const char *name);    /* it is there and not null */

G_END_DECLS
