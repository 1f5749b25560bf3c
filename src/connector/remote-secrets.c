/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A look-up that a change overtakes is not cached: the epoch tells.
 */
#include "connector/remote-secrets.h"

#include "core/context.h"
#include "core/error.h"
#include "core/names.h"

#include <gio/gunixfdlist.h>
#include <gio/gunixinputstream.h>
#include <string.h>

#define VALUE_MAX (16 * 1024)
#define CALL_TIMEOUT_MS 25000

typedef struct
{
  UlakSecret *secret;
  gint64 until_us; /* monotonic */
} Cached;

struct _UlakRemoteSecrets
{
  GObject parent_instance;

  GDBusConnection *connection; /* (owned) */
  UlakClock *clock;            /* (owned) */
  UlakRandom *random;          /* (owned) */
  char *account;               /* (owned) */
  gint64 cache_us;
  GHashTable *cache; /* (owned) (element-type utf8 Cached) */
  guint epoch;       /* changes heard so far */
  guint subscription;
};

static void ulak_remote_secrets_iface_init (UlakSecretSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (UlakRemoteSecrets,
                               ulak_remote_secrets,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ULAK_TYPE_SECRET_SOURCE, ulak_remote_secrets_iface_init))

static void
cached_free (gpointer data)
{
  Cached *self = data;

  ulak_secret_unref (self->secret);
  g_free (self);
}

static void
ulak_remote_secrets_dispose (GObject *object)
{
  UlakRemoteSecrets *self = ULAK_REMOTE_SECRETS (object);

  if (self->subscription != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
  self->subscription = 0;
  g_clear_pointer (&self->cache, g_hash_table_unref);
  g_clear_object (&self->connection);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  g_clear_pointer (&self->account, g_free);
  G_OBJECT_CLASS (ulak_remote_secrets_parent_class)->dispose (object);
}

/* --- one look-up --- */

typedef struct
{
  char *name;
  guint epoch;
  guint8 *bytes; /* VALUE_MAX + 1, wiped */
} Lookup;

static void
lookup_free (gpointer data)
{
  Lookup *self = data;

  if (self->bytes != NULL)
    explicit_bzero (self->bytes, VALUE_MAX + 1);
  g_free (self->bytes);
  g_free (self->name);
  g_free (self);
}

static void
keep (UlakRemoteSecrets *self, const Lookup *lookup, UlakSecret *secret)
{
  Cached *cached;

  if (self->cache == NULL || lookup->epoch != self->epoch || self->cache_us == 0)
    return;
  cached = g_new0 (Cached, 1);
  cached->secret = ulak_secret_ref (secret);
  cached->until_us = ulak_clock_get_monotonic_us (self->clock) + self->cache_us;
  g_hash_table_replace (self->cache, g_strdup (lookup->name), cached);
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Lookup *lookup = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakSecret) secret = NULL;
  gsize size_bytes;

  if (!g_input_stream_read_all_finish (G_INPUT_STREAM (source), result, &size_bytes, &error))
    {
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "Cannot read the secret ‘%s’: %s",
                               lookup->name, error->message);
      return;
    }
  if (size_bytes > VALUE_MAX)
    {
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_TOO_LARGE,
                               "The secret ‘%s’ is larger than %d bytes", lookup->name, VALUE_MAX);
      return;
    }
  secret = ulak_secret_new (lookup->bytes, size_bytes);
  keep (g_task_get_source_object (task), lookup, secret);
  g_task_return_pointer (task, g_steal_pointer (&secret), (GDestroyNotify) ulak_secret_unref);
}

static int
take_fd (GVariant *reply, GUnixFDList *fds, GError **error)
{
  gint32 handle;

  g_variant_get (reply, "(h)", &handle);
  if (fds == NULL)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_FAILED, "ulak-api gave no descriptor");
      return -1;
    }
  return g_unix_fd_list_get (fds, handle, error);
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Lookup *lookup = g_task_get_task_data (task);
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GInputStream) stream = NULL;
  g_autoptr (GError) error = NULL;
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source), &fds, result, &error);
  int fd = reply == NULL ? -1 : take_fd (reply, fds, &error);

  if (fd < 0)
    {
      ulak_error_strip_remote (error);
      if (error->domain == ULAK_ERROR)
        g_task_return_error (task, g_steal_pointer (&error));
      else
        g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE,
                                 "ulak-api does not give the secret ‘%s’: %s", lookup->name, error->message);
      return;
    }
  stream = g_unix_input_stream_new (fd, TRUE);
  lookup->bytes = g_malloc (VALUE_MAX + 1);
  g_input_stream_read_all_async (stream, lookup->bytes, VALUE_MAX + 1, G_PRIORITY_DEFAULT, cancellable, read_cb,
                                 g_steal_pointer (&task)); /* after the cancellable was read: arguments have no order */
}

static UlakSecret *
find_cached (UlakRemoteSecrets *self, const char *name)
{
  Cached *cached = g_hash_table_lookup (self->cache, name);

  return cached != NULL && cached->until_us > ulak_clock_get_monotonic_us (self->clock)
             ? ulak_secret_ref (cached->secret)
             : NULL;
}

static void
lookup_async (UlakSecretSource *source,
              const char *name,
              GCancellable *cancellable,
              GAsyncReadyCallback callback,
              gpointer user_data)
{
  UlakRemoteSecrets *self = ULAK_REMOTE_SECRETS (source);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  UlakSecret *secret = find_cached (self, name);
  Lookup *lookup;

  g_task_set_source_tag (task, lookup_async);
  if (secret != NULL)
    {
      g_task_return_pointer (task, secret, (GDestroyNotify) ulak_secret_unref);
      return;
    }
  lookup = g_new0 (Lookup, 1);
  lookup->name = g_strdup (name);
  lookup->epoch = self->epoch;
  g_task_set_task_data (task, lookup, lookup_free);
  g_dbus_connection_call_with_unix_fd_list (
      self->connection, ULAK_BUS_NAME_API, ULAK_OBJECT_PATH_API, ULAK_BUS_NAME_API, "ReadSecret",
      g_variant_new ("(ss@a{sv})", self->account, name, ulak_context_make_options (self->clock, self->random)), G_VARIANT_TYPE ("(h)"), G_DBUS_CALL_FLAGS_NONE,
      CALL_TIMEOUT_MS, NULL, cancellable, answered_cb, g_steal_pointer (&task));
}

static UlakSecret *
lookup_finish (UlakSecretSource *source, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, source), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
ulak_remote_secrets_iface_init (UlakSecretSourceInterface *iface)
{
  iface->lookup_async = lookup_async;
  iface->lookup_finish = lookup_finish;
}

static void
ulak_remote_secrets_class_init (UlakRemoteSecretsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ulak_remote_secrets_dispose;
}

static void
ulak_remote_secrets_init (UlakRemoteSecrets *self)
{
  self->cache = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, cached_free);
}

static void
changed_cb (GDBusConnection *connection G_GNUC_UNUSED,
            const char *sender G_GNUC_UNUSED,
            const char *path G_GNUC_UNUSED,
            const char *interface G_GNUC_UNUSED,
            const char *signal G_GNUC_UNUSED,
            GVariant *parameters,
            gpointer user_data)
{
  UlakRemoteSecrets *self = user_data;
  const char *name;

  g_variant_get (parameters, "(&s)", &name);
  self->epoch++;
  if (*name == '\0')
    g_hash_table_remove_all (self->cache);
  else
    g_hash_table_remove (self->cache, name);
  ulak_secret_source_emit_changed (ULAK_SECRET_SOURCE (self), name);
}

/** ulak_remote_secrets_new: @cache_s: how long a value is kept; 0: not at all */
UlakRemoteSecrets *
ulak_remote_secrets_new (GDBusConnection *connection,
                         UlakClock *clock,
                         UlakRandom *random,
                         const char *account,
                         gint64 cache_s)
{
  UlakRemoteSecrets *self = g_object_new (ULAK_TYPE_REMOTE_SECRETS, NULL);

  self->connection = g_object_ref (connection);
  self->clock = g_object_ref (clock);
  self->random = g_object_ref (random);
  self->account = g_strdup (account);
  self->cache_us = cache_s * G_USEC_PER_SEC;
  self->subscription = g_dbus_connection_signal_subscribe (connection, ULAK_BUS_NAME_API, ULAK_BUS_NAME_API,
                                                           "SecretChanged", ULAK_OBJECT_PATH_API, NULL,
                                                           G_DBUS_SIGNAL_FLAGS_NONE, changed_cb, self, NULL);
  return self;
}
