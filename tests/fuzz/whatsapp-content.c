/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The bytes as a decrypted message: what is read of it can be stored as a row, whatever it is. Then as a message that is
 * quoted, forwarded, edited and reported, and the message made of it can be read again.
 */
#include "whatsapp/chat/content-seal.h"
#include "whatsapp/chat/content-write.h"

#include "core/json.h"
#include "fuzz/target.h"
#include "unit/fakes/random.h"

#include <string.h>

/* As src/connector reads its rows. */
static const UlakJsonLimits row_limits = { 8 * 1024 * 1024, 40, 200000, FALSE };

static void
check_json (JsonObject *object)
{
  g_autofree char *text = ulak_json_print_object (object);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) again = ulak_json_parse_object (text, strlen (text), &row_limits, &error);

  g_assert_no_error (error);
}

static void
check_content (const UlakContent *content)
{
  if (content->document != NULL)
    {
      g_assert_nonnull (ulak_json_peek_string (content->document, "type"));
      check_json (content->document);
    }
  if (content->media_reference != NULL)
    check_json (content->media_reference);
  g_assert_true (content->document != NULL || content->kind != ULAK_CONTENT_MESSAGE);
  g_assert_true (content->protocol != NULL || content->kind != ULAK_CONTENT_PROTOCOL);
  g_assert_true (content->secret.size_bytes == 0 || content->secret.size_bytes == ULAK_MSG_SECRET_BYTES);
  switch (content->kind)
    {
    case ULAK_CONTENT_REACTION:
    case ULAK_CONTENT_EDIT:
    case ULAK_CONTENT_REVOKE:
    case ULAK_CONTENT_SEALED:
    case ULAK_CONTENT_PIN:
    case ULAK_CONTENT_KEEP:
      g_assert_nonnull (content->target.chat);
      g_assert_cmpint (content->target.id[0], !=, '\0');
      break;
    case ULAK_CONTENT_NONE:
    case ULAK_CONTENT_MESSAGE:
    case ULAK_CONTENT_TIMER:
    case ULAK_CONTENT_PROTOCOL:
      break;
    }
}

static void
open_sealed (const UlakContent *content)
{
  static const UlakKey secret = { { 1 } };
  static const char *const forms[] = { "1@lid", "1@s.whatsapp.net", NULL };
  const UlakContentOpening opening = { &secret, forms, forms, NULL };
  g_autoptr (UlakContent) opened = NULL;
  g_autoptr (JsonObject) shown = NULL;

  if (content->kind != ULAK_CONTENT_SEALED)
    return;
  opened = ulak_content_open (content, &opening, NULL, NULL);
  g_assert_null (opened);
  shown = ulak_content_show_sealed (content, "fuzz");
  check_json (shown);
}

static void
write_with (UlakSpan message, const char *text)
{
  static const UlakKey secret = { { 1 } };
  g_autoptr (JsonNode) node = json_from_string (text, NULL);
  g_autoptr (UlakFakeRandom) random = ulak_fake_random_new (1);
  UlakContentRequest request = {
    .document = json_node_get_object (node),
    .chat = "1@lid",
    .me = "2@lid",
    .random = ULAK_RANDOM (random),
    .secret = &secret,
    .quoted_id = "A",
    .quoted_author = "1@lid",
    .quoted = message,
    .original = message,
    .forwarded = message,
    .target = { "1@lid", TRUE, "A", NULL },
  };
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (UlakContent) content = NULL;
  UlakContentStanza stanza;

  bytes = ulak_content_write (&request, &stanza, NULL);
  if (bytes == NULL)
    return;
  g_assert_nonnull (stanza.type);
  content = ulak_content_read (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL);
  check_content (content);
}

static void
rewrite (const UlakContent *content)
{
  g_autoptr (GBytes) whole = NULL, sketch = NULL;
  g_autoptr (UlakContent) again = NULL;

  if (content->kind != ULAK_CONTENT_MESSAGE)
    return;
  sketch = ulak_content_rewrite (content->document, NULL, NULL);
  if (content->media_reference != NULL)
    whole = ulak_content_rewrite (content->document, content->media_reference, NULL);
  if (whole == NULL)
    return;
  again = ulak_content_read (g_bytes_get_data (whole, NULL), g_bytes_get_size (whole), NULL);
  g_assert_nonnull (again->media_reference);
}

static void
report (UlakSpan message)
{
  static const UlakKey secret = { { 1 } };
  g_autoptr (GBytes) bytes = g_bytes_new (message.bytes, message.size_bytes);
  g_autoptr (GBytes) token = ulak_content_make_reporting_token (bytes, &secret, "A", "1@lid", "2@lid");

  g_assert_true (token == NULL || g_bytes_get_size (token) == 16);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size_bytes)
{
  UlakSpan message = ULAK_SPAN (bytes, size_bytes);
  g_autoptr (UlakContent) content = ulak_content_read (bytes, size_bytes, NULL);
  UlakContentStanza stanza;

  check_content (content);
  open_sealed (content);
  rewrite (content);
  if (content->message != NULL)
    ulak_content_describe (content->message, &stanza);
  write_with (message, "{\"text\": \"x\"}");
  write_with (message, "{\"forward\": {\"message_id\": \"A\"}}");
  write_with (message, "{\"edit\": {\"message_id\": \"A\", \"text\": \"x\"}}");
  report (message);
  return 0;
}
