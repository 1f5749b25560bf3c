/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Bodies as Meta sends them, and as it might.
 */
#include "whatsapp/cloud/callback.h"

#include "connector/inbound-items.h"
#include "core/error.h"

#include <string.h>

#define OURS "106540352242922"
#define NOW_US G_GINT64_CONSTANT (1764059400000000)
#define METADATA "\"messaging_product\":\"whatsapp\",\"metadata\":{\"display_phone_number\":\"15550783881\",\"phone_number_id\":\"" OURS "\"}"
#define FOREIGN "\"messaging_product\":\"whatsapp\",\"metadata\":{\"display_phone_number\":\"1555\",\"phone_number_id\":\"999\"}"
#define CONTACT "\"contacts\":[{\"profile\":{\"name\":\"Sheena Nelson\"},\"wa_id\":\"16505551234\"}]"
#define HEAD(id) "\"from\":\"16505551234\",\"id\":\"" id "\",\"timestamp\":\"1749416383\""
#define TEXT(id, body) "{" HEAD (id) ",\"type\":\"text\",\"text\":{\"body\":\"" body "\"}}"
#define CHANGE(value) "{\"field\":\"messages\",\"value\":{" value "}}"
#define BODY(entries) "{\"object\":\"whatsapp_business_account\",\"entry\":[" entries "]}"
#define ENTRY(changes) "{\"id\":\"419561257915477\",\"changes\":[" changes "]}"

static UlakInbound *
parse (const char *body, guint *n_foreign_out)
{
  UlakInbound *inbound = ulak_inbound_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (ulak_callback_parse (body, strlen (body), OURS, NOW_US, inbound, n_foreign_out, &error));
  g_assert_no_error (error);
  return inbound;
}

/* The one message of a body that holds it. */
static UlakInbound *
parse_message (const char *message)
{
  g_autofree char *body = g_strdup_printf (BODY (ENTRY (CHANGE (METADATA "," CONTACT ",\"messages\":[%s]"))), message);
  UlakInbound *inbound = parse (body, NULL);

  g_assert_cmpuint (ulak_inbound_count (inbound), ==, 1);
  return inbound;
}

static void
assert_json_text (const char *got, const char *wanted)
{
  g_autoptr (JsonNode) a = json_from_string (got, NULL);
  g_autoptr (JsonNode) b = json_from_string (wanted, NULL);

  g_assert_nonnull (b);
  if (a == NULL || !json_node_equal (a, b))
    g_error ("got %s, wanted %s", got, wanted);
}

#define SHA "\"sha256\":\"SfInY0gGKTsJlUWbwxC1k+FAD0FZHvzwfpvO0zX0GUI=\""
#define SHA_HEX "\"sha256\":\"49f227634806293b0995459bc310b593e1400f41591efcf07e9bced335f41942\""

static const struct
{
  const char *name;
  const char *message; /* after the head */
  const char *content;
} types[] = {
  { "a text", "\"type\":\"text\",\"text\":{\"body\":\"Does it come in another color?\"}",
    "{\"type\":\"text\",\"text\":\"Does it come in another color?\"}" },
  { "an image", "\"type\":\"image\",\"image\":{\"caption\":\"Taj Mahal\",\"mime_type\":\"image/jpeg\"," SHA ",\"id\":\"1003\"}",
    "{\"type\":\"image\",\"text\":\"Taj Mahal\",\"media\":{\"mime_type\":\"image/jpeg\"," SHA_HEX ",\"caption\":\"Taj Mahal\"}}" },
  { "a voice message", "\"type\":\"audio\",\"audio\":{\"mime_type\":\"audio/ogg; codecs=opus\"," SHA ",\"id\":\"1003\",\"voice\":true}",
    "{\"type\":\"voice\",\"media\":{\"mime_type\":\"audio/ogg; codecs=opus\"," SHA_HEX ",\"voice\":true}}" },
  { "an audio file", "\"type\":\"audio\",\"audio\":{\"mime_type\":\"audio/mpeg\",\"id\":\"1003\",\"voice\":false}",
    "{\"type\":\"audio\",\"media\":{\"mime_type\":\"audio/mpeg\"}}" },
  { "a video", "\"type\":\"video\",\"video\":{\"mime_type\":\"video/mp4\",\"id\":\"1003\"}",
    "{\"type\":\"video\",\"media\":{\"mime_type\":\"video/mp4\"}}" },
  { "a document", "\"type\":\"document\",\"document\":{\"mime_type\":\"application/pdf\",\"id\":\"1003\",\"filename\":\"a.pdf\"}",
    "{\"type\":\"document\",\"media\":{\"mime_type\":\"application/pdf\",\"file_name\":\"a.pdf\"}}" },
  { "a sticker", "\"type\":\"sticker\",\"sticker\":{\"mime_type\":\"image/webp\",\"id\":\"1003\",\"animated\":true}",
    "{\"type\":\"sticker\",\"media\":{\"mime_type\":\"image/webp\",\"animated\":true}}" },
  { "a location", "\"type\":\"location\",\"location\":{\"latitude\":37.4,\"longitude\":-122.1,\"name\":\"n\"}",
    "{\"type\":\"location\",\"location\":{\"latitude\":37.4,\"longitude\":-122.1,\"name\":\"n\"}}" },
  { "contacts", "\"type\":\"contacts\",\"contacts\":[{\"name\":{\"formatted_name\":\"L\"}}]",
    "{\"type\":\"contacts\",\"contacts\":[{\"name\":{\"formatted_name\":\"L\"}}]}" },
  { "a reaction", "\"type\":\"reaction\",\"reaction\":{\"message_id\":\"wamid.X\",\"emoji\":\"x\"}",
    "{\"type\":\"reaction\",\"reaction\":{\"message_id\":\"wamid.X\",\"emoji\":\"x\"}}" },
  { "a reaction that was taken back", "\"type\":\"reaction\",\"reaction\":{\"message_id\":\"wamid.X\"}",
    "{\"type\":\"reaction\",\"reaction\":{\"message_id\":\"wamid.X\",\"emoji\":\"\"}}" },
  { "a button reply", "\"type\":\"interactive\",\"interactive\":{\"type\":\"button_reply\",\"button_reply\":{\"id\":\"c\",\"title\":\"Cancel\"}}",
    "{\"type\":\"button_reply\",\"text\":\"Cancel\",\"reply\":{\"id\":\"c\",\"title\":\"Cancel\"}}" },
  { "a list reply",
    "\"type\":\"interactive\",\"interactive\":{\"type\":\"list_reply\",\"list_reply\":{\"id\":\"p\",\"title\":\"P\",\"description\":\"d\"}}",
    "{\"type\":\"list_reply\",\"text\":\"P\",\"reply\":{\"id\":\"p\",\"title\":\"P\",\"description\":\"d\"}}" },
  { "a flow's answer",
    "\"type\":\"interactive\",\"interactive\":{\"type\":\"nfm_reply\",\"nfm_reply\":{\"name\":\"flow\",\"body\":\"Sent\",\"response_json\":\"{}\"}}",
    "{\"type\":\"interactive\",\"text\":\"Sent\",\"interactive\":{\"type\":\"nfm_reply\",\"nfm_reply\":{\"name\":\"flow\",\"body\":\"Sent\","
    "\"response_json\":\"{}\"}}}" },
  { "a template's button", "\"type\":\"button\",\"button\":{\"payload\":\"U\",\"text\":\"Unsubscribe\"}",
    "{\"type\":\"button_reply\",\"text\":\"Unsubscribe\",\"reply\":{\"id\":\"U\",\"title\":\"Unsubscribe\"}}" },
  { "an order", "\"type\":\"order\",\"order\":{\"catalog_id\":\"1\",\"text\":\"t\",\"product_items\":[]}",
    "{\"type\":\"order\",\"text\":\"t\",\"order\":{\"catalog_id\":\"1\",\"text\":\"t\",\"product_items\":[]}}" },
  { "a changed number", "\"type\":\"system\",\"system\":{\"body\":\"b\",\"wa_id\":\"12195555358\",\"type\":\"user_changed_number\"}",
    "{\"type\":\"system\",\"text\":\"b\",\"system\":{\"body\":\"b\",\"wa_id\":\"12195555358\",\"type\":\"user_changed_number\"}}" },
  { "a forwarded text with a referral",
    "\"type\":\"text\",\"text\":{\"body\":\"b\"},\"context\":{\"forwarded\":true},\"referral\":{\"source_id\":\"1\"}",
    "{\"type\":\"text\",\"text\":\"b\",\"forwarded\":true,\"referral\":{\"source_id\":\"1\"}}" },
  { "a question about a product",
    "\"type\":\"text\",\"text\":{\"body\":\"b\"},\"context\":{\"from\":\"1\",\"id\":\"wamid.P\",\"referred_product\":{\"catalog_id\":\"1\"}}",
    "{\"type\":\"text\",\"text\":\"b\",\"referred_product\":{\"catalog_id\":\"1\"}}" },
};

static void
test_type (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  g_autofree char *message = g_strdup_printf ("{" HEAD ("wamid.A") ",%s}", types[row].message);
  g_autoptr (UlakInbound) inbound = parse_message (message);
  const UlakInboundItem *item = ulak_inbound_get_item (inbound, 0);

  g_assert_cmpint (item->kind, ==, ULAK_INBOUND_MESSAGE);
  g_assert_cmpstr (item->message.chat, ==, "16505551234");
  g_assert_cmpstr (item->message.from, ==, "16505551234");
  g_assert_cmpstr (item->message.network_id, ==, "wamid.A");
  g_assert_cmpint (item->message.timestamp_us, ==, G_GINT64_CONSTANT (1749416383000000));
  assert_json_text (item->content_text, types[row].content);
  assert_json_text (item->contact_text, "{\"id\":\"16505551234\",\"phone\":\"16505551234\",\"wa_id\":\"16505551234\",\"name\":\"Sheena Nelson\"}");
}

static const char *const odd_messages[] = {
  "\"type\":\"unsupported\",\"errors\":[{\"code\":131051,\"title\":\"Message type unknown\"}]",
  "\"type\":\"poll_from_the_future\",\"poll_from_the_future\":{\"a\":[1,2]}",
  "\"type\":\"text\"",
  "\"type\":\"text\",\"text\":\"not an object\"",
  "\"type\":\"image\",\"image\":{\"mime_type\":\"image/jpeg\"}",
  "\"type\":\"contacts\",\"contacts\":{}",
  "\"type\":\"reaction\",\"reaction\":{}",
  "\"type\":7",
  "\"no_type\":true",
};

static void
test_unsupported (gconstpointer data)
{
  g_autofree char *message = g_strdup_printf ("{" HEAD ("wamid.U") ",%s}", odd_messages[GPOINTER_TO_SIZE (data)]);
  g_autofree char *wanted = g_strdup_printf ("{\"type\":\"unsupported\",\"raw\":%s}", message);
  g_autoptr (UlakInbound) inbound = parse_message (message);
  const UlakInboundItem *item = ulak_inbound_get_item (inbound, 0);

  assert_json_text (item->content_text, wanted);
  g_assert_null (item->media_reference);
}

static void
test_media_reference (void)
{
  g_autoptr (UlakInbound) inbound
      = parse_message ("{" HEAD ("wamid.A") ",\"type\":\"image\",\"image\":{\"mime_type\":\"image/jpeg\"," SHA ",\"id\":\"1003\"}}");

  assert_json_text (ulak_inbound_get_item (inbound, 0)->media_reference, "{\"id\":\"1003\"," SHA ",\"mime_type\":\"image/jpeg\"}");
}

static void
test_everything (void)
{
  guint n_foreign = 0;
  g_autoptr (UlakInbound) inbound = parse (
      BODY (ENTRY (CHANGE (METADATA "," CONTACT ",\"messages\":[" TEXT ("wamid.1", "a") "," TEXT ("wamid.2", "b") "]") "," CHANGE (FOREIGN ",\"messages\":[" TEXT ("wamid.F", "f") "]") "," CHANGE (METADATA ",\"statuses\":[{\"id\":\"wamid.O\",\"status\":\"read\",\"timestamp\":\"1749416390\",\"recipient_id\":\"1\"},"
                                                                                                                                                                                                             "{\"id\":\"wamid.O\",\"status\":\"delivered\",\"timestamp\":\"1749416389\",\"recipient_id\":\"1\","
                                                                                                                                                                                                             "\"conversation\":{\"id\":\"c\",\"origin\":{\"type\":\"service\"}},\"pricing\":{\"billable\":true,"
                                                                                                                                                                                                             "\"pricing_model\":\"PMP\",\"category\":\"service\"},\"biz_opaque_callback_data\":\"our-id\"}]")) "," ENTRY (CHANGE (METADATA ",\"messages\":[" TEXT ("wamid.3", "c") "],\"statuses\":"
                                                                                                                                                                                                                                                                                                                                                                                   "[{\"id\":\"wamid.P\",\"status\":\"played\",\"timestamp\":\"1749416391\"}]"))),
      &n_foreign);
  static const char *const ids[] = { "wamid.1", "wamid.2", "wamid.O", "wamid.O", "wamid.3", "wamid.P" };
  static const char *const statuses[] = { NULL, NULL, "read", "delivered", NULL, "played" };

  g_assert_cmpuint (n_foreign, ==, 1);
  g_assert_cmpuint (ulak_inbound_count (inbound), ==, G_N_ELEMENTS (ids));
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      const UlakInboundItem *item = ulak_inbound_get_item (inbound, i);

      g_assert_cmpint (item->kind, ==, statuses[i] == NULL ? ULAK_INBOUND_MESSAGE : ULAK_INBOUND_STATUS);
      g_assert_cmpstr (statuses[i] == NULL ? item->message.network_id : item->status.network_id, ==, ids[i]);
      g_assert_cmpstr (item->kind == ULAK_INBOUND_STATUS ? item->status.status : NULL, ==, statuses[i]);
    }
  g_assert_cmpstr (ulak_inbound_get_item (inbound, 3)->status.opaque_id, ==, "our-id");
  g_assert_cmpint (ulak_inbound_get_item (inbound, 3)->status.timestamp_us, ==, G_GINT64_CONSTANT (1749416389000000));
}

static void
test_failed_status (void)
{
  g_autoptr (UlakInbound) inbound = parse (
      BODY (ENTRY (CHANGE (METADATA ",\"statuses\":[{\"id\":\"wamid.O\",\"status\":\"failed\",\"timestamp\":\"1749416390\",\"errors\":"
                                    "[{\"code\":131047,\"title\":\"Re-engagement message\",\"error_data\":{\"details\":\"Too old\"}}]},"
                                    "{\"id\":\"wamid.P\",\"status\":\"failed\",\"timestamp\":\"1749416390\"}]"))),
      NULL);
  const UlakInboundStatus *known = &ulak_inbound_get_item (inbound, 0)->status;
  const UlakInboundStatus *bare = &ulak_inbound_get_item (inbound, 1)->status;

  g_assert_cmpstr (known->error_code, ==, "E_WA_WINDOW_CLOSED");
  g_assert_cmpint (known->original_code, ==, 131047);
  g_assert_cmpstr (known->original_details, ==, "Too old");
  g_assert_cmpstr (bare->error_code, ==, "E_WA_OTHER");
  g_assert_cmpint (bare->original_code, ==, 0);
}

static void
test_user_id_only (void)
{
  g_autoptr (UlakInbound) inbound = parse (
      BODY (ENTRY (CHANGE (METADATA ",\"contacts\":[{\"profile\":{\"name\":\"Sheena\",\"username\":\"sheena\"},\"user_id\":\"US.134\","
                                    "\"parent_user_id\":\"US.ENT.1\"},{\"profile\":{\"name\":\"Other\"},\"user_id\":\"US.999\"}],\"messages\":"
                                    "[{\"from_user_id\":\"US.134\",\"id\":\"wamid.A\",\"timestamp\":\"1749416383\",\"type\":\"text\","
                                    "\"text\":{\"body\":\"b\"}}]"))),
      NULL);
  const UlakInboundItem *item = ulak_inbound_get_item (inbound, 0);

  g_assert_cmpstr (item->message.chat, ==, "US.134");
  g_assert_cmpstr (item->message.from, ==, "US.134");
  assert_json_text (item->contact_text, "{\"id\":\"US.134\",\"user_id\":\"US.134\",\"parent_user_id\":\"US.ENT.1\",\"name\":\"Sheena\","
                                   "\"username\":\"sheena\"}");
}

static void
test_quote_and_group (void)
{
  g_autoptr (UlakInbound) inbound = parse_message ("{" HEAD ("wamid.A") ",\"group_id\":\"Y2FwaV9ncm91cDo\",\"type\":\"text\",\"text\":"
                                                                        "{\"body\":\"b\"},\"context\":{\"from\":\"1555\",\"id\":\"wamid.Q\"}}");
  const UlakInboundItem *item = ulak_inbound_get_item (inbound, 0);

  g_assert_cmpstr (item->message.chat, ==, "Y2FwaV9ncm91cDo");
  g_assert_cmpstr (item->message.from, ==, "16505551234");
  g_assert_cmpstr (item->message.quoted_network_id, ==, "wamid.Q");
}

static const struct
{
  const char *name;
  const char *change;
  const char *type;
  const char *chat;
  const char *data;
} events[] = {
  { "an account's review", "{\"field\":\"account_update\",\"value\":{\"event\":\"VERIFIED_ACCOUNT\",\"phone_number\":\"1555\"}}",
    "account.updated", NULL,
    "{\"field\":\"account_update\",\"waba_id\":\"419561257915477\",\"value\":{\"event\":\"VERIFIED_ACCOUNT\",\"phone_number\":\"1555\"}}" },
  { "a template's state",
    "{\"field\":\"message_template_status_update\",\"value\":{\"event\":\"PAUSED\",\"message_template_id\":594425479261596}}",
    "account.updated", NULL,
    "{\"field\":\"message_template_status_update\",\"waba_id\":\"419561257915477\",\"value\":{\"event\":\"PAUSED\","
    "\"message_template_id\":594425479261596}}" },
  { "a number's quality", "{\"field\":\"phone_number_quality_update\",\"value\":{\"event\":\"FLAGGED\",\"current_limit\":\"TIER_10K\"}}",
    "account.updated", NULL,
    "{\"field\":\"phone_number_quality_update\",\"waba_id\":\"419561257915477\",\"value\":{\"event\":\"FLAGGED\",\"current_limit\":\"TIER_10K\"}}" },
  { "a group's members",
    "{\"field\":\"group_participants_update\",\"value\":{" METADATA ",\"groups\":[{\"group_id\":\"g1\",\"timestamp\":1749416383,\"type\":\"t\"}]}}",
    "group.updated", "g1",
    "{\"field\":\"group_participants_update\",\"waba_id\":\"419561257915477\",\"group\":{\"group_id\":\"g1\",\"timestamp\":1749416383,\"type\":\"t\"}}" },
  { "a call", "{\"field\":\"calls\",\"value\":{" METADATA ",\"calls\":[{\"id\":\"wacid.A\",\"from\":\"16505551234\",\"event\":\"connect\"}]}}",
    "call.received", "16505551234",
    "{\"field\":\"calls\",\"waba_id\":\"419561257915477\",\"call\":{\"id\":\"wacid.A\",\"from\":\"16505551234\",\"event\":\"connect\"}}" },
  { "an error of the number", "{\"field\":\"messages\",\"value\":{" METADATA ",\"errors\":[{\"code\":130429,\"title\":\"Rate limit hit\"}]}}",
    "account.updated", NULL,
    "{\"field\":\"messages\",\"waba_id\":\"419561257915477\",\"value\":{\"code\":130429,\"title\":\"Rate limit hit\"}}" },
  { "a status from the future", "{\"field\":\"messages\",\"value\":{" METADATA ",\"statuses\":[{\"id\":\"wamid.A\",\"status\":\"dreamt\"}]}}",
    "account.updated", NULL,
    "{\"field\":\"messages\",\"waba_id\":\"419561257915477\",\"value\":{\"id\":\"wamid.A\",\"status\":\"dreamt\"}}" },
  { "a message without an id", "{\"field\":\"messages\",\"value\":{" METADATA ",\"messages\":[{\"from\":\"1\",\"type\":\"text\"}]}}",
    "account.updated", NULL,
    "{\"field\":\"messages\",\"waba_id\":\"419561257915477\",\"value\":{\"from\":\"1\",\"type\":\"text\"}}" },
};

static void
test_event (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  g_autofree char *body = g_strdup_printf (BODY (ENTRY ("%s")), events[row].change);
  g_autoptr (UlakInbound) inbound = parse (body, NULL);
  const UlakInboundItem *item;

  g_assert_cmpuint (ulak_inbound_count (inbound), ==, 1);
  item = ulak_inbound_get_item (inbound, 0);
  g_assert_cmpint (item->kind, ==, ULAK_INBOUND_EVENT);
  g_assert_cmpstr (item->event.type, ==, events[row].type);
  g_assert_cmpstr (item->event.chat, ==, events[row].chat != NULL ? events[row].chat : "");
  assert_json_text (item->content_text, events[row].data);
}

static void
test_times (void)
{
  static const char *const bad[] = { "\"soon\"", "\"\"", "\"-5\"", "\"99999999999999999999\"", "null", "{}", "1e300", "\"0\"" };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *message = g_strdup_printf ("{\"from\":\"1\",\"id\":\"wamid.A\",\"timestamp\":%s,\"type\":\"text\",\"text\":{\"body\":\"b\"}}", bad[i]);
      g_autoptr (UlakInbound) inbound = parse_message (message);

      g_assert_cmpint (ulak_inbound_get_item (inbound, 0)->message.timestamp_us, ==, NOW_US);
    }
}

static void
test_entry_time (void)
{
  g_autoptr (UlakInbound) inbound = parse (
      "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"4\",\"time\":1739321024,\"changes\":"
      "[{\"field\":\"account_update\",\"value\":{\"event\":\"VERIFIED_ACCOUNT\"}}]}]}",
      NULL);

  g_assert_cmpint (ulak_inbound_get_item (inbound, 0)->event.timestamp_us, ==, G_GINT64_CONSTANT (1739321024000000));
}

static void
test_odd_forms (void)
{
  static const char *const bodies[] = {
    BODY (""),
    BODY ("5,null,[],\"x\""),
    BODY ("{}"),
    BODY ("{\"id\":7,\"changes\":7}"),
    BODY (ENTRY ("{}")),
    BODY (ENTRY ("[],1")),
    BODY (ENTRY ("{\"field\":\"messages\",\"value\":[]}")),
    BODY (ENTRY ("{\"field\":5,\"value\":{}}")),
    BODY (ENTRY (CHANGE (METADATA ",\"messages\":{},\"statuses\":5,\"contacts\":\"x\",\"errors\":null"))),
    "{\"object\":\"whatsapp_business_account\"}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      g_autoptr (UlakInbound) inbound = parse (bodies[i], NULL);

      g_assert_cmpuint (ulak_inbound_count (inbound), ==, 0);
    }
}

static void
test_refusals (void)
{
  static const char *const bodies[] = { "", "[]", "nothing", "{\"object\":\"page\",\"entry\":[]}", "{}", "{\"object\":" };

  for (gsize i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      g_autoptr (UlakInbound) inbound = ulak_inbound_new ();
      g_autoptr (GError) error = NULL;

      g_assert_false (ulak_callback_parse (bodies[i], strlen (bodies[i]), OURS, NOW_US, inbound, NULL, &error));
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
    }
}

static void
test_depth (void)
{
  g_autoptr (GString) body = g_string_new (NULL);
  g_autoptr (UlakInbound) inbound = ulak_inbound_new ();
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 100000; i++)
    g_string_append_c (body, '[');
  g_assert_false (ulak_callback_parse (body->str, body->len, OURS, NOW_US, inbound, NULL, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autofree char *path = g_strdup_printf ("/callback/type/%s is understood", types[i].name);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_type);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (odd_messages); i++)
    {
      g_autofree char *path = g_strdup_printf ("/callback/unsupported/odd message %" G_GSIZE_FORMAT " is kept whole", i);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_unsupported);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (events); i++)
    {
      g_autofree char *path = g_strdup_printf ("/callback/event/%s becomes an event", events[i].name);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_event);
    }
  g_test_add_func ("/callback/a medium's reference is kept for fetching", test_media_reference);
  g_test_add_func ("/callback/every entry, change, message and status counts, other numbers do not", test_everything);
  g_test_add_func ("/callback/a failed status has a typed code and the original one", test_failed_status);
  g_test_add_func ("/callback/a person without a phone is known by the user id", test_user_id_only);
  g_test_add_func ("/callback/quotes and groups are named", test_quote_and_group);
  g_test_add_func ("/callback/absurd times become the time of arrival", test_times);
  g_test_add_func ("/callback/an event has the time of its entry, the same when it is repeated", test_entry_time);
  g_test_add_func ("/callback/odd forms are passed over", test_odd_forms);
  g_test_add_func ("/callback/what is no callback is refused", test_refusals);
  g_test_add_func ("/callback/deep nesting is refused before it is parsed", test_depth);
  return g_test_run ();
}
