/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "webhooks/endpoint-row.h"

#include "core/json.h"
#include "webhooks/signature.h"

#include <string.h>

/* --- sealed and open --- */

/* What a blob is sealed for: it opens nowhere else. */
static char *
seal_name (const UlakEndpoint *endpoint, const char *what)
{
  return g_strdup_printf ("endpoint/%s/%s", endpoint->id, what);
}

static GBytes *
close_blob (UlakSeal *seal, const UlakEndpoint *endpoint, const char *what, const void *bytes, gsize size_bytes)
{
  g_autofree char *name = seal_name (endpoint, what);

  return ulak_seal_close (seal, name, bytes, size_bytes);
}

static UlakSecret *
open_blob (UlakSeal *seal_or_null, const UlakEndpoint *endpoint, const char *what, GBytes *blob)
{
  g_autofree char *name = seal_name (endpoint, what);
  gsize size;
  const void *bytes;

  if (blob == NULL || seal_or_null == NULL)
    return NULL;
  bytes = g_bytes_get_data (blob, &size);
  return ulak_seal_open (seal_or_null, name, bytes, size, NULL); /* unreadable ones are counted by health */
}

static void
open_headers (UlakEndpoint *endpoint, UlakSeal *seal_or_null, gboolean allow_private)
{
  g_autoptr (UlakSecret) secret = open_blob (seal_or_null, endpoint, "headers", endpoint->sealed_headers);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  g_autoptr (JsonObject) object = NULL;
  const guint8 *bytes;
  gsize size;

  if (secret == NULL)
    return;
  bytes = ulak_secret_get_bytes (secret, &size);
  object = ulak_json_parse_object ((const char *) bytes, size, &ULAK_JSON_LIMITS_REQUEST, NULL);
  if (object != NULL)
    ulak_endpoint_apply (endpoint, object, allow_private, issues);
}

/* The headers go with the secret: a request without them would be refused and used up. */
void
ulak_endpoint_open (UlakEndpoint *endpoint, UlakSeal *seal_or_null, gboolean allow_private)
{
  g_clear_pointer (&endpoint->secret, ulak_secret_unref);
  g_clear_pointer (&endpoint->old_secret, ulak_secret_unref);
  endpoint->secret = open_blob (seal_or_null, endpoint, "secret", endpoint->sealed_secret);
  endpoint->old_secret = open_blob (seal_or_null, endpoint, "secret", endpoint->sealed_old_secret);
  open_headers (endpoint, seal_or_null, allow_private);
}

void
ulak_endpoint_renew_secret (UlakEndpoint *endpoint, UlakSeal *seal, UlakRandom *random)
{
  gsize size;
  const guint8 *bytes;

  g_clear_pointer (&endpoint->secret, ulak_secret_unref);
  g_clear_pointer (&endpoint->sealed_secret, g_bytes_unref);
  endpoint->secret = ulak_signing_secret_new (random);
  bytes = ulak_secret_get_bytes (endpoint->secret, &size);
  endpoint->sealed_secret = close_blob (seal, endpoint, "secret", bytes, size);
}

void
ulak_endpoint_seal_headers (UlakEndpoint *endpoint, UlakSeal *seal)
{
  g_autofree char *headers = ulak_endpoint_print_headers (endpoint);

  g_clear_pointer (&endpoint->sealed_headers, g_bytes_unref);
  endpoint->sealed_headers = close_blob (seal, endpoint, "headers", headers, strlen (headers));
}

/* --- rows --- */

static GBytes *
ref_or_null (GBytes *bytes)
{
  return bytes != NULL ? g_bytes_ref (bytes) : NULL;
}

UlakEndpoint *
ulak_endpoint_from_row (const UlakEndpointRow *row, UlakSeal *seal_or_null, gboolean allow_private)
{
  UlakEndpoint *endpoint = ulak_endpoint_new (row->id, row->created_us);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  g_autoptr (JsonObject) document = NULL;

  endpoint->row = row->row;
  document = ulak_json_parse_text (row->document, NULL);
  if (document != NULL) /* stored by us: what the rules of today refuse is kept and refused when it is sent */
    {
      ulak_endpoint_apply (endpoint, document, TRUE, issues);
      endpoint->disabled_reason = g_strdup (ulak_json_peek_string (document, "disabled_reason"));
    }
  endpoint->is_enabled = row->is_enabled;
  endpoint->sealed_secret = ref_or_null (row->secret);
  endpoint->sealed_old_secret = ref_or_null (row->old_secret);
  endpoint->sealed_headers = ref_or_null (row->headers);
  endpoint->old_secret_until_us = row->old_secret_until_us;
  ulak_endpoint_open (endpoint, seal_or_null, allow_private);
  return endpoint;
}

UlakEndpointRow *
ulak_endpoint_to_row (const UlakEndpoint *endpoint)
{
  UlakEndpointRow *row = g_new0 (UlakEndpointRow, 1);
  g_autoptr (JsonObject) document = ulak_endpoint_to_json (endpoint);

  json_object_remove_member (document, "headers"); /* sealed, since people put tokens there */
  row->row = endpoint->row;
  row->id = g_strdup (endpoint->id);
  row->document = ulak_json_print_object (document);
  row->is_enabled = endpoint->is_enabled;
  row->created_us = endpoint->created_us;
  row->secret = ref_or_null (endpoint->sealed_secret);
  row->old_secret = ref_or_null (endpoint->sealed_old_secret);
  row->old_secret_until_us = endpoint->old_secret_until_us;
  row->headers = ref_or_null (endpoint->sealed_headers);
  return row;
}
