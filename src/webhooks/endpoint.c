/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "webhooks/endpoint.h"

#include "core/clock.h"
#include "core/event-types.h"
#include "core/id.h"
#include "core/json.h"
#include "webhooks/target.h"

#include <string.h>

/* What "id", "created_at", "disabled_reason" and "secret" say is ours alone; a reader may send back what it got. */
static const char *const known_fields[] = { "url", "events", "accounts", "headers",
                                            "enabled", "description", "schedule", "id",
                                            "created_at", "disabled_reason", NULL };

/* Headers that carry the request itself or its authenticity. */
static const char *const denied_headers[] = { "host", "content-length", "content-type", "transfer-encoding",
                                              "connection", "keep-alive", "te", "trailer",
                                              "upgrade", "expect", "user-agent", "date" };
static const char *const denied_prefixes[] = { "webhook-", "ulak-", "proxy-" };

/**
 * ulak_endpoint_new:
 * @id: UUIDv7
 * @created_us: wall clock
 *
 * Returns: (transfer full): an enabled endpoint that takes everything and has no URL yet
 */
UlakEndpoint *
ulak_endpoint_new (const char *id, gint64 created_us)
{
  UlakEndpoint *self = g_new0 (UlakEndpoint, 1);

  g_atomic_ref_count_init (&self->refs);
  self->id = g_strdup (id);
  self->url = g_strdup ("");
  self->description = g_strdup ("");
  self->events = g_new0 (char *, 1);
  self->accounts = g_new0 (char *, 1);
  self->header_names = g_new0 (char *, 1);
  self->header_values = g_new0 (char *, 1);
  self->is_enabled = TRUE;
  self->created_us = created_us;
  return self;
}

/**
 * ulak_endpoint_copy:
 * @self: an endpoint
 *
 * Returns: (transfer full): one that may be changed until it is shared
 */
UlakEndpoint *
ulak_endpoint_copy (const UlakEndpoint *self)
{
  UlakEndpoint *copy = g_new0 (UlakEndpoint, 1);

  g_atomic_ref_count_init (&copy->refs);
  copy->row = self->row;
  copy->id = g_strdup (self->id);
  copy->url = g_strdup (self->url);
  copy->description = g_strdup (self->description);
  copy->events = g_strdupv (self->events);
  copy->accounts = g_strdupv (self->accounts);
  copy->header_names = g_strdupv (self->header_names);
  copy->header_values = g_strdupv (self->header_values);
  copy->schedule = self->schedule;
  copy->is_enabled = self->is_enabled;
  copy->disabled_reason = g_strdup (self->disabled_reason);
  copy->created_us = self->created_us;
  copy->secret = self->secret != NULL ? ulak_secret_ref (self->secret) : NULL;
  copy->old_secret = self->old_secret != NULL ? ulak_secret_ref (self->old_secret) : NULL;
  copy->old_secret_until_us = self->old_secret_until_us;
  copy->sealed_secret = self->sealed_secret != NULL ? g_bytes_ref (self->sealed_secret) : NULL;
  copy->sealed_old_secret = self->sealed_old_secret != NULL ? g_bytes_ref (self->sealed_old_secret) : NULL;
  copy->sealed_headers = self->sealed_headers != NULL ? g_bytes_ref (self->sealed_headers) : NULL;
  return copy;
}

UlakEndpoint *
ulak_endpoint_ref (UlakEndpoint *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
ulak_endpoint_unref (UlakEndpoint *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_free (self->id);
  g_free (self->url);
  g_free (self->description);
  g_strfreev (self->events);
  g_strfreev (self->accounts);
  g_strfreev (self->header_names);
  g_strfreev (self->header_values);
  g_free (self->disabled_reason);
  g_clear_pointer (&self->secret, ulak_secret_unref);
  g_clear_pointer (&self->old_secret, ulak_secret_unref);
  g_clear_pointer (&self->sealed_secret, g_bytes_unref);
  g_clear_pointer (&self->sealed_old_secret, g_bytes_unref);
  g_clear_pointer (&self->sealed_headers, g_bytes_unref);
  g_free (self);
}

static void
apply_url (UlakEndpoint *self, JsonObject *changes, gboolean allow_private, UlakIssues *issues)
{
  g_autoptr (GError) error = NULL;
  const char *url = NULL;

  if (json_object_has_member (changes, "url") || *self->url == '\0')
    url = ulak_json_read_string (changes, "", "url", ULAK_JSON_REQUIRED, 1, ULAK_TARGET_URL_MAX, issues);
  if (url == NULL)
    return;
  if (!ulak_target_check_url (url, allow_private, &error))
    {
      ulak_issues_add (issues, "url", "%s", error->message + strlen ("url: "));
      return;
    }
  g_free (self->url);
  self->url = g_strdup (url);
}

typedef gboolean (*WordCheck) (const char *word);

/* A list of words replaces the old one; null or an empty list takes everything. */
static void
apply_words (GStrv *words, JsonObject *changes, const char *name, WordCheck check, const char *allowed, UlakIssues *issues)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonArray *array;

  if (!json_object_has_member (changes, name))
    return;
  array = ulak_json_read_array (changes, "", name, ULAK_JSON_OPTIONAL, 0, ULAK_ENDPOINT_FILTERS_MAX, issues);
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);
      const char *word = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;
      g_autofree char *path = g_strdup_printf ("%s[%u]", name, i);

      if (word == NULL || !check (word))
        ulak_issues_add (issues, path, "must be %s", allowed);
      else
        g_strv_builder_add (builder, word);
    }
  g_strfreev (*words);
  *words = g_strv_builder_end (builder);
}

static gboolean
header_name_is_token (const char *name)
{
  for (const char *p = name; *p != '\0'; p++)
    if (!g_ascii_isalnum (*p) && strchr ("!#$%&'*+-.^_`|~", *p) == NULL)
      return FALSE;
  return *name != '\0' && strlen (name) <= 100;
}

static gboolean
header_is_denied (const char *name)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);

  for (gsize i = 0; i < G_N_ELEMENTS (denied_headers); i++)
    if (g_str_equal (lower, denied_headers[i]))
      return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (denied_prefixes); i++)
    if (g_str_has_prefix (lower, denied_prefixes[i]))
      return TRUE;
  return FALSE;
}

static gboolean
header_value_is_valid (const char *value)
{
  for (const char *p = value; *p != '\0'; p++)
    if ((guchar) *p < 0x20 && *p != '\t')
      return FALSE;
  return strlen (value) <= 2000;
}

static void
apply_header (GStrvBuilder *names, GStrvBuilder *values, const char *name, JsonNode *node, UlakIssues *issues)
{
  const char *value = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;
  g_autofree char *path = g_strdup_printf ("headers.%.100s", name);

  if (!header_name_is_token (name))
    ulak_issues_add (issues, path, "is not a header name");
  else if (header_is_denied (name))
    ulak_issues_add (issues, path, "is set by Ulak and cannot be replaced");
  else if (value == NULL || !header_value_is_valid (value))
    ulak_issues_add (issues, path, "must be a string of at most 2000 characters without line breaks");
  else
    {
      g_strv_builder_add (names, name);
      g_strv_builder_add (values, value);
    }
}

static void
apply_headers (UlakEndpoint *self, JsonObject *changes, UlakIssues *issues)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  g_autoptr (GStrvBuilder) values = g_strv_builder_new ();
  JsonObject *headers;
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  if (!json_object_has_member (changes, "headers"))
    return;
  headers = ulak_json_read_object (changes, "", "headers", ULAK_JSON_OPTIONAL, issues);
  if (headers != NULL && json_object_get_size (headers) > ULAK_ENDPOINT_HEADERS_MAX)
    {
      ulak_issues_add (issues, "headers", "must be at most %d", ULAK_ENDPOINT_HEADERS_MAX);
      return;
    }
  if (headers != NULL)
    {
      json_object_iter_init_ordered (&iter, headers);
      while (json_object_iter_next_ordered (&iter, &name, &node))
        apply_header (names, values, name, node, issues);
    }
  g_strfreev (self->header_names);
  g_strfreev (self->header_values);
  self->header_names = g_strv_builder_end (names);
  self->header_values = g_strv_builder_end (values);
}

static void
apply_texts (UlakEndpoint *self, JsonObject *changes, UlakIssues *issues)
{
  const char *text;

  text = ulak_json_read_string (changes, "", "description", ULAK_JSON_OPTIONAL, 0, ULAK_ENDPOINT_DESCRIPTION_MAX, issues);
  if (json_object_has_member (changes, "description"))
    {
      g_free (self->description);
      self->description = g_strdup (text != NULL ? text : "");
    }
  text = ulak_json_read_string (changes, "", "schedule", ULAK_JSON_OPTIONAL, 1, 20, issues);
  if (text != NULL && !ulak_schedule_kind_from_string (text, &self->schedule))
    ulak_issues_add (issues, "schedule", "must be \"default\" or \"standard\"");
}

static void
apply_enabled (UlakEndpoint *self, JsonObject *changes, UlakIssues *issues)
{
  gboolean was_enabled = self->is_enabled;

  self->is_enabled = ulak_json_read_boolean (changes, "", "enabled", was_enabled, issues);
  if (self->is_enabled != was_enabled)
    g_clear_pointer (&self->disabled_reason, g_free);
}

/**
 * ulak_endpoint_apply:
 * @self: an endpoint that nobody else holds
 * @changes: fields of an endpoint document
 * @allow_private: [webhooks] allow_private_targets
 * @issues: takes what is wrong; then @self must be thrown away
 */
void
ulak_endpoint_apply (UlakEndpoint *self, JsonObject *changes, gboolean allow_private, UlakIssues *issues)
{
  ulak_json_refuse_unknown (changes, "", known_fields, issues);
  apply_url (self, changes, allow_private, issues);
  apply_words (&self->events, changes, "events", ulak_event_filter_is_valid,
               "an event type, or a prefix of some ending in \".*\"", issues);
  apply_words (&self->accounts, changes, "accounts", ulak_account_id_is_valid, "an account id", issues);
  apply_headers (self, changes, issues);
  apply_texts (self, changes, issues);
  apply_enabled (self, changes, issues);
}

/**
 * ulak_endpoint_takes:
 * @self: an endpoint
 * @account: whose event it is, "" for none
 * @type: its type
 *
 * Any thread.
 *
 * Returns: whether the endpoint is enabled and its filters let the event through
 */
gboolean
ulak_endpoint_takes (const UlakEndpoint *self, const char *account, const char *type)
{
  if (!self->is_enabled)
    return FALSE;
  if (self->accounts[0] != NULL && !g_strv_contains ((const char *const *) self->accounts, account))
    return FALSE;
  for (char **filter = self->events; *filter != NULL; filter++)
    if (ulak_event_filter_matches (*filter, type))
      return TRUE;
  return self->events[0] == NULL;
}

static JsonArray *
words_to_json (GStrv words)
{
  JsonArray *array = json_array_new ();

  for (char **word = words; *word != NULL; word++)
    json_array_add_string_element (array, *word);
  return array;
}

static JsonObject *
headers_to_json (const UlakEndpoint *self)
{
  JsonObject *object = json_object_new ();

  for (guint i = 0; self->header_names[i] != NULL; i++)
    json_object_set_string_member (object, self->header_names[i], self->header_values[i]);
  return object;
}

/**
 * ulak_endpoint_to_json:
 * @self: an endpoint
 *
 * Returns: (transfer full): the document, without the secret
 */
JsonObject *
ulak_endpoint_to_json (const UlakEndpoint *self)
{
  JsonObject *object = json_object_new ();
  g_autofree char *created = ulak_format_rfc3339 (self->created_us);

  json_object_set_string_member (object, "id", self->id);
  json_object_set_string_member (object, "url", self->url);
  json_object_set_array_member (object, "events", words_to_json (self->events));
  json_object_set_array_member (object, "accounts", words_to_json (self->accounts));
  json_object_set_object_member (object, "headers", headers_to_json (self));
  json_object_set_boolean_member (object, "enabled", self->is_enabled);
  json_object_set_string_member (object, "description", self->description);
  json_object_set_string_member (object, "schedule", ulak_schedule_kind_to_string (self->schedule));
  json_object_set_string_member (object, "created_at", created);
  if (self->disabled_reason != NULL)
    json_object_set_string_member (object, "disabled_reason", self->disabled_reason);
  else
    json_object_set_null_member (object, "disabled_reason");
  return object;
}

/**
 * ulak_endpoint_print_headers:
 * @self: an endpoint
 *
 * Returns: (transfer full): {"headers": {...}} as it is sealed into the store, since people put tokens there
 */
char *
ulak_endpoint_print_headers (const UlakEndpoint *self)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_object_member (object, "headers", headers_to_json (self));
  return ulak_json_print_object (object);
}
