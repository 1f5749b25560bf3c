/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Messages of ours are kept as they were asked for, and shown in the words of those that come in.
 */
#include "unit/connector/line-fixture.h"

#include "core/json.h"

static const struct
{
  const char *sent;  /* beside "to"; quotes written as ' */
  const char *shown; /* of what is shown: these members, exactly */
} rows[] = {
  { "'text': 'Hello'", "{'type': 'text', 'text': 'Hello'}" },
  { "'text': {'body': 'see https://a.org', 'link_preview': {'url': 'https://a.org'}}",
    "{'type': 'text', 'text': 'see https://a.org', 'link_preview': {'url': 'https://a.org'}}" },
  { "'text': 'hi @905321112233', 'mentions': ['+905321112233', '12345@lid'], 'disappears_after_s': 86400",
    "{'mentions': [{'id': '905321112233', 'text': '@905321112233'}, {'id': '12345@lid', 'text': '@12345'}], 'disappears_after_s': 86400}" },
  { "'image': {'link': 'https://example.org/a.jpg', 'caption': 'Look', 'view_once': true}",
    "{'type': 'image', 'text': 'Look', 'view_once': true, 'media': {'link': 'https://example.org/a.jpg', 'caption': 'Look'}}" },
  { "'video': {'link': 'https://example.org/a.mp4', 'gif': true, 'duration_s': 3}",
    "{'type': 'video', 'media': {'link': 'https://example.org/a.mp4', 'gif': true, 'duration_s': 3}}" },
  { "'audio': {'link': 'https://example.org/a.ogg', 'voice': true, 'waveform': 'AAAA'}",
    "{'type': 'voice', 'media': {'link': 'https://example.org/a.ogg', 'voice': true, 'waveform': 'AAAA'}}" },
  { "'poll': {'name': 'Lunch?', 'options': ['Yes', 'No']}",
    "{'type': 'poll', 'text': 'Lunch?', 'poll': {'name': 'Lunch?', 'options': ['Yes', 'No']}}" },
  { "'live_location': {'latitude': 1, 'longitude': 2, 'caption': 'c'}",
    "{'type': 'live_location', 'text': 'c', 'live_location': {'latitude': 1, 'longitude': 2, 'caption': 'c'}}" },
  { "'group_invite': {'group': '120363012345678901@g.us', 'code': 'A', 'caption': 'j'}",
    "{'type': 'group_invite', 'text': 'j', 'group_invite': {'group': '120363012345678901@g.us', 'code': 'A', 'caption': 'j'}}" },
  { "'edit': {'message_id': 'm', 'text': 'better'}",
    "{'type': 'edit', 'text': 'better', 'edit': {'message_id': 'm', 'text': 'better'}}" },
  { "'revoke': {'message_id': 'm'}", "{'type': 'revoke', 'text': null, 'revoke': {'message_id': 'm'}}" },
  { "'interactive': {'type': 'button', 'body': 'Well?', 'buttons': [{'id': 'y', 'title': 'Yes'}]}",
    "{'type': 'interactive', 'text': 'Well?'}" },
};

static void
test_requests (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *id = g_strdup_printf ("01930000-0000-7000-8000-%012" G_GSIZE_FORMAT, i);
      g_autofree char *message = g_strdup_printf ("{'to': '905321112233', %s}", rows[i].sent);
      g_autofree char *status = line_accept (fixture, id, message);
      g_autoptr (JsonObject) shown = line_get (fixture, id), expected = parse_json (rows[i].shown);
      g_autoptr (GList) members = json_object_get_members (expected);

      g_test_message ("%s", rows[i].sent);
      for (GList *member = members; member != NULL; member = member->next)
        {
          JsonNode *found = json_object_get_member (shown, member->data);
          g_autofree char *text = found == NULL ? NULL : json_to_string (found, FALSE);
          g_autofree char *expected_text = json_to_string (json_object_get_member (expected, member->data), FALSE);

          g_assert_cmpstr (text, ==, expected_text);
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/stored-message/what was asked for is shown like what comes in", LineFixture, NULL, line_fixture_set_up,
              test_requests, line_fixture_tear_down);
  return g_test_run ();
}
