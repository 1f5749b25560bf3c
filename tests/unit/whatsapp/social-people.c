/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Look-ups, profiles, blocks, presence and calls.
 */
#include "social-asking.h"
#include "core/error.h"
#include "whatsapp/social/calls.h"
#include "whatsapp/social/look-up.h"
#include "whatsapp/social/presence.h"
#include "whatsapp/social/profile.h"

#include <string.h>

#define ALICE "15550000001"
#define ALICE_LID "100000000000001"
#define BOB "15550000002"
#define BOB_LID "100000000000002"

static void
test_look_up (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 1);
  const char *const phones[] = { "+" BOB, "15550000009", NULL };
  g_autofree char *found
      = ask_well (alice, ulak_look_up_question (alice->chat, phones, NULL),
                  "<usync><list><user jid='" BOB "@s.whatsapp.net'><contact type='in'>=+" BOB "</contact><lid val='" BOB_LID "@lid'/></user>"
                  "<user><contact type='out'>=+15550000009</contact></user></list></usync>");

  assert_asked (alice, "<iq type='get' xmlns='usync'><usync mode='query' last='true' index='0' context='interactive'>"
                       "<query><contact/><lid/><business><verified_name/></business></query>"
                       "<list><user><contact>+" BOB "</contact></user><user><contact>+15550000009</contact></user></list></usync></iq>");
  g_assert_cmpstr (found, ==,
                   "[{\"phone\":\"" BOB "\",\"on_whatsapp\":true,\"chat\":\"" BOB "\",\"lid\":\"" BOB_LID "@lid\",\"business_name\":null},"
                   "{\"phone\":\"15550000009\",\"on_whatsapp\":false,\"chat\":null,\"lid\":null,\"business_name\":null}]");
  g_assert_cmpint (side_count (alice, "peers WHERE phone = '" BOB "' AND lid = '" BOB_LID "'"), ==, 1);
}

/* Where the network writes a number differently (Brazil, Mexico, Argentina), what it says is where the person is written to. */
static void
test_look_up_other_number (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 1);
  const char *const phones[] = { "5511999998888", "15550000", NULL };
  g_autofree char *found
      = ask_well (alice, ulak_look_up_question (alice->chat, phones, NULL),
                  "<usync><list><user jid='551199998888@s.whatsapp.net'><contact type='in'>=+5511999998888</contact><lid val='" BOB_LID "@lid'/></user>"
                  "<user jid='155500001@s.whatsapp.net'><contact type='in'>=+155500001</contact></user></list></usync>");

  g_assert_cmpstr (found, ==,
                   "[{\"phone\":\"5511999998888\",\"on_whatsapp\":true,\"chat\":\"551199998888\",\"lid\":\"" BOB_LID
                   "@lid\",\"business_name\":null},"
                   "{\"phone\":\"15550000\",\"on_whatsapp\":false,\"chat\":null,\"lid\":null,\"business_name\":null}]");
  g_assert_cmpint (side_count (alice, "peers WHERE phone = '551199998888' AND lid = '" BOB_LID "'"), ==, 1);
  g_assert_cmpint (side_count (alice, "peers WHERE phone = '5511999998888'"), ==, 0);
}

static void
test_look_up_refuses (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 1);
  const char *const lid[] = { BOB_LID "@lid", NULL }, *const none[] = { NULL };
  const char *many[ULAK_LOOK_UP_MAX + 2] = { NULL };
  g_autoptr (GError) error = NULL;

  g_assert_null (ulak_look_up_question (alice->chat, lid, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_null (ulak_look_up_question (alice->chat, none, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
  g_clear_error (&error);
  for (gsize i = 0; i <= ULAK_LOOK_UP_MAX; i++)
    many[i] = BOB;
  g_assert_null (ulak_look_up_question (alice->chat, many, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
}

static void
test_picture (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 1);
  g_autofree char *own = NULL, *hidden = NULL;
  g_autofree char *there = ask_well (alice, ulak_profile_question_picture (alice->chat, BOB, NULL),
                                     "<picture id='17' url='https://pps.whatsapp.net/17'/>");

  assert_asked (alice, "<iq type='get' xmlns='w:profile:picture' target='" BOB "@s.whatsapp.net'><picture type='image' query='url'/></iq>");
  g_assert_cmpstr (there, ==, "{\"id\":\"17\",\"url\":\"https://pps.whatsapp.net/17\"}");
  own = ask_well (alice, ulak_profile_question_picture (alice->chat, "", NULL), "<picture id='1' url='https://pps.whatsapp.net/1'/>");
  assert_asked (alice, "<iq type='get' xmlns='w:profile:picture' target='" ALICE "@s.whatsapp.net'><picture type='image' query='url'/></iq>");
  world->script_code = 404;
  hidden = ask_well (alice, ulak_profile_question_picture (alice->chat, BOB, NULL), NULL);
  g_assert_cmpstr (hidden, ==, "null");
}

static void
test_set_picture (void)
{
  static const guint8 square[] = { 0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 2, 0x80, 2, 0x80 }, wide[] = { 0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 0, 64, 0, 80 },
                      large[] = { 0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 2, 0x81, 2, 0x81 };
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 1);
  g_autoptr (GBytes) bytes = g_bytes_new_static (square, sizeof square);
  GBytes *wrong[] = { g_bytes_new_static ("GIF89a", 6), g_bytes_new_static (wide, sizeof wide), g_bytes_new_static (large, sizeof large),
                      g_bytes_new_static (square, 4) };
  g_autoptr (GError) error = NULL;
  g_autofree char *id
      = ask_well (alice, ulak_profile_question_set_picture (alice->chat, "", bytes, NULL), "<picture id='18'/>");
  g_autofree char *gone = NULL;

  assert_asked (alice, "<iq type='set' xmlns='w:profile:picture'><picture type='image'>ffd8ffc000110802800280</picture></iq>");
  g_assert_cmpstr (id, ==, "18");
  gone = ask_well (alice, ulak_profile_question_set_picture (alice->chat, "", NULL, NULL), "");
  assert_asked (alice, "<iq type='set' xmlns='w:profile:picture'/>");
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (GBytes) owned = wrong[i];

      g_assert_null (ulak_profile_question_set_picture (alice->chat, "", owned, &error));
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
      g_clear_error (&error);
    }
  g_assert_null (ulak_profile_question_set_picture (alice->chat, BOB, bytes, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
}

static void
test_about (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 1);
  g_autofree char *about = ask_well (alice, ulak_profile_question_about (alice->chat, BOB, NULL),
                                     "<usync><list><user jid='" BOB "@s.whatsapp.net'><status>=At \"work\"</status></user></list></usync>");
  g_autofree char *none = NULL, *set = NULL, *timer = NULL;

  g_assert_cmpstr (about, ==, "\"At \\\"work\\\"\"");
  none = ask_well (alice, ulak_profile_question_about (alice->chat, BOB, NULL),
                   "<usync><list><user jid='" BOB "@s.whatsapp.net'><status/></user></list></usync>");
  g_assert_cmpstr (none, ==, "null");
  set = ask_well (alice, ulak_profile_question_set_about (alice->chat, "Busy"), "");
  assert_asked (alice, "<iq type='set' xmlns='status'><status>Busy</status></iq>");
  timer = ask_well (alice, ulak_profile_question_set_timer (alice->chat, 86400), "");
  assert_asked (alice, "<iq type='set' xmlns='disappearing_mode'><disappearing_mode duration='86400'/></iq>");
}

static void
test_privacy (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 1);
  g_autofree char *privacy = ask_well (alice, ulak_profile_question_privacy (alice->chat),
                                       "<privacy><category name='last' value='none'/><category name='profile' value='all'/></privacy>");
  g_autoptr (JsonObject) changes = object_of ("{'last':'contacts'}");
  g_autoptr (JsonObject) wrong = object_of ("{'last':'friends'}");
  g_autoptr (GError) error = NULL;
  g_autofree char *set = NULL;

  g_assert_cmpstr (privacy, ==, "{\"last\":\"none\",\"profile\":\"all\"}");
  set = ask_well (alice, ulak_profile_question_set_privacy (alice->chat, changes, NULL), "");
  assert_asked (alice, "<iq type='set' xmlns='privacy'><privacy><category name='last' value='contacts'/></privacy></iq>");
  g_assert_null (ulak_profile_question_set_privacy (alice->chat, wrong, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
}

static void
test_blocks (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 1);
  g_autofree char *list = ask_well (alice, ulak_profile_question_blocked (alice->chat),
                                    "<list><item jid='" BOB_LID "@lid' pn_jid='" BOB "@s.whatsapp.net'/></list>");
  g_autofree char *blocked = NULL, *unblocked = NULL;

  g_assert_cmpstr (list, ==, "[{\"id\":\"" BOB "\",\"phone\":\"" BOB "\",\"lid\":\"" BOB_LID "@lid\"}]");
  blocked = ask_well (alice, ulak_profile_question_set_blocked (alice->chat, BOB, TRUE, NULL), "");
  assert_asked (alice, "<iq type='set' xmlns='blocklist'><item action='block' jid='" BOB_LID "@lid' pn_jid='" BOB "@s.whatsapp.net'/></iq>");
  unblocked = ask_well (alice, ulak_profile_question_set_blocked (alice->chat, BOB, FALSE, NULL), "");
  assert_asked (alice, "<iq type='set' xmlns='blocklist'><item action='unblock' jid='" BOB_LID "@lid'/></iq>");
}

static void
keep_result (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static void
wait_for_result (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_presence_out (void)
{
  static const struct
  {
    const char *state, *sent;
  } rows[] = {
    { NULL, "<presence type='subscribe' to='" BOB "@s.whatsapp.net'/>" },
    { "composing", "<chatstate to='" BOB "@s.whatsapp.net'><composing/></chatstate>" },
    { "recording", "<chatstate to='" BOB "@s.whatsapp.net'><composing media='audio'/></chatstate>" },
    { "paused", "<chatstate to='" BOB "@s.whatsapp.net'><paused/></chatstate>" },
  };
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 1);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GAsyncResult) result = NULL;

      ulak_presence_send_async (alice->chat, BOB, rows[i].state, keep_result, &result);
      wait_for_result (&result);
      g_assert_true (ulak_presence_send_finish (result, NULL));
      assert_asked (alice, rows[i].sent);
    }
}

static void
test_presence_refuses (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 1);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ulak_presence_send_async (alice->chat, BOB, "dancing", keep_result, &result);
  wait_for_result (&result);
  g_assert_false (ulak_presence_send_finish (result, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
}

static void
test_call (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 1);
  g_autoptr (GAsyncResult) result = NULL;
  g_autofree char *events = NULL;

  ulak_calls_watch (alice->chat);
  side_give (alice, "<call id='c1' from='" BOB_LID ":0@lid' t='1700000000'><offer call-id='CALL1' call-creator='" BOB_LID
                    ":0@lid' caller_pn='" BOB "@s.whatsapp.net'><video/></offer></call>");
  world_settle (world);
  events = side_events (alice);
  g_assert_cmpstr (events, ==, "call.received");
  g_assert_cmpint (side_count (alice, "outbox WHERE data = '{\"call\":{\"id\":\"CALL1\",\"from\":\"" BOB
                                      "\",\"status\":\"offer\",\"video\":true,\"group\":null}}'"),
                   ==, 1);
  g_assert_cmpuint (side_count_sent (alice, "ack", "class", "call"), ==, 1);

  ulak_calls_reject_async (alice->chat, "CALL1", BOB, keep_result, &result);
  wait_for_result (&result);
  g_assert_true (ulak_calls_reject_finish (result, NULL));
  assert_asked (alice, "<call to='" BOB_LID "@lid'><reject call-id='CALL1' call-creator='" BOB_LID "@lid' count='0'/></call>");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/people/a look-up says who has WhatsApp and learns their LIDs", test_look_up);
  g_test_add_func ("/people/a look-up tells the number that the network knows, and takes no beginning for the whole",
                   test_look_up_other_number);
  g_test_add_func ("/people/a look-up takes phone numbers, and not too many", test_look_up_refuses);
  g_test_add_func ("/people/a picture is there, our own, or hidden", test_picture);
  g_test_add_func ("/people/a picture is set and taken away, and is a square JPEG", test_set_picture);
  g_test_add_func ("/people/about texts and the timer", test_about);
  g_test_add_func ("/people/privacy is read and changed by known words", test_privacy);
  g_test_add_func ("/people/blocks name people by LID", test_blocks);
  g_test_add_func ("/people/presence is asked for and typing shown", test_presence_out);
  g_test_add_func ("/people/an unknown state is refused", test_presence_refuses);
  g_test_add_func ("/people/a call is an event, acknowledged, and can be rejected", test_call);
  return g_test_run ();
}
