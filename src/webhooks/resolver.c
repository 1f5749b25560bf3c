/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "webhooks/resolver.h"

#include "core/error.h"
#include "webhooks/target.h"

struct _UlakResolver
{
  GResolver parent_instance;

  GResolver *inner;   /* (owned) */
  gint allow_private; /* atomic: synchronous look-ups may come from other threads */
};

G_DEFINE_FINAL_TYPE (UlakResolver, ulak_resolver, G_TYPE_RESOLVER)

/* addresses: (transfer full). NULL with ULAK_ERROR_NOT_ALLOWED when none is left. */
static GList *
filter (UlakResolver *self, GList *addresses, const char *host, GError **error)
{
  gboolean allow_private = g_atomic_int_get (&self->allow_private);
  GList *kept = NULL;

  if (addresses == NULL)
    return NULL;
  for (GList *link = addresses; link != NULL; link = link->next)
    if (allow_private || ulak_target_address_is_public (link->data))
      kept = g_list_prepend (kept, g_object_ref (link->data));
  g_resolver_free_addresses (addresses);
  if (kept == NULL)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_NOT_ALLOWED,
                 "%s has no public address; allowed only with [webhooks] allow_private_targets = true", host);
  return g_list_reverse (kept);
}

static GList *
lookup_by_name_with_flags (GResolver *resolver,
                           const char *host,
                           GResolverNameLookupFlags flags,
                           GCancellable *cancellable,
                           GError **error)
{
  UlakResolver *self = ULAK_RESOLVER (resolver);

  return filter (self, g_resolver_lookup_by_name_with_flags (self->inner, host, flags, cancellable, error), host, error);
}

static GList *
lookup_by_name (GResolver *resolver, const char *host, GCancellable *cancellable, GError **error)
{
  return lookup_by_name_with_flags (resolver, host, G_RESOLVER_NAME_LOOKUP_FLAGS_DEFAULT, cancellable, error);
}

static void
free_addresses (gpointer addresses)
{
  g_resolver_free_addresses (addresses);
}

static void
looked_up_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakResolver *self = g_task_get_source_object (task);
  GError *error = NULL;
  GList *addresses = g_resolver_lookup_by_name_with_flags_finish (G_RESOLVER (source), result, &error);

  addresses = filter (self, addresses, g_task_get_task_data (task), &error);
  if (addresses != NULL)
    g_task_return_pointer (task, addresses, free_addresses);
  else
    g_task_return_error (task, error);
}

static void
lookup_by_name_with_flags_async (GResolver *resolver,
                                 const char *host,
                                 GResolverNameLookupFlags flags,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  GTask *task = g_task_new (resolver, cancellable, callback, user_data);

  g_task_set_source_tag (task, lookup_by_name_with_flags_async);
  g_task_set_task_data (task, g_strdup (host), g_free);
  g_resolver_lookup_by_name_with_flags_async (ULAK_RESOLVER (resolver)->inner, host, flags, cancellable, looked_up_cb, task);
}

static void
lookup_by_name_async (GResolver *resolver,
                      const char *host,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  lookup_by_name_with_flags_async (resolver, host, G_RESOLVER_NAME_LOOKUP_FLAGS_DEFAULT, cancellable, callback, user_data);
}

static GList *
lookup_finish (GResolver *resolver, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, resolver), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
ulak_resolver_finalize (GObject *object)
{
  g_clear_object (&ULAK_RESOLVER (object)->inner);
  G_OBJECT_CLASS (ulak_resolver_parent_class)->finalize (object);
}

static void
ulak_resolver_class_init (UlakResolverClass *class)
{
  GResolverClass *resolver = G_RESOLVER_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = ulak_resolver_finalize;
  resolver->lookup_by_name = lookup_by_name;
  resolver->lookup_by_name_async = lookup_by_name_async;
  resolver->lookup_by_name_finish = lookup_finish;
  resolver->lookup_by_name_with_flags = lookup_by_name_with_flags;
  resolver->lookup_by_name_with_flags_async = lookup_by_name_with_flags_async;
  resolver->lookup_by_name_with_flags_finish = lookup_finish;
}

static void
ulak_resolver_init (UlakResolver *self G_GNUC_UNUSED)
{
}

/**
 * ulak_resolver_new:
 * @inner: whom to ask, the system's resolver except in tests
 *
 * Records other than addresses (SRV, MX) are not served: nothing here asks for them.
 *
 * Returns: (transfer full): a resolver that gives public addresses only
 */
UlakResolver *
ulak_resolver_new (GResolver *inner)
{
  UlakResolver *self = g_object_new (ULAK_TYPE_RESOLVER, NULL);

  self->inner = g_object_ref (inner);
  return self;
}

void
ulak_resolver_set_allow_private (UlakResolver *self, gboolean allow_private)
{
  g_atomic_int_set (&self->allow_private, allow_private);
}
