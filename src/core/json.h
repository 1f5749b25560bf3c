/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * JSON: bytes from outside become a tree only inside limits, and fields are taken out of it with clear issues.
 *
 * json-glib recurses: 80,000 nested brackets overflow its stack, so depth and size are checked by a scan of the bytes
 * before the parser sees them. The scan also refuses invalid UTF-8, NUL bytes and duplicate keys' cost (count).
 *
 * The readers report into UlakIssues and return a default, so that one pass finds every fault of a document.
 */
#pragma once

#include "core/issues.h"

#include <json-glib/json-glib.h>

typedef struct
{
  gsize max_bytes;
  guint max_depth;
  guint max_elements; /* members and array elements in all */
  gboolean is_exact;  /* integers outside gint64 are refused; else json-glib cuts them, which a peer's document must survive */
} UlakJsonLimits;

#define ULAK_JSON_LIMITS_REQUEST ((UlakJsonLimits){ 1024 * 1024, 32, 20000, TRUE })
/* An event's data: small, flat enough for any parser, and never a megabyte of brackets. */
#define ULAK_JSON_LIMITS_EVENT ((UlakJsonLimits){ 256 * 1024, 32, 20000, FALSE })
#define ULAK_JSON_LIMITS_CALLBACK ((UlakJsonLimits){ 4 * 1024 * 1024, 32, 100000, FALSE })
#define ULAK_JSON_LIMITS_ANSWER ((UlakJsonLimits){ 1024 * 1024, 32, 20000, FALSE }) /* of a remote network */

JsonNode *ulak_json_parse (const char *bytes, gsize size_bytes, const UlakJsonLimits *limits, GError **error);
JsonObject *ulak_json_parse_object (const char *bytes, gsize size_bytes, const UlakJsonLimits *limits, GError **error);
/* text: ends by NUL; within ULAK_JSON_LIMITS_REQUEST. */
JsonObject *ulak_json_parse_text (const char *text, GError **error);
char *ulak_json_print (JsonNode *node);
/* For documents that are made so often that a tree of them would cost too much. */
void ulak_json_append (GString *text, JsonNode *node);
void ulak_json_append_string (GString *text, const char *string);
char *ulak_json_print_object (JsonObject *object);

typedef enum
{
  ULAK_JSON_OPTIONAL = 0,
  ULAK_JSON_REQUIRED = 1 << 0,
} UlakJsonFlags;

const char *ulak_json_read_string (JsonObject *object,
                                   const char *parent_path,
                                   const char *name,
                                   UlakJsonFlags flags,
                                   gsize min_characters,
                                   gsize max_characters,
                                   UlakIssues *issues);
gint64 ulak_json_read_integer (JsonObject *object,
                               const char *parent_path,
                               const char *name,
                               UlakJsonFlags flags,
                               gint64 min,
                               gint64 max,
                               gint64 fallback,
                               UlakIssues *issues);
double ulak_json_read_number (JsonObject *object,
                              const char *parent_path,
                              const char *name,
                              UlakJsonFlags flags,
                              double min,
                              double max,
                              UlakIssues *issues);
gboolean ulak_json_read_boolean (JsonObject *object,
                                 const char *parent_path,
                                 const char *name,
                                 gboolean fallback,
                                 UlakIssues *issues);
JsonObject *ulak_json_read_object (JsonObject *object,
                                   const char *parent_path,
                                   const char *name,
                                   UlakJsonFlags flags,
                                   UlakIssues *issues);
JsonArray *ulak_json_read_array (JsonObject *object,
                                 const char *parent_path,
                                 const char *name,
                                 UlakJsonFlags flags,
                                 guint min_length,
                                 guint max_length,
                                 UlakIssues *issues);
void ulak_json_refuse_unknown (JsonObject *object,
                               const char *parent_path,
                               const char *const *known,
                               UlakIssues *issues);

/* Quiet look-ups for peers' documents, where a missing or odd field is normal: NULL, or the fallback. */
const char *ulak_json_peek_string (JsonObject *object, const char *name);
gint64 ulak_json_peek_integer (JsonObject *object, const char *name, gint64 fallback);
gboolean ulak_json_peek_boolean (JsonObject *object, const char *name, gboolean fallback);
JsonObject *ulak_json_peek_object (JsonObject *object, const char *name);
JsonArray *ulak_json_peek_array (JsonObject *object, const char *name);
JsonObject *ulak_json_peek_first (JsonObject *object, const char *name);
void ulak_json_copy_string (JsonObject *from, const char *name, JsonObject *to, const char *to_name);
