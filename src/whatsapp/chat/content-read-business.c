/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What businesses send to be chosen from, and what their customers answer.
 *
 * The five ways to send text with buttons become the same parts: header, body, footer, buttons.
 */
#include "whatsapp/chat/content-reading.h"

#include "core/json.h"

#include <string.h>

#define PARAMETERS_MAX 16384 /* bytes of a button's parameters that are looked into */
#define CARDS_MAX 32

static JsonObject *
begin_part (UlakContentReading *reading, const char *type, const char *body_text)
{
  JsonObject *document = ulak_content_begin (reading, type);

  ulak_content_set_text (document, "text", body_text);
  return ulak_content_begin_part (document, type);
}

static JsonArray *
begin_list (JsonObject *part, const char *name)
{
  JsonArray *list = json_array_new ();

  json_object_set_array_member (part, name, list);
  return list;
}

static JsonObject *
add_button (JsonArray *buttons, const char *type, const char *id, const char *title)
{
  JsonObject *button = json_object_new ();

  ulak_content_set_text (button, "type", type);
  ulak_content_set_text (button, "id", id);
  ulak_content_set_text (button, "title", title);
  json_array_add_object_element (buttons, button);
  return button;
}

static void
set_texts (JsonObject *part, const char *header, const char *body, const char *footer)
{
  ulak_content_set_text (part, "header", header);
  ulak_content_set_text (part, "body", body);
  ulak_content_set_text (part, "footer", footer);
}

static void
set_place (JsonObject *part, const Wa__LocationMessage *location)
{
  JsonObject *place = location == NULL ? NULL : ulak_content_new_place (location);

  if (place != NULL)
    json_object_set_object_member (part, "location", place);
}

/* --- templates --- */

static void
add_template_button (JsonArray *buttons, const Wa__HydratedTemplateButton *button)
{
  if (button->quick_reply_button != NULL)
    add_button (buttons, "reply", button->quick_reply_button->id, button->quick_reply_button->display_text);
  if (button->url_button != NULL)
    ulak_content_set_text (add_button (buttons, "url", NULL, button->url_button->display_text), "url",
                           button->url_button->url);
  if (button->call_button != NULL)
    ulak_content_set_text (add_button (buttons, "call", NULL, button->call_button->display_text), "phone",
                           button->call_button->phone_number);
}

static gboolean
read_hydrated (UlakContentReading *reading,
               const Wa__TemplateMessage *body,
               const Wa__TemplateMessage__HydratedFourRowTemplate *rows)
{
  JsonObject *part;
  JsonArray *buttons;

  if (rows->n_hydrated_buttons > ULAK_CONTENT_LIST_MAX)
    return FALSE;
  part = begin_part (reading, "template", rows->hydrated_content_text);
  ulak_content_set_text (part, "id", rows->template_id != NULL ? rows->template_id : body->template_id);
  set_texts (part, rows->hydrated_title_text, rows->hydrated_content_text, rows->hydrated_footer_text);
  buttons = begin_list (part, "buttons");
  for (gsize i = 0; i < rows->n_hydrated_buttons; i++)
    add_template_button (buttons, rows->hydrated_buttons[i]);
  set_place (part, rows->location_message);
  ulak_content_add_image (reading, rows->image_message);
  ulak_content_add_video (reading, rows->video_message);
  ulak_content_add_document (reading, rows->document_message);
  reading->context = body->context_info;
  return TRUE;
}

gboolean
ulak_content_read_template (UlakContentReading *reading, gconstpointer data)
{
  const Wa__TemplateMessage *body = data;

  if (body->hydrated_template != NULL)
    return read_hydrated (reading, body, body->hydrated_template);
  if (body->hydrated_four_row_template != NULL)
    return read_hydrated (reading, body, body->hydrated_four_row_template);
  return body->interactive_message_template != NULL
         && ulak_content_read_interactive (reading, body->interactive_message_template);
}

/* --- buttons, lists, flows --- */

gboolean
ulak_content_read_buttons (UlakContentReading *reading, gconstpointer data)
{
  const Wa__ButtonsMessage *body = data;
  JsonObject *part;
  JsonArray *buttons;

  if (body->n_buttons > ULAK_CONTENT_LIST_MAX)
    return FALSE;
  part = begin_part (reading, "interactive", body->content_text);
  ulak_content_set_text (part, "type", "button");
  set_texts (part, body->text, body->content_text, body->footer_text);
  buttons = begin_list (part, "buttons");
  for (gsize i = 0; i < body->n_buttons; i++)
    add_button (buttons, "reply", body->buttons[i]->button_id,
                body->buttons[i]->button_text != NULL ? body->buttons[i]->button_text->display_text : NULL);
  set_place (part, body->location_message);
  ulak_content_add_image (reading, body->image_message);
  ulak_content_add_video (reading, body->video_message);
  ulak_content_add_document (reading, body->document_message);
  reading->context = body->context_info;
  return TRUE;
}

static void
add_section (JsonArray *sections, const Wa__ListMessage__Section *body)
{
  JsonObject *section = json_object_new ();
  JsonArray *rows = begin_list (section, "rows");

  ulak_content_set_text (section, "title", body->title);
  json_array_add_object_element (sections, section);
  for (gsize i = 0; i < body->n_rows; i++)
    ulak_content_set_text (add_button (rows, NULL, body->rows[i]->row_id, body->rows[i]->title), "description",
                           body->rows[i]->description);
}

static gboolean
has_too_many_rows (const Wa__ListMessage *body)
{
  gsize n = body->n_sections;

  for (gsize i = 0; i < body->n_sections; i++)
    n += body->sections[i]->n_rows;
  return n > ULAK_CONTENT_LIST_MAX;
}

gboolean
ulak_content_read_list (UlakContentReading *reading, gconstpointer data)
{
  const Wa__ListMessage *body = data;
  JsonObject *part;
  JsonArray *sections;

  if (has_too_many_rows (body))
    return FALSE;
  part = begin_part (reading, "interactive", body->description);
  ulak_content_set_text (part, "type", "list");
  set_texts (part, body->title, body->description, body->footer_text);
  ulak_content_set_text (part, "button", body->button_text);
  sections = begin_list (part, "sections");
  for (gsize i = 0; i < body->n_sections; i++)
    add_section (sections, body->sections[i]);
  reading->context = body->context_info;
  return TRUE;
}

/* A flow's buttons bring their texts as JSON, which is kept, too. */
static void
add_flow_button (JsonArray *buttons, const Wa__InteractiveMessage__NativeFlowMessage__NativeFlowButton *body)
{
  static const UlakJsonLimits limits = { PARAMETERS_MAX, 16, 1000, FALSE };
  const char *text = body->button_params_json;
  g_autoptr (JsonObject) parameters = text == NULL ? NULL : ulak_json_parse_object (text, strlen (text), &limits, NULL);
  JsonObject *button
      = add_button (buttons, body->name, parameters == NULL ? NULL : ulak_json_peek_string (parameters, "id"),
                    parameters == NULL ? NULL : ulak_json_peek_string (parameters, "display_text"));

  if (parameters != NULL)
    {
      ulak_content_set_text (button, "url", ulak_json_peek_string (parameters, "url"));
      ulak_content_set_text (button, "phone", ulak_json_peek_string (parameters, "phone_number"));
    }
  ulak_content_set_text (button, "parameters", text);
}

static void
fill_interactive (JsonObject *part, const Wa__InteractiveMessage *body)
{
  JsonArray *buttons;

  set_texts (part, body->header != NULL ? body->header->title : NULL, body->body != NULL ? body->body->text : NULL,
             body->footer != NULL ? body->footer->text : NULL);
  if (body->header != NULL)
    ulak_content_set_text (part, "subtitle", body->header->subtitle);
  if (body->native_flow_message == NULL)
    return;
  buttons = begin_list (part, "buttons");
  for (gsize i = 0; i < body->native_flow_message->n_buttons; i++)
    add_flow_button (buttons, body->native_flow_message->buttons[i]);
}

static gboolean
has_too_many_buttons (const Wa__InteractiveMessage *body)
{
  const Wa__InteractiveMessage__CarouselMessage *carousel = body->carousel_message;

  if (body->native_flow_message != NULL && body->native_flow_message->n_buttons > CARDS_MAX)
    return TRUE;
  if (carousel == NULL)
    return FALSE;
  for (gsize i = 0; i < carousel->n_cards; i++)
    if (carousel->cards[i]->carousel_message != NULL || has_too_many_buttons (carousel->cards[i]))
      return TRUE;
  return carousel->n_cards > CARDS_MAX;
}

static void
add_cards (JsonObject *part, const Wa__InteractiveMessage__CarouselMessage *carousel)
{
  JsonArray *cards = begin_list (part, "cards");

  for (gsize i = 0; i < carousel->n_cards; i++)
    {
      JsonObject *card = json_object_new ();

      fill_interactive (card, carousel->cards[i]);
      json_array_add_object_element (cards, card);
    }
}

gboolean
ulak_content_read_interactive (UlakContentReading *reading, gconstpointer data)
{
  const Wa__InteractiveMessage *body = data;
  const Wa__InteractiveMessage__Header *header = body->header;
  JsonObject *part;

  if (has_too_many_buttons (body))
    return FALSE;
  part = begin_part (reading, "interactive", body->body != NULL ? body->body->text : NULL);
  ulak_content_set_text (part, "type",
                         body->carousel_message != NULL     ? "carousel"
                         : body->collection_message != NULL ? "collection"
                                                            : "flow");
  fill_interactive (part, body);
  if (body->carousel_message != NULL)
    add_cards (part, body->carousel_message);
  if (header != NULL)
    {
      set_place (part, header->location_message);
      ulak_content_add_image (reading, header->image_message);
      ulak_content_add_video (reading, header->video_message);
      ulak_content_add_document (reading, header->document_message);
    }
  reading->context = body->context_info;
  return TRUE;
}

/* --- goods --- */

gboolean
ulak_content_read_product (UlakContentReading *reading, gconstpointer data)
{
  const Wa__ProductMessage *body = data;
  const Wa__ProductMessage__ProductSnapshot *product = body->product;
  g_autofree char *seller
      = body->business_owner_jid == NULL ? NULL : ulak_content_get_name (reading->names, body->business_owner_jid);
  JsonObject *part;

  if (product == NULL && body->catalog == NULL)
    return FALSE;
  part = begin_part (reading, "product", body->body);
  set_texts (part, NULL, body->body, body->footer);
  ulak_content_set_text (part, "seller", seller);
  ulak_content_set_text (part, "title", product != NULL ? product->title : body->catalog->title);
  ulak_content_set_text (part, "description", product != NULL ? product->description : body->catalog->description);
  reading->context = body->context_info;
  if (product == NULL)
    return TRUE;
  ulak_content_set_text (part, "id", product->product_id);
  ulak_content_set_text (part, "retailer_id", product->retailer_id);
  ulak_content_set_text (part, "url", product->url);
  ulak_content_set_text (part, "currency", product->currency_code);
  ulak_content_set_positive (part, "amount_1000", product->has_price_amount1000 ? product->price_amount1000 : 0);
  ulak_content_add_image (reading, product->product_image);
  return TRUE;
}

gboolean
ulak_content_read_order (UlakContentReading *reading, gconstpointer data)
{
  const Wa__OrderMessage *body = data;
  g_autofree char *seller = body->seller_jid == NULL ? NULL : ulak_content_get_name (reading->names, body->seller_jid);
  JsonObject *part;

  if (body->order_id == NULL)
    return FALSE;
  part = begin_part (reading, "order", body->message);
  ulak_content_set_text (part, "id", body->order_id);
  ulak_content_set_text (part, "token", body->token);
  ulak_content_set_text (part, "title", body->order_title);
  ulak_content_set_text (part, "seller", seller);
  ulak_content_set_positive (part, "item_count", body->has_item_count ? body->item_count : 0);
  ulak_content_set_text (part, "currency", body->total_currency_code);
  ulak_content_set_positive (part, "amount_1000", body->has_total_amount1000 ? body->total_amount1000 : 0);
  reading->context = body->context_info;
  return TRUE;
}

/* --- answers --- */

static gboolean
set_reply (UlakContentReading *reading, const char *type, const char *id, const char *title, const char *description)
{
  JsonObject *document, *reply;

  if (id == NULL && title == NULL)
    return FALSE;
  document = ulak_content_begin (reading, type);
  ulak_content_set_text (document, "text", title);
  reply = ulak_content_begin_part (document, "reply");
  ulak_content_set_text (reply, "id", id);
  ulak_content_set_text (reply, "title", title);
  ulak_content_set_text (reply, "description", description);
  return TRUE;
}

gboolean
ulak_content_read_template_reply (UlakContentReading *reading, gconstpointer data)
{
  const Wa__TemplateButtonReplyMessage *body = data;

  reading->context = body->context_info;
  return set_reply (reading, "button_reply", body->selected_id, body->selected_display_text, NULL);
}

gboolean
ulak_content_read_buttons_reply (UlakContentReading *reading, gconstpointer data)
{
  const Wa__ButtonsResponseMessage *body = data;

  reading->context = body->context_info;
  return set_reply (reading, "button_reply", body->selected_button_id, body->selected_display_text, NULL);
}

gboolean
ulak_content_read_list_reply (UlakContentReading *reading, gconstpointer data)
{
  const Wa__ListResponseMessage *body = data;
  const char *id = body->single_select_reply == NULL ? NULL : body->single_select_reply->selected_row_id;

  reading->context = body->context_info;
  return set_reply (reading, "list_reply", id, body->title, body->description);
}

gboolean
ulak_content_read_flow_reply (UlakContentReading *reading, gconstpointer data)
{
  const Wa__InteractiveResponseMessage *body = data;
  const Wa__InteractiveResponseMessage__NativeFlowResponseMessage *flow = body->native_flow_response_message;
  const char *text = body->body == NULL ? NULL : body->body->text;
  JsonObject *part, *reply;

  if (flow == NULL && text == NULL)
    return FALSE;
  part = begin_part (reading, "interactive", text);
  ulak_content_set_text (part, "type", "nfm_reply");
  reply = ulak_content_begin_part (part, "nfm_reply");
  ulak_content_set_text (reply, "body", text);
  ulak_content_set_text (reply, "name", flow == NULL ? NULL : flow->name);
  ulak_content_set_text (reply, "response_json", flow == NULL ? NULL : flow->params_json);
  reading->context = body->context_info;
  return TRUE;
}
