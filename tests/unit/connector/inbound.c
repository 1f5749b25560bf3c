/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "connector/inbound-items.h"

#include "core/error.h"

static void
on_message (const UlakInboundMessage *message, gpointer user_data)
{
  g_string_append_printf (user_data, "%s/%s ", message->chat, message->network_id);
}

static void
on_status (const UlakInboundStatus *status, gpointer user_data)
{
  g_string_append_printf (user_data, "%s=%s ", status->network_id, status->status);
}

static void
test_order_and_copies (void)
{
  g_autoptr (UlakInbound) inbound = ulak_inbound_new ();
  g_autoptr (JsonObject) content = json_object_new ();
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (GString) statuses = g_string_new (NULL);
  char id[] = "m1";
  UlakInboundMessage message = { .chat = "c", .network_id = id, .from = "c", .content = content };
  UlakInboundStatus status = { .network_id = "s1", .status = "read" };

  json_object_set_string_member (content, "type", "text");
  ulak_inbound_add_message (inbound, &message);
  id[1] = '2'; /* the batch has its own copy */
  ulak_inbound_add_status (inbound, &status);
  ulak_inbound_add_message (inbound, &message);
  ulak_inbound_add_event (inbound, "account.updated", NULL, 1, content);
  g_assert_cmpuint (ulak_inbound_count (inbound), ==, 4);
  ulak_inbound_foreach (inbound, on_message, on_status, seen);
  g_assert_cmpstr (seen->str, ==, "c/m1 s1=read c/m2 ");
  ulak_inbound_foreach (inbound, NULL, on_status, statuses);
  g_assert_cmpstr (statuses->str, ==, "s1=read ");
  g_assert_cmpstr (ulak_inbound_get_item (inbound, 0)->content_text, ==, "{\"type\":\"text\"}");
  g_assert_cmpint (ulak_inbound_get_item (inbound, 3)->kind, ==, ULAK_INBOUND_EVENT);
}

static gboolean
fail_run (UlakDatabase *database G_GNUC_UNUSED, gpointer data, GError **error)
{
  (*(guint *) data)++;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_FAILED, "no");
  return FALSE;
}

static void
count_free (gpointer data)
{
  *(guint *) data += 10;
}

static void
test_extra (void)
{
  UlakInbound *inbound = ulak_inbound_new ();
  g_autoptr (GError) error = NULL;
  guint calls = 0;

  g_assert_true (ulak_inbound_run_extra (inbound, NULL, &error));
  ulak_inbound_set_extra (inbound, fail_run, &calls, count_free);
  g_assert_false (ulak_inbound_run_extra (inbound, NULL, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_FAILED);
  ulak_inbound_free (inbound);
  g_assert_cmpuint (calls, ==, 11);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/inbound/a batch keeps the order and copies of its own", test_order_and_copies);
  g_test_add_func ("/inbound/extra work runs with its data, which is freed once", test_extra);
  return g_test_run ();
}
