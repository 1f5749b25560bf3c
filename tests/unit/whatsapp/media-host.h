/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Media host: a TLS server on loopback that keeps files like WhatsApp's hosts, and does to each request what the test says;
 * and a server of the protocol that names it.
 */
#pragma once

#include "whatsapp/media/media-client.h"

typedef enum
{
  HOST_SERVE,     /* as it should be */
  HOST_STATUS,    /* answers number as the status */
  HOST_CUT,       /* the connection breaks after number bytes of the body */
  HOST_SHORT,     /* an orderly answer with only number bytes */
  HOST_NO_RANGES, /* the whole file, whatever was asked for */
  HOST_LATER,     /* 503 with Retry-After: number */
  HOST_GARBAGE,   /* an upload is answered with no JSON */
} HostDeed;

typedef struct _MediaHost MediaHost;

MediaHost *media_host_new (void);
void media_host_free (MediaHost *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MediaHost, media_host_free)

const char *media_host_get_name (MediaHost *self); /* 127.0.0.1:port */
SoupSession *media_host_new_session (void);        /* trusts it */

/* For the next request that has no deed yet. */
void media_host_plan (MediaHost *self, HostDeed deed, guint number);
/* At path, without a query. */
void media_host_put (MediaHost *self, const char *path, GBytes *bytes);
guint media_host_count_requests (MediaHost *self);
const char *media_host_get_range (MediaHost *self); /* of the last request; NULL: none */
const char *media_host_get_uri (MediaHost *self);   /* path and query of the last request */
/* The last upload: kept whole only when it is small. */
GBytes *media_host_get_upload (MediaHost *self);
gsize media_host_get_upload_size (MediaHost *self);
const char *media_host_get_upload_token (MediaHost *self); /* base64url without padding of the SHA-256 of what came */

/* The protocol's server: names hosts (space separated), takes receipts. */
typedef struct
{
  const char *hosts;
  const char *auth;
  guint64 ttl_s;
  gboolean is_offline;
  guint n_queries;
  UlakNode *sent; /* (owned) (nullable): the last stanza that was sent */
  /* (nullable): what else is asked; (transfer full): NULL: the server says no */
  UlakNode *(*answer) (const UlakNode *query, gpointer data);
  gpointer data;
} FakeServer;

UlakMediaPort fake_server_get_port (FakeServer *self);
