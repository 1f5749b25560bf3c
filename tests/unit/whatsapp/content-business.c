/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What businesses send, and what is answered to them; calls, stickers and what else only comes in.
 */
#include "unit/whatsapp/content-fixture.h"

#define TEXT(text) ((char *) (text))

static void
check (const Wa__Message *message, const char *expected)
{
  g_autoptr (UlakContent) content = content_read_packed (message);

  g_assert_cmpint (content->kind, ==, ULAK_CONTENT_MESSAGE);
  content_assert_document (content->document, expected);
}

static void
test_template (void)
{
  Wa__HydratedTemplateButton__HydratedQuickReplyButton reply = WA__HYDRATED_TEMPLATE_BUTTON__HYDRATED_QUICK_REPLY_BUTTON__INIT;
  Wa__HydratedTemplateButton__HydratedURLButton link = WA__HYDRATED_TEMPLATE_BUTTON__HYDRATED_URLBUTTON__INIT;
  Wa__HydratedTemplateButton__HydratedCallButton call = WA__HYDRATED_TEMPLATE_BUTTON__HYDRATED_CALL_BUTTON__INIT;
  Wa__HydratedTemplateButton buttons[3]
      = { WA__HYDRATED_TEMPLATE_BUTTON__INIT, WA__HYDRATED_TEMPLATE_BUTTON__INIT, WA__HYDRATED_TEMPLATE_BUTTON__INIT };
  Wa__HydratedTemplateButton *list[] = { &buttons[0], &buttons[1], &buttons[2] };
  Wa__TemplateMessage__HydratedFourRowTemplate rows = WA__TEMPLATE_MESSAGE__HYDRATED_FOUR_ROW_TEMPLATE__INIT;
  Wa__TemplateMessage template = WA__TEMPLATE_MESSAGE__INIT;
  Wa__Message message = WA__MESSAGE__INIT;
  static const char expected[]
      = "{'type': 'template', 'text': 'Body', 'template': {'id': 't1', 'header': 'Title', 'body': 'Body', 'footer': 'Foot', 'buttons': "
        "[{'type': 'reply', 'id': 'r', 'title': 'Yes'}, {'type': 'url', 'title': 'Open', 'url': 'https://example.org'}, {'type': 'call', "
        "'title': 'Call', 'phone': '+1555'}]}}";

  reply.id = TEXT ("r");
  reply.display_text = TEXT ("Yes");
  link.display_text = TEXT ("Open");
  link.url = TEXT ("https://example.org");
  call.display_text = TEXT ("Call");
  call.phone_number = TEXT ("+1555");
  buttons[0].quick_reply_button = &reply;
  buttons[1].url_button = &link;
  buttons[2].call_button = &call;
  rows.hydrated_title_text = TEXT ("Title");
  rows.hydrated_content_text = TEXT ("Body");
  rows.hydrated_footer_text = TEXT ("Foot");
  rows.template_id = TEXT ("t1");
  rows.n_hydrated_buttons = 3;
  rows.hydrated_buttons = list;
  template.hydrated_template = &rows;
  message.template_message = &template;
  check (&message, expected);
  template.hydrated_template = NULL;
  template.hydrated_four_row_template = &rows;
  check (&message, expected);
}

static void
test_buttons (void)
{
  Wa__ButtonsMessage__Button__ButtonText title = WA__BUTTONS_MESSAGE__BUTTON__BUTTON_TEXT__INIT;
  Wa__ButtonsMessage__Button button = WA__BUTTONS_MESSAGE__BUTTON__INIT, *list[] = { &button };
  Wa__LocationMessage place = WA__LOCATION_MESSAGE__INIT;
  Wa__ButtonsMessage buttons = WA__BUTTONS_MESSAGE__INIT;
  Wa__Message message = WA__MESSAGE__INIT;

  title.display_text = TEXT ("Yes");
  button.button_id = TEXT ("y");
  button.button_text = &title;
  place.has_degrees_latitude = place.has_degrees_longitude = TRUE;
  place.degrees_latitude = 1.5;
  buttons.text = TEXT ("Head");
  buttons.content_text = TEXT ("Well?");
  buttons.footer_text = TEXT ("Foot");
  buttons.location_message = &place;
  buttons.n_buttons = 1;
  buttons.buttons = list;
  message.buttons_message = &buttons;
  check (&message, "{'type': 'interactive', 'text': 'Well?', 'interactive': {'type': 'button', 'header': 'Head', 'body': 'Well?', 'footer': "
                   "'Foot', 'buttons': [{'type': 'reply', 'id': 'y', 'title': 'Yes'}], 'location': {'latitude': 1.5, 'longitude': 0.0}}}");
}

static void
test_list (void)
{
  Wa__ListMessage__Row row = WA__LIST_MESSAGE__ROW__INIT, *rows[] = { &row };
  Wa__ListMessage__Section section = WA__LIST_MESSAGE__SECTION__INIT, *sections[] = { &section };
  Wa__ListMessage list = WA__LIST_MESSAGE__INIT;
  Wa__Message message = WA__MESSAGE__INIT;

  row.row_id = TEXT ("1");
  row.title = TEXT ("One");
  row.description = TEXT ("first");
  section.title = TEXT ("All");
  section.n_rows = 1;
  section.rows = rows;
  list.title = TEXT ("Head");
  list.description = TEXT ("Choose");
  list.button_text = TEXT ("Open");
  list.n_sections = 1;
  list.sections = sections;
  message.list_message = &list;
  check (&message, "{'type': 'interactive', 'text': 'Choose', 'interactive': {'type': 'list', 'header': 'Head', 'body': 'Choose', 'button': "
                   "'Open', 'sections': [{'title': 'All', 'rows': [{'id': '1', 'title': 'One', 'description': 'first'}]}]}}");
}

static void
test_flow (void)
{
  Wa__InteractiveMessage__NativeFlowMessage__NativeFlowButton good
      = WA__INTERACTIVE_MESSAGE__NATIVE_FLOW_MESSAGE__NATIVE_FLOW_BUTTON__INIT,
      bad = WA__INTERACTIVE_MESSAGE__NATIVE_FLOW_MESSAGE__NATIVE_FLOW_BUTTON__INIT, *list[] = { &good, &bad };
  Wa__InteractiveMessage__NativeFlowMessage flow = WA__INTERACTIVE_MESSAGE__NATIVE_FLOW_MESSAGE__INIT;
  Wa__InteractiveMessage__Body body = WA__INTERACTIVE_MESSAGE__BODY__INIT;
  Wa__InteractiveMessage__Header header = WA__INTERACTIVE_MESSAGE__HEADER__INIT;
  Wa__InteractiveMessage interactive = WA__INTERACTIVE_MESSAGE__INIT, carousel = WA__INTERACTIVE_MESSAGE__INIT, *cards[] = { &interactive };
  Wa__InteractiveMessage__CarouselMessage carousel_body = WA__INTERACTIVE_MESSAGE__CAROUSEL_MESSAGE__INIT;
  Wa__Message message = WA__MESSAGE__INIT;

  good.name = TEXT ("cta_url");
  good.button_params_json = TEXT ("{\"display_text\":\"Open\",\"url\":\"https://example.org\"}");
  bad.name = TEXT ("odd");
  bad.button_params_json = TEXT ("{{{");
  flow.n_buttons = 2;
  flow.buttons = list;
  body.text = TEXT ("Well?");
  header.title = TEXT ("Head");
  header.subtitle = TEXT ("Sub");
  interactive.body = &body;
  interactive.header = &header;
  interactive.native_flow_message = &flow;
  message.interactive_message = &interactive;
#define PARTS \
  "'header': 'Head', 'subtitle': 'Sub', 'body': 'Well?', 'buttons': [{'type': 'cta_url', 'title': 'Open', 'url': 'https://example.org', " \
  "'parameters': '{\\'display_text\\':\\'Open\\',\\'url\\':\\'https://example.org\\'}'}, {'type': 'odd', 'parameters': '{{{'}]"
  check (&message, "{'type': 'interactive', 'text': 'Well?', 'interactive': {'type': 'flow', " PARTS "}}");

  carousel_body.n_cards = 1;
  carousel_body.cards = cards;
  carousel.body = &body;
  carousel.carousel_message = &carousel_body;
  message.interactive_message = &carousel;
  check (&message, "{'type': 'interactive', 'text': 'Well?', 'interactive': {'type': 'carousel', 'body': 'Well?', 'cards': [{" PARTS "}]}}");
}

static void
test_goods (void)
{
  Wa__ProductMessage__ProductSnapshot snapshot = WA__PRODUCT_MESSAGE__PRODUCT_SNAPSHOT__INIT;
  Wa__ProductMessage product = WA__PRODUCT_MESSAGE__INIT;
  Wa__OrderMessage order = WA__ORDER_MESSAGE__INIT;
  Wa__Message message = WA__MESSAGE__INIT;

  snapshot.product_id = TEXT ("p");
  snapshot.title = TEXT ("Tea");
  snapshot.currency_code = TEXT ("TRY");
  snapshot.has_price_amount1000 = TRUE;
  snapshot.price_amount1000 = 12500;
  product.product = &snapshot;
  product.business_owner_jid = TEXT (TEST_CHAT);
  product.body = TEXT ("Look");
  message.product_message = &product;
  check (&message, "{'type': 'product', 'text': 'Look', 'product': {'body': 'Look', 'seller': '15551234567', 'title': 'Tea', 'id': 'p', "
                   "'currency': 'TRY', 'amount_1000': 12500}}");
  message.product_message = NULL;
  order.order_id = TEXT ("o");
  order.message = TEXT ("Please");
  order.has_item_count = TRUE;
  order.item_count = 2;
  message.order_message = &order;
  check (&message, "{'type': 'order', 'text': 'Please', 'order': {'id': 'o', 'item_count': 2}}");
}

static void
test_answers (void)
{
  Wa__ButtonsResponseMessage button = WA__BUTTONS_RESPONSE_MESSAGE__INIT;
  Wa__TemplateButtonReplyMessage template = WA__TEMPLATE_BUTTON_REPLY_MESSAGE__INIT;
  Wa__ListResponseMessage__SingleSelectReply selected = WA__LIST_RESPONSE_MESSAGE__SINGLE_SELECT_REPLY__INIT;
  Wa__ListResponseMessage list = WA__LIST_RESPONSE_MESSAGE__INIT;
  Wa__InteractiveResponseMessage__NativeFlowResponseMessage flow = WA__INTERACTIVE_RESPONSE_MESSAGE__NATIVE_FLOW_RESPONSE_MESSAGE__INIT;
  Wa__InteractiveResponseMessage response = WA__INTERACTIVE_RESPONSE_MESSAGE__INIT;
  Wa__Message messages[4] = { WA__MESSAGE__INIT, WA__MESSAGE__INIT, WA__MESSAGE__INIT, WA__MESSAGE__INIT };

  button.selected_button_id = template.selected_id = TEXT ("y");
  button.selected_display_text = template.selected_display_text = TEXT ("Yes");
  selected.selected_row_id = TEXT ("1");
  list.title = TEXT ("One");
  list.description = TEXT ("first");
  list.single_select_reply = &selected;
  flow.name = TEXT ("flow");
  flow.params_json = TEXT ("{}");
  response.native_flow_response_message = &flow;
  messages[0].buttons_response_message = &button;
  messages[1].template_button_reply_message = &template;
  messages[2].list_response_message = &list;
  messages[3].interactive_response_message = &response;
  for (guint i = 0; i < 2; i++)
    check (&messages[i], "{'type': 'button_reply', 'text': 'Yes', 'reply': {'id': 'y', 'title': 'Yes'}}");
  check (&messages[2], "{'type': 'list_reply', 'text': 'One', 'reply': {'id': '1', 'title': 'One', 'description': 'first'}}");
  check (&messages[3], "{'type': 'interactive', 'interactive': {'type': 'nfm_reply', 'nfm_reply': {'name': 'flow', 'response_json': '{}'}}}");
}

static void
test_others (void)
{
  Wa__CallLogMessage call = WA__CALL_LOG_MESSAGE__INIT;
  Wa__StickerPackMessage pack = WA__STICKER_PACK_MESSAGE__INIT;
  Wa__RequestPhoneNumberMessage request = WA__REQUEST_PHONE_NUMBER_MESSAGE__INIT;
  Wa__PlaceholderMessage placeholder = WA__PLACEHOLDER_MESSAGE__INIT;
  Wa__Message messages[4] = { WA__MESSAGE__INIT, WA__MESSAGE__INIT, WA__MESSAGE__INIT, WA__MESSAGE__INIT };
  g_autoptr (UlakContent) content = NULL, sticker_pack = NULL;

  call.has_call_outcome = call.has_is_video = call.is_video = TRUE;
  call.call_outcome = WA__CALL_LOG_MESSAGE__CALL_OUTCOME__MISSED;
  pack.sticker_pack_id = TEXT ("s");
  pack.name = TEXT ("Cats");
  messages[0].call_log_messsage = &call;
  messages[1].sticker_pack_message = &pack;
  messages[2].request_phone_number_message = &request;
  messages[3].placeholder_message = &placeholder;
  check (&messages[0], "{'type': 'call_log', 'call': {'outcome': 'missed', 'video': true}}");
  check (&messages[2], "{'type': 'system', 'system': {'type': 'phone_number_requested'}}");
  check (&messages[3], "{'type': 'unsupported', 'reason': 'phone_only'}");
  content = content_read_packed (&messages[3]);
  g_assert_true (content->is_phone_only);
  sticker_pack = content_read_packed (&messages[1]);
  content_assert_document (json_object_get_object_member (sticker_pack->document, "sticker_pack"), "{'id': 's', 'name': 'Cats'}");
}

static void
test_wrappers (void)
{
  Wa__Message inner = WA__MESSAGE__INIT, view_once = WA__MESSAGE__INIT, spoiler = WA__MESSAGE__INIT, poll = WA__MESSAGE__INIT;
  Wa__PollCreationMessage poll_body = WA__POLL_CREATION_MESSAGE__INIT;
  Wa__FutureProofMessage wrapper = WA__FUTURE_PROOF_MESSAGE__INIT;

  inner.conversation = TEXT ("x");
  wrapper.message = &inner;
  view_once.view_once_message_v2 = &wrapper;
  spoiler.spoiler_message = &wrapper;
  check (&view_once, "{'type': 'text', 'text': 'x', 'view_once': true}");
  check (&spoiler, "{'type': 'text', 'text': 'x', 'spoiler': true}");
  inner.conversation = NULL;
  poll_body.name = TEXT ("P");
  inner.poll_creation_message = &poll_body;
  poll.poll_creation_message_v4 = &wrapper;
  check (&poll, "{'type': 'poll', 'text': 'P', 'poll': {'name': 'P', 'options': [], 'selectable_count': 0}}");
}

static void
test_album (void)
{
  Wa__MessageKey key = WA__MESSAGE_KEY__INIT;
  Wa__MessageAssociation association = WA__MESSAGE_ASSOCIATION__INIT;
  Wa__MessageContextInfo context = WA__MESSAGE_CONTEXT_INFO__INIT;
  Wa__Message message = WA__MESSAGE__INIT;

  key.id = TEXT (TEST_ID);
  association.has_association_type = TRUE;
  association.association_type = WA__MESSAGE_ASSOCIATION__ASSOCIATION_TYPE__MEDIA_ALBUM;
  association.parent_message_key = &key;
  context.message_association = &association;
  message.conversation = TEXT ("x");
  message.message_context_info = &context;
  check (&message, "{'type': 'text', 'text': 'x', 'album': '" TEST_ID "'}");
}

static void
test_comment (void)
{
  Wa__MessageKey key = WA__MESSAGE_KEY__INIT;
  Wa__Message inner = WA__MESSAGE__INIT, message = WA__MESSAGE__INIT;
  Wa__CommentMessage comment = WA__COMMENT_MESSAGE__INIT;
  g_autoptr (UlakContent) content = NULL;

  key.id = TEXT (TEST_ID);
  key.participant = TEXT (TEST_CHAT);
  inner.conversation = TEXT ("x");
  comment.message = &inner;
  comment.target_message_key = &key;
  message.comment_message = &comment;
  content = content_read_packed (&message);
  content_assert_document (content->document, "{'type': 'text', 'text': 'x'}");
  g_assert_cmpstr (content->quoted_id, ==, TEST_ID);
  g_assert_cmpstr (content->quoted_participant, ==, TEST_CHAT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/whatsapp/content/business/templates have header, body, footer and buttons", test_template);
  g_test_add_func ("/whatsapp/content/business/so have messages with buttons", test_buttons);
  g_test_add_func ("/whatsapp/content/business/lists have sections", test_list);
  g_test_add_func ("/whatsapp/content/business/flows and carousels have the texts of their buttons", test_flow);
  g_test_add_func ("/whatsapp/content/business/products and orders have prices", test_goods);
  g_test_add_func ("/whatsapp/content/business/answers say what was chosen", test_answers);
  g_test_add_func ("/whatsapp/content/business/calls, sticker packs and requests are told", test_others);
  g_test_add_func ("/whatsapp/content/business/wrappers leave a mark and no more", test_wrappers);
  g_test_add_func ("/whatsapp/content/business/pictures of an album name it", test_album);
  g_test_add_func ("/whatsapp/content/business/a comment quotes what it is about", test_comment);
  return g_test_run ();
}
