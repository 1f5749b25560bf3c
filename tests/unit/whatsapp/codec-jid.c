/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/codec/jid.h"

#include "core/error.h"

#include "unit/whatsapp/codec-vectors.h"

#include <string.h>

static UlakJid
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  UlakJid jid;

  ulak_jid_parse (text, &jid, &error);
  g_assert_no_error (error);
  return jid;
}

static void
test_vectors (void)
{
  g_autoptr (JsonNode) root = ulak_vectors_load ("jids.json");
  JsonArray *vectors = ulak_vectors_get (root, "vectors");

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      const char *text = json_object_get_string_member (vector, "jid");
      UlakJid jid = parse (text), account = ulak_jid_get_account (&jid);
      g_autofree char *printed = ulak_jid_print (&jid);
      g_autofree char *printed_account = ulak_jid_print (&account);
      g_autofree char *signal_name = ulak_jid_get_signal_name (&jid);
      guint8 domain = 0;

      ulak_jid_get_domain (&jid, &domain);
      g_assert_cmpstr (printed, ==, text);
      g_assert_cmpstr (jid.user, ==, json_object_get_string_member (vector, "user"));
      g_assert_cmpstr (jid.server_name, ==, json_object_get_string_member (vector, "server"));
      g_assert_cmpint (jid.device, ==, json_object_get_int_member (vector, "device"));
      g_assert_cmpint (domain, ==, json_object_get_int_member (vector, "domain_type"));
      g_assert_cmpstr (printed_account, ==, json_object_get_string_member (vector, "normalized_user"));
      g_assert_cmpstr (signal_name, ==, json_object_get_string_member (vector, "signal_name"));
    }
}

static void
test_forms (void)
{
  static const struct
  {
    const char *text;
    const char *printed;
    const char *printed_long;
    UlakJidServer server;
  } rows[] = {
    { "s.whatsapp.net", "@s.whatsapp.net", ".0:0@s.whatsapp.net", ULAK_JID_SERVER_PHONE },
    { "@s.whatsapp.net", "@s.whatsapp.net", ".0:0@s.whatsapp.net", ULAK_JID_SERVER_PHONE },
    { "15551234567:0@s.whatsapp.net", "15551234567@s.whatsapp.net", "15551234567.0:0@s.whatsapp.net",
      ULAK_JID_SERVER_PHONE },
    { "15551234567.5:12@s.whatsapp.net", "15551234567:12@s.whatsapp.net", "15551234567.5:12@s.whatsapp.net",
      ULAK_JID_SERVER_PHONE },
    { "155.999@s.whatsapp.net", "155.999@s.whatsapp.net", "155.999.0:0@s.whatsapp.net", ULAK_JID_SERVER_PHONE },
    { "123.4@lid", "123.4@lid", "123.4.0:0@lid", ULAK_JID_SERVER_LID },
    { "15551234567:255@hosted", "15551234567:255@hosted", "15551234567.0:255@hosted", ULAK_JID_SERVER_HOSTED },
    { "12345:65535@msgr", "12345:65535@msgr", "12345.0:65535@msgr", ULAK_JID_SERVER_MESSENGER },
    { "7-12345:5@interop", "7-12345:5@interop", "12345.0:5@interop", ULAK_JID_SERVER_INTEROP },
    { "a-b@interop", "0-a-b@interop", "a-b.0:0@interop", ULAK_JID_SERVER_INTEROP },
    { "15551234567-1577836800@g.us", "15551234567-1577836800@g.us", "15551234567-1577836800.0:0@g.us",
      ULAK_JID_SERVER_GROUP },
    { "abc@example.test", "abc@example.test", "abc.0:0@example.test", ULAK_JID_SERVER_OTHER },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      UlakJid jid = parse (rows[i].text), again;
      g_autofree char *printed = ulak_jid_print (&jid);
      g_autofree char *printed_long = ulak_jid_print_long (&jid);

      again = parse (printed);
      g_assert_cmpstr (printed, ==, rows[i].printed);
      g_assert_cmpstr (printed_long, ==, rows[i].printed_long);
      g_assert_cmpint (jid.server, ==, rows[i].server);
      g_assert_true (ulak_jid_equal (&jid, &again));
      g_assert_cmpuint (ulak_jid_hash (&jid), ==, ulak_jid_hash (&again));
    }
}

static void
test_refused (void)
{
  static const char *const texts[] = {
    "",
    "@",
    "abc",
    "abc@",
    "abc@lid@lid",
    "abc@LID",
    "abc@a b",
    ":1@lid",
    "abc:@lid",
    "abc:-1@lid",
    "abc:256@lid",
    "abc:1:2@lid",
    "abc:x@lid",
    "abc:000001@lid",
    "abc:65536@msgr",
    "abc:1@g.us",
    "abc:1@c.us",
    "abc:1@example.test",
    "a b@lid",
    "a\nb@lid",
    "7-@interop",
    "7-:3@interop",
    "\xff@lid",
    "abc@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "12345678901234567890123456789012345678901234567890123456789012345@lid",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      UlakJid jid = { .device = 42 };

      if (ulak_jid_parse (texts[i], &jid, &error))
        g_test_message ("taken: ‘%s’", texts[i]);
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
      g_assert_cmpuint (jid.device, ==, 42);
    }
}

static void
test_limits (void)
{
  g_autofree char *user = g_strnfill (ULAK_JID_USER_MAX, '9');
  g_autofree char *text = g_strdup_printf ("65535-%s:65535@interop", user);
  UlakJid jid = parse (text);
  g_autofree char *printed = ulak_jid_print (&jid);

  g_assert_cmpstr (printed, ==, text);
  g_assert_cmpuint (strlen (printed), <=, ULAK_JID_TEXT_MAX);
}

static void
test_order (void)
{
  static const char *const sorted[] = {
    "1@g.us",
    "1@lid",
    "1:2@lid",
    "1:10@lid",
    "2@lid",
    "1@s.whatsapp.net",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (sorted); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (sorted); j++)
      {
        UlakJid a = parse (sorted[i]), b = parse (sorted[j]);
        gint order = ulak_jid_compare (&a, &b);

        g_assert_cmpint ((order > 0) - (order < 0), ==, (i > j) - (i < j));
        g_assert_cmpint (ulak_jid_equal (&a, &b), ==, i == j);
      }
}

static void
test_agent (void)
{
  UlakJid a = parse ("155.1:2@s.whatsapp.net"), b = parse ("155:2@s.whatsapp.net");

  g_assert_cmpuint (a.agent, ==, 1);
  g_assert_true (ulak_jid_equal (&a, &b));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/whatsapp/codec/jid/addresses are told apart as other clients do it", test_vectors);
  g_test_add_func ("/whatsapp/codec/jid/every form prints to what parses to the same", test_forms);
  g_test_add_func ("/whatsapp/codec/jid/what is no address is refused and writes nothing", test_refused);
  g_test_add_func ("/whatsapp/codec/jid/the longest address fits", test_limits);
  g_test_add_func ("/whatsapp/codec/jid/addresses have one order", test_order);
  g_test_add_func ("/whatsapp/codec/jid/the agent says nothing about who it is", test_agent);
  return g_test_run ();
}
