/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "unit/whatsapp/media-host.h"

#include "core/error.h"

#define KEPT_MAX_BYTES (1024 * 1024)

typedef struct
{
  HostDeed deed;
  guint number;
} Plan;

struct _MediaHost
{
  SoupServer *server;
  char *name;
  GHashTable *files; /* (element-type utf8 GBytes) */
  GArray *plans;
  guint n_requests;
  char *range;
  char *uri;
  GByteArray *upload;
  gsize upload_bytes;
  char *upload_token;
};

static GTlsCertificate *
load_certificate (char **path_out)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (g_getenv ("G_TEST_SRCDIR"), "..", "data", "whatsapp", "media", "host.pem", NULL);
  GTlsCertificate *certificate = g_tls_certificate_new_from_file (path, &error);

  g_assert_no_error (error);
  if (path_out != NULL)
    *path_out = g_steal_pointer (&path);
  return certificate;
}

SoupSession *
media_host_new_session (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GTlsCertificate) certificate = load_certificate (&path);
  g_autoptr (GTlsDatabase) database = g_tls_file_database_new (path, &error);
  SoupSession *session = ulak_media_session_new ();

  g_assert_no_error (error);
  soup_session_set_tls_database (session, database);
  return session;
}

static Plan
take_plan (MediaHost *self)
{
  Plan plan = { HOST_SERVE, 0 };

  if (self->plans->len == 0)
    return plan;
  plan = g_array_index (self->plans, Plan, 0);
  g_array_remove_index (self->plans, 0);
  return plan;
}

static void
cut_cb (SoupServerMessage *message, guint n G_GNUC_UNUSED, gpointer user_data G_GNUC_UNUSED)
{
  g_socket_shutdown (soup_server_message_get_socket (message), TRUE, TRUE, NULL);
}

static void
answer_piece (SoupServerMessage *message, GBytes *bytes, gsize start, gsize n)
{
  g_autoptr (GBytes) piece = g_bytes_new_from_bytes (bytes, start, n);

  soup_message_body_append_bytes (soup_server_message_get_response_body (message), piece);
}

static void
answer_file (MediaHost *self G_GNUC_UNUSED, SoupServerMessage *message, GBytes *bytes, Plan plan)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  gsize size = g_bytes_get_size (bytes), start = 0, n;
  SoupRange *ranges;
  int n_ranges;

  if (plan.deed != HOST_NO_RANGES
      && soup_message_headers_get_ranges (soup_server_message_get_request_headers (message), (goffset) size, &ranges, &n_ranges))
    {
      start = (gsize) ranges[0].start;
      soup_message_headers_free_ranges (soup_server_message_get_request_headers (message), ranges);
    }
  soup_server_message_set_status (message, start > 0 ? 206 : 200, NULL);
  n = plan.deed == HOST_CUT || plan.deed == HOST_SHORT ? MIN (plan.number, size - start) : size - start;
  if (start > 0)
    soup_message_headers_set_content_range (headers, (goffset) start, (goffset) (start + n) - 1, (goffset) size);
  if (plan.deed == HOST_CUT)
    {
      soup_message_headers_set_encoding (headers, SOUP_ENCODING_CHUNKED);
      g_signal_connect (message, "wrote-body-data", G_CALLBACK (cut_cb), NULL);
    }
  answer_piece (message, bytes, start, n);
  /* libsoup adds the ranges by itself where the whole body is there. */
  soup_message_headers_remove (soup_server_message_get_request_headers (message), "Range");
}

static void
answer_upload (MediaHost *self, SoupServerMessage *message, Plan plan)
{
  g_autofree char *text = g_strdup_printf (
      "{\"url\":\"https://mmg.whatsapp.net/v/%u?oh=1\",\"direct_path\":\"/v/%u?oh=1\",\"handle\":\"handle-1\"}",
      self->n_requests, self->n_requests);

  soup_server_message_set_status (message, 200, NULL);
  if (plan.deed == HOST_GARBAGE)
    soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_STATIC, "thanks", 6);
  else
    soup_server_message_set_response (message, "application/json", SOUP_MEMORY_COPY, text, strlen (text));
}

static void
handler_cb (SoupServer *server G_GNUC_UNUSED,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query G_GNUC_UNUSED,
            gpointer user_data)
{
  MediaHost *self = user_data;
  Plan plan = take_plan (self);
  GBytes *bytes = g_hash_table_lookup (self->files, path);

  self->n_requests++;
  g_free (self->range);
  self->range = g_strdup (soup_message_headers_get_one (soup_server_message_get_request_headers (message), "Range"));
  g_free (self->uri);
  self->uri = g_strjoin ("?", g_uri_get_path (soup_server_message_get_uri (message)),
                         g_uri_get_query (soup_server_message_get_uri (message)), NULL);
  g_assert_cmpstr (soup_message_headers_get_one (soup_server_message_get_request_headers (message), "Origin"), ==,
                   "https://web.whatsapp.com");

  if (plan.deed == HOST_STATUS)
    soup_server_message_set_status (message, plan.number, NULL);
  else if (plan.deed == HOST_LATER)
    {
      g_autofree char *seconds = g_strdup_printf ("%u", plan.number);

      soup_message_headers_replace (soup_server_message_get_response_headers (message), "Retry-After", seconds);
      soup_server_message_set_status (message, 503, NULL);
    }
  else if (soup_server_message_get_method (message) == SOUP_METHOD_POST)
    answer_upload (self, message, plan);
  else if (bytes == NULL)
    soup_server_message_set_status (message, 404, NULL);
  else
    answer_file (self, message, bytes, plan);
}

/* --- uploads are counted as they come --- */

static void
chunk_cb (SoupServerMessage *message, GBytes *chunk, gpointer user_data)
{
  MediaHost *self = user_data;
  GChecksum *checksum = g_object_get_data (G_OBJECT (message), "checksum");
  gsize size;
  const guint8 *bytes = g_bytes_get_data (chunk, &size);

  g_checksum_update (checksum, bytes, (gssize) size);
  self->upload_bytes += size;
  if (self->upload->len + size <= KEPT_MAX_BYTES)
    g_byte_array_append (self->upload, bytes, (guint) size);
}

static void
body_cb (SoupServerMessage *message, gpointer user_data)
{
  MediaHost *self = user_data;
  GChecksum *checksum = g_object_get_data (G_OBJECT (message), "checksum");
  guint8 digest[32];
  gsize size = sizeof digest;

  g_checksum_get_digest (checksum, digest, &size);
  g_free (self->upload_token);
  self->upload_token = g_base64_encode (digest, sizeof digest);
  g_strdelimit (self->upload_token, "+", '-');
  g_strdelimit (self->upload_token, "/", '_');
  *strchr (self->upload_token, '=') = '\0';
}

static void
headers_cb (SoupServerMessage *message, gpointer user_data)
{
  MediaHost *self = user_data;

  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
  g_object_set_data_full (G_OBJECT (message), "checksum", g_checksum_new (G_CHECKSUM_SHA256), (GDestroyNotify) g_checksum_free);
  if (soup_server_message_get_method (message) != SOUP_METHOD_POST)
    return;
  g_byte_array_set_size (self->upload, 0);
  self->upload_bytes = 0;
  g_signal_connect (message, "got-chunk", G_CALLBACK (chunk_cb), self);
  g_signal_connect (message, "got-body", G_CALLBACK (body_cb), self);
}

static void
started_cb (SoupServer *server G_GNUC_UNUSED, SoupServerMessage *message, gpointer user_data)
{
  g_signal_connect (message, "got-headers", G_CALLBACK (headers_cb), user_data);
}

MediaHost *
media_host_new (void)
{
  MediaHost *self = g_new0 (MediaHost, 1);
  g_autoptr (GTlsCertificate) certificate = load_certificate (NULL);
  g_autoptr (GError) error = NULL;
  GSList *uris;

  self->files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
  self->plans = g_array_new (FALSE, FALSE, sizeof (Plan));
  self->upload = g_byte_array_new ();
  self->server = soup_server_new ("tls-certificate", certificate, NULL);
  soup_server_add_handler (self->server, NULL, handler_cb, self, NULL);
  g_signal_connect (self->server, "request-started", G_CALLBACK (started_cb), self);
  soup_server_listen_local (self->server, 0, SOUP_SERVER_LISTEN_HTTPS | SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (self->server);
  self->name = g_strdup_printf ("127.0.0.1:%d", g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  return self;
}

void
media_host_free (MediaHost *self)
{
  soup_server_disconnect (self->server);
  g_object_unref (self->server);
  g_hash_table_unref (self->files);
  g_array_unref (self->plans);
  g_byte_array_unref (self->upload);
  g_free (self->name);
  g_free (self->range);
  g_free (self->uri);
  g_free (self->upload_token);
  g_free (self);
}

const char *
media_host_get_name (MediaHost *self)
{
  return self->name;
}

void
media_host_plan (MediaHost *self, HostDeed deed, guint number)
{
  Plan plan = { deed, number };

  g_array_append_val (self->plans, plan);
}

void
media_host_put (MediaHost *self, const char *path, GBytes *bytes)
{
  g_hash_table_insert (self->files, g_strdup (path), g_bytes_ref (bytes));
}

guint
media_host_count_requests (MediaHost *self)
{
  return self->n_requests;
}

const char *
media_host_get_range (MediaHost *self)
{
  return self->range;
}

const char *
media_host_get_uri (MediaHost *self)
{
  return self->uri;
}

GBytes *
media_host_get_upload (MediaHost *self)
{
  return g_bytes_new (self->upload->data, self->upload->len);
}

gsize
media_host_get_upload_size (MediaHost *self)
{
  return self->upload_bytes;
}

const char *
media_host_get_upload_token (MediaHost *self)
{
  return self->upload_token;
}

/* --- the protocol's server --- */

static UlakNodeBuilder *
begin_query (gpointer owner G_GNUC_UNUSED, const char *type, const char *xmlns)
{
  UlakNodeBuilder *builder = ulak_node_builder_new ("iq");

  ulak_node_builder_add_text (builder, "type", type);
  ulak_node_builder_add_text (builder, "xmlns", xmlns);
  return builder;
}

static UlakNode *
name_hosts (const FakeServer *self)
{
  g_auto (GStrv) hosts = g_strsplit (self->hosts, " ", -1);
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new ("iq");

  ulak_node_builder_open (builder, "media_conn");
  ulak_node_builder_add_text (builder, "auth", self->auth);
  ulak_node_builder_add_number (builder, "ttl", self->ttl_s);
  for (guint i = 0; hosts[i] != NULL; i++)
    {
      ulak_node_builder_open (builder, "host");
      ulak_node_builder_add_text (builder, "hostname", hosts[i]);
      ulak_node_builder_close (builder);
    }
  ulak_node_builder_close (builder);
  return ulak_node_builder_end (builder, NULL);
}

static void
query_async (gpointer owner,
             UlakNodeBuilder *query,
             GCancellable *cancellable,
             GAsyncReadyCallback callback,
             gpointer user_data)
{
  FakeServer *self = owner;
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (UlakNodeBuilder) owned = query;
  g_autoptr (UlakNode) asked = ulak_node_builder_end (owned, NULL);

  self->n_queries++;
  if (self->is_offline)
    g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "Not connected");
  else if (g_strcmp0 (ulak_node_get_attribute (asked, "xmlns"), "w:m") == 0)
    g_task_return_pointer (task, name_hosts (self), (GDestroyNotify) ulak_node_unref);
  else
    g_task_return_pointer (task, self->answer (asked, self->data), (GDestroyNotify) ulak_node_unref);
}

static UlakNode *
query_finish (gpointer owner G_GNUC_UNUSED, GAsyncResult *result, guint *code_out, GError **error)
{
  *code_out = 0;
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
send (gpointer owner, const UlakNode *stanza, GError **error)
{
  FakeServer *self = owner;

  if (self->is_offline)
    {
      g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "Not connected");
      return FALSE;
    }
  g_clear_pointer (&self->sent, ulak_node_unref);
  self->sent = ulak_node_ref (stanza);
  return TRUE;
}

UlakMediaPort
fake_server_get_port (FakeServer *self)
{
  return (UlakMediaPort){ self, begin_query, query_async, query_finish, send };
}
