/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/callback-check.h"

#include "core/json.h"

#include <sodium.h>
#include <string.h>

#define SIGNATURE_PREFIX "sha256="

/** ulak_callback_check_signature: @header: (nullable): X-Hub-Signature-256. In constant time over the raw bytes */
gboolean
ulak_callback_check_signature (UlakSecret *app_secret, GBytes *body, const char *header)
{
  guint8 wanted[crypto_auth_hmacsha256_BYTES], given[crypto_auth_hmacsha256_BYTES];
  crypto_auth_hmacsha256_state state;
  gsize key_bytes, body_bytes, given_bytes = 0;
  const guint8 *key = ulak_secret_get_bytes (app_secret, &key_bytes);
  const guint8 *bytes = g_bytes_get_data (body, &body_bytes);
  const char *hex, *end;

  if (header == NULL || !g_str_has_prefix (header, SIGNATURE_PREFIX) || key_bytes == 0)
    return FALSE;
  hex = header + strlen (SIGNATURE_PREFIX);
  if (sodium_hex2bin (given, sizeof given, hex, strlen (hex), NULL, &given_bytes, &end) != 0 || *end != '\0'
      || given_bytes != sizeof given)
    return FALSE;

  crypto_auth_hmacsha256_init (&state, key, key_bytes);
  crypto_auth_hmacsha256_update (&state, bytes, body_bytes);
  crypto_auth_hmacsha256_final (&state, wanted);
  return sodium_memcmp (wanted, given, sizeof wanted) == 0;
}

static JsonObject *
peek_element (JsonArray *array, guint i)
{
  JsonNode *node = json_array_get_element (array, i);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static void
take_change (JsonObject *change, GHashTable *numbers, gboolean *has_other)
{
  JsonObject *value = change == NULL ? NULL : ulak_json_peek_object (change, "value");
  JsonObject *metadata = value == NULL ? NULL : ulak_json_peek_object (value, "metadata");
  const char *number = metadata == NULL ? NULL : ulak_json_peek_string (metadata, "phone_number_id");

  if (number == NULL)
    *has_other = TRUE;
  else
    g_hash_table_add (numbers, g_strdup (number));
}

GStrv
ulak_callback_find_numbers (GBytes *body, gboolean *has_other_out, GError **error)
{
  g_autoptr (GHashTable) numbers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  gsize size_bytes;
  const char *bytes = g_bytes_get_data (body, &size_bytes), *number;
  g_autoptr (JsonObject) document = ulak_json_parse_object (bytes, size_bytes, &ULAK_JSON_LIMITS_CALLBACK, error);
  gboolean has_other = FALSE;
  GHashTableIter iter;
  JsonArray *entries;

  if (document == NULL)
    return NULL;
  entries = ulak_json_peek_array (document, "entry");
  for (guint i = 0; entries != NULL && i < json_array_get_length (entries); i++)
    {
      JsonObject *entry = peek_element (entries, i);
      JsonArray *changes = entry == NULL ? NULL : ulak_json_peek_array (entry, "changes");

      for (guint j = 0; changes != NULL && j < json_array_get_length (changes); j++)
        take_change (peek_element (changes, j), numbers, &has_other);
    }
  g_hash_table_iter_init (&iter, numbers);
  while (g_hash_table_iter_next (&iter, (gpointer *) &number, NULL))
    g_strv_builder_add (builder, number);
  *has_other_out = has_other;
  return g_strv_builder_end (builder);
}
