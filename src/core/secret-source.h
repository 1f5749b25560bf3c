/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Secret source: looks a named secret up, wherever secrets live.
 *
 * Implementations: the keyring and systemd credentials (src/service), the API as broker for lines (src/connector),
 * a table in memory in tests. "There is none" (ULAK_ERROR_NOT_FOUND) is told apart from a keyring that is locked
 * (LOCKED), damaged (DAMAGED) or away (UNAVAILABLE): a caller may treat only the first as final.
 *
 * UlakSecret is wiped when its last reference goes, and has no printer on purpose.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _UlakSecret UlakSecret;

UlakSecret *ulak_secret_new (const void *bytes, gsize size_bytes);
UlakSecret *ulak_secret_ref (UlakSecret *self);
void ulak_secret_unref (UlakSecret *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakSecret, ulak_secret_unref)
const guint8 *ulak_secret_get_bytes (const UlakSecret *self, gsize *size_bytes_out);
const char *ulak_secret_get_text (const UlakSecret *self);
gboolean ulak_secret_equals (const UlakSecret *self, const UlakSecret *other);

#define ULAK_TYPE_SECRET_SOURCE (ulak_secret_source_get_type ())
G_DECLARE_INTERFACE (UlakSecretSource, ulak_secret_source, ULAK, SECRET_SOURCE, GObject)

/* Signal "changed" (const char *name): a secret may have another value now; name is "" when unknown which. */
struct _UlakSecretSourceInterface
{
  GTypeInterface parent;

  void (*lookup_async) (UlakSecretSource *self,
                        const char *name,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
  UlakSecret *(*lookup_finish) (UlakSecretSource *self, GAsyncResult *result, GError **error);
};

void ulak_secret_source_lookup_async (UlakSecretSource *self,
                                      const char *name,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
UlakSecret *ulak_secret_source_lookup_finish (UlakSecretSource *self, GAsyncResult *result, GError **error);
void ulak_secret_source_emit_changed (UlakSecretSource *self, const char *name);

const char *ulak_secret_reference_get_name (const char *setting);
gboolean ulak_secret_name_is_valid (const char *name);

G_END_DECLS
