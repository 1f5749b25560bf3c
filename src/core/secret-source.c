/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/secret-source.h"

#include "core/names.h"

#include <sodium.h>
#include <string.h>

#define NAME_MAX_CHARACTERS 128

struct _UlakSecret
{
  gatomicrefcount references;
  gsize size_bytes;
  guint8 *bytes; /* (owned): followed by a NUL that does not count */
};

/** ulak_secret_new: Returns: (transfer full): a copy of @bytes, of any size, that is wiped when it goes */
UlakSecret *
ulak_secret_new (const void *bytes, gsize size_bytes)
{
  UlakSecret *self = g_new0 (UlakSecret, 1);

  g_atomic_ref_count_init (&self->references);
  self->size_bytes = size_bytes;
  self->bytes = g_malloc0 (size_bytes + 1);
  if (size_bytes > 0)
    memcpy (self->bytes, bytes, size_bytes);
  return self;
}

UlakSecret *
ulak_secret_ref (UlakSecret *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
ulak_secret_unref (UlakSecret *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->references))
    return;

  sodium_memzero (self->bytes, self->size_bytes);
  g_free (self->bytes);
  g_free (self);
}

/** ulak_secret_get_bytes: Returns: (transfer none): the bytes, valid as long as @self */
const guint8 *
ulak_secret_get_bytes (const UlakSecret *self, gsize *size_bytes_out)
{
  if (size_bytes_out != NULL)
    *size_bytes_out = self->size_bytes;
  return self->bytes;
}

/** ulak_secret_get_text: Returns: (transfer none) (nullable): the secret as text; %NULL if it holds a NUL byte */
const char *
ulak_secret_get_text (const UlakSecret *self)
{
  if (memchr (self->bytes, 0, self->size_bytes) != NULL)
    return NULL;
  return (const char *) self->bytes;
}

/** ulak_secret_equals: compares in a time that depends on the sizes only */
gboolean
ulak_secret_equals (const UlakSecret *self, const UlakSecret *other)
{
  return self->size_bytes == other->size_bytes && sodium_memcmp (self->bytes, other->bytes, self->size_bytes) == 0;
}

G_DEFINE_INTERFACE (UlakSecretSource, ulak_secret_source, G_TYPE_OBJECT)

static guint changed_signal;

static void
ulak_secret_source_default_init (UlakSecretSourceInterface *iface)
{
  changed_signal = g_signal_new ("changed", G_TYPE_FROM_INTERFACE (iface), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 1, G_TYPE_STRING);
}

/**
 * ulak_secret_source_lookup_async:
 * @name: a valid secret name, see ulak_secret_name_is_valid()
 *
 * Errors: %ULAK_ERROR_NOT_FOUND is final; %ULAK_ERROR_LOCKED, %ULAK_ERROR_DAMAGED and %ULAK_ERROR_UNAVAILABLE say that
 * the secret may be there and cannot be read now.
 */
void
ulak_secret_source_lookup_async (UlakSecretSource *self,
                                 const char *name,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  ULAK_SECRET_SOURCE_GET_IFACE (self)->lookup_async (self, name, cancellable, callback, user_data);
}

/** ulak_secret_source_lookup_finish: Returns: (transfer full): the secret, or %NULL with @error set */
UlakSecret *
ulak_secret_source_lookup_finish (UlakSecretSource *self, GAsyncResult *result, GError **error)
{
  return ULAK_SECRET_SOURCE_GET_IFACE (self)->lookup_finish (self, result, error);
}

/** ulak_secret_source_emit_changed: for implementations; @name is "" when it is not known which secret changed */
void
ulak_secret_source_emit_changed (UlakSecretSource *self, const char *name)
{
  g_signal_emit (self, changed_signal, 0, name);
}

/**
 * ulak_secret_reference_get_name:
 * @setting: the value of a setting
 *
 * Returns: (transfer none) (nullable): NAME out of "secret:NAME" or "VAULT:NAME"; %NULL if @setting is no such
 *   reference, or NAME is not a valid one
 */
const char *
ulak_secret_reference_get_name (const char *setting)
{
  static const char *const prefixes[] = { ULAK_SECRET_PREFIX, ULAK_SECRET_PREFIX_VAULT };

  for (gsize i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (g_str_has_prefix (setting, prefixes[i]) && ulak_secret_name_is_valid (setting + strlen (prefixes[i])))
      return setting + strlen (prefixes[i]);
  return NULL;
}

/**
 * ulak_secret_name_is_valid:
 *
 * Returns: %TRUE if @name is 1 to 128 of A-Z a-z 0-9 . _ - and does not start with a dot: the same word is valid as a
 *   file name of a systemd credential, in a URL and as an attribute of the keyring
 */
gboolean
ulak_secret_name_is_valid (const char *name)
{
  gsize i;

  for (i = 0; name[i] != '\0' && i <= NAME_MAX_CHARACTERS; i++)
    if (!g_ascii_isalnum (name[i]) && strchr ("._-", name[i]) == NULL)
      return FALSE;
  return i > 0 && i <= NAME_MAX_CHARACTERS && name[0] != '.';
}
