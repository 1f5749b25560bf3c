/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/link/passkey-assertion.h"

#include "core/error.h"
#include "core/json.h"

#include <string.h>

static const UlakJsonLimits json_limits = { .max_bytes = ULAK_PASSKEY_JSON_MAX, .max_depth = 16, .max_elements = 1000 };

void
ulak_passkey_assertion_free (gpointer data)
{
  UlakPasskeyAssertion *self = data;

  g_free (self->text);
  g_clear_pointer (&self->credential_id, g_bytes_unref);
  g_free (self);
}

static GBytes *
decode_base64url (const char *text)
{
  g_autoptr (GString) standard = g_string_new (text);
  gsize size_bytes;
  guint8 *bytes;

  g_string_replace (standard, "-", "+", 0);
  g_string_replace (standard, "_", "/", 0);
  while (standard->len % 4 != 0)
    g_string_append_c (standard, '=');
  if (strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=") != strlen (text))
    return NULL;
  bytes = g_base64_decode (standard->str, &size_bytes);
  return g_bytes_new_take (bytes, size_bytes);
}

static const char *
get_text (JsonObject *object, const char *member)
{
  JsonNode *node = json_object_get_member (object, member);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

static gboolean
has_binary (JsonObject *object, const char *member)
{
  const char *text = get_text (object, member);
  g_autoptr (GBytes) bytes = text == NULL ? NULL : decode_base64url (text);

  return bytes != NULL && g_bytes_get_size (bytes) > 0;
}

/* The name of what is wrong, or NULL. */
static const char *
find_fault (JsonObject *assertion)
{
  static const char *const of_response[] = { "clientDataJSON", "authenticatorData", "signature" };
  JsonNode *response = json_object_get_member (assertion, "response");

  if (!has_binary (assertion, "rawId"))
    return "rawId";
  if (response == NULL || !JSON_NODE_HOLDS_OBJECT (response))
    return "response";
  for (gsize i = 0; i < G_N_ELEMENTS (of_response); i++)
    if (!has_binary (json_node_get_object (response), of_response[i]))
      return of_response[i];
  return NULL;
}

UlakPasskeyAssertion *
ulak_passkey_assertion_parse (const char *text, GError **error)
{
  gsize size_bytes = strlen (text);
  g_autoptr (JsonObject) json = size_bytes > ULAK_PASSKEY_JSON_MAX ? NULL : ulak_json_parse_object (text, size_bytes, &json_limits, NULL);
  const char *fault = json == NULL ? "the whole" : find_fault (json);
  UlakPasskeyAssertion *self;

  if (fault != NULL)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID,
                   "assertion: %s is not right; it is to be a PublicKeyCredential as JSON, its binary fields in base64url, at most %d bytes",
                   fault, ULAK_PASSKEY_JSON_MAX);
      return NULL;
    }
  self = g_new0 (UlakPasskeyAssertion, 1);
  self->text = g_strdup (text);
  self->credential_id = decode_base64url (get_text (json, "rawId"));
  return self;
}
