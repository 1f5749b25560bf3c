/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/media/media-connection.h"

#include "core/error.h"

#define TTL_DEFAULT_S 300
#define TTL_MAX_S 86400

struct _UlakMediaConnection
{
  GObject parent_instance;

  UlakMediaPort port;
  UlakClock *clock;      /* (owned) */
  UlakMediaHosts *hosts; /* (owned) (nullable) */
  gint64 expires_us;     /* monotonic */
  GPtrArray *waiting;    /* (owned) (element-type GTask): for the query that is under way */
};

G_DEFINE_FINAL_TYPE (UlakMediaConnection, ulak_media_connection, G_TYPE_OBJECT)

static void
hosts_clear (gpointer data)
{
  UlakMediaHosts *self = data;

  g_strfreev (self->names);
  g_free (self->auth);
}

UlakMediaHosts *
ulak_media_hosts_ref (UlakMediaHosts *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
ulak_media_hosts_unref (UlakMediaHosts *self)
{
  g_atomic_rc_box_release_full (self, hosts_clear);
}

static void
ulak_media_connection_finalize (GObject *object)
{
  UlakMediaConnection *self = ULAK_MEDIA_CONNECTION (object);

  g_clear_object (&self->clock);
  g_clear_pointer (&self->hosts, ulak_media_hosts_unref);
  g_clear_pointer (&self->waiting, g_ptr_array_unref);
  G_OBJECT_CLASS (ulak_media_connection_parent_class)->finalize (object);
}

static void
ulak_media_connection_class_init (UlakMediaConnectionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ulak_media_connection_finalize;
}

static void
ulak_media_connection_init (UlakMediaConnection *self)
{
  self->waiting = g_ptr_array_new_with_free_func (g_object_unref);
}

UlakMediaConnection *
ulak_media_connection_new (const UlakMediaPort *port, UlakClock *clock)
{
  UlakMediaConnection *self = g_object_new (ULAK_TYPE_MEDIA_CONNECTION, NULL);

  self->port = *port;
  self->clock = g_object_ref (clock);
  return self;
}

/* A name and perhaps a port: nothing that could end the authority of a URL. */
static gboolean
is_host_name (const char *name)
{
  gsize length = name == NULL ? 0 : strlen (name);

  if (length == 0 || length > ULAK_MEDIA_HOST_NAME_MAX)
    return FALSE;
  for (const char *c = name; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && *c != '.' && *c != '-' && *c != ':')
      return FALSE;
  return TRUE;
}

static GStrv
read_names (const UlakNode *node)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  guint n = 0;

  for (const UlakNode *host = ulak_node_get_first (node); host != NULL && n < ULAK_MEDIA_HOSTS_MAX;
       host = ulak_node_get_next (host))
    {
      const char *name = ulak_node_get_attribute (host, "hostname");

      if (!ulak_node_is (host, "host") || !is_host_name (name))
        continue;
      g_strv_builder_add (names, name);
      n++;
    }
  return n == 0 ? NULL : g_strv_builder_end (names);
}

static UlakMediaHosts *
read_answer (const UlakNode *answer, guint64 *ttl_s_out, GError **error)
{
  const UlakNode *node = ulak_node_read_child (answer, "media_conn", error);
  const char *auth = node == NULL ? NULL : ulak_node_read_attribute (node, "auth", error);
  g_auto (GStrv) names = NULL;
  UlakMediaHosts *hosts;

  if (auth == NULL)
    return NULL;
  names = read_names (node);
  if (names == NULL)
    {
      g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_REMOTE, "The server names no host for media");
      return NULL;
    }
  if (!ulak_node_read_number (node, "ttl", TTL_MAX_S, ttl_s_out, NULL) || *ttl_s_out == 0)
    *ttl_s_out = TTL_DEFAULT_S;
  hosts = g_atomic_rc_box_new0 (UlakMediaHosts);
  hosts->names = g_steal_pointer (&names);
  hosts->auth = g_strdup (auth);
  return hosts;
}

static void
answer_all (UlakMediaConnection *self, const GError *error)
{
  g_autoptr (GPtrArray) waiting = self->waiting;

  self->waiting = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < waiting->len; i++)
    {
      GTask *task = g_ptr_array_index (waiting, i);

      if (error != NULL)
        g_task_return_error (task, g_error_copy (error));
      else
        g_task_return_pointer (task, ulak_media_hosts_ref (self->hosts), (GDestroyNotify) ulak_media_hosts_unref);
    }
}

static void
answered_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakMediaConnection) self = user_data;
  g_autoptr (GError) error = NULL;
  guint code;
  g_autoptr (UlakNode) answer = self->port.query_finish (self->port.owner, result, &code, &error);
  guint64 ttl_s = 0;
  UlakMediaHosts *hosts = answer == NULL ? NULL : read_answer (answer, &ttl_s, &error);

  if (hosts != NULL)
    {
      g_clear_pointer (&self->hosts, ulak_media_hosts_unref);
      self->hosts = hosts;
      self->expires_us = ulak_clock_get_monotonic_us (self->clock) + (gint64) ttl_s * G_USEC_PER_SEC;
    }
  else
    g_prefix_error (&error, "Cannot learn where media are kept: ");
  answer_all (self, error);
}

static void
ask (UlakMediaConnection *self)
{
  UlakNodeBuilder *query = self->port.begin_query (self->port.owner, "set", "w:m");

  ulak_node_builder_open (query, "media_conn");
  ulak_node_builder_close (query);
  self->port.query_async (self->port.owner, query, NULL, answered_cb, g_object_ref (self));
}

void
ulak_media_connection_get_async (UlakMediaConnection *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_media_connection_get_async);
  if (self->hosts != NULL && ulak_clock_get_monotonic_us (self->clock) < self->expires_us)
    {
      g_task_return_pointer (task, ulak_media_hosts_ref (self->hosts), (GDestroyNotify) ulak_media_hosts_unref);
      g_object_unref (task);
      return;
    }
  g_ptr_array_add (self->waiting, task);
  if (self->waiting->len == 1)
    ask (self);
}

UlakMediaHosts *
ulak_media_connection_get_finish (UlakMediaConnection *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
ulak_media_connection_forget (UlakMediaConnection *self, const UlakMediaHosts *hosts)
{
  if (self->hosts == hosts)
    g_clear_pointer (&self->hosts, ulak_media_hosts_unref);
}
