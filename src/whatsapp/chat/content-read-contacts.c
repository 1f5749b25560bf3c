/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Contact cards, one or several: one list in the document.
 */
#include "whatsapp/chat/content-reading.h"

#include "whatsapp/chat/content-vcard.h"

#define CARDS_MAX 256

static void
add_card (JsonArray *contacts, const Wa__ContactMessage *body)
{
  json_array_add_object_element (contacts, ulak_vcard_read (body->vcard != NULL ? body->vcard : "", body->display_name));
}

gboolean
ulak_content_read_contact (UlakContentReading *reading, gconstpointer data)
{
  const Wa__ContactMessage *body = data;
  JsonArray *contacts = json_array_new ();

  json_object_set_array_member (ulak_content_begin (reading, "contacts"), "contacts", contacts);
  add_card (contacts, body);
  reading->context = body->context_info;
  return TRUE;
}

gboolean
ulak_content_read_contacts (UlakContentReading *reading, gconstpointer data)
{
  const Wa__ContactsArrayMessage *body = data;
  JsonArray *contacts;

  if (body->n_contacts > CARDS_MAX)
    return FALSE;
  contacts = json_array_new ();
  json_object_set_array_member (ulak_content_begin (reading, "contacts"), "contacts", contacts);
  for (gsize i = 0; i < body->n_contacts; i++)
    add_card (contacts, body->contacts[i]);
  reading->context = body->context_info;
  return TRUE;
}
