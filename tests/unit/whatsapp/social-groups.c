/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Questions about groups: what goes out, what an answer becomes, and what is refused before it goes out.
 */
#include "social-asking.h"
#include "core/error.h"
#include "whatsapp/social/group-questions.h"

#include <string.h>

#define ALICE "15550000001"
#define ALICE_LID "100000000000001"
#define BOB "15550000002"
#define BOB_LID "100000000000002"
#define GROUP "120363000000000001@g.us"

#define ANSWERED_GROUP \
  "<group id='120363000000000001' subject='Tea' addressing_mode='lid' creator='" ALICE_LID "@lid' creation='1700000000'>" \
  "<participant jid='" ALICE_LID "@lid' phone_number='" ALICE "@s.whatsapp.net' type='superadmin'/>" \
  "<participant jid='" BOB_LID "@lid' phone_number='" BOB "@s.whatsapp.net'/>" \
  "<participant jid='300@lid' error='403'/>" \
  "<announcement/></group>"

#define SHOWN_GROUP \
  "{\"subject\":\"Tea\",\"owner\":\"" ALICE "\",\"created_at\":\"2023-11-14T22:13:20.000Z\",\"announcement\":true," \
  "\"id\":\"" GROUP "\",\"locked\":false,\"approval\":false,\"timer_s\":0,\"description\":\"\"," \
  "\"members\":[{\"id\":\"" ALICE "\",\"phone\":\"" ALICE "\",\"lid\":\"" ALICE_LID "@lid\",\"rank\":\"superadmin\"}," \
  "{\"id\":\"" BOB "\",\"phone\":\"" BOB "\",\"lid\":\"" BOB_LID "@lid\",\"rank\":\"member\"}]"

static void
test_get (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 1);
  g_autofree char *one = ask_well (alice, ulak_group_question_get (alice->chat, GROUP, NULL), ANSWERED_GROUP);
  g_autofree char *all = NULL;

  assert_asked (alice, "<iq type='get' xmlns='w:g2' to='" GROUP "'><query request='interactive'/></iq>");
  g_assert_cmpstr (one, ==, SHOWN_GROUP "}");
  all = ask_well (alice, ulak_group_question_list (alice->chat), "<groups>" ANSWERED_GROUP "</groups>");
  assert_asked (alice, "<iq type='get' xmlns='w:g2' to='@g.us'><participating><participants/><description/></participating></iq>");
  g_assert_cmpstr (all, ==, "[" SHOWN_GROUP "}]");
}

static void
test_create (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 1);
  g_autoptr (JsonObject) request
      = object_of ("{'subject':'Tea','members':['+" BOB "','300@lid'],'timer_s':86400,'announcement':true}");
  g_autofree char *text = ask_well (alice, ulak_group_question_create (alice->chat, request, NULL), ANSWERED_GROUP);
  g_autofree char *asked = asked_last (alice);

  g_assert_true (g_str_has_prefix (asked, "<iq type='set' xmlns='w:g2' to='@g.us'><create subject='Tea' key='"));
  g_assert_nonnull (strstr (asked, "<participant jid='" BOB "@s.whatsapp.net'/><participant jid='300@lid'/>"
                                   "<ephemeral expiration='86400'/><announcement/></create>"));
  g_assert_cmpstr (text, ==, SHOWN_GROUP ",\"refused\":[{\"id\":\"300@lid\",\"phone\":null,\"lid\":\"300@lid\",\"code\":403}]}");
}

static void
test_form (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 1);
  const char *const members[] = { BOB, NULL };
  g_autofree char *group = ask_well (alice, ulak_group_question_get (alice->chat, GROUP, NULL), ANSWERED_GROUP);
  g_autofree char *by_lid = NULL, *by_phone = NULL, *pn_group = NULL;

  by_lid = ask_well (alice, ulak_group_question_change_members (alice->chat, GROUP, "promote", members, NULL),
                     "<promote><participant jid='" BOB_LID "@lid'/></promote>");
  assert_asked (alice, "<iq type='set' xmlns='w:g2' to='" GROUP "'><promote><participant jid='" BOB_LID "@lid'/></promote></iq>");
  g_assert_cmpstr (by_lid, ==, "[{\"id\":\"" BOB "\",\"phone\":\"" BOB "\",\"lid\":\"" BOB_LID "@lid\",\"code\":200}]");

  pn_group = ask_well (alice, ulak_group_question_get (alice->chat, GROUP, NULL),
                       "<group id='120363000000000001' subject='Tea' addressing_mode='pn'/>");
  by_phone = ask_well (alice, ulak_group_question_change_members (alice->chat, GROUP, "remove", members, NULL),
                       "<remove><participant jid='" BOB "@s.whatsapp.net' error='404'/></remove>");
  assert_asked (alice, "<iq type='set' xmlns='w:g2' to='" GROUP "'><remove><participant jid='" BOB "@s.whatsapp.net'/></remove></iq>");
  g_assert_nonnull (strstr (by_phone, "\"code\":404"));
}

static void
test_requests (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 1);
  const char *const members[] = { BOB_LID "@lid", NULL };
  g_autofree char *waiting
      = ask_well (alice, ulak_group_question_list_requests (alice->chat, GROUP, NULL),
                  "<membership_approval_requests><membership_approval_request jid='" BOB_LID "@lid' request_time='1700000000'/>"
                  "</membership_approval_requests>");
  g_autofree char *answered = NULL;

  g_assert_cmpstr (waiting, ==, "[{\"id\":\"" BOB_LID "@lid\",\"phone\":null,\"lid\":\"" BOB_LID "@lid\",\"requested_at\":\"2023-11-14T22:13:20.000Z\"}]");
  answered = ask_well (alice, ulak_group_question_change_members (alice->chat, GROUP, "approve", members, NULL),
                       "<membership_requests_action><approve><participant jid='" BOB_LID "@lid'/></approve></membership_requests_action>");
  assert_asked (alice, "<iq type='set' xmlns='w:g2' to='" GROUP "'><membership_requests_action><approve><participant jid='" BOB_LID
                       "@lid'/></approve></membership_requests_action></iq>");
}

static void
test_changes (void)
{
  static const struct
  {
    const char *changes, *asked;
  } rows[] = {
    { "{'subject':'Coffee'}", "<subject>Coffee</subject>" },
    { "{'announcement':true}", "<announcement/>" },
    { "{'announcement':false}", "<not_announcement/>" },
    { "{'locked':true}", "<locked/>" },
    { "{'locked':false}", "<unlocked/>" },
    { "{'timer_s':604800}", "<ephemeral expiration='604800'/>" },
    { "{'timer_s':0}", "<not_ephemeral/>" },
    { "{'member_add_mode':'admin_add'}", "<member_add_mode>admin_add</member_add_mode>" },
    { "{'approval':true}", "<membership_approval_mode><group_join state='on'/></membership_approval_mode>" },
    { "{'description':''}", "<description delete='true' prev='D1'/>" },
  };
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 1);
  g_autofree char *group
      = ask_well (alice, ulak_group_question_get (alice->chat, GROUP, NULL),
                  "<group id='120363000000000001' subject='Tea' addressing_mode='lid'><description id='D1'><body>=Old</body></description></group>");

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (JsonObject) changes = object_of (rows[i].changes);
      g_autoptr (GPtrArray) questions = ulak_group_questions_update (alice->chat, GROUP, changes, NULL);
      g_autofree char *expected = g_strdup_printf ("<iq type='set' xmlns='w:g2' to='" GROUP "'>%s</iq>", rows[i].asked);
      g_autofree char *text = NULL;

      g_assert_cmpuint (questions->len, ==, 1);
      text = ask_well (alice, g_ptr_array_steal_index (questions, 0), "");
      g_assert_cmpstr (text, ==, "");
      assert_asked (alice, expected);
    }
}

static void
test_invites (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 1);
  g_autofree char *link
      = ask_well (alice, ulak_group_question_invite (alice->chat, GROUP, TRUE, NULL), "<invite code='AbC123'/>");
  g_autofree char *joined = NULL, *seen = NULL, *waiting = NULL, *left = NULL;

  assert_asked (alice, "<iq type='set' xmlns='w:g2' to='" GROUP "'><invite/></iq>");
  g_assert_cmpstr (link, ==, "https://chat.whatsapp.com/AbC123");
  joined = ask_well (alice, ulak_group_question_join (alice->chat, link, FALSE, NULL), "<group jid='" GROUP "'/>");
  assert_asked (alice, "<iq type='set' xmlns='w:g2' to='@g.us'><invite code='AbC123'/></iq>");
  g_assert_cmpstr (joined, ==, "{\"id\":\"" GROUP "\"}");
  seen = ask_well (alice, ulak_group_question_join (alice->chat, "AbC123", TRUE, NULL), ANSWERED_GROUP);
  g_assert_cmpstr (seen, ==, "{\"id\":\"" GROUP "\",\"subject\":\"Tea\"}");
  waiting = ask_well (alice, ulak_group_question_join (alice->chat, "AbC123", FALSE, NULL),
                      "<membership_approval_request jid='" GROUP "'/>");
  g_assert_cmpstr (waiting, ==, "{\"id\":\"" GROUP "\",\"awaits_approval\":true}");
  left = ask_well (alice, ulak_group_question_leave (alice->chat, GROUP, NULL), "");
  assert_asked (alice, "<iq type='set' xmlns='w:g2' to='@g.us'><leave><group id='" GROUP "'/></leave></iq>");
}

static void
test_refused (void)
{
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 1);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  world->script_code = 403;
  text = ask_for (alice, ulak_group_question_get (alice->chat, GROUP, NULL), NULL, &error);
  g_assert_null (text);
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_REMOTE);
  g_clear_error (&error);
  text = ask_for (alice, ulak_group_question_get (alice->chat, GROUP, NULL), "<nothing/>", &error);
  g_assert_null (text);
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_REMOTE);
  g_clear_error (&error);
  text = ask_for (alice, ulak_group_question_leave (alice->chat, GROUP, NULL), "<leave><group id='" GROUP "' error='404'/></leave>", &error);
  g_assert_null (text);
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_REMOTE);
}

static void
assert_refuses (UlakQuestion *question, GError **error, const char *part)
{
  g_assert_null (question);
  g_assert_error (*error, ULAK_ERROR, ULAK_ERROR_INVALID);
  g_assert_nonnull (strstr ((*error)->message, part));
  g_clear_error (error);
}

static void
test_bad_input (void)
{
  static const struct
  {
    const char *request, *part;
  } rows[] = {
    { "{}", "subject" },
    { "{'subject':'','members':['15550000002']}", "subject" },
    { "{'subject':'Tea','members':[]}", "members" },
    { "{'subject':'Tea','members':['12']}", "members[0]" },
    { "{'subject':'Tea','members':['15550000002',7]}", "members[1]" },
    { "{'subject':'Tea','members':['x@g.us']}", "members[0]" },
    { "{'subject':'Tea','members':['15550000002'],'colour':'red'}", "colour" },
    { "{'subject':'Tea','members':['15550000002'],'timer_s':-1}", "timer_s" },
    { "{'subject':'Tea','members':['15550000002'],'timer_s':3600}", "timer_s" },
  };
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 1);
  const char *const nobody[] = { NULL }, *const bob[] = { BOB, NULL };
  GError *error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (JsonObject) request = object_of (rows[i].request);

      assert_refuses (ulak_group_question_create (alice->chat, request, &error), &error, rows[i].part);
    }
  assert_refuses (ulak_group_question_get (alice->chat, BOB, &error), &error, "group");
  assert_refuses (ulak_group_question_change_members (alice->chat, GROUP, "kick", bob, &error), &error, "action");
  assert_refuses (ulak_group_question_change_members (alice->chat, GROUP, "add", nobody, &error), &error, "members");
  assert_refuses (ulak_group_question_join (alice->chat, "https://evil.example/AbC", FALSE, &error), &error, "invite");
}

/* A null counts as absent, and what changes nothing was meant otherwise. */
static void
test_bad_changes (void)
{
  static const struct
  {
    const char *changes, *part;
  } rows[] = {
    { "{}", "allowed: subject" },
    { "{'description':null,'subject':null,'timer_s':null,'locked':null,'member_add_mode':null}", "allowed: subject" },
    { "{'timer_s':3600}", "timer_s" },
    { "{'subject':''}", "subject" },
    { "{'locked':'yes'}", "locked" },
    { "{'colour':'red'}", "colour" },
  };
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 1);
  g_autoptr (JsonObject) changes = object_of ("{'description':null,'subject':'Coffee'}"), fine = object_of ("{'subject':'Tea'}");
  g_autoptr (GPtrArray) questions = NULL;
  GError *error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (JsonObject) bad = object_of (rows[i].changes);

      g_assert_null (ulak_group_questions_update (alice->chat, GROUP, bad, &error));
      assert_refuses (NULL, &error, rows[i].part);
    }
  g_assert_null (ulak_group_questions_update (alice->chat, BOB, fine, &error));
  assert_refuses (NULL, &error, "group");
  questions = ulak_group_questions_update (alice->chat, GROUP, changes, NULL);
  g_assert_cmpuint (questions->len, ==, 1);
}

/* As phones share them. */
static void
test_links (void)
{
  static const char *const links[] = {
    "https://chat.whatsapp.com/AbC123", "http://chat.whatsapp.com/AbC123/", "chat.whatsapp.com/AbC123", "AbC123",
    "https://chat.whatsapp.com/AbC123?mode=ac_t", "https://chat.whatsapp.com/invite/AbC123",
  };
  static const char *const no_links[] = { "", "https://chat.whatsapp.com/", "https://chat.whatsapp.com/Ab/C", "https://wa.me/AbC123", "Ab C" };
  g_autoptr (World) world = world_new ();
  Side *alice = world_add (world, ALICE, ALICE_LID, 1);
  GError *error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (links); i++)
    {
      g_autoptr (UlakQuestion) question = ulak_group_question_join (alice->chat, links[i], TRUE, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (question->text, ==, "AbC123");
    }
  for (gsize i = 0; i < G_N_ELEMENTS (no_links); i++)
    assert_refuses (ulak_group_question_join (alice->chat, no_links[i], TRUE, &error), &error, "invite");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/groups/a group and all groups are shown with their members, who are learned", test_get);
  g_test_add_func ("/groups/a new group says who was not added", test_create);
  g_test_add_func ("/groups/members are named in the group's own form", test_form);
  g_test_add_func ("/groups/requests to join are listed and answered", test_requests);
  g_test_add_func ("/groups/each change is one query", test_changes);
  g_test_add_func ("/groups/invites are made, looked at and used", test_invites);
  g_test_add_func ("/groups/a refusal and an answer that says nothing are errors", test_refused);
  g_test_add_func ("/groups/bad input is named and never sent", test_bad_input);
  g_test_add_func ("/groups/changes that change nothing or are no changes are refused", test_bad_changes);
  g_test_add_func ("/groups/an invite may be given as phones share it", test_links);
  return g_test_run ();
}
