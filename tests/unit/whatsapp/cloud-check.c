/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/cloud/cloud-check.h"

#include <string.h>

/* quotes written as ' */
static const struct
{
  const char *message;
  const char *paths;
} rows[] = {
  { "{'text': 'a'}", "" },
  { "{'text': {'body': 'a', 'preview_url': true}}", "" },
  { "{'image': {'media_id': 'm', 'caption': 'c'}}", "" },
  { "{'poll': {'name': 'x'}}", "poll " },
  { "{'edit': {'message_id': 'm', 'text': 'x'}}", "edit " },
  { "{'revoke': {'message_id': 'm'}, 'disappears_after_s': 0}", "revoke disappears_after_s " },
  { "{'text': {'body': 'a', 'link_preview': {}}, 'mentions': ['1']}", "mentions text.link_preview " },
  { "{'image': {'media_id': 'm', 'view_once': false}}", "image.view_once " },
  { "{'audio': {'media_id': 'm', 'voice': true, 'waveform': 'AA=='}}", "audio.waveform " },
};

static void
collect_path (const char *path, const char *message G_GNUC_UNUSED, gpointer user_data)
{
  g_string_append_printf (user_data, "%s ", path);
}

static char *
paths_of (const char *message)
{
  g_autofree char *json = g_strdelimit (g_strdup (message), "'", '"');
  g_autoptr (JsonNode) node = json_from_string (json, NULL);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  g_autoptr (GString) paths = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  ulak_cloud_check_message (json_node_get_object (node), issues);
  if (!ulak_issues_to_error (issues, &error))
    ulak_issues_foreach_in_error (error, collect_path, paths);
  return g_string_free (g_steal_pointer (&paths), FALSE);
}

static void
test_linked_only (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *paths = paths_of (rows[i].message);

      g_assert_cmpstr (paths, ==, rows[i].paths);
    }
}

static void
test_button_body (void)
{
  g_autofree char *longest = g_strnfill (1024, 'a');
  g_autofree char *good = g_strdup_printf ("{'interactive': {'type': 'button', 'body': '%s'}}", longest);
  g_autofree char *bad = g_strdup_printf ("{'interactive': {'type': 'button', 'body': '%sa'}}", longest);
  g_autofree char *list = g_strdup_printf ("{'interactive': {'type': 'list', 'body': '%sa'}}", longest);
  g_autofree char *good_paths = paths_of (good), *bad_paths = paths_of (bad), *list_paths = paths_of (list);

  g_assert_cmpstr (good_paths, ==, "");
  g_assert_cmpstr (bad_paths, ==, "interactive.body ");
  g_assert_cmpstr (list_paths, ==, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/whatsapp/cloud-check/contents of linked lines are refused by name", test_linked_only);
  g_test_add_func ("/whatsapp/cloud-check/the text above buttons has a limit of its own", test_button_body);
  return g_test_run ();
}
