/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/keys.h"

#include "core/error.h"

#include <sodium.h>
#include <string.h>

#define KEY_PREFIX "ulak_"
#define ID_BYTES 6      /* a name, not a secret */
#define SECRET_BYTES 32
#define LAST_USED_US (5 * 60 * G_GINT64_CONSTANT (1000000))

struct _UlakKeys
{
  GObject parent_instance;

  UlakGatewayStore *store; /* (owned) */
  UlakClock *clock;        /* (owned) */
  UlakRandom *random;      /* (owned) */
  GHashTable *rows;        /* (owned) (element-type utf8 UlakKeyRow): by the row's own id */
};

G_DEFINE_FINAL_TYPE (UlakKeys, ulak_keys, G_TYPE_OBJECT)

UlakKeys *
ulak_keys_new (UlakGatewayStore *store, UlakClock *clock, UlakRandom *random)
{
  UlakKeys *self = g_object_new (ULAK_TYPE_KEYS, NULL);

  self->store = g_object_ref (store);
  self->clock = g_object_ref (clock);
  self->random = g_object_ref (random);
  return self;
}

static void
keep (UlakKeys *self, UlakKeyRow *row)
{
  g_hash_table_replace (self->rows, row->id, row);
}

static void
loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  UlakKeys *self = g_task_get_source_object (task);
  g_autoptr (GPtrArray) rows = NULL;
  GError *error = NULL;

  rows = ulak_gateway_store_load_keys_finish (ULAK_GATEWAY_STORE (source), result, &error);
  if (rows == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  while (rows->len > 0)
    keep (self, g_ptr_array_steal_index (rows, rows->len - 1));
  g_task_return_boolean (task, TRUE);
}

void
ulak_keys_load_async (UlakKeys *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_keys_load_async);
  ulak_gateway_store_load_keys_async (self->store, loaded_cb, task);
}

gboolean
ulak_keys_load_finish (G_GNUC_UNUSED UlakKeys *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
hash_secret (const char *secret, guint8 *hash_out)
{
  crypto_generichash (hash_out, ULAK_KEY_HASH_BYTES, (const guint8 *) secret, strlen (secret), NULL, 0);
}

/* Lazily: a lost write only makes a key look older than it is. */
static void
touch (UlakKeys *self, UlakKeyRow *row)
{
  gint64 now_us = ulak_clock_get_wall_us (self->clock);

  if (now_us - row->last_used_us < LAST_USED_US)
    return;
  row->last_used_us = now_us;
  ulak_gateway_store_put_key_async (self->store, row, NULL, NULL);
}

/**
 * ulak_keys_check:
 * @text: what the client sent, anything
 * @principal_out: written only on success
 */
gboolean
ulak_keys_check (UlakKeys *self, const char *text, UlakPrincipal *principal_out)
{
  static const guint8 nothing[ULAK_KEY_HASH_BYTES];
  g_autofree char *id = NULL;
  guint8 hash[ULAK_KEY_HASH_BYTES];
  const char *secret;
  UlakKeyRow *row;

  if (!g_str_has_prefix (text, KEY_PREFIX))
    return FALSE;
  secret = strchr (text + strlen (KEY_PREFIX), '_');
  if (secret == NULL)
    return FALSE;

  id = g_strndup (text + strlen (KEY_PREFIX), (gsize) (secret - text) - strlen (KEY_PREFIX));
  row = g_hash_table_lookup (self->rows, id);
  hash_secret (secret + 1, hash);
  if (sodium_memcmp (hash, row == NULL ? nothing : row->hash, sizeof hash) != 0 || row == NULL)
    return FALSE;

  touch (self, row);
  principal_out->kind = ULAK_PRINCIPAL_KEY;
  principal_out->id = g_intern_string (row->id);
  return TRUE;
}

typedef struct
{
  UlakKeyRow *row;
  char *text;
} Addition;

static void
addition_free (Addition *self)
{
  ulak_key_row_free (self->row);
  if (self->text != NULL)
    sodium_memzero (self->text, strlen (self->text));
  g_free (self->text);
  g_free (self);
}

static char *
make_hex (UlakRandom *random, gsize size_bytes)
{
  guint8 bytes[SECRET_BYTES];
  char hex[2 * SECRET_BYTES + 1];

  ulak_random_fill (random, bytes, size_bytes);
  sodium_bin2hex (hex, sizeof hex, bytes, size_bytes);
  sodium_memzero (bytes, sizeof bytes);
  return g_strdup (hex);
}

static Addition *
make_addition (UlakKeys *self, const char *name)
{
  Addition *addition = g_new0 (Addition, 1);
  g_autoptr (UlakRandom) random = ulak_random_system_new (); /* key material never comes from an injected source */
  g_autofree char *secret = make_hex (random, SECRET_BYTES);
  UlakKeyRow *row = g_new0 (UlakKeyRow, 1);

  row->id = make_hex (self->random, ID_BYTES);
  row->name = g_strdup (name);
  row->scopes = g_strdup ("*");
  row->created_us = ulak_clock_get_wall_us (self->clock);
  hash_secret (secret, row->hash);
  addition->row = row;
  addition->text = g_strdup_printf (KEY_PREFIX "%s_%s", row->id, secret);
  sodium_memzero (secret, strlen (secret));
  return addition;
}

static void
added_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  UlakKeys *self = g_task_get_source_object (task);
  Addition *addition = g_task_get_task_data (task);
  GError *error = NULL;

  if (!ulak_gateway_store_finish (ULAK_GATEWAY_STORE (source), result, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  keep (self, g_steal_pointer (&addition->row));
  g_task_return_boolean (task, TRUE);
}

/** ulak_keys_add_async: @name: 1 to ULAK_KEY_NAME_MAX characters. Errors: INVALID, FULL and the store's */
void
ulak_keys_add_async (UlakKeys *self, const char *name, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  glong n_characters = g_utf8_strlen (name, -1);
  Addition *addition;

  g_task_set_source_tag (task, ulak_keys_add_async);
  if (n_characters < 1 || n_characters > ULAK_KEY_NAME_MAX)
    {
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_INVALID, "name: has %ld characters; allowed are 1 to %d",
                               n_characters, ULAK_KEY_NAME_MAX);
      return;
    }
  if (g_hash_table_size (self->rows) >= ULAK_KEYS_MAX)
    {
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_FULL, "There are %d keys already", ULAK_KEYS_MAX);
      return;
    }
  addition = make_addition (self, name);
  g_task_set_task_data (task, addition, (GDestroyNotify) addition_free);
  ulak_gateway_store_put_key_async (self->store, addition->row, added_cb, g_steal_pointer (&task));
}

/** ulak_keys_add_finish: Returns: (transfer full): the key, never to be seen again; @id_out: (transfer full) */
char *
ulak_keys_add_finish (G_GNUC_UNUSED UlakKeys *self, GAsyncResult *result, char **id_out, GError **error)
{
  Addition *addition;

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;
  addition = g_task_get_task_data (G_TASK (result));
  *id_out = g_strndup (addition->text + strlen (KEY_PREFIX), 2 * ID_BYTES);
  return g_steal_pointer (&addition->text);
}

static void
removed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  GError *error = NULL;

  if (ulak_gateway_store_finish (ULAK_GATEWAY_STORE (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/** ulak_keys_remove_async: the key is refused at once, before the removal is durable. Errors: NOT_FOUND */
void
ulak_keys_remove_async (UlakKeys *self, const char *id, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_keys_remove_async);
  if (!g_hash_table_remove (self->rows, id))
    {
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "There is no key ‘%s’", id);
      return;
    }
  ulak_gateway_store_remove_key_async (self->store, id, removed_cb, g_steal_pointer (&task));
}

gboolean
ulak_keys_remove_finish (G_GNUC_UNUSED UlakKeys *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static int
compare_rows (gconstpointer a, gconstpointer b)
{
  const UlakKeyRow *left = *(const UlakKeyRow *const *) a, *right = *(const UlakKeyRow *const *) b;

  if (left->created_us != right->created_us)
    return left->created_us < right->created_us ? -1 : 1;
  return strcmp (left->id, right->id);
}

GVariant *
ulak_keys_list (UlakKeys *self)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new ();
  GVariantBuilder builder;
  GHashTableIter iter;
  UlakKeyRow *key;

  g_hash_table_iter_init (&iter, self->rows);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &key))
    g_ptr_array_add (rows, key);
  g_ptr_array_sort (rows, compare_rows);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ssxx)"));
  for (guint i = 0; i < rows->len; i++)
    {
      UlakKeyRow *row = rows->pdata[i];

      g_variant_builder_add (&builder, "(ssxx)", row->id, row->name, row->created_us, row->last_used_us);
    }
  return g_variant_builder_end (&builder);
}

guint
ulak_keys_count (UlakKeys *self)
{
  return g_hash_table_size (self->rows);
}

static void
ulak_keys_finalize (GObject *object)
{
  UlakKeys *self = ULAK_KEYS (object);

  g_hash_table_unref (self->rows);
  g_clear_object (&self->store);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  G_OBJECT_CLASS (ulak_keys_parent_class)->finalize (object);
}

static void
ulak_keys_class_init (UlakKeysClass *class)
{
  G_OBJECT_CLASS (class)->finalize = ulak_keys_finalize;
}

static void
ulak_keys_init (UlakKeys *self)
{
  self->rows = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) ulak_key_row_free);
}
