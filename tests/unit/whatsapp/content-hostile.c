/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What a peer can encrypt for us: every one of it becomes a message that can be stored, and nothing of it is lost.
 */
#include "unit/whatsapp/codec-vectors.h"
#include "unit/whatsapp/content-fixture.h"

#include "core/json.h"
#include "whatsapp/chat/content-vcard.h"

#include <math.h>
#include <string.h>
#include <sys/resource.h>

/* As a line's database reads its rows. */
static const UlakJsonLimits row_limits = { 8 * 1024 * 1024, 40, 200000, FALSE };

static void
assert_storable (const UlakContent *content)
{
  g_autofree char *text = content->document == NULL ? NULL : ulak_json_print_object (content->document);
  g_autoptr (JsonObject) again = NULL;
  g_autoptr (GError) error = NULL;

  if (text == NULL)
    return;
  again = ulak_json_parse_object (text, strlen (text), &row_limits, &error);
  g_assert_no_error (error);
  g_assert_nonnull (ulak_json_peek_string (again, "type"));
}

static void
assert_whole (const UlakContent *content, GBytes *bytes)
{
  g_autofree char *raw = g_base64_encode (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));

  g_assert_cmpint (content->kind, ==, ULAK_CONTENT_MESSAGE);
  g_assert_cmpstr (json_object_get_string_member (content->document, "type"), ==, "unsupported");
  g_assert_cmpstr (json_object_get_string_member (content->document, "raw"), ==, raw);
  g_assert_null (content->media_reference);
  assert_storable (content);
}

static void
check_hex_whole (const char *hex)
{
  g_autoptr (GBytes) bytes = ulak_vectors_hex (hex);
  g_autoptr (UlakContent) content = content_read (bytes);

  g_test_message ("%s", hex);
  assert_whole (content, bytes);
}

static void
test_not_understood (void)
{
  static const char *const rows[] = {
    "0a01ff",             /* a text that is not UTF-8 */
    "0a036100ff",         /* a text with NUL */
    "ffffffff",           /* no protobuf */
    "0801",               /* a known field of another kind */
    "9a7d0161",           /* a body that nobody knows */
    "c202060a049a7d0161", /* the same in a wrapper */
    "c20200",             /* a wrapper without a message */
    "62021063",           /* a protocol message of type 99 */
    "62021000",           /* a revoke without a key */
    "6202100e",           /* an edit without a message */
    "fa0100",             /* a copy without a message */
    "3200",               /* a text without text */
    "2a00",               /* a place that is nowhere */
    "8a0300",             /* a poll without a name */
    "f20200",             /* a reaction to nothing */
    "92030212007a00",     /* a vote without one, and a key of a sender of another kind */
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    check_hex_whole (rows[i]);
}

static void
test_nothing (void)
{
  static const char *const rows[] = {
    "", /* an empty message */
    "9a02221a20"
    "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f", /* a secret alone */
    "7a00",                                                             /* a sender key of another kind */
    "9a0500",                                                           /* an album: its pictures come */
    "62021004",                                                         /* an answer about timers */
    "62021015",                                                         /* something between businesses and their servers */
    "62021022",                                                         /* the theme of a chat */
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GBytes) bytes = ulak_vectors_hex (rows[i]);
      g_autoptr (UlakContent) content = content_read (bytes);

      g_test_message ("%s", rows[i]);
      g_assert_cmpint (content->kind, ==, ULAK_CONTENT_NONE);
      g_assert_null (content->document);
    }
}

static void
test_several (void)
{
  Wa__MessageKey key = WA__MESSAGE_KEY__INIT;
  Wa__ProtocolMessage revoke = WA__PROTOCOL_MESSAGE__INIT;
  Wa__LocationMessage place = WA__LOCATION_MESSAGE__INIT;
  Wa__Message message = WA__MESSAGE__INIT;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (UlakContent) content = NULL;
  g_autofree char *raw = NULL;

  key.id = (char *) TEST_ID;
  revoke.key = &key;
  place.has_degrees_latitude = place.has_degrees_longitude = TRUE;
  message.conversation = (char *) "shown";
  message.protocol_message = &revoke;
  message.location_message = &place;
  bytes = ulak_protobuf_pack (&message);
  content = content_read (bytes);
  raw = g_base64_encode (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_assert_cmpint (content->kind, ==, ULAK_CONTENT_MESSAGE);
  g_assert_null (content->target.id);
  g_assert_cmpstr (json_object_get_string_member (content->document, "text"), ==, "shown");
  g_assert_cmpstr (json_object_get_string_member (content->document, "raw"), ==, raw);
}

/* --- salvage --- */

static void
test_salvage (void)
{
  static const guint8 secret[ULAK_MSG_SECRET_BYTES] = { 5 };
  Wa__SenderKeyDistributionMessage key = WA__SENDER_KEY_DISTRIBUTION_MESSAGE__INIT;
  Wa__MessageContextInfo context = WA__MESSAGE_CONTEXT_INFO__INIT;
  Wa__DeviceSentMessage sent = WA__DEVICE_SENT_MESSAGE__INIT;
  Wa__Message message = WA__MESSAGE__INIT;
  g_autoptr (GBytes) good = NULL;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (UlakContent) content = NULL;
  g_autofree guchar *raw = NULL;
  gsize raw_bytes;

  key.group_id = (char *) "120363012345678901@g.us";
  key.has_axolotl_sender_key_distribution_message = TRUE;
  key.axolotl_sender_key_distribution_message = (ProtobufCBinaryData){ 3, (guint8 *) "key" };
  context.has_message_secret = TRUE;
  context.message_secret = (ProtobufCBinaryData){ sizeof secret, (guint8 *) secret };
  sent.destination_jid = (char *) TEST_CHAT;
  message.sender_key_distribution_message = &key;
  message.message_context_info = &context;
  message.device_sent_message = &sent;
  good = ulak_protobuf_pack (&message);
  g_byte_array_append (bytes, g_bytes_get_data (good, NULL), (guint) g_bytes_get_size (good));
  g_byte_array_append (bytes, (const guint8 *) "\x0a\x01\xff", 3);

  content = ulak_content_read (bytes->data, bytes->len, NULL);
  g_assert_cmpstr (json_object_get_string_member (content->document, "type"), ==, "unsupported");
  g_assert_cmpstr (content->sender_key_group, ==, "120363012345678901@g.us");
  g_assert_cmpmem (content->sender_key.bytes, content->sender_key.size_bytes, "key", 3);
  g_assert_true (content->is_device_sent);
  g_assert_cmpstr (content->destination, ==, TEST_CHAT);
  g_assert_cmpuint (content->secret.size_bytes, ==, sizeof secret);

  /* Documents go to webhooks: no keys of groups in them. */
  raw = g_base64_decode (json_object_get_string_member (content->document, "raw"), &raw_bytes);
  g_assert_null (memmem (raw, raw_bytes, "key", 3));
  g_assert_nonnull (memmem (raw, raw_bytes, "\x0a\x01\xff", 3));
}

static void
test_copy_of_stranger (void)
{
  Wa__Message inner = WA__MESSAGE__INIT, middle = WA__MESSAGE__INIT, outer = WA__MESSAGE__INIT;
  Wa__DeviceSentMessage sent = WA__DEVICE_SENT_MESSAGE__INIT;
  Wa__FutureProofMessage wrapper = WA__FUTURE_PROOF_MESSAGE__INIT;
  g_autoptr (UlakContent) content = NULL;

  /* A copy that hides in a wrapper is none. */
  inner.conversation = (char *) "I am you";
  sent.destination_jid = (char *) TEST_CHAT;
  sent.message = &inner;
  middle.device_sent_message = &sent;
  wrapper.message = &middle;
  outer.ephemeral_message = &wrapper;
  content = content_read_packed (&outer);
  g_assert_false (content->is_device_sent);
  g_assert_cmpstr (json_object_get_string_member (content->document, "type"), ==, "unsupported");
}

static void
test_edit_of_edit (void)
{
  Wa__MessageKey key = WA__MESSAGE_KEY__INIT;
  Wa__ProtocolMessage inner_edit = WA__PROTOCOL_MESSAGE__INIT, edit = WA__PROTOCOL_MESSAGE__INIT;
  Wa__Message text = WA__MESSAGE__INIT, inner = WA__MESSAGE__INIT, outer = WA__MESSAGE__INIT;
  g_autoptr (UlakContent) content = NULL;

  key.id = (char *) TEST_ID;
  text.conversation = (char *) "x";
  edit.key = inner_edit.key = &key;
  edit.has_type = inner_edit.has_type = TRUE;
  edit.type = inner_edit.type = WA__PROTOCOL_MESSAGE__TYPE__MESSAGE_EDIT;
  inner_edit.edited_message = &text;
  inner.protocol_message = &inner_edit;
  edit.edited_message = &inner;
  outer.protocol_message = &edit;
  content = content_read_packed (&outer);
  g_assert_cmpint (content->kind, ==, ULAK_CONTENT_MESSAGE);
  g_assert_cmpstr (json_object_get_string_member (content->document, "type"), ==, "unsupported");
  g_assert_null (content->target.id);
}

static void
test_depth (void)
{
  Wa__Message messages[20];
  Wa__FutureProofMessage wrappers[20];
  g_autoptr (UlakContent) readable = NULL, deep = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (messages); i++)
    {
      wa__message__init (&messages[i]);
      wa__future_proof_message__init (&wrappers[i]);
      if (i == 0)
        {
          messages[i].conversation = (char *) "inside";
          continue;
        }
      wrappers[i].message = &messages[i - 1];
      messages[i].ephemeral_message = &wrappers[i];
    }
  readable = content_read_packed (&messages[15]);
  deep = content_read_packed (&messages[16]);
  content_assert_document (readable->document, "{'type': 'text', 'text': 'inside'}");
  g_assert_cmpstr (json_object_get_string_member (deep->document, "type"), ==, "unsupported");
}

/* --- values --- */

static void
test_places (void)
{
  static const double rows[][2] = { { NAN, 0 }, { 0, INFINITY }, { 90.1, 0 }, { 0, -180.1 } };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      Wa__LocationMessage place = WA__LOCATION_MESSAGE__INIT;
      Wa__LiveLocationMessage live = WA__LIVE_LOCATION_MESSAGE__INIT;
      Wa__Message message = WA__MESSAGE__INIT, other = WA__MESSAGE__INIT;
      g_autoptr (UlakContent) content = NULL, live_content = NULL;

      place.has_degrees_latitude = place.has_degrees_longitude = TRUE;
      live.has_degrees_latitude = live.has_degrees_longitude = live.has_speed_in_mps = TRUE;
      place.degrees_latitude = live.degrees_latitude = rows[i][0];
      place.degrees_longitude = live.degrees_longitude = rows[i][1];
      message.location_message = &place;
      other.live_location_message = &live;
      content = content_read_packed (&message);
      live_content = content_read_packed (&other);
      assert_storable (content);
      assert_storable (live_content);
      g_assert_cmpstr (json_object_get_string_member (content->document, "type"), ==, "unsupported");
      g_assert_cmpstr (json_object_get_string_member (live_content->document, "type"), ==, "unsupported");
    }
}

static void
test_files (void)
{
  static const char *const urls[]
      = { NULL,
          "https://example.org/x",
          "http://mmg.whatsapp.net/x",
          "https://whatsapp.net.example.org/x",
          "https://me@mmg.whatsapp.net/x",
          "https://notwhatsapp.net/x",
          "not a url" };
  static const guint8 bytes[32] = { 1 };

  for (gsize i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      Wa__ImageMessage image = WA__IMAGE_MESSAGE__INIT;
      Wa__Message message = WA__MESSAGE__INIT;
      g_autoptr (UlakContent) content = NULL;

      image.url = (char *) urls[i];
      image.direct_path = (char *) "no/slash";
      image.caption = (char *) "still shown";
      image.has_file_length = image.has_file_sha256 = image.has_file_enc_sha256 = image.has_media_key = TRUE;
      image.file_length = 5;
      image.file_sha256 = image.file_enc_sha256 = image.media_key = (ProtobufCBinaryData){ 32, (guint8 *) bytes };
      message.image_message = &image;
      content = content_read_packed (&message);
      g_assert_null (content->media_reference);
      g_assert_cmpstr (json_object_get_string_member (content->document, "text"), ==, "still shown");
      g_assert_true (json_object_get_boolean_member (json_object_get_object_member (content->document, "media"), "unavailable"));
      g_assert_true (json_object_has_member (content->document, "raw"));
    }
}

/* A file whose address is good, with one thing after the other that makes it none. */
static void
test_keys_of_files (void)
{
  static const guint8 bytes[64] = { 1 };
  static const gsize rows[][3] = { { 31, 32, 32 }, { 32, 33, 32 }, { 32, 32, 0 }, { 16, 32, 32 } };

  for (gsize i = 0; i <= G_N_ELEMENTS (rows); i++)
    {
      Wa__DocumentMessage file = WA__DOCUMENT_MESSAGE__INIT;
      Wa__Message message = WA__MESSAGE__INIT;
      g_autoptr (UlakContent) content = NULL;
      const gsize *sizes = i < G_N_ELEMENTS (rows) ? rows[i] : (const gsize[]){ 32, 32, 32 };

      file.direct_path = (char *) "/v/x";
      file.has_file_length = file.has_file_sha256 = file.has_file_enc_sha256 = file.has_media_key = TRUE;
      file.file_length = i < G_N_ELEMENTS (rows) ? 5 : G_MAXUINT64;
      file.media_key = (ProtobufCBinaryData){ sizes[0], (guint8 *) bytes };
      file.file_sha256 = (ProtobufCBinaryData){ sizes[1], (guint8 *) bytes };
      file.file_enc_sha256 = (ProtobufCBinaryData){ sizes[2], (guint8 *) bytes };
      message.document_message = &file;
      content = content_read_packed (&message);
      g_assert_null (content->media_reference);
      assert_storable (content);
    }
}

/* --- sizes --- */

static void
test_long_texts (void)
{
  g_autofree char *controls = g_strnfill (3 * 1024 * 1024, '\x01'), *letters = g_strnfill (5 * 1024 * 1024, 'a');
  Wa__Message message = WA__MESSAGE__INIT;
  g_autoptr (UlakContent) kept = NULL, shown = NULL, cut = NULL;
  g_autofree char *huge = NULL;

  /* Six characters each in JSON: more than a row takes, so the bytes are kept instead. */
  message.conversation = controls;
  kept = content_read_packed (&message);
  assert_storable (kept);
  g_assert_cmpstr (json_object_get_string_member (kept->document, "type"), ==, "unsupported");
  g_assert_false (json_object_has_member (kept->document, "raw_bytes"));

  message.conversation = letters;
  shown = content_read_packed (&message);
  assert_storable (shown);
  g_assert_cmpuint (strlen (json_object_get_string_member (shown->document, "text")), ==, 5 * 1024 * 1024);

  /* More than could ever be kept: the beginning, and how much there was. */
  huge = g_strnfill (12 * 1024 * 1024, 'a');
  message.conversation = huge;
  cut = content_read_packed (&message);
  assert_storable (cut);
  g_assert_cmpint (json_object_get_int_member (cut->document, "raw_bytes"), >, 12 * 1024 * 1024);
}

static void
test_long_lists (void)
{
  enum
  {
    N = 3000
  };
  g_autofree char **mentions = g_new (char *, N);
  Wa__ContextInfo context = WA__CONTEXT_INFO__INIT;
  Wa__ExtendedTextMessage text = WA__EXTENDED_TEXT_MESSAGE__INIT;
  Wa__PollCreationMessage__Option option = WA__POLL_CREATION_MESSAGE__OPTION__INIT;
  g_autofree Wa__PollCreationMessage__Option **options = g_new (Wa__PollCreationMessage__Option *, N);
  Wa__PollCreationMessage poll = WA__POLL_CREATION_MESSAGE__INIT;
  Wa__ContactMessage card = WA__CONTACT_MESSAGE__INIT;
  g_autofree Wa__ContactMessage **cards = g_new (Wa__ContactMessage *, N);
  Wa__ContactsArrayMessage contacts = WA__CONTACTS_ARRAY_MESSAGE__INIT;
  Wa__Message message = WA__MESSAGE__INIT, poll_message = WA__MESSAGE__INIT, contacts_message = WA__MESSAGE__INIT;
  g_autoptr (UlakContent) content = NULL, poll_content = NULL, contacts_content = NULL;

  for (guint i = 0; i < N; i++)
    {
      mentions[i] = (char *) "123@lid";
      options[i] = &option;
      cards[i] = &card;
    }
  context.n_mentioned_jid = N;
  context.mentioned_jid = mentions;
  text.text = (char *) "all of you";
  text.context_info = &context;
  message.extended_text_message = &text;
  poll.name = (char *) "x";
  poll.n_options = N;
  poll.options = options;
  poll_message.poll_creation_message = &poll;
  contacts.n_contacts = N;
  contacts.contacts = cards;
  contacts_message.contacts_array_message = &contacts;
  content = content_read_packed (&message);
  poll_content = content_read_packed (&poll_message);
  contacts_content = content_read_packed (&contacts_message);
  assert_storable (content);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (content->document, "mentions")), ==, 2048);
  g_assert_cmpstr (json_object_get_string_member (poll_content->document, "type"), ==, "unsupported");
  g_assert_cmpstr (json_object_get_string_member (contacts_content->document, "type"), ==, "unsupported");
}

/* --- cards --- */

static void
test_cards (void)
{
  static const char *const rows[][2] = {
    { "", "{'name': {'formatted_name': 'Shown'}}" },
    { ":::;;;\n\n \n\tx", "{'name': {'formatted_name': 'Shown'}}" },
    { "FN:A\r\nTEL:1\r\nFN:B", "{'name': {'formatted_name': 'B'}, 'phones': [{'phone': '1'}]}" },
    { "item1.TEL;waid=1;type=\"x\":+1\nitem1.X-ABLabel:Work", "{'name': {'formatted_name': 'Shown'}, 'phones': [{'phone': '+1', 'type': "
                                                              "'\\\"x\\\"', 'wa_id': '1'}]}" },
    { "FN:Long\n er name\nORG:A\\;B;C\\", "{'name': {'formatted_name': 'Longer name'}, 'org': {'company': 'A;B', 'department': 'C\\\\'}}" },
    { "N:L;F;M;P;S;more\nTEL;CELL:5", "{'name': {'last_name': 'L', 'first_name': 'F', 'middle_name': 'M', 'prefix': 'P', 'suffix': 'S', "
                                      "'formatted_name': 'Shown'}, 'phones': [{'phone': '5', 'type': 'CELL'}]}" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (JsonObject) contact = ulak_vcard_read (rows[i][0], "Shown");

      if (*rows[i][0] != '\0')
        g_assert_cmpstr (json_object_get_string_member (contact, "vcard"), ==, rows[i][0]);
      if (json_object_has_member (contact, "vcard"))
        json_object_remove_member (contact, "vcard");
      content_assert_document (contact, rows[i][1]);
    }
}

/* Each vote reads its poll again. */
static void
test_long_polls (void)
{
  g_autofree char *name = g_strnfill (40000, 'a');
  Wa__PollCreationMessage__Option option = WA__POLL_CREATION_MESSAGE__OPTION__INIT;
  Wa__PollCreationMessage__Option *options[] = { &option, &option };
  Wa__PollCreationMessage poll = WA__POLL_CREATION_MESSAGE__INIT;
  Wa__Message message = WA__MESSAGE__INIT;

  option.option_name = name;
  poll.name = (char *) "x";
  poll.options = options;
  message.poll_creation_message = &poll;
  for (poll.n_options = 1; poll.n_options <= 2; poll.n_options++)
    {
      g_autoptr (UlakContent) content = content_read_packed (&message);

      g_assert_cmpstr (json_object_get_string_member (content->document, "type"), ==, poll.n_options == 1 ? "poll" : "unsupported");
    }
}

/* MiB that were in use at once, at most, so far. */
static glong
get_peak_mib (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

/* Bytes that are nothing but small fields take no more memory than some copies of them. */
static void
test_many_fields (void)
{
  const gsize size = 12 * 1024 * 1024;
  glong before;
  g_autofree guint8 *bytes = g_malloc (size);
  g_autoptr (UlakContent) content = NULL;

  for (gsize i = 0; i < size; i += 2)
    {
      bytes[i] = 0x08;
      bytes[i + 1] = 0x01;
    }
  before = get_peak_mib ();
  content = ulak_content_read (bytes, size, NULL);
  g_assert_cmpstr (json_object_get_string_member (content->document, "type"), ==, "unsupported");
  g_assert_cmpint (get_peak_mib () - before, <, 200);
}

/* A line that is nothing but separators takes no more memory than some copies of it. */
static void
test_long_cards (void)
{
  static const char *const beginnings[] = { "TEL", "N:" };
  const gsize size = 8 * 1024 * 1024;
  glong before = get_peak_mib ();

  for (gsize i = 0; i < G_N_ELEMENTS (beginnings); i++)
    {
      g_autofree char *blanks = g_strnfill (size, ';');
      g_autofree char *card = g_strconcat (beginnings[i], blanks, ":+1\nFN:A", NULL);
      g_autoptr (JsonObject) contact = ulak_vcard_read (card, "Shown");

      g_assert_cmpstr (json_object_get_string_member (json_object_get_object_member (contact, "name"), "formatted_name"), ==, "A");
    }
  g_assert_cmpint (get_peak_mib () - before, <, 200);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/whatsapp/content/hostile/what is not understood is kept whole", test_not_understood);
  g_test_add_func ("/whatsapp/content/hostile/what shows nothing makes no message", test_nothing);
  g_test_add_func ("/whatsapp/content/hostile/of several contents the visible one is shown, with all bytes", test_several);
  g_test_add_func ("/whatsapp/content/hostile/a bad text takes no sender key with it", test_salvage);
  g_test_add_func ("/whatsapp/content/hostile/a copy in a wrapper is none", test_copy_of_stranger);
  g_test_add_func ("/whatsapp/content/hostile/an edit of an edit is none", test_edit_of_edit);
  g_test_add_func ("/whatsapp/content/hostile/wrappers go as deep as protobufs may", test_depth);
  g_test_add_func ("/whatsapp/content/hostile/places that are nowhere are kept whole", test_places);
  g_test_add_func ("/whatsapp/content/hostile/files elsewhere are not fetched", test_files);
  g_test_add_func ("/whatsapp/content/hostile/files without good keys are not fetched", test_keys_of_files);
  g_test_add_func ("/whatsapp/content/hostile/texts of any length can be stored", test_long_texts);
  g_test_add_func ("/whatsapp/content/hostile/lists of any length can be stored", test_long_lists);
  g_test_add_func ("/whatsapp/content/hostile/cards are read as far as they go", test_cards);
  g_test_add_func ("/whatsapp/content/hostile/polls are as long as polls are", test_long_polls);
  g_test_add_func ("/whatsapp/content/hostile/many fields take no more memory than they are long", test_many_fields);
  g_test_add_func ("/whatsapp/content/hostile/cards take no more memory than they are long", test_long_cards);
  return g_test_run ();
}
