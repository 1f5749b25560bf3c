/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Votes and answers, over the vectors of another client and over our own votes; reporting tokens; what goes to the own devices.
 */
#include "unit/whatsapp/codec-vectors.h"
#include "unit/whatsapp/content-fixture.h"

#include "core/error.h"
#include "core/json.h"

#include <string.h>

static GBytes *
get_hex (JsonObject *object, const char *name)
{
  return ulak_vectors_hex (json_object_get_string_member (object, name));
}

static ProtobufCBinaryData
data_of (GBytes *bytes)
{
  return (ProtobufCBinaryData){ g_bytes_get_size (bytes), (guint8 *) g_bytes_get_data (bytes, NULL) };
}

static Wa__MessageKey
make_key (const char *id)
{
  Wa__MessageKey key = WA__MESSAGE_KEY__INIT;

  key.remote_jid = (char *) TEST_CHAT;
  key.has_from_me = TRUE;
  key.id = (char *) id;
  return key;
}

static UlakKey
key_of (GBytes *secret)
{
  UlakKey key;

  ulak_key_set (&key, g_bytes_get_data (secret, NULL), g_bytes_get_size (secret));
  return key;
}

static JsonObject *
make_poll (void)
{
  return content_parse ("{'type': 'poll', 'poll': {'name': 'x', 'options': ['Yes', 'No', 'Maybe 🤷'], 'selectable_count': 0}}");
}

static void
check_vote (JsonObject *vector)
{
  g_autoptr (GBytes) secret = get_hex (vector, "message_secret"), nonce = get_hex (vector, "enc_iv"),
                     payload = get_hex (vector, "enc_payload");
  Wa__MessageKey key = make_key (json_object_get_string_member (vector, "poll_message_id"));
  Wa__PollEncValue sealed = WA__POLL_ENC_VALUE__INIT;
  Wa__PollUpdateMessage update = WA__POLL_UPDATE_MESSAGE__INIT;
  Wa__Message message = WA__MESSAGE__INIT;
  UlakKey secret_key = key_of (secret);
  g_autoptr (UlakContent) content = NULL, opened = NULL;
  g_autoptr (JsonObject) poll = make_poll ();
  g_autoptr (GError) error = NULL;
  /* The right form comes second. */
  const char *const authors[] = { "1@lid", json_object_get_string_member (vector, "poll_creator"), NULL };
  const char *const voters[] = { "2@lid", json_object_get_string_member (vector, "voter"), NULL };
  const UlakContentOpening opening = { &secret_key, authors, voters, poll };
  JsonArray *options = json_object_get_array_member (vector, "options"), *found;

  sealed.has_enc_iv = sealed.has_enc_payload = TRUE;
  sealed.enc_iv = data_of (nonce);
  sealed.enc_payload = data_of (payload);
  update.poll_creation_message_key = &key;
  update.vote = &sealed;
  message.poll_update_message = &update;
  content = content_read_packed (&message);
  g_assert_cmpint (content->kind, ==, ULAK_CONTENT_SEALED);
  opened = ulak_content_open (content, &opening, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (opened->kind, ==, ULAK_CONTENT_MESSAGE);
  g_assert_cmpstr (opened->target.id, ==, content->target.id);
  g_assert_cmpstr (json_object_get_string_member (opened->document, "type"), ==, "poll_vote");
  found = json_object_get_array_member (json_object_get_object_member (opened->document, "poll_vote"), "options");
  g_assert_cmpuint (json_array_get_length (found), ==, json_array_get_length (options));
  for (guint i = 0; i < json_array_get_length (found); i++)
    g_assert_cmpstr (json_array_get_string_element (found, i), ==, json_array_get_string_element (options, i));
}

static void
test_votes (void)
{
  g_autoptr (JsonNode) root = ulak_vectors_load ("crypto/msg-secret.json");
  JsonArray *vectors = ulak_vectors_get (root, "poll_vote");

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    check_vote (json_array_get_object_element (vectors, i));
}

static void
test_event_answers (void)
{
  g_autoptr (JsonNode) root = ulak_vectors_load ("crypto/msg-secret.json");
  JsonObject *vector = json_array_get_object_element (ulak_vectors_get (root, "event_response"), 0);
  g_autoptr (GBytes) secret = get_hex (vector, "message_secret"), nonce = get_hex (vector, "enc_iv"),
                     payload = get_hex (vector, "enc_payload");
  Wa__MessageKey key = make_key (json_object_get_string_member (vector, "event_message_id"));
  Wa__EncEventResponseMessage answer = WA__ENC_EVENT_RESPONSE_MESSAGE__INIT;
  Wa__Message message = WA__MESSAGE__INIT;
  UlakKey secret_key = key_of (secret);
  g_autoptr (UlakContent) content = NULL, opened = NULL;
  g_autoptr (GError) error = NULL;
  const char *const authors[] = { json_object_get_string_member (vector, "event_creator"), NULL };
  const char *const senders[] = { json_object_get_string_member (vector, "responder"), NULL };
  const UlakContentOpening opening = { &secret_key, authors, senders, NULL };

  answer.event_creation_message_key = &key;
  answer.has_enc_iv = answer.has_enc_payload = TRUE;
  answer.enc_iv = data_of (nonce);
  answer.enc_payload = data_of (payload);
  message.enc_event_response_message = &answer;
  content = content_read_packed (&message);
  opened = ulak_content_open (content, &opening, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (opened->sent_ms, >, G_GINT64_CONSTANT (1000000000000));
  g_assert_cmpstr (json_object_get_string_member (
                       json_object_get_object_member (opened->document, "event_response"), "response"),
                   ==, "going");
}

static void
test_own_vote (void)
{
  g_auto (ContentFixture) fixture = { 0 };
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (UlakContent) content = NULL, opened = NULL, refused = NULL;
  g_autoptr (JsonObject) poll = make_poll (), shown = NULL;
  g_autoptr (GError) error = NULL, refusal = NULL;
  const char *const authors[] = { TEST_CHAT, NULL }, *const voters[] = { TEST_ME, NULL }, *const others[] = { "9@lid", NULL };
  UlakContentOpening opening = { &fixture.secret, authors, voters, poll };

  content_fixture_init (&fixture);
  bytes = content_write (&fixture, "{'poll_vote': {'message_id': 'm', 'options': ['No', 'Never']}}", NULL);
  content = content_read (bytes);
  opened = ulak_content_open (content, &opening, NULL, &error);
  g_assert_no_error (error);
  content_assert_document (opened->document,
                           "{'type': 'poll_vote', 'poll_vote': {'message_id': '" TEST_ID "', 'options': ['No'], 'unknown_options': "
                           "['YwDvgAu4hClbC0s1aCt1zs18xVDSAttW0EoGQ7j7hz8=']}}");
  g_assert_cmpint (opened->sent_ms, ==, fixture.request.now_ms);

  opening.sender_forms = others;
  refused = ulak_content_open (content, &opening, NULL, &refusal);
  g_assert_null (refused);
  g_assert_error (refusal, ULAK_ERROR, ULAK_ERROR_DAMAGED);
  shown = ulak_content_show_sealed (content, "not_opened");
  g_assert_cmpstr (json_object_get_string_member (shown, "type"), ==, "unsupported");
  g_assert_cmpstr (json_object_get_string_member (json_object_get_object_member (shown, "sealed"), "use"), ==, "poll_vote");
}

/* --- other uses: sealed here --- */

static UlakContent *
seal_and_open (UlakMsgSecretUse use, GBytes *plain, GError **error)
{
  g_auto (ContentFixture) fixture = { 0 };
  UlakMsgSecret secret = { .use = use, .message_id = TEST_ID, .author = TEST_CHAT, .sender = TEST_ME };
  Wa__MessageKey key = make_key (TEST_ID);
  Wa__EncReactionMessage reaction = WA__ENC_REACTION_MESSAGE__INIT;
  Wa__EncCommentMessage comment = WA__ENC_COMMENT_MESSAGE__INIT;
  Wa__SecretEncryptedMessage edit = WA__SECRET_ENCRYPTED_MESSAGE__INIT;
  Wa__Message message = WA__MESSAGE__INIT;
  const char *const authors[] = { TEST_CHAT, NULL }, *const senders[] = { TEST_ME, NULL };
  g_autoptr (GBytes) nonce = NULL, payload = NULL;
  g_autoptr (UlakContent) content = NULL;

  content_fixture_init (&fixture);
  secret.secret = fixture.secret;
  payload = ulak_msg_secret_seal (&secret, fixture.random, ulak_span_of (plain), &nonce);
  reaction.target_message_key = comment.target_message_key = edit.target_message_key = &key;
  reaction.has_enc_iv = reaction.has_enc_payload = comment.has_enc_iv = comment.has_enc_payload = TRUE;
  edit.has_enc_iv = edit.has_enc_payload = edit.has_secret_enc_type = TRUE;
  reaction.enc_iv = comment.enc_iv = edit.enc_iv = data_of (nonce);
  reaction.enc_payload = comment.enc_payload = edit.enc_payload = data_of (payload);
  edit.secret_enc_type = WA__SECRET_ENCRYPTED_MESSAGE__SECRET_ENC_TYPE__MESSAGE_EDIT;
  message.enc_reaction_message = use == ULAK_MSG_SECRET_REACTION ? &reaction : NULL;
  message.enc_comment_message = use == ULAK_MSG_SECRET_COMMENT ? &comment : NULL;
  message.secret_encrypted_message = use == ULAK_MSG_SECRET_MESSAGE_EDIT ? &edit : NULL;
  content = content_read_packed (&message);
  g_assert_cmpint (content->kind, ==, ULAK_CONTENT_SEALED);
  return ulak_content_open (content, &(UlakContentOpening){ &fixture.secret, authors, senders, NULL }, NULL, error);
}

static void
test_other_uses (void)
{
  Wa__ReactionMessage reaction = WA__REACTION_MESSAGE__INIT;
  Wa__Message text = WA__MESSAGE__INIT, nothing = WA__MESSAGE__INIT;
  g_autoptr (GBytes) reaction_bytes = NULL, text_bytes = NULL, no_bytes = NULL;
  g_autoptr (UlakContent) opened_reaction = NULL, comment = NULL, edit = NULL;
  g_autoptr (GError) error = NULL;

  reaction.text = (char *) "x";
  text.conversation = (char *) "words";
  reaction_bytes = ulak_protobuf_pack (&reaction);
  text_bytes = ulak_protobuf_pack (&text);
  no_bytes = ulak_protobuf_pack (&nothing);

  opened_reaction = seal_and_open (ULAK_MSG_SECRET_REACTION, reaction_bytes, &error);
  g_assert_no_error (error);
  g_assert_cmpint (opened_reaction->kind, ==, ULAK_CONTENT_REACTION);
  content_assert_document (opened_reaction->document,
                           "{'type': 'reaction', 'reaction': {'message_id': '" TEST_ID "', 'emoji': 'x'}}");

  comment = seal_and_open (ULAK_MSG_SECRET_COMMENT, text_bytes, &error);
  g_assert_no_error (error);
  g_assert_cmpint (comment->kind, ==, ULAK_CONTENT_MESSAGE);
  g_assert_cmpstr (comment->quoted_id, ==, TEST_ID);

  edit = seal_and_open (ULAK_MSG_SECRET_MESSAGE_EDIT, text_bytes, &error);
  g_assert_no_error (error);
  g_assert_cmpint (edit->kind, ==, ULAK_CONTENT_EDIT);
  g_assert_cmpstr (edit->target.id, ==, TEST_ID);
  content_assert_document (edit->document, "{'type': 'text', 'text': 'words'}");

  g_assert_null (seal_and_open (ULAK_MSG_SECRET_MESSAGE_EDIT, no_bytes, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
}

/* --- reporting tokens, copies --- */

static void
test_reporting (void)
{
  g_autoptr (JsonNode) root = ulak_vectors_load ("crypto/msg-secret.json");
  JsonArray *vectors = ulak_vectors_get (root, "reporting_token");

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      JsonObject *node = json_array_get_object_element (
          json_object_get_array_member (json_object_get_object_member (vector, "token_node"), "content"), 0);
      g_autoptr (GBytes) message = get_hex (vector, "message_proto"), secret = get_hex (vector, "message_secret"),
                         expected = get_hex (json_object_get_object_member (node, "content"), "hex"), found = NULL;
      UlakKey key = key_of (secret);

      found = ulak_content_make_reporting_token (
          message, &key, json_object_get_string_member (json_object_get_object_member (vector, "key"), "id"),
          json_object_get_string_member (vector, "sender_used"), json_object_get_string_member (vector, "remote_used"));
      ulak_vectors_assert_bytes (found, expected, json_object_get_string_member (vector, "name"));
    }
}

static void
test_no_reporting (void)
{
  g_auto (ContentFixture) fixture = { 0 };
  g_autoptr (GBytes) reaction = NULL, vote = NULL;

  content_fixture_init (&fixture);
  reaction = content_write (&fixture, "{'reaction': {'message_id': 'm', 'emoji': 'x'}}", NULL);
  vote = content_write (&fixture, "{'poll_vote': {'message_id': 'm', 'options': []}}", NULL);
  g_assert_null (ulak_content_make_reporting_token (reaction, &fixture.secret, TEST_ID, TEST_ME, TEST_CHAT));
  g_assert_null (ulak_content_make_reporting_token (vote, &fixture.secret, TEST_ID, TEST_ME, TEST_CHAT));
}

/* The bytes of another client's messages of the same kinds. */
static GBytes *
find_message (const char *name)
{
  g_autoptr (JsonNode) root = ulak_vectors_load ("protobufs.json");
  JsonArray *vectors = ulak_vectors_get (root, "vectors");

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    if (g_str_equal (json_object_get_string_member (json_array_get_object_element (vectors, i), "name"), name))
      return get_hex (json_array_get_object_element (vectors, i), "encoded");
  g_error ("no vector “%s”", name);
}

static void
test_peers (void)
{
  const UlakContentKey group_key = { "120363012345678901@g.us", FALSE, "3EB0C767D9EF4A1B2C3D4F", "123456789012345@lid" };
  const UlakContentKey oldest = { TEST_CHAT, FALSE, TEST_ID, NULL };
  const UlakSpan key_id = ULAK_SPAN ("\0\0\0\0\x1a\x2b", 6);
  g_autoptr (GBytes) keys = ulak_content_write_key_request (&key_id, 1), keys_expected = find_message ("app state key request");
  g_autoptr (GBytes) resend = ulak_content_write_resend_request (&group_key),
                     resend_expected = find_message ("placeholder resend request");
  g_autoptr (GBytes) history = ulak_content_write_history_request (&oldest, 1760000000, 50),
                     history_expected = find_message ("on-demand history request");

  ulak_vectors_assert_bytes (keys, keys_expected, "app state key request");
  ulak_vectors_assert_bytes (resend, resend_expected, "placeholder resend request");
  ulak_vectors_assert_bytes (history, history_expected, "on-demand history request");
}

static void
test_copies (void)
{
  g_auto (ContentFixture) fixture = { 0 };
  g_autoptr (GBytes) key_expected = find_message ("sender key distribution only");
  g_autoptr (GBytes) inner = NULL, copy = NULL, key = NULL;
  g_autoptr (UlakContent) other = content_read (key_expected), content = NULL;
  g_autoptr (Wa__Message) outer = NULL;

  content_fixture_init (&fixture);
  inner = content_write (&fixture, "{'text': 'hello'}", NULL);
  copy = ulak_content_wrap_device_sent (inner, TEST_CHAT, "2:abc");
  content = content_read (copy);
  outer = ulak_protobuf_unpack (&wa__message__descriptor, g_bytes_get_data (copy, NULL), g_bytes_get_size (copy), NULL);
  g_assert_true (content->is_device_sent);
  g_assert_cmpstr (content->destination, ==, TEST_CHAT);
  content_assert_document (content->document, "{'type': 'text', 'text': 'hello'}");
  g_assert_cmpstr (outer->device_sent_message->phash, ==, "2:abc");
  g_assert_cmpmem (outer->message_context_info->message_secret.data, outer->message_context_info->message_secret.len,
                   fixture.secret.bytes, sizeof fixture.secret.bytes);

  key = ulak_content_write_sender_key (other->sender_key_group, other->sender_key);
  ulak_vectors_assert_bytes (key, key_expected, "sender key distribution only");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/whatsapp/content/seal/votes of another client are opened in either form", test_votes);
  g_test_add_func ("/whatsapp/content/seal/answers to events are opened", test_event_answers);
  g_test_add_func ("/whatsapp/content/seal/our own vote is opened, and by nobody else", test_own_vote);
  g_test_add_func ("/whatsapp/content/seal/sealed reactions, comments and edits are opened", test_other_uses);
  g_test_add_func ("/whatsapp/content/seal/reporting tokens are those of another client", test_reporting);
  g_test_add_func ("/whatsapp/content/seal/reactions and votes have no reporting token", test_no_reporting);
  g_test_add_func ("/whatsapp/content/seal/requests to the phone are those of another client", test_peers);
  g_test_add_func ("/whatsapp/content/seal/copies for own devices and sender keys are written", test_copies);
  return g_test_run ();
}
