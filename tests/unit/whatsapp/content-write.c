/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Send documents become messages, and these, read again, say the same.
 */
#include "unit/whatsapp/content-fixture.h"

#include "core/error.h"
#include "core/json.h"

#include <string.h>

/* What the fixture's upload looks like to who reads it. */
#define FILE_SEEN(mime) \
  "'mime_type': '" mime "', 'size_bytes': 4711, 'sha256': " \
  "'0102030000000000000000000000000000000000000000000000000000000000'"
#define SIZE_SEEN ", 'width': 640, 'height': 480"

static const struct
{
  const char *sent; /* quotes written as ' */
  const char *read;
  const char *type, *mediatype, *edit, *polltype;
  gboolean hides_failure;
} rows[] = {
  { "{'text': 'Hello'}", "{'type': 'text', 'text': 'Hello'}", "text", NULL, NULL, NULL, FALSE },
  { "{'text': {'body': 'see https://a.org', 'link_preview': {'url': 'https://a.org', 'title': 'A', 'description': 'D', "
    "'thumbnail': '/9j/2Q=='}}}",
    "{'type': 'text', 'text': 'see https://a.org', 'link_preview': {'url': 'https://a.org', 'title': 'A', 'description': 'D', "
    "'thumbnail': '/9j/2Q=='}}",
    "text", "url", NULL, NULL, FALSE },
  { "{'text': 'hi @+905321112233 and @12345', 'mentions': ['+905321112233', '12345@lid']}",
    "{'type': 'text', 'text': 'hi @905321112233 and @12345', 'mentions': [{'id': '905321112233', 'text': '@905321112233'}, "
    "{'id': '12345@lid', 'text': '@12345'}]}",
    "text", NULL, NULL, NULL, FALSE },
  { "{'text': 'soon gone', 'disappears_after_s': 86400}",
    "{'type': 'text', 'text': 'soon gone', 'disappears_after_s': 86400}", "text", NULL, NULL, NULL, FALSE },
  { "{'image': {'media_id': 'm', 'caption': 'Look', 'view_once': true, 'thumbnail': '/9j/2Q=='}}",
    "{'type': 'image', 'text': 'Look', 'view_once': true, 'media': {" FILE_SEEN ("image/jpeg") ", 'caption': 'Look'" SIZE_SEEN
                                                                                               ", 'thumbnail': '/9j/2Q=='}}",
    "media", "image", NULL, NULL, FALSE },
  { "{'video': {'media_id': 'm', 'caption': 'Look', 'duration_s': 7}}",
    "{'type': 'video', 'text': 'Look', 'media': {" FILE_SEEN ("video/mp4") ", 'caption': 'Look'" SIZE_SEEN ", 'duration_s': 7}}",
    "media", "video", NULL, NULL, FALSE },
  { "{'video': {'media_id': 'm', 'gif': true}}",
    "{'type': 'video', 'media': {" FILE_SEEN ("video/mp4") SIZE_SEEN ", 'gif': true}}", "media", "gif", NULL, NULL, FALSE },
  { "{'video': {'media_id': 'm', 'video_note': true}}",
    "{'type': 'video', 'media': {" FILE_SEEN ("video/mp4") SIZE_SEEN ", 'video_note': true}}", "media", "ptv", NULL, NULL, FALSE },
  { "{'audio': {'media_id': 'm'}}", "{'type': 'audio', 'media': {" FILE_SEEN ("audio/ogg; codecs=opus") "}}", "media", "audio",
    NULL, NULL, FALSE },
  { "{'audio': {'media_id': 'm', 'voice': true, 'duration_s': 3, 'waveform': 'ACVKCg=='}}",
    "{'type': 'voice', 'media': {" FILE_SEEN ("audio/ogg; codecs=opus") ", 'duration_s': 3, 'voice': true, 'waveform': 'ACVKCg=='}}",
    "media", "ptt", NULL, NULL, FALSE },
  { "{'document': {'media_id': 'm', 'file_name': 'a b.pdf'}}",
    "{'type': 'document', 'media': {" FILE_SEEN ("application/octet-stream") ", 'file_name': 'a b.pdf'}}", "media", "document",
    NULL, NULL, FALSE },
  { "{'document': {'media_id': 'm', 'file_name': 'a.pdf', 'caption': 'see'}}",
    "{'type': 'document', 'text': 'see', 'media': {" FILE_SEEN ("application/octet-stream") ", 'file_name': 'a.pdf', 'caption': 'see'}}",
    "media", "document", NULL, NULL, FALSE },
  { "{'sticker': {'media_id': 'm'}}", "{'type': 'sticker', 'media': {" FILE_SEEN ("image/webp") SIZE_SEEN "}}", "media", "sticker",
    NULL, NULL, FALSE },
  { "{'location': {'latitude': 52.52, 'longitude': -13, 'name': 'Berlin', 'address': 'Mitte'}}",
    "{'type': 'location', 'location': {'latitude': 52.52, 'longitude': -13.0, 'name': 'Berlin', 'address': 'Mitte'}}", "media",
    "location", NULL, NULL, FALSE },
  { "{'live_location': {'latitude': 1.5, 'longitude': 2.5, 'accuracy_m': 5, 'speed_mps': 1.5, 'bearing_deg': 90, 'sequence': 2, 'caption': 'c'}}",
    "{'type': 'live_location', 'text': 'c', 'live_location': {'latitude': 1.5, 'longitude': 2.5, 'accuracy_m': 5, 'speed_mps': 1.5, "
    "'bearing_deg': 90, 'sequence': 2, 'caption': 'c'}}",
    "media", "livelocation", NULL, NULL, FALSE },
  { "{'group_invite': {'group': '120363012345678901@g.us', 'code': 'AbC', 'name': 'G', 'expires_at': '2026-11-25T08:30:00Z', 'caption': 'j'}}",
    "{'type': 'group_invite', 'text': 'j', 'group_invite': {'group': '120363012345678901@g.us', 'code': 'AbC', 'name': 'G', "
    "'expires_at': '2026-11-25T08:30:00.000Z', 'caption': 'j'}}",
    "text", "url", NULL, NULL, FALSE },
  { "{'poll': {'name': 'Lunch?', 'options': ['Yes', 'No']}}",
    "{'type': 'poll', 'text': 'Lunch?', 'poll': {'name': 'Lunch?', 'options': ['Yes', 'No'], 'selectable_count': 1}}", "poll", NULL,
    NULL, "creation", FALSE },
  { "{'poll': {'name': 'Which?', 'options': ['A', 'B', 'C'], 'selectable_count': 0}}",
    "{'type': 'poll', 'text': 'Which?', 'poll': {'name': 'Which?', 'options': ['A', 'B', 'C'], 'selectable_count': 0}}", "poll", NULL,
    NULL, "creation", FALSE },
  { "{'reaction': {'message_id': 'm', 'emoji': 'x'}}", "{'type': 'reaction', 'reaction': {'message_id': '" TEST_ID "', 'emoji': 'x'}}",
    "reaction", NULL, NULL, NULL, TRUE },
  { "{'reaction': {'message_id': 'm', 'emoji': ''}}", "{'type': 'reaction', 'reaction': {'message_id': '" TEST_ID "', 'emoji': ''}}",
    "reaction", NULL, "7", NULL, TRUE },
  { "{'edit': {'message_id': 'm', 'text': 'better'}}", "{'type': 'text', 'text': 'better'}", "text", NULL, "1", NULL, TRUE },
  { "{'revoke': {'message_id': 'm'}}", NULL, "text", NULL, "7", NULL, FALSE },
  { "{'pin': {'message_id': 'm', 'duration_s': 604800}}", NULL, "text", NULL, "2", NULL, TRUE },
  { "{'pin': {'message_id': 'm', 'duration_s': 0}}", NULL, "text", NULL, "2", NULL, TRUE },
  { "{'poll_vote': {'message_id': 'm', 'options': ['Yes']}}", NULL, "poll", NULL, NULL, "vote", TRUE },
};

static void
test_kinds (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (ContentFixture) fixture = { 0 };
      g_autoptr (UlakContent) content = NULL;
      g_autoptr (GBytes) bytes = NULL;
      UlakContentStanza stanza;

      g_test_message ("%s", rows[i].sent);
      content_fixture_init (&fixture);
      bytes = content_write (&fixture, rows[i].sent, &stanza);
      content = content_read (bytes);
      if (rows[i].read != NULL)
        content_assert_document (content->document, rows[i].read);
      else
        g_assert_null (content->document);
      g_assert_cmpstr (stanza.type, ==, rows[i].type);
      g_assert_cmpstr (stanza.mediatype, ==, rows[i].mediatype);
      g_assert_cmpstr (stanza.edit, ==, rows[i].edit);
      g_assert_cmpstr (stanza.polltype, ==, rows[i].polltype);
      g_assert_cmpint (stanza.hides_failure, ==, rows[i].hides_failure);
      g_assert_cmpuint (content->secret.size_bytes, ==,
                        ulak_content_wants_secret (fixture.document) ? ULAK_MSG_SECRET_BYTES : 0);
    }
}

static void
test_targets (void)
{
  static const struct
  {
    const char *sent;
    UlakContentKind kind;
  } acts[] = {
    { "{'reaction': {'message_id': 'm', 'emoji': 'x'}}", ULAK_CONTENT_REACTION },
    { "{'edit': {'message_id': 'm', 'text': 'better'}}", ULAK_CONTENT_EDIT },
    { "{'revoke': {'message_id': 'm'}}", ULAK_CONTENT_REVOKE },
    { "{'pin': {'message_id': 'm', 'duration_s': 86400}}", ULAK_CONTENT_PIN },
    { "{'poll_vote': {'message_id': 'm', 'options': []}}", ULAK_CONTENT_SEALED },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (acts); i++)
    {
      g_auto (ContentFixture) fixture = { 0 };
      g_autoptr (UlakContent) content = NULL;
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GError) error = NULL;
      UlakContentStanza stanza;

      content_fixture_init (&fixture);
      fixture.request.target = (UlakContentKey){ "120363012345678901@g.us", FALSE, TEST_ID, "123@lid" };
      bytes = content_write (&fixture, acts[i].sent, &stanza);
      content = content_read (bytes);
      g_assert_cmpint (content->kind, ==, acts[i].kind);
      g_assert_cmpstr (content->target.chat, ==, "120363012345678901@g.us");
      g_assert_cmpstr (content->target.id, ==, TEST_ID);
      g_assert_cmpstr (content->target.participant, ==, "123@lid");
      g_assert_false (content->target.from_me);
      if (acts[i].kind == ULAK_CONTENT_REVOKE)
        g_assert_cmpstr (stanza.edit, ==, "8"); /* of another's message: as an administrator */
      if (acts[i].kind == ULAK_CONTENT_PIN)
        g_assert_true (content->is_on && content->duration_s == 86400);

      fixture.request.target.id = NULL;
      g_assert_null (ulak_content_write (&fixture.request, &stanza, &error));
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
    }
}

static void
test_contacts (void)
{
  static const char card[]
      = "{'name': {'formatted_name': 'Ada; Lovelace, c', 'first_name': 'Ada', 'last_name': 'Lovelace'}, 'phones': [{'phone': '+90 532 111 22 "
        "33', 'type': 'CELL', 'wa_id': '905321112233'}], 'emails': [{'email': 'ada@example.org', 'type': 'WORK'}], 'org': {'company': 'A, "
        "B', 'department': 'Engines', 'title': 'Countess'}, 'urls': [{'url': 'https://example.org/ada'}], 'addresses': [{'street': 'S 1\\n"
        "back', 'city': 'London', 'state': 'L', 'zip': '1', 'country': 'UK', 'type': 'HOME'}], 'birthday': '1815-12-10'}";
  g_auto (ContentFixture) fixture = { 0 };
  g_autofree char *one = g_strdup_printf ("{'contacts': [%s]}", card);
  g_autofree char *two = g_strdup_printf ("{'contacts': [%s, {'name': {'formatted_name': 'B'}}]}", card);
  const char *const documents[] = { one, two };

  content_fixture_init (&fixture);
  for (guint n = 1; n <= 2; n++)
    {
      UlakContentStanza stanza;
      g_autoptr (GBytes) bytes = content_write (&fixture, documents[n - 1], &stanza);
      g_autoptr (UlakContent) content = content_read (bytes);
      JsonArray *contacts = json_object_get_array_member (content->document, "contacts");
      JsonObject *contact = json_array_get_object_element (contacts, 0);

      g_assert_cmpuint (json_array_get_length (contacts), ==, n);
      g_assert_cmpstr (stanza.mediatype, ==, n == 1 ? "vcard" : "contact_array");
      g_assert_nonnull (strstr (json_object_get_string_member (contact, "vcard"), "waid=905321112233"));
      json_object_remove_member (contact, "vcard");
      content_assert_document (contact, card);
    }
}

/* --- what surrounds a message --- */

static void
test_quote (void)
{
  g_auto (ContentFixture) fixture = { 0 };
  g_autoptr (GBytes) original = NULL, bytes = NULL;
  g_autoptr (UlakContent) content = NULL;
  g_autoptr (Wa__Message) message = NULL;
  const Wa__Message *quoted;

  content_fixture_init (&fixture);
  original = content_write (&fixture, "{'text': 'What?'}", NULL);
  fixture.request.quoted = ulak_span_of (original);
  fixture.request.quoted_id = "3EB0AA";
  fixture.request.quoted_author = TEST_CHAT;
  fixture.request.quoted_chat = "120363012345678901@g.us";
  bytes = content_write (&fixture, "{'text': 'That.'}", NULL);
  content = content_read (bytes);
  content_assert_document (content->document, "{'type': 'text', 'text': 'That.'}");
  g_assert_cmpstr (content->quoted_id, ==, "3EB0AA");
  g_assert_cmpstr (content->quoted_participant, ==, TEST_CHAT);
  g_assert_cmpstr (content->quoted_chat, ==, "120363012345678901@g.us");

  quoted = content->message->extended_text_message->context_info->quoted_message;
  g_assert_cmpstr (quoted->conversation, ==, "What?");
  g_assert_null (quoted->message_context_info); /* nobody gets the secret of another message by a quote of it */

  /* What is not known any more, or was never a message, is quoted as nothing. */
  fixture.request.quoted = ULAK_SPAN ("\xff\xff", 2);
  g_clear_pointer (&bytes, g_bytes_unref);
  bytes = content_write (&fixture, "{'text': 'That.'}", NULL);
  message = ulak_protobuf_unpack (&wa__message__descriptor, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL);
  g_assert_cmpstr (message->extended_text_message->context_info->quoted_message->conversation, ==, "");
}

static void
test_timer (void)
{
  g_auto (ContentFixture) fixture = { 0 };
  g_autoptr (GBytes) bytes = NULL, without = NULL;
  g_autoptr (UlakContent) content = NULL, other = NULL;

  content_fixture_init (&fixture);
  fixture.request.timer_s = 604800;
  fixture.request.timer_set_s = 1750000000;
  bytes = content_write (&fixture, "{'location': {'latitude': 1, 'longitude': 2}}", NULL);
  without = content_write (&fixture, "{'text': 'stays', 'disappears_after_s': 0}", NULL);
  content = content_read (bytes);
  other = content_read (without);
  g_assert_true (content->has_timer);
  g_assert_cmpuint (content->timer_s, ==, 604800);
  g_assert_cmpint (content->timer_set_s, ==, 1750000000);
  g_assert_cmpint (json_object_get_int_member (content->document, "disappears_after_s"), ==, 604800);
  g_assert_false (other->has_timer);
}

static char *
to_lid (const char *person, gpointer data G_GNUC_UNUSED)
{
  return g_str_equal (person, "905321112233") ? g_strdup ("777@lid") : NULL;
}

static void
test_mentions_in_group (void)
{
  g_auto (ContentFixture) fixture = { 0 };
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (UlakContent) content = NULL;

  content_fixture_init (&fixture);
  fixture.request.to_jid = to_lid;
  bytes = content_write (
      &fixture, "{'image': {'media_id': 'm', 'caption': '@905321112233 look'}, 'mentions': ['905321112233', '4917012345@s.whatsapp.net']}",
      NULL);
  content = content_read (bytes);
  g_assert_cmpstr (json_object_get_string_member (content->document, "text"), ==, "@777 look");
  g_assert_cmpstr (content->mentions[0], ==, "777@lid");
  g_assert_cmpstr (content->mentions[1], ==, "4917012345@s.whatsapp.net");
}

static void
test_edit_of_caption (void)
{
  g_auto (ContentFixture) fixture = { 0 };
  static const char *const originals[] = { "{'image': {'media_id': 'm', 'caption': 'old'}}", "{'video': {'media_id': 'm'}}",
                                           "{'document': {'media_id': 'm', 'caption': 'old'}}" };

  content_fixture_init (&fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (originals); i++)
    {
      g_autoptr (GBytes) original = content_write (&fixture, originals[i], NULL), bytes = NULL;
      g_autoptr (UlakContent) content = NULL;

      fixture.request.original = ulak_span_of (original);
      bytes = content_write (&fixture, "{'edit': {'message_id': 'm', 'text': 'new'}}", NULL);
      content = content_read (bytes);
      g_assert_cmpint (content->kind, ==, ULAK_CONTENT_EDIT);
      g_assert_cmpstr (json_object_get_string_member (content->document, "text"), ==, "new");
      g_assert_nonnull (content->media_reference);
      g_assert_cmpuint (content->secret.size_bytes, ==, 0);
    }
}

/* --- forwarding --- */

static void
test_forward (void)
{
  static const char *const originals[]
      = { "{'text': 'Hello', 'mentions': ['905321112233']}", "{'image': {'media_id': 'm', 'caption': 'Hello'}}",
          "{'document': {'media_id': 'm', 'caption': 'Hello'}}", "{'text': 'Hello'}" };

  for (gsize i = 0; i < G_N_ELEMENTS (originals); i++)
    {
      g_auto (ContentFixture) fixture = { 0 };
      g_autoptr (GBytes) original = NULL, once = NULL, twice = NULL;
      g_autoptr (UlakContent) content = NULL;

      content_fixture_init (&fixture);
      original = content_write (&fixture, originals[i], NULL);
      fixture.request.forwarded = ulak_span_of (original);
      once = content_write (&fixture, "{'forward': {'message_id': 'm'}}", NULL);
      fixture.request.forwarded = ulak_span_of (once);
      twice = content_write (&fixture, "{'forward': {'message_id': 'm'}}", NULL);
      content = content_read (twice);
      g_assert_cmpint (content->kind, ==, ULAK_CONTENT_MESSAGE);
      g_assert_cmpstr (json_object_get_string_member (content->document, "text"), ==, "Hello");
      g_assert_true (json_object_get_boolean_member (content->document, "forwarded"));
      g_assert_cmpint (json_object_get_int_member (content->document, "forwarding_score"), ==, 2);
      g_assert_false (json_object_has_member (content->document, "mentions"));
      g_assert_cmpint (content->media_reference != NULL, ==, strstr (originals[i], "media_id") != NULL);
    }
}

static void
check_no_forward (ContentFixture *fixture, GBytes *original, const char *reason)
{
  g_autoptr (JsonObject) document = content_parse ("{'forward': {'message_id': 'm'}}");
  g_autoptr (GError) error = NULL;
  UlakContentStanza stanza;

  fixture->request.document = document;
  fixture->request.forwarded = original == NULL ? ULAK_SPAN_NONE : ulak_span_of (original);
  g_assert_null (ulak_content_write (&fixture->request, &stanza, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
  g_assert_cmpstr (error->message, ==, reason);
}

static void
test_no_forward (void)
{
  g_auto (ContentFixture) fixture = { 0 };
  g_autoptr (GBytes) secret = NULL, reaction = NULL;

  content_fixture_init (&fixture);
  secret = content_write (&fixture, "{'image': {'media_id': 'm', 'view_once': true}}", NULL);
  reaction = content_write (&fixture, "{'reaction': {'message_id': 'm', 'emoji': 'x'}}", NULL);
  check_no_forward (&fixture, secret, "A message that can be viewed once cannot be forwarded");
  check_no_forward (&fixture, reaction, "This kind of message cannot be forwarded");
  check_no_forward (&fixture, NULL, "The message to forward is not known here any more");
}

/* What came in, or was sent, is read; made again out of what was read; and read again. */
static void
test_rewrite (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (ContentFixture) fixture = { 0 };
      g_autoptr (UlakContent) content = NULL, again = NULL;
      g_autoptr (GBytes) bytes = NULL, rewritten = NULL;
      g_autoptr (GError) error = NULL;

      if (rows[i].hides_failure || rows[i].read == NULL || strstr (rows[i].sent, "mentions") || strstr (rows[i].sent, "disappears"))
        continue;
      g_test_message ("%s", rows[i].sent);
      content_fixture_init (&fixture);
      bytes = content_write (&fixture, rows[i].sent, NULL);
      content = content_read (bytes);
      rewritten = ulak_content_rewrite (content->document, content->media_reference, &error);
      g_assert_no_error (error);
      again = content_read (rewritten);
      content_assert_document (again->document, rows[i].read);
      g_assert_cmpint (again->media_reference != NULL, ==, content->media_reference != NULL);
      g_assert_cmpuint (again->secret.size_bytes, ==, 0);
      if (again->media_reference != NULL)
        g_assert_cmpstr (json_object_get_string_member (again->media_reference, "media_key"), ==,
                         json_object_get_string_member (content->media_reference, "media_key"));
    }
}

/* Nothing is left of a sticker pack, or of the picture above a template, when only the words go on. */
static void
test_no_rewrite (void)
{
  static const char *const messages[] = { "{'type': 'sticker_pack', 'text': 'Cats', 'media': {}, 'sticker_pack': {}}",
                                          "{'type': 'template', 'text': 'words', 'media': {}, 'template': {}}" };

  for (gsize i = 0; i < G_N_ELEMENTS (messages); i++)
    {
      g_autoptr (JsonObject) message = content_parse (messages[i]), reference = content_parse ("{'direct_path': '/v/x'}");
      g_autoptr (GBytes) quote = NULL;
      g_autoptr (GError) error = NULL;

      quote = ulak_content_rewrite (message, NULL, &error);
      g_assert_no_error (error);
      g_assert_null (ulak_content_rewrite (message, reference, &error));
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
    }
}

static void
test_rewrite_for_quote (void)
{
  g_autoptr (JsonObject) voice = content_parse ("{'type': 'voice', 'media': {'voice': true, 'duration_s': 3}}");
  g_autoptr (JsonObject) card = content_parse ("{'type': 'contacts', 'contacts': [{'name': {'formatted_name': 'A'}, 'vcard': 'as it came'}]}");
  g_autoptr (JsonObject) template = content_parse ("{'type': 'template', 'text': 'words', 'template': {}}");
  g_autoptr (JsonObject) nothing = content_parse ("{'type': 'unsupported', 'raw': 'AAAA'}");
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) voice_bytes = NULL, card_bytes = NULL, text_bytes = NULL;
  g_autoptr (Wa__Message) message = NULL, contacts = NULL, text = NULL;

  voice_bytes = ulak_content_rewrite (voice, NULL, &error);
  card_bytes = ulak_content_rewrite (card, NULL, &error);
  text_bytes = ulak_content_rewrite (template, NULL, &error);
  g_assert_no_error (error);
  message = ulak_protobuf_unpack (&wa__message__descriptor, g_bytes_get_data (voice_bytes, NULL), g_bytes_get_size (voice_bytes), NULL);
  contacts = ulak_protobuf_unpack (&wa__message__descriptor, g_bytes_get_data (card_bytes, NULL), g_bytes_get_size (card_bytes), NULL);
  text = ulak_protobuf_unpack (&wa__message__descriptor, g_bytes_get_data (text_bytes, NULL), g_bytes_get_size (text_bytes), NULL);
  g_assert_true (message->audio_message->ptt);
  g_assert_cmpuint (message->audio_message->seconds, ==, 3);
  g_assert_null (message->audio_message->direct_path);
  g_assert_false (message->audio_message->has_file_length);
  g_assert_cmpstr (contacts->contact_message->vcard, ==, "as it came");
  g_assert_cmpstr (text->extended_text_message != NULL ? text->extended_text_message->text : text->conversation, ==, "words");
  g_assert_null (ulak_content_rewrite (nothing, NULL, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
}

/* --- refusals --- */

static void
test_missing (void)
{
  static const struct
  {
    const char *sent;
    const char *reason;
  } cases[] = {
    { "{'image': {'media_id': 'm'}}", "The file is not uploaded" },
    { "{'video': {'media_id': 'm'}}", "The file is not uploaded" },
    { "{'audio': {'media_id': 'm'}}", "The file is not uploaded" },
    { "{'document': {'media_id': 'm'}}", "The file is not uploaded" },
    { "{'sticker': {'media_id': 'm'}}", "The file is not uploaded" },
    { "{'poll': {'name': 'a', 'options': ['b', 'c']}}", "This kind of message needs a secret" },
    { "{'poll_vote': {'message_id': 'm', 'options': []}}",
      "The secret of the poll is not known: it came before this device was linked" },
    { "{'template': {'name': 'a', 'language': 'en'}}", "A linked device cannot send this kind of message" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (ContentFixture) fixture = { 0 };
      g_autoptr (JsonObject) document = content_parse (cases[i].sent);
      g_autoptr (GError) error = NULL;
      UlakContentStanza stanza;

      content_fixture_init (&fixture);
      fixture.request.document = document;
      fixture.request.upload = NULL;
      fixture.request.secret = NULL;
      fixture.request.target_secret = NULL;
      g_assert_null (ulak_content_write (&fixture.request, &stanza, &error));
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
      g_assert_cmpstr (error->message, ==, cases[i].reason);
    }
}

static void
collect_path (const char *path, const char *message G_GNUC_UNUSED, gpointer user_data)
{
  g_string_append_printf (user_data, "%s ", path);
}

static void
test_check (void)
{
  static const char *const cases[][2] = {
    { "{'text': 'a'}", "" },
    { "{'template': {'name': 'a'}}", "template " },
    { "{'interactive': {'body': 'a'}}", "interactive " },
    { "{'image': {'link': 'https://example.org/a.jpg'}}", "image.link " },
    { "{'audio': {'media_id': 'm', 'waveform': '###'}}", "audio.waveform " },
    { "{'video': {'media_id': 'm', 'thumbnail': 'AA=='}}", "video.thumbnail " },
    { "{'text': {'body': 'see', 'link_preview': {'url': 'https://a.org'}}}", "text.link_preview.url " },
    { "{'text': 'a', 'disappears_after_s': 5}", "disappears_after_s " },
    { "{'pin': {'message_id': 'm', 'duration_s': 5}}", "pin.duration_s " },
    { "{'to': 'status@broadcast', 'text': 'a', 'recipients': ['905321112233']}", "" },
    { "{'to': 'status@broadcast', 'text': 'a'}", "recipients " },
    { "{'to': '905321112233', 'text': 'a', 'recipients': ['905321112234']}", "recipients " },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (JsonObject) document = content_parse (cases[i][0]);
      g_autoptr (UlakIssues) issues = ulak_issues_new ();
      g_autoptr (GString) paths = g_string_new (NULL);
      g_autoptr (GError) error = NULL;

      ulak_content_check (document, issues);
      if (!ulak_issues_to_error (issues, &error))
        ulak_issues_foreach_in_error (error, collect_path, paths);
      g_assert_cmpstr (paths->str, ==, cases[i][1]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/whatsapp/content/write/every kind comes back as it was sent", test_kinds);
  g_test_add_func ("/whatsapp/content/write/what acts names its target", test_targets);
  g_test_add_func ("/whatsapp/content/write/contact cards go and return", test_contacts);
  g_test_add_func ("/whatsapp/content/write/a quote has the message without its secret", test_quote);
  g_test_add_func ("/whatsapp/content/write/a chat's timer stands in every message", test_timer);
  g_test_add_func ("/whatsapp/content/write/mentions take the form of the group", test_mentions_in_group);
  g_test_add_func ("/whatsapp/content/write/an edited caption keeps its file", test_edit_of_caption);
  g_test_add_func ("/whatsapp/content/write/what is forwarded counts how often", test_forward);
  g_test_add_func ("/whatsapp/content/write/what must not be forwarded is refused", test_no_forward);
  g_test_add_func ("/whatsapp/content/write/a stored message is made again out of its document", test_rewrite);
  g_test_add_func ("/whatsapp/content/write/words are no substitute for a file", test_no_rewrite);
  g_test_add_func ("/whatsapp/content/write/a quote needs no file", test_rewrite_for_quote);
  g_test_add_func ("/whatsapp/content/write/what the request lacks is named", test_missing);
  g_test_add_func ("/whatsapp/content/write/what linked devices cannot send is refused", test_check);
  return g_test_run ();
}
