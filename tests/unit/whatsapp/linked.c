/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What a linked line is as its link is, whom it may be told to write to, and who waits for a code.
 */
#include "whatsapp/linked/linked-media.h"
#include "whatsapp/linked/linked-recipient.h"
#include "whatsapp/linked/linked-state.h"
#include "whatsapp/linked/linking.h"

#include <string.h>

#include "core/error.h"
#include "core/json.h"
#include "unit/fakes/clock.h"

#define EXPIRES_US (G_GINT64_CONSTANT (1764072000) * G_USEC_PER_SEC)

/* --- states --- */

static void
test_phases (void)
{
  static const struct
  {
    UlakLinkPhase phase;
    UlakLineState before;
    gboolean is_said;
    UlakLineState after;
  } cases[] = {
    { ULAK_LINK_CONNECTING, ULAK_LINE_STATE_STARTING, FALSE, 0 },
    { ULAK_LINK_CONNECTING, ULAK_LINE_STATE_DISCONNECTED, FALSE, 0 },
    { ULAK_LINK_CONNECTING, ULAK_LINE_STATE_LOGGED_OUT, TRUE, ULAK_LINE_STATE_STARTING },
    { ULAK_LINK_CONNECTING, ULAK_LINE_STATE_BANNED, TRUE, ULAK_LINE_STATE_STARTING },
    { ULAK_LINK_QR, ULAK_LINE_STATE_STARTING, TRUE, ULAK_LINE_STATE_QR },
    { ULAK_LINK_CODE, ULAK_LINE_STATE_QR, TRUE, ULAK_LINE_STATE_QR },
    { ULAK_LINK_PASSKEY, ULAK_LINE_STATE_QR, TRUE, ULAK_LINE_STATE_PASSKEY },
    { ULAK_LINK_PAIRED, ULAK_LINE_STATE_QR, TRUE, ULAK_LINE_STATE_STARTING },
    { ULAK_LINK_ONLINE, ULAK_LINE_STATE_STARTING, FALSE, 0 },
    { ULAK_LINK_READY, ULAK_LINE_STATE_STARTING, TRUE, ULAK_LINE_STATE_READY },
    { ULAK_LINK_DISCONNECTED, ULAK_LINE_STATE_READY, TRUE, ULAK_LINE_STATE_DISCONNECTED },
    { ULAK_LINK_STOPPED, ULAK_LINE_STATE_READY, FALSE, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      UlakLinkState link_state = { .phase = cases[i].phase, .text = "{}" };
      g_auto (UlakLinkedState) state = { 0 };

      ulak_linked_state_read (&state, &link_state, cases[i].before);
      g_assert_cmpint (state.is_said, ==, cases[i].is_said);
      if (!state.is_said)
        continue;
      g_assert_cmpint (state.state, ==, cases[i].after);
      g_assert_true (state.state == cases[i].before || ulak_line_state_may_move (cases[i].before, state.state));
    }
}

static void
test_ends (void)
{
  static const struct
  {
    UlakOutcomeKind kind;
    UlakLineState state;
  } cases[] = {
    { ULAK_OUTCOME_LOGGED_OUT, ULAK_LINE_STATE_LOGGED_OUT }, { ULAK_OUTCOME_LOCKED, ULAK_LINE_STATE_LOGGED_OUT },
    { ULAK_OUTCOME_REPLACED, ULAK_LINE_STATE_FAILED },       { ULAK_OUTCOME_OUTDATED, ULAK_LINE_STATE_OUTDATED },
    { ULAK_OUTCOME_BANNED, ULAK_LINE_STATE_BANNED },         { ULAK_OUTCOME_CERTIFICATE, ULAK_LINE_STATE_FAILED },
    { ULAK_OUTCOME_UNPAIRED, ULAK_LINE_STATE_LOGGED_OUT },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (UlakOutcome) outcome = ulak_outcome_new (cases[i].kind, "E_WA_X", "It is so");
      UlakLinkState link_state = { .phase = ULAK_LINK_ENDED, .outcome = outcome };
      g_auto (UlakLinkedState) state = { 0 };

      ulak_linked_state_read (&state, &link_state, ULAK_LINE_STATE_READY);
      g_assert_cmpint (state.state, ==, cases[i].state);
      g_assert_cmpstr (state.error_code, ==, "E_WA_X");
      g_assert_cmpstr (state.why, ==, "It is so");
      g_assert_null (state.link);
    }
}

static void
test_shown (void)
{
  UlakLinkState qr = { .phase = ULAK_LINK_QR, .text = "2@abc", .expires_us = EXPIRES_US };
  UlakLinkState code = { .phase = ULAK_LINK_CODE, .text = "ABCD-1234", .expires_us = EXPIRES_US };
  UlakLinkState challenge = { .phase = ULAK_LINK_PASSKEY, .text = "{\"challenge\":\"AAAA\"}" };
  UlakLinkState confirm = { .phase = ULAK_LINK_PASSKEY, .text = "123456", .needs_confirmation = TRUE };
  g_auto (UlakLinkedState) a = { 0 };
  g_auto (UlakLinkedState) b = { 0 };
  g_auto (UlakLinkedState) c = { 0 };
  g_auto (UlakLinkedState) d = { 0 };

  ulak_linked_state_read (&a, &qr, ULAK_LINE_STATE_STARTING);
  g_assert_cmpstr (ulak_json_peek_string (a.link, "method"), ==, "qr");
  g_assert_cmpstr (ulak_json_peek_string (a.link, "qr"), ==, "2@abc");
  g_assert_cmpstr (ulak_json_peek_string (a.link, "expires_at"), ==, "2025-11-25T12:00:00.000Z");
  ulak_linked_state_read (&b, &code, ULAK_LINE_STATE_QR);
  g_assert_cmpstr (ulak_json_peek_string (b.link, "code"), ==, "ABCD-1234");
  ulak_linked_state_read (&c, &challenge, ULAK_LINE_STATE_QR);
  g_assert_cmpstr (ulak_json_peek_string (ulak_json_peek_object (c.link, "challenge"), "challenge"), ==, "AAAA");
  g_assert_false (json_object_has_member (c.link, "code"));
  ulak_linked_state_read (&d, &confirm, ULAK_LINE_STATE_PASSKEY);
  g_assert_cmpstr (ulak_json_peek_string (d.link, "code"), ==, "123456");
  g_assert_true (ulak_json_peek_boolean (d.link, "confirm", FALSE));
}

/* --- recipients --- */

static void
test_recipients (void)
{
  static const struct
  {
    const char *to, *chat;
  } cases[] = {
    { "+4915112345678", "4915112345678" },
    { "4915112345678", "4915112345678" },
    { "4915112345678@s.whatsapp.net", "4915112345678" },
    { "111222333444555@lid", "111222333444555@lid" },
    { "120363000000000001@g.us", "120363000000000001@g.us" },
    { "4915112345678-1400000000@g.us", "4915112345678-1400000000@g.us" },
    { "status@broadcast", "status@broadcast" },
    { "015112345678", NULL },
    { "123456", NULL },
    { "4915112345678:3@s.whatsapp.net", NULL },
    { "4915112345678.1@lid", NULL },
    { "120363000000000001@newsletter", NULL },
    { "team@g.us", NULL },
    { "@g.us", NULL },
    { "us.1234567890", NULL },
    { "4915112345678@broadcast", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *chat = ulak_linked_recipient_resolve (cases[i].to, &error);

      g_assert_cmpstr (chat, ==, cases[i].chat);
      if (cases[i].chat == NULL)
        g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
    }
}

static void
test_media_limits (void)
{
  goffset sticker, document;

  g_assert_true (ulak_linked_media_find_limit ("image/webp", &sticker, NULL));
  g_assert_true (ulak_linked_media_find_limit ("application/zip", &document, NULL));
  g_assert_cmpint (sticker, <, document);
  g_assert_false (ulak_linked_media_find_limit ("zip", &document, NULL));
}

/* --- who waits --- */

typedef struct
{
  guint answers;
  GError *error;
} Answer;

static void
answered_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  answer->answers++;
  ulak_linking_wait_finish (result, &answer->error);
}

static void
settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_waiting (void)
{
  g_autoptr (UlakFakeClock) clock = ulak_fake_clock_new ();
  UlakLinking *linking = ulak_linking_new (ULAK_CLOCK (clock));
  g_autoptr (UlakOutcome) outcome = ulak_outcome_new (ULAK_OUTCOME_OUTDATED, "E_WA_OUTDATED", "Too old");
  UlakLinkState connecting = { .phase = ULAK_LINK_CONNECTING };
  UlakLinkState qr = { .phase = ULAK_LINK_QR, .text = "2@abc" };
  UlakLinkState ended = { .phase = ULAK_LINK_ENDED, .outcome = outcome };
  Answer first = { 0 }, second = { 0 }, third = { 0 };

  ulak_linking_wait_async (linking, NULL, NULL, "", answered_cb, &first);
  ulak_linking_follow (linking, NULL, &connecting);
  settle ();
  g_assert_cmpuint (first.answers, ==, 0);
  ulak_linking_follow (linking, NULL, &qr);
  settle ();
  g_assert_cmpuint (first.answers, ==, 1);
  g_assert_no_error (first.error);

  ulak_linking_wait_async (linking, NULL, NULL, "", answered_cb, &second);
  ulak_linking_follow (linking, NULL, &ended);
  settle ();
  g_assert_error (second.error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE);
  g_assert_cmpstr (second.error->message, ==, "Too old");

  ulak_linking_wait_async (linking, NULL, NULL, "", answered_cb, &third);
  ulak_fake_clock_advance_ms (clock, 20000);
  settle ();
  g_assert_error (third.error, ULAK_ERROR, ULAK_ERROR_TIMED_OUT);
  ulak_linking_fail (linking, "nobody waits");
  ulak_linking_free (linking);
  g_clear_error (&second.error);
  g_clear_error (&third.error);
}

static void
test_waiting_in_vain (void)
{
  g_autoptr (UlakFakeClock) clock = ulak_fake_clock_new ();
  UlakLinking *linking = ulak_linking_new (ULAK_CLOCK (clock));
  g_autoptr (UlakOutcome) outcome = ulak_outcome_new (ULAK_OUTCOME_RETRY, "E_WA_CONNECTION", "Nobody listens there");
  UlakLinkState lost = { .phase = ULAK_LINK_DISCONNECTED, .outcome = outcome }, connecting = { .phase = ULAK_LINK_CONNECTING };
  Answer first = { 0 }, second = { 0 }, third = { 0 };

  ulak_linking_wait_async (linking, NULL, NULL, "", answered_cb, &first);
  ulak_linking_follow (linking, NULL, &lost);
  ulak_linking_follow (linking, NULL, &connecting);
  ulak_fake_clock_advance_ms (clock, 20000);
  settle ();
  g_assert_error (first.error, ULAK_ERROR, ULAK_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (first.error->message, "Nobody listens there"));

  ulak_linking_wait_async (linking, NULL, NULL, "", answered_cb, &second);
  ulak_linking_give_up (linking, "The root key is wrong");
  ulak_linking_wait_async (linking, NULL, NULL, "", answered_cb, &third);
  settle ();
  g_assert_error (second.error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE);
  g_assert_error (third.error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE);
  g_assert_cmpstr (third.error->message, ==, "The root key is wrong");
  ulak_linking_free (linking);
  g_clear_error (&first.error);
  g_clear_error (&second.error);
  g_clear_error (&third.error);
}

static void
test_phones (void)
{
  static const struct
  {
    const char *text, *digits;
  } cases[] = {
    { "4915112345678", "4915112345678" }, { "+49 151 1234-5678", "4915112345678" }, { "+1 (555) 222-0000", "15552220000" },
    { "", NULL },       { "+", NULL },           { "015112345678", NULL },          { "123456", NULL },
    { "1234567890123456", NULL },         { "49151x1234567", NULL },                { "4915112345678@s.whatsapp.net", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *digits = ulak_linking_read_phone (cases[i].text, &error);

      g_assert_cmpstr (digits, ==, cases[i].digits);
      if (cases[i].digits == NULL)
        g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/whatsapp/linked/each phase says what the line is", test_phases);
  g_test_add_func ("/whatsapp/linked/each end of a link is a state of its own", test_ends);
  g_test_add_func ("/whatsapp/linked/what is to be seen is shown with its end", test_shown);
  g_test_add_func ("/whatsapp/linked/recipients have a few forms", test_recipients);
  g_test_add_func ("/whatsapp/linked/files have a limit for their kind", test_media_limits);
  g_test_add_func ("/whatsapp/linked/whoever asks for a code is answered once", test_waiting);
  g_test_add_func ("/whatsapp/linked/whoever waits in vain hears why", test_waiting_in_vain);
  g_test_add_func ("/whatsapp/linked/a phone number is taken as people write it", test_phones);
  return g_test_run ();
}
