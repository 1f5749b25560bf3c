/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "unit/fakes/secrets.h"

#include <string.h>

struct _UlakFakeSecrets
{
  GObject parent_instance;

  GHashTable *table; /* (owned) (element-type utf8 UlakSecret) */
  gboolean is_faulty;
  UlakError fault;
  guint n_lookups;
};

static void ulak_fake_secrets_iface_init (UlakSecretSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (UlakFakeSecrets,
                               ulak_fake_secrets,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ULAK_TYPE_SECRET_SOURCE, ulak_fake_secrets_iface_init))

static void
lookup_async (UlakSecretSource *source,
              const char *name,
              GCancellable *cancellable,
              GAsyncReadyCallback callback,
              gpointer user_data)
{
  UlakFakeSecrets *self = ULAK_FAKE_SECRETS (source);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  UlakSecret *secret = g_hash_table_lookup (self->table, name);

  g_task_set_source_tag (task, lookup_async);
  self->n_lookups++;
  if (self->is_faulty)
    g_task_return_new_error (task, ULAK_ERROR, (gint) self->fault, "The keyring does not give ‘%s’", name);
  else if (secret == NULL)
    g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "There is no secret ‘%s’", name);
  else
    g_task_return_pointer (task, ulak_secret_ref (secret), (GDestroyNotify) ulak_secret_unref);
}

static UlakSecret *
lookup_finish (UlakSecretSource *source, GAsyncResult *result, GError **error)
{
  g_assert (g_task_is_valid (result, source));

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
ulak_fake_secrets_finalize (GObject *object)
{
  g_hash_table_unref (ULAK_FAKE_SECRETS (object)->table);
  G_OBJECT_CLASS (ulak_fake_secrets_parent_class)->finalize (object);
}

static void
ulak_fake_secrets_iface_init (UlakSecretSourceInterface *iface)
{
  iface->lookup_async = lookup_async;
  iface->lookup_finish = lookup_finish;
}

static void
ulak_fake_secrets_class_init (UlakFakeSecretsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ulak_fake_secrets_finalize;
}

static void
ulak_fake_secrets_init (UlakFakeSecrets *self)
{
  self->table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) ulak_secret_unref);
}

UlakFakeSecrets *
ulak_fake_secrets_new (void)
{
  return g_object_new (ULAK_TYPE_FAKE_SECRETS, NULL);
}

/** ulak_fake_secrets_set: stores @text under @name and emits "changed" */
void
ulak_fake_secrets_set (UlakFakeSecrets *self, const char *name, const char *text)
{
  ulak_fake_secrets_set_bytes (self, name, text, strlen (text));
}

void
ulak_fake_secrets_set_bytes (UlakFakeSecrets *self, const char *name, const void *bytes, gsize size_bytes)
{
  g_hash_table_replace (self->table, g_strdup (name), ulak_secret_new (bytes, size_bytes));
  ulak_secret_source_emit_changed (ULAK_SECRET_SOURCE (self), name);
}

void
ulak_fake_secrets_remove (UlakFakeSecrets *self, const char *name)
{
  g_hash_table_remove (self->table, name);
  ulak_secret_source_emit_changed (ULAK_SECRET_SOURCE (self), name);
}

/** ulak_fake_secrets_set_fault: every look-up fails with @code until ulak_fake_secrets_clear_fault() */
void
ulak_fake_secrets_set_fault (UlakFakeSecrets *self, UlakError code)
{
  self->is_faulty = TRUE;
  self->fault = code;
}

void
ulak_fake_secrets_clear_fault (UlakFakeSecrets *self)
{
  self->is_faulty = FALSE;
  ulak_secret_source_emit_changed (ULAK_SECRET_SOURCE (self), "");
}

guint
ulak_fake_secrets_count_lookups (UlakFakeSecrets *self)
{
  return self->n_lookups;
}
