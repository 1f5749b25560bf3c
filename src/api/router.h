/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Router: a method and a raw path in, a route of the table out.
 *
 * Paths are split at "/" first and then decoded, so that an encoded slash never makes a new segment; "." and ".." segments,
 * NUL and broken UTF-8 are refused, empty segments ignored. /api/... without a version means the current one. Patterns,
 * never raw paths, label metrics and logs. No path is ever mapped to a file.
 */
#pragma once

#include <gio/gio.h>

#define ULAK_ROUTE_PARAMETERS_MAX 3

typedef struct _UlakRequest UlakRequest;
typedef void (*UlakRouteHandler) (UlakRequest *request);

/* What a caller must be allowed to do. Every API key may do all today; the check stands where scopes will be looked at. */
typedef enum
{
  ULAK_SCOPE_OPEN,     /* nobody is asked for a key, and no request is counted by the rate limit */
  ULAK_SCOPE_OPTIONAL, /* a key shows more */
  ULAK_SCOPE_METRICS,  /* METRICS_TOKEN, or a key where none is set */
  ULAK_SCOPE_READ,
  ULAK_SCOPE_SEND,
  ULAK_SCOPE_MANAGE,
  ULAK_SCOPE_WEBHOOKS,
  ULAK_SCOPE_SECRETS,
} UlakScope;

typedef enum
{
  ULAK_BODY_JSON,     /* up to [api] body_limit_bytes */
  ULAK_BODY_CALLBACK, /* Meta's: up to 4 MiB, core/json.h */
  ULAK_BODY_MEDIA,    /* up to [api] media_limit_bytes, streamed to a file */
} UlakBodyKind;

typedef struct
{
  const char *method;
  const char *pattern; /* "/api/v1/accounts/{id}" */
  UlakScope scope;
  UlakBodyKind body;
  UlakRouteHandler handler;
} UlakRoute;

typedef struct
{
  const UlakRoute *route;                       /* (nullable): no such path, or not with this method */
  char *parameters[ULAK_ROUTE_PARAMETERS_MAX];  /* (owned): in the pattern's order */
  char *allow;                                  /* (owned) (nullable): the path exists, for these methods */
} UlakMatch;

void ulak_match_clear (UlakMatch *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakMatch, ulak_match_clear)

GStrv ulak_path_split (const char *raw_path, GError **error);
void ulak_router_match (const UlakRoute *routes,
                        const char *method,
                        const char *const *segments,
                        UlakMatch *match_out);

/* The table, ended by a route without a method. routes.c */
const UlakRoute *ulak_routes_get (void);
