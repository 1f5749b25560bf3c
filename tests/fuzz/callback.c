/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Any body is taken apart or refused; what comes out is fit for the store, and the same each time.
 */
#include "whatsapp/cloud/callback.h"

#include "connector/inbound-items.h"
#include "core/error.h"
#include "core/event-types.h"

#include "fuzz/target.h"

#include <string.h>

#define NOW_US G_GINT64_CONSTANT (1764059400000000)

static void
check_item (const UlakInboundItem *item)
{
  static const char *const statuses[] = { "sent", "delivered", "read", "played", "failed", NULL };

  switch (item->kind)
    {
    case ULAK_INBOUND_MESSAGE:
      g_assert_cmpstr (item->message.chat, !=, "");
      g_assert_cmpstr (item->message.network_id, !=, "");
      g_assert_nonnull (item->message.from);
      g_assert_true (json_object_has_member (item->message.content, "type"));
      g_assert_cmpint (item->message.timestamp_us, >, 0);
      break;
    case ULAK_INBOUND_STATUS:
      g_assert_true (g_strv_contains (statuses, item->status.status));
      g_assert_cmpint (strcmp (item->status.status, "failed") == 0, ==, item->status.error_code != NULL);
      break;
    case ULAK_INBOUND_EDIT:
    case ULAK_INBOUND_REVOKE:
    case ULAK_INBOUND_CHAT:
    case ULAK_INBOUND_CONTACT:
      g_assert_not_reached (); /* of the linked backend */
    case ULAK_INBOUND_EVENT:
      g_assert_true (ulak_event_type_is_known (item->event.type));
      g_assert_nonnull (item->content_text);
      break;
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size_bytes)
{
  g_autoptr (UlakInbound) first = ulak_inbound_new ();
  g_autoptr (UlakInbound) second = ulak_inbound_new ();
  g_autoptr (GError) error = NULL;
  gboolean is_taken
      = ulak_callback_parse ((const char *) bytes, size_bytes, "106540352242922", NOW_US, first, NULL, &error);

  g_assert_cmpint (
      ulak_callback_parse ((const char *) bytes, size_bytes, "106540352242922", NOW_US, second, NULL, NULL), ==,
      is_taken);
  if (!is_taken)
    g_assert_true (g_error_matches (error, ULAK_ERROR, ULAK_ERROR_INVALID)
                   || g_error_matches (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE));
  g_assert_cmpuint (ulak_inbound_count (first), ==, ulak_inbound_count (second));
  for (guint i = 0; i < ulak_inbound_count (first); i++)
    {
      check_item (ulak_inbound_get_item (first, i));
      g_assert_cmpstr (ulak_inbound_get_item (first, i)->content_text, ==, ulak_inbound_get_item (second, i)->content_text);
    }
  return 0;
}
