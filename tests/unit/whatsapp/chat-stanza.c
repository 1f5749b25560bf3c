/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Addresses of what comes, and the answers to it.
 */
#include "unit/whatsapp/chat-world.h"
#include "core/error.h"
#include "core/json.h"
#include "unit/whatsapp/codec-vectors.h"
#include "whatsapp/chat/answer.h"
#include "whatsapp/codec/node-codec.h"

#include <string.h>

static UlakMe
make_me (void)
{
  UlakMe me;

  g_assert_true (ulak_jid_parse ("15550001111:12@s.whatsapp.net", &me.phone, NULL));
  g_assert_true (ulak_jid_parse ("100000000000000:12@lid", &me.lid, NULL));
  return me;
}

static UlakNode *
decode (JsonObject *vector)
{
  g_autoptr (GBytes) bytes = ulak_vectors_hex (json_object_get_string_member (vector, "encoded"));
  g_autoptr (GError) error = NULL;
  UlakNode *node = ulak_node_decode (bytes, &error);

  g_assert_no_error (error);
  return node;
}

static void
assert_account (const UlakJid *jid, const char *expected)
{
  UlakJid account = ulak_jid_get_account (jid), wanted;
  g_autofree char *text = ulak_jid_print (&account);
  g_autofree char *wanted_text = NULL;

  g_assert_true (ulak_jid_parse (expected, &wanted, NULL));
  wanted = ulak_jid_get_account (&wanted);
  wanted_text = ulak_jid_print (&wanted);
  g_assert_cmpstr (text, ==, wanted_text);
}

/* What those vectors say of an ack, but for its type, which they copy for messages and we do not. */
static void
assert_ack (const UlakNode *stanza, JsonObject *expected, UlakNack nack)
{
  UlakMe me = make_me ();
  g_autoptr (UlakNode) ack = ulak_answer_ack (stanza, &me, nack);
  JsonObject *attributes = json_object_get_object_member (expected, "attrs");
  g_autoptr (GList) names = json_object_get_members (attributes);

  g_assert_nonnull (ack);
  g_assert_true (ulak_node_is (ack, "ack"));
  for (GList *link = names; link != NULL; link = link->next)
    if (!g_str_equal (link->data, "type") || !ulak_node_is (stanza, "message"))
      {
        const char *wanted = json_object_get_string_member (attributes, link->data);
        const char *found = ulak_node_get_attribute (ack, link->data);

        /* The server itself is written with or without its sign. */
        g_assert_cmpstr (found[0] == '@' ? found + 1 : found, ==, wanted[0] == '@' ? wanted + 1 : wanted);
      }
}

static void
test_vectors (void)
{
  g_autoptr (JsonNode) root = ulak_vectors_load ("stanzas.json");
  JsonArray *messages = ulak_vectors_get (root, "vectors");
  UlakMe me = make_me ();

  for (guint i = 0; i < json_array_get_length (messages); i++)
    {
      JsonObject *vector = json_array_get_object_element (messages, i);
      JsonObject *expected = ulak_json_peek_object (vector, "expected");
      g_autoptr (UlakNode) stanza = decode (vector);
      g_autoptr (GError) error = NULL;
      UlakAddress address;
      const char *alternate;

      if (!ulak_node_is (stanza, "message"))
        continue;
      g_test_message ("%s", json_object_get_string_member (vector, "name"));
      ulak_address_read (stanza, &me, &address, &error);
      g_assert_no_error (error);
      assert_account (&address.chat, json_object_get_string_member (expected, "chat"));
      assert_account (&address.author, json_object_get_string_member (expected, "author"));
      g_assert_cmpint (address.is_from_me, ==, json_object_get_boolean_member (expected, "from_me"));
      alternate = json_object_get_null_member (expected, "sender_alt")
                      ? NULL
                      : json_object_get_string_member (expected, "sender_alt");
      if (alternate != NULL)
        assert_account (address.has_recipient ? &address.chat_alternate : &address.author_alternate, alternate);
      else
        g_assert_cmpstr (address.author_alternate.user, ==, "");
      assert_ack (stanza, json_object_get_object_member (vector, "ack_when_one_is_due"), ULAK_NACK_NONE);
      assert_ack (stanza, json_object_get_object_member (vector, "ack_with_error_487"), ULAK_NACK_PARSE);
    }
}

static void
test_acks_of_others (void)
{
  g_autoptr (JsonNode) root = ulak_vectors_load ("stanzas.json");
  JsonArray *others = ulak_vectors_get (root, "vectors");

  for (guint i = 0; i < json_array_get_length (others); i++)
    {
      JsonObject *vector = json_array_get_object_element (others, i);
      g_autoptr (UlakNode) stanza = decode (vector);

      if (ulak_node_is (stanza, "message"))
        continue;
      g_test_message ("%s", json_object_get_string_member (vector, "name"));
      assert_ack (stanza, json_object_get_object_member (vector, "ack"), ULAK_NACK_NONE);
    }
}

/* Attributes of a node as "name=value name=value". */
static char *
show (const UlakNode *node)
{
  g_autoptr (GString) text = g_string_new (ulak_node_get_tag (node));

  for (guint i = 0; i < ulak_node_count_attributes (node); i++)
    {
      const char *name, *value = ulak_node_get_attribute_at (node, i, &name);

      g_string_append_printf (text, " %s=%s", name, value);
    }
  return g_strdup (text->str);
}

#define PERSON "from='123456789012345:3@lid' id='A' t='1' type='text'"
#define OWN "from='100000000000000@lid' id='A' t='1' type='text'"
#define GROUP "from='120363012345678901@g.us' id='A' t='1' type='text'"

static const struct
{
  const char *stanza;
  gboolean is_available;
  const char *receipt;
} receipts[] = {
  { "<message " PERSON "/>", TRUE, "receipt id=A to=123456789012345:3@lid" },
  { "<message " PERSON "/>", FALSE, "receipt id=A to=123456789012345:3@lid type=inactive" },
  { "<message " GROUP " participant='123456789012345:3@lid'/>", TRUE,
    "receipt id=A to=120363012345678901@g.us participant=123456789012345:3@lid" },
  { "<message from='status@broadcast' id='A' t='1' participant='15551234567@s.whatsapp.net'/>", FALSE,
    "receipt id=A to=status@broadcast type=inactive participant=15551234567@s.whatsapp.net" },
  { "<message " OWN " recipient='123456789012345@lid'/>", TRUE,
    "receipt id=A to=100000000000000@lid type=sender recipient=123456789012345@lid" },
  { "<message " GROUP " participant='15550001111@s.whatsapp.net'/>", TRUE,
    "receipt id=A to=120363012345678901@g.us type=sender participant=15550001111@s.whatsapp.net" },
  { "<message " OWN " category='peer'/>", FALSE, "receipt id=A to=100000000000000@lid type=peer_msg" },
  { "<message " OWN "/>", TRUE, "ack id=A class=message to=100000000000000@lid from=15550001111:12@s.whatsapp.net" },
  { "<message from='120363987654321098@newsletter' id='A' server_id='7'/>", TRUE,
    "ack id=A class=message to=120363987654321098@newsletter from=15550001111:12@s.whatsapp.net" },
};

static void
test_receipts (void)
{
  UlakMe me = make_me ();

  for (gsize i = 0; i < G_N_ELEMENTS (receipts); i++)
    {
      g_autoptr (UlakNode) stanza = world_parse (receipts[i].stanza);
      g_autoptr (UlakNode) receipt = NULL;
      g_autofree char *text = NULL;
      g_autoptr (GError) error = NULL;
      UlakAddress address;

      ulak_address_read (stanza, &me, &address, &error);
      g_assert_no_error (error);
      receipt = ulak_answer_receipt (stanza, &address, &me, receipts[i].is_available);
      text = show (receipt);
      g_assert_cmpstr (text, ==, receipts[i].receipt);
    }
}

static const char *const refused[] = {
  "<message id='A' t='1'/>",
  "<message id='A' from='x y@s.whatsapp.net'/>",
  "<message id='A' from='120363012345678901@g.us'/>",
  "<message id='A' from='120363012345678901@g.us' participant='120363012345678901@g.us'/>",
  "<message id='A' from='15551234567@s.whatsapp.net' recipient='15557654321@s.whatsapp.net'/>",
  "<message id='A' from='120363012345678901@g.us' participant='status@broadcast'/>",
  "<message id='A' from='msgr'/>",
  "<message id='A' from='example.org'/>",
};

static void
test_refused (void)
{
  UlakMe me = make_me ();

  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr (UlakNode) stanza = world_parse (refused[i]);
      g_autoptr (GError) error = NULL;
      UlakAddress address;

      g_assert_false (ulak_address_read (stanza, &me, &address, &error));
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
    }
}

/* What is said on servers that we know nothing of is said in a chat with whoever says it. */
static void
test_foreign (void)
{
  static const struct
  {
    const char *from, *chat;
  } rows[] = {
    { "15551234567@example.org", "15551234567@example.org" }, { "7-12345:5@interop", "7-12345@interop" },
    { "12345:300@msgr", "12345@msgr" }, { "abc@call", "abc@call" },
  };
  g_autoptr (UlakNode) bot = world_parse ("<message id='A' from='1-2@g.us' participant='123@bot'/>");
  UlakMe me = make_me ();
  UlakAddress address;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *xml = g_strdup_printf ("<message id='A' from='%s'/>", rows[i].from);
      g_autoptr (UlakNode) stanza = world_parse (xml);
      g_autofree char *chat = NULL, *author = NULL;

      g_assert_true (ulak_address_read (stanza, &me, &address, NULL));
      chat = ulak_jid_print (&address.chat);
      author = ulak_jid_print (&address.author);
      g_assert_cmpstr (chat, ==, rows[i].chat);
      g_assert_cmpstr (author, ==, rows[i].from);
      g_assert_cmpint (address.kind, ==, ULAK_ADDRESS_DIRECT);
      g_assert_false (address.is_from_me);
    }
  g_assert_true (ulak_address_read (bot, &me, &address, NULL));
  g_assert_cmpint (address.kind, ==, ULAK_ADDRESS_GROUP);
  g_assert_cmpstr (address.author.user, ==, "123");
}

/* A server that gives the same form twice, or another person's, teaches us nothing. */
static void
test_alternates (void)
{
  g_autoptr (UlakNode) same = world_parse ("<message id='A' from='15551234567@s.whatsapp.net' sender_lid='15551234567@s.whatsapp.net'/>");
  g_autoptr (UlakNode) group = world_parse ("<message id='A' from='1-2@g.us' participant='123456789012345@lid' participant_pn='1-2@g.us'/>");
  UlakMe me = make_me ();
  UlakAddress address;

  g_assert_true (ulak_address_read (same, &me, &address, NULL));
  g_assert_cmpstr (address.author_alternate.user, ==, "");
  g_assert_true (ulak_address_read (group, &me, &address, NULL));
  g_assert_cmpstr (address.author_alternate.user, ==, "");
}

static void
test_retry (void)
{
  g_autoptr (UlakNode) stanza = world_parse ("<message " GROUP " participant='123456789012345:3@lid'/>");
  static const guint8 bytes[64] = { 9 };
  g_autoptr (UlakNode) first = NULL;
  g_autoptr (UlakNode) second = NULL;
  g_autofree char *text = NULL;
  g_autofree char *inner = NULL;
  UlakRetryKeys keys = { .identity = g_bytes_new (bytes, 32),
                         .one_time_id = 0x010203,
                         .one_time_key = g_bytes_new (bytes, 32),
                         .signed_id = 5,
                         .signed_key = g_bytes_new (bytes, 32),
                         .signature = g_bytes_new (bytes, 64),
                         .device_identity = g_bytes_new (bytes, 40) };
  UlakRetryAsk ask = { .count = 1, .reason = 4, .registration_id = 0x01020304 };
  const UlakNode *part;
  const guint8 *start;
  gsize size_bytes;

  first = ulak_answer_retry (stanza, &ask);
  text = show (first);
  g_assert_cmpstr (text, ==, "receipt id=A type=retry to=120363012345678901@g.us participant=123456789012345:3@lid");
  inner = show (ulak_node_get_child (first, "retry"));
  g_assert_cmpstr (inner, ==, "retry count=1 id=A t=1 v=1 error=4");
  start = ulak_node_get_bytes (ulak_node_get_child (first, "registration"), &size_bytes);
  g_assert_cmpmem (start, size_bytes, "\1\2\3\4", 4);
  g_assert_null (ulak_node_get_child (first, "keys"));
  ask.count = 2;
  ask.keys = &keys;
  second = ulak_answer_retry (stanza, &ask);
  part = ulak_node_get_child (ulak_node_get_child (second, "keys"), "key");
  start = ulak_node_get_bytes (ulak_node_get_child (part, "id"), &size_bytes);
  g_assert_cmpmem (start, size_bytes, "\1\2\3", 3);
  part = ulak_node_get_child (ulak_node_get_child (second, "keys"), "skey");
  ulak_node_get_bytes (ulak_node_get_child (part, "signature"), &size_bytes);
  g_assert_cmpuint (size_bytes, ==, 64);
  ulak_retry_keys_clear (&keys);
}

static void
test_seen (void)
{
  const char *const ids[] = { "A", "B", "C", NULL };
  g_autoptr (UlakNode) node = NULL;
  g_autofree char *text = NULL;
  UlakJid status, author;

  g_assert_true (ulak_jid_parse ("status@broadcast", &status, NULL));
  g_assert_true (ulak_jid_parse ("123456789012345@lid", &author, NULL));
  node = ulak_answer_seen ("read", &status, &author, ids, 17);
  text = show (node);
  g_assert_cmpstr (text, ==,
                   "receipt id=A type=read to=status@broadcast participant=123456789012345@lid context=status t=17");
  g_assert_cmpuint (ulak_node_count_children (ulak_node_get_child (node, "list")), ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/chat/stanza/messages are addressed as others read them", test_vectors);
  g_test_add_func ("/chat/stanza/acks are as others write them", test_acks_of_others);
  g_test_add_func ("/chat/stanza/each kind of message has its receipt", test_receipts);
  g_test_add_func ("/chat/stanza/what cannot be a message is refused", test_refused);
  g_test_add_func ("/chat/stanza/messages of servers that are not known have a chat", test_foreign);
  g_test_add_func ("/chat/stanza/only the other form of a person is learned", test_alternates);
  g_test_add_func ("/chat/stanza/a retry receipt brings keys when told so", test_retry);
  g_test_add_func ("/chat/stanza/a read receipt names all messages of an author", test_seen);
  return g_test_run ();
}
