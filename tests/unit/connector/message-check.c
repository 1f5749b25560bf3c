/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "connector/chat-id.h"
#include "connector/message-check.h"

#include "core/json.h"

#include <string.h>

typedef struct
{
  const char *content; /* beside "to"; quotes written as ' */
  const char *paths;   /* of the issues, in order, with blanks between; "" : good */
} Case;

static const Case cases[] = {
  { "'text': 'Hello'", "" },
  { "'text': ''", "text" },
  { "'text': {'body': 'Hello', 'preview_url': true}", "" },
  { "'text': {'preview_url': 1}", "text.body text.preview_url" },
  { "'text': 5", "text" },
  { "'image': {'link': 'https://example.org/a.jpg', 'caption': 'Look'}", "" },
  { "'image': {'media_id': 'm1'}", "" },
  { "'image': {'link': 'https://example.org/a.jpg', 'media_id': 'm1'}", "image" },
  { "'image': {}", "image" },
  { "'image': {'link': 'ftp://example.org/a.jpg'}", "image.link" },
  { "'image': {'link': 'example.org/a.jpg'}", "image.link" },
  { "'image': {'link': 'https:///a.jpg'}", "image.link" },
  { "'image': {'media_id': 'm1', 'file_name': 'a.jpg'}", "image.file_name" },
  { "'video': {'link': 'http://example.org/a.mp4'}", "" },
  { "'video': {'caption': 'Look'}", "video" },
  { "'audio': {'media_id': 'm1', 'voice': true}", "" },
  { "'audio': {'media_id': 'm1', 'caption': 'no'}", "audio.caption" },
  { "'document': {'media_id': 'm1', 'file_name': 'a.pdf', 'caption': 'Look'}", "" },
  { "'document': {'media_id': ''}", "document.media_id" },
  { "'sticker': {'media_id': 'm1'}", "" },
  { "'sticker': {'media_id': 'm1', 'caption': 'no'}", "sticker.caption" },
  { "'location': {'latitude': 41.0, 'longitude': 29, 'name': 'Here', 'address': 'There'}", "" },
  { "'location': {'latitude': 91, 'longitude': '29'}", "location.latitude location.longitude" },
  { "'contacts': [{'name': {'formatted_name': 'Ada'}, 'phones': [{'phone': '+905321112233', 'type': 'WORK'}], 'birthday': '1815-12-10'}]",
    "" },
  { "'contacts': []", "contacts" },
  { "'contacts': [{'phones': [5], 'birthday': '1815-02-30'}]",
    "contacts[0].name contacts[0].phones[0] contacts[0].birthday" },
  { "'reaction': {'message_id': 'wamid.1', 'emoji': ''}", "" },
  { "'reaction': {'emoji': 'x'}", "reaction.message_id" },
  { "'interactive': {'type': 'button', 'body': 'Well?', 'buttons': [{'id': 'y', 'title': 'Yes'}, {'id': 'n', 'title': 'No'}]}",
    "" },
  { "'interactive': {'type': 'button', 'body': 'Well?'}", "interactive.buttons" },
  { "'interactive': {'type': 'button', 'body': 'Well?', 'buttons': [{'id': 'y', 'title': 'Yes'}, {'id': 'y', 'title': 'No'}]}",
    "interactive.buttons[1].id" },
  { "'interactive': {'type': 'button', 'body': 'Well?', 'button': 'x', 'buttons': [{'id': 'y', 'title': 'A title that is far too long'}]}",
    "interactive.buttons[0].title interactive.button" },
  { "'interactive': {'type': 'button', 'body': 'W', 'header': {'image': {'media_id': 'm'}}, 'buttons': [{'id': 'y', 'title': 'Yes'}]}",
    "" },
  { "'interactive': {'type': 'button', 'body': 'W', 'header': {}, 'buttons': [{'id': 'y', 'title': 'Yes'}]}",
    "interactive.header" },
  { "'interactive': {'type': 'list', 'body': 'W', 'button': 'Open', 'sections': [{'rows': [{'id': '1', 'title': 'One', 'description': 'x'}]}]}",
    "" },
  { "'interactive': {'type': 'list', 'body': 'W'}", "interactive.button interactive.sections" },
  { "'interactive': {'type': 'list', 'body': 'W', 'button': 'O', 'header': {'image': {'media_id': 'm'}}, 'sections': [{'rows': [{'id': '1', 'title': 'One'}]}]}",
    "interactive.header" },
  { "'interactive': {'type': 'list', 'body': 'W', 'button': 'O', 'sections': [{'rows': [{'id': '1', 'title': 'One'}]}, {'rows': [{'id': '1', 'title': 'Two'}]}]}",
    "interactive.sections[0].title interactive.sections[1].rows[0].id interactive.sections[1].title" },
  { "'interactive': {'type': 'flow', 'body': 'W'}", "interactive.type" },
  { "'template': {'name': 'hello', 'language': 'en_US'}", "" },
  { "'template': {'name': 'hello', 'language': 'en_US', 'components': [{'type': 'body', 'parameters': [{'type': 'text', 'text': 'Ada', 'parameter_name': 'who'}, "
    "{'type': 'currency', 'currency': {'fallback_value': '1 TL', 'code': 'TRY', 'amount_1000': 1000}}, {'type': 'date_time', 'date_time': {'fallback_value': 'now'}}]}, "
    "{'type': 'header', 'parameters': [{'type': 'image', 'image': {'media_id': 'm'}}]}, "
    "{'type': 'button', 'sub_type': 'quick_reply', 'index': 0, 'parameters': [{'type': 'payload', 'payload': 'p'}]}]}",
    "" },
  { "'template': {'language': 'en_US', 'components': [{'type': 'button'}]}",
    "template.name template.components[0].sub_type template.components[0].index" },
  { "'template': {'name': 'h', 'language': 'en', 'components': [{'type': 'body', 'index': 1, 'parameters': [{'type': 'text', 'payload': 'p'}]}]}",
    "template.components[0].parameters[0].payload template.components[0].parameters[0].text template.components[0].index" },
  { "'text': {'body': 'https://a.org', 'link_preview': {'url': 'https://a.org', 'title': 'A', 'thumbnail': '/9j/'}}", "" },
  { "'text': {'body': 'a', 'link_preview': {'title': 'A'}}", "text.link_preview.url" },
  { "'text': 'hi @905321112233', 'mentions': ['+905321112233', '12345@lid'], 'disappears_after_s': 86400", "" },
  { "'text': 'hi', 'mentions': [5, 'x'], 'disappears_after_s': -1", "mentions[0] mentions[1] disappears_after_s" },
  { "'text': 'hi', 'mentions': []", "mentions" },
  { "'text': 'hi', 'recipients': ['+905321112233', '12345@lid']", "" },
  { "'text': 'hi', 'recipients': ['x']", "recipients[0]" },
  { "'image': {'media_id': 'm', 'view_once': true, 'thumbnail': '/9j/'}", "" },
  { "'video': {'media_id': 'm', 'gif': true, 'duration_s': 3}", "" },
  { "'video': {'media_id': 'm', 'video_note': 1}", "video.video_note" },
  { "'audio': {'media_id': 'm', 'voice': true, 'duration_s': 3, 'waveform': 'AAAA'}", "" },
  { "'audio': {'media_id': 'm', 'duration_s': -1}", "audio.duration_s" },
  { "'live_location': {'latitude': 1.5, 'longitude': 2, 'accuracy_m': 5, 'speed_mps': 1.5, 'bearing_deg': 90, 'sequence': 2, 'caption': 'c'}",
    "" },
  { "'live_location': {'latitude': 1.5, 'bearing_deg': 360}", "live_location.longitude live_location.bearing_deg" },
  { "'poll': {'name': 'Lunch?', 'options': ['Yes', 'No'], 'selectable_count': 0}", "" },
  { "'poll': {'name': 'Lunch?', 'options': ['Yes']}", "poll.options" },
  { "'poll': {'name': 'Lunch?', 'options': ['Yes', '', 5]}", "poll.options[1] poll.options[2]" },
  { "'poll': {'name': 'Lunch?', 'options': ['Yes', 'Yes'], 'selectable_count': 3}", "poll.selectable_count poll.options" },
  { "'poll_vote': {'message_id': 'm', 'options': []}", "" },
  { "'poll_vote': {'options': 'Yes'}", "poll_vote.message_id poll_vote.options" },
  { "'group_invite': {'group': '12036301234567@g.us', 'code': 'Ab', 'name': 'G', 'expires_at': '2026-11-25T08:30:00Z', 'caption': 'j'}",
    "" },
  { "'group_invite': {'group': 'x'}", "group_invite.group group_invite.code" },
  { "'edit': {'message_id': 'm', 'text': 'better'}", "" },
  { "'edit': {'message_id': 'm'}", "edit.text" },
  { "'revoke': {'message_id': 'm'}", "" },
  { "'revoke': {}", "revoke.message_id" },
  { "'forward': {'message_id': 'm'}", "" },
  { "'forward': {'text': 'x'}", "forward.message_id forward.text" },
  { "'pin': {'message_id': 'm', 'duration_s': 0}", "" },
  { "'pin': {'message_id': 'm'}", "pin.duration_s" },
  { "'text': 'a', 'colour': 'red'", "colour" },
  { "'text': 'a', 'expires_at': '2026-11-25T08:30:00Z'", "" },
  { "'text': 'a', 'expires_at': 'tomorrow'", "expires_at" },
};

static JsonObject *
parse (const char *text)
{
  g_autofree char *json = g_strdelimit (g_strdup (text), "'", '"');
  const UlakJsonLimits limits = ULAK_JSON_LIMITS_REQUEST;
  g_autoptr (GError) error = NULL;
  JsonObject *object = ulak_json_parse_object (json, strlen (json), &limits, &error);

  g_assert_no_error (error);
  return object;
}

static void
collect_path (const char *path, const char *message G_GNUC_UNUSED, gpointer user_data)
{
  GString *paths = user_data;

  g_string_append_printf (paths, "%s%s", paths->len == 0 ? "" : " ", path);
}

static char *
paths_of (const char *document)
{
  g_autoptr (JsonObject) object = parse (document);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  g_autoptr (GString) paths = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  ulak_message_check (object, issues);
  if (!ulak_issues_to_error (issues, &error))
    ulak_issues_foreach_in_error (error, collect_path, paths);
  return g_string_free (g_steal_pointer (&paths), FALSE);
}

static void
test_content (gconstpointer data)
{
  const Case *row = data;
  g_autofree char *document = g_strdup_printf ("{'to': '905321112233', %s}", row->content);
  g_autofree char *paths = paths_of (document);

  g_assert_cmpstr (paths, ==, row->paths);
}

static void
test_no_single_content (void)
{
  g_autofree char *none = paths_of ("{'to': '905321112233'}");
  g_autofree char *two = paths_of ("{'to': '905321112233', 'text': 'a', 'sticker': {'media_id': 'm'}}");

  g_assert_cmpstr (none, !=, "");
  g_assert_cmpstr (two, ==, none);
}

static void
test_lengths (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *fits = NULL;
  g_autofree char *too_long = NULL;
  g_autofree char *good = NULL;
  g_autofree char *bad = NULL;

  for (guint i = 0; i < 4096; i++)
    g_string_append (text, "\xc3\xbc"); /* two bytes, one character */
  fits = g_strdup_printf ("{'to': '905321112233', 'text': '%s'}", text->str);
  too_long = g_strdup_printf ("{'to': '905321112233', 'text': '%sx'}", text->str);
  good = paths_of (fits);
  bad = paths_of (too_long);
  g_assert_cmpstr (good, ==, "");
  g_assert_cmpstr (bad, ==, "text");
}

static void
test_recipients (void)
{
  static const struct
  {
    const char *to, *chat;
  } rows[] = {
    { "+905321112233", "905321112233" },
    { "905321112233", "905321112233" },
    { "1234567", "1234567" },
    { "123456", NULL },
    { "1234567890123456", NULL },
    { "0905321112233", NULL },
    { "+", NULL },
    { "", NULL },
    { "+90 532 111 22 33", NULL },
    { "TR.1234", "TR.1234" },
    { "12036@g.us", "12036@g.us" },
    { "a/b", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *chat = ulak_chat_id_parse (rows[i].to);
      g_assert_cmpstr (chat, ==, rows[i].chat);
    }
}

static void
test_medium (void)
{
  g_autoptr (JsonObject) header
      = parse ("{'template': {'components': [{'parameters': [{'image': {'media_id': 'm1'}}]}]}}");
  g_autoptr (JsonObject) none = parse ("{'text': 'a'}");

  g_assert_cmpstr (ulak_message_get_media_id (header), ==, "m1");
  g_assert_null (ulak_message_get_media_id (none));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path
          = g_strdup_printf ("/message-check/content %02" G_GSIZE_FORMAT " has these faults: %s", i,
                             *cases[i].paths == '\0' ? "none" : cases[i].paths);
      g_test_add_data_func (path, &cases[i], test_content);
    }
  g_test_add_func ("/message-check/exactly one content is there", test_no_single_content);
  g_test_add_func ("/message-check/lengths count characters", test_lengths);
  g_test_add_func ("/message-check/a recipient is a phone or a chat id", test_recipients);
  g_test_add_func ("/message-check/a medium is found wherever it stands", test_medium);
  return g_test_run ();
}
