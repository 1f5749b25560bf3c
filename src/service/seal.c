/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A sealed blob: 1 byte format, 8 bytes key id, 24 bytes nonce, ciphertext, 16 bytes tag. Authenticated with it: the first
 * nine bytes and the name. From a master key come, by crypto_kdf, its id and one key for each purpose; the master
 * itself is not kept.
 */
#include "service/seal.h"

#include "core/error.h"
#include "core/names.h"
#include "service/credentials.h"

#include <sodium.h>
#include <string.h>

#define FORMAT 1
#define ID_BYTES 8
#define HEADER_BYTES (1 + ID_BYTES)
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define KEY_BYTES crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define OVERHEAD_BYTES (HEADER_BYTES + NONCE_BYTES + TAG_BYTES)
#define KEYS_MAX 2 /* the keyring's and the credential's */

typedef struct
{
  guint8 id[ID_BYTES];
  guint8 key[KEY_BYTES];
} SealKey;

struct _UlakSeal
{
  SealKey keys[KEYS_MAX]; /* the first seals, all open */
  gsize n_keys;
  GError *fault; /* (owned) (nullable): why the keyring's key, if there is one, is not among them */
};

G_STATIC_ASSERT (crypto_kdf_KEYBYTES == 32);

static UlakSeal *
seal_new (void)
{
  /* Fails only where the kernel has no random source; nothing may be sealed there. */
  g_assert (sodium_init () >= 0);

  return g_new0 (UlakSeal, 1);
}

void
ulak_seal_free (UlakSeal *self)
{
  if (self == NULL)
    return;

  g_clear_error (&self->fault);
  sodium_memzero (self, sizeof *self);
  g_free (self);
}

/* 32 bytes as they are, or the base64 of them, since people and shells carry text. */
static gboolean
decode_master (const UlakSecret *master, guint8 bytes_out[crypto_kdf_KEYBYTES])
{
  gsize size_bytes, decoded_bytes = 0;
  const guint8 *bytes = ulak_secret_get_bytes (master, &size_bytes);

  if (size_bytes == crypto_kdf_KEYBYTES)
    {
      memcpy (bytes_out, bytes, size_bytes);
      return TRUE;
    }
  return sodium_base642bin (bytes_out, crypto_kdf_KEYBYTES, (const char *) bytes, size_bytes, " \r\n", &decoded_bytes,
                            NULL, sodium_base64_VARIANT_ORIGINAL)
             == 0
         && decoded_bytes == crypto_kdf_KEYBYTES;
}

static void
derive (const guint8 *master, const char *purpose, SealKey *key_out)
{
  guint8 which[sizeof (guint64) + crypto_kdf_CONTEXTBYTES];
  guint64 subkey;
  guint8 id[crypto_kdf_BYTES_MIN];

  /* A purpose is a word of any length and crypto_kdf takes a number and eight bytes: its hash gives both. */
  crypto_generichash (which, sizeof which, (const guint8 *) purpose, strlen (purpose), NULL, 0);
  memcpy (&subkey, which, sizeof subkey);
  crypto_kdf_derive_from_key (key_out->key, KEY_BYTES, GUINT64_FROM_LE (subkey), (const char *) which + sizeof subkey,
                              master);
  crypto_kdf_derive_from_key (id, sizeof id, 0, "ulak-kid", master);
  memcpy (key_out->id, id, ID_BYTES);
  sodium_memzero (id, sizeof id);
}

static const SealKey *
find_key (const UlakSeal *self, const guint8 *id)
{
  for (gsize i = 0; i < self->n_keys; i++)
    if (memcmp (self->keys[i].id, id, ID_BYTES) == 0)
      return &self->keys[i];
  return NULL;
}

static gboolean
add_key (UlakSeal *self, const UlakSecret *master, const char *purpose, GError **error)
{
  guint8 bytes[crypto_kdf_KEYBYTES];
  SealKey key;

  if (!decode_master (master, bytes))
    {
      sodium_memzero (bytes, sizeof bytes);
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_DAMAGED,
                   "The master key ‘%s’ is not %d bytes long, nor the base64 of as many", ULAK_SECRET_MASTER,
                   (int) crypto_kdf_KEYBYTES);
      return FALSE;
    }

  derive (bytes, purpose, &key);
  if (find_key (self, key.id) == NULL && self->n_keys < KEYS_MAX)
    self->keys[self->n_keys++] = key;
  sodium_memzero (bytes, sizeof bytes);
  sodium_memzero (&key, sizeof key);
  return TRUE;
}

/**
 * ulak_seal_new_for_key:
 * @master: 32 bytes, or their base64
 * @purpose: a word for what is sealed, such as "webhooks"; another purpose is another key
 *
 * Returns: (transfer full): a seal, or %NULL with DAMAGED
 */
UlakSeal *
ulak_seal_new_for_key (UlakSecret *master, const char *purpose, GError **error)
{
  g_autoptr (UlakSeal) self = seal_new ();

  return add_key (self, master, purpose, error) ? g_steal_pointer (&self) : NULL;
}

/**
 * ulak_seal_derive_keys:
 * @purpose: a word for whom they are, such as "line/sales"
 *
 * Returns: (transfer full): the base64 of 32 bytes for each key, on lines of their own, the one to seal with first
 */
UlakSecret *
ulak_seal_derive_keys (UlakSeal *self, const char *purpose)
{
  char text[KEYS_MAX * (sodium_base64_ENCODED_LEN (KEY_BYTES, sodium_base64_VARIANT_ORIGINAL) + 1)];
  gsize length = 0;
  UlakSecret *keys;
  SealKey key;

  for (gsize i = 0; i < self->n_keys; i++)
    {
      derive (self->keys[i].key, purpose, &key);
      sodium_bin2base64 (text + length, sizeof text - length, key.key, KEY_BYTES, sodium_base64_VARIANT_ORIGINAL);
      length += strlen (text + length);
      text[length++] = '\n';
    }
  keys = ulak_secret_new (text, length - 1);
  sodium_memzero (text, sizeof text);
  sodium_memzero (&key, sizeof key);
  return keys;
}

/** ulak_seal_new_for_keys: @keys: of ulak_seal_derive_keys(). Errors: DAMAGED */
UlakSeal *
ulak_seal_new_for_keys (UlakSecret *keys, const char *purpose, GError **error)
{
  g_autoptr (UlakSeal) self = seal_new ();
  gsize size_bytes;
  const char *text = (const char *) ulak_secret_get_bytes (keys, &size_bytes);

  for (gsize start = 0; start < size_bytes;)
    {
      const char *end = memchr (text + start, '\n', size_bytes - start);
      gsize length = end == NULL ? size_bytes - start : (gsize) (end - text) - start;
      g_autoptr (UlakSecret) one = ulak_secret_new (text + start, length);

      if (!add_key (self, one, purpose, error))
        return NULL;
      start += length + 1;
    }
  if (self->n_keys > 0)
    return g_steal_pointer (&self);
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_DAMAGED, "There is no key to seal with");
  return NULL;
}

typedef struct
{
  UlakSeal *seal;
  char *purpose;
  char *credentials_dir;
} Load;

static void
load_free (Load *load)
{
  ulak_seal_free (load->seal);
  g_free (load->purpose);
  g_free (load->credentials_dir);
  g_free (load);
}

static void
return_loaded (GTask *task)
{
  Load *load = g_task_get_task_data (task);

  if (load->seal->n_keys > 0)
    g_task_return_pointer (task, g_steal_pointer (&load->seal), (GDestroyNotify) ulak_seal_free);
  else if (load->seal->fault != NULL)
    g_task_return_error (task, g_steal_pointer (&load->seal->fault));
  else
    g_task_return_new_error (
        task, ULAK_ERROR, ULAK_ERROR_NOT_FOUND,
        "There is no master key: neither a keyring nor a systemd credential holds ‘%s’; installing the "
        "package makes the credential",
        ULAK_SECRET_MASTER);
}

static void
got_credential_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Load *load = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakSecret) master = ulak_credentials_lookup_finish (result, &error);

  if (master == NULL && !g_error_matches (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND))
    g_task_return_error (task, g_steal_pointer (&error));
  else if (master != NULL && !add_key (load->seal, master, load->purpose, &error))
    g_task_return_error (task, g_steal_pointer (&error));
  else
    return_loaded (task);
}

static void
got_secret_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GCancellable *cancellable = g_task_get_cancellable (task);
  Load *load = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakSecret) master = ulak_secret_source_lookup_finish (ULAK_SECRET_SOURCE (source), result, &error);

  if (master != NULL && !add_key (load->seal, master, load->purpose, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  /* A broken keyring does not stop a service whose master is the credential; opening says what is missing. */
  if (master == NULL && !g_error_matches (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND))
    load->seal->fault = g_steal_pointer (&error);
  ulak_credentials_lookup_async (load->credentials_dir, ULAK_SECRET_MASTER, cancellable, got_credential_cb,
                                 g_steal_pointer (&task));
}

/**
 * ulak_seal_load_async:
 * @source: where secrets live; asked for ULAK_SECRET_MASTER
 * @credentials_dir: (nullable): $CREDENTIALS_DIRECTORY
 * @purpose: as for ulak_seal_new_for_key()
 */
void
ulak_seal_load_async (UlakSecretSource *source,
                      const char *credentials_dir,
                      const char *purpose,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (source, cancellable, callback, user_data);
  Load *load = g_new0 (Load, 1);

  load->seal = seal_new ();
  load->purpose = g_strdup (purpose);
  load->credentials_dir = g_strdup (credentials_dir);
  g_task_set_source_tag (task, ulak_seal_load_async);
  g_task_set_task_data (task, load, (GDestroyNotify) load_free);
  ulak_secret_source_lookup_async (source, ULAK_SECRET_MASTER, cancellable, got_secret_cb, g_steal_pointer (&task));
}

/**
 * ulak_seal_load_finish:
 *
 * Errors: NOT_FOUND when there is no master key at all; LOCKED, DAMAGED or UNAVAILABLE when there may be one
 */
UlakSeal *
ulak_seal_load_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static GBytes *
make_associated (const guint8 *header, const char *name)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  g_byte_array_append (bytes, header, HEADER_BYTES);
  g_byte_array_append (bytes, (const guint8 *) name, (guint) strlen (name));
  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

/**
 * ulak_seal_close:
 * @name: what the blob is for, such as "endpoint/ID"; opening needs the same
 *
 * Returns: (transfer full): the blob, 49 bytes more than @size_bytes, different each time
 */
GBytes *
ulak_seal_close (UlakSeal *self, const char *name, const void *bytes, gsize size_bytes)
{
  const SealKey *key = &self->keys[0];
  guint8 *blob = g_malloc (OVERHEAD_BYTES + size_bytes);
  g_autoptr (GBytes) associated = NULL;

  blob[0] = FORMAT;
  memcpy (blob + 1, key->id, ID_BYTES);
  randombytes_buf (blob + HEADER_BYTES, NONCE_BYTES);
  associated = make_associated (blob, name);
  crypto_aead_xchacha20poly1305_ietf_encrypt (blob + HEADER_BYTES + NONCE_BYTES, NULL, bytes, size_bytes,
                                              g_bytes_get_data (associated, NULL), g_bytes_get_size (associated),
                                              NULL, blob + HEADER_BYTES, key->key);
  return g_bytes_new_take (blob, OVERHEAD_BYTES + size_bytes);
}

static void
set_no_key_error (const UlakSeal *self, const char *name, GError **error)
{
  if (self->fault != NULL)
    g_set_error (error, ULAK_ERROR, self->fault->code,
                 "The sealed ‘%s’ needs a master key that the keyring may hold: %s", name, self->fault->message);
  else
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_DAMAGED,
                 "The sealed ‘%s’ was made under a master key that is gone: restore it, or set the secret again",
                 name);
}

static UlakSecret *
decrypt (const SealKey *key, const char *name, const guint8 *blob, gsize size_bytes)
{
  g_autoptr (GBytes) associated = make_associated (blob, name);
  const guint8 *nonce = blob + HEADER_BYTES;
  gsize plain_bytes = size_bytes - OVERHEAD_BYTES;
  g_autofree guint8 *plain = g_malloc (plain_bytes + 1);
  UlakSecret *secret = NULL;

  if (crypto_aead_xchacha20poly1305_ietf_decrypt (
          plain, NULL, NULL, nonce + NONCE_BYTES, size_bytes - HEADER_BYTES - NONCE_BYTES,
          g_bytes_get_data (associated, NULL), g_bytes_get_size (associated), nonce, key->key)
      == 0)
    secret = ulak_secret_new (plain, plain_bytes);
  sodium_memzero (plain, plain_bytes);
  return secret;
}

/**
 * ulak_seal_open:
 *
 * Returns: (transfer full): what was sealed for @name. Errors: DAMAGED for a blob that was changed, belongs to another
 *   name, or was made under a key that is gone; LOCKED or UNAVAILABLE when that key may be in a keyring out of reach
 */
UlakSecret *
ulak_seal_open (UlakSeal *self, const char *name, const void *blob, gsize size_bytes, GError **error)
{
  const guint8 *bytes = blob;
  const SealKey *key;
  UlakSecret *secret;

  if (size_bytes < OVERHEAD_BYTES || bytes[0] != FORMAT)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_DAMAGED, "The sealed ‘%s’ is not a sealed blob", name);
      return NULL;
    }

  key = find_key (self, bytes + 1);
  if (key == NULL)
    {
      set_no_key_error (self, name, error);
      return NULL;
    }

  secret = decrypt (key, name, bytes, size_bytes);
  if (secret == NULL)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_DAMAGED, "The sealed ‘%s’ was changed, or was sealed for another name",
                 name);
  return secret;
}
