/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Source: docs/protocol/social.md, "Is on WhatsApp".
 */
#include "whatsapp/social/look-up.h"

#include "core/json.h"
#include "whatsapp/chat/people.h"
#include "whatsapp/codec/protobufs.h"
#include "whatsapp/social/usync.h"

#include <string.h>

static UlakNodeBuilder *
build (UlakQuestion *self)
{
  UlakNodeBuilder *builder = ulak_usync_begin (self, "interactive");

  ulak_node_builder_open (builder, "contact");
  ulak_node_builder_close (builder);
  ulak_node_builder_open (builder, "lid");
  ulak_node_builder_close (builder);
  ulak_node_builder_open (builder, "business");
  ulak_node_builder_open (builder, "verified_name");
  ulak_node_builder_close (builder);
  ulak_node_builder_close (builder);
  ulak_usync_open_list (builder);
  for (guint i = 0; i < self->people->len; i++)
    {
      const UlakPerson *person = g_ptr_array_index (self->people, i);
      g_autofree char *number = g_strconcat (person->id[0] == '+' ? "" : "+", person->id, NULL);

      ulak_node_builder_open (builder, "user");
      ulak_node_builder_open (builder, "contact");
      ulak_node_builder_set_text (builder, number);
      ulak_node_builder_close (builder);
      ulak_node_builder_close (builder);
    }
  return builder;
}

/* The server names whom it speaks of by what was asked, with or without the plus or a server, and by the JID. */
static gboolean
is_about (const UlakNode *user, const char *digits)
{
  const UlakNode *contact = ulak_node_get_child (user, "contact");
  g_autofree char *text = contact == NULL ? NULL : ulak_node_dup_text (contact);
  const char *asked = text != NULL && text[0] == '+' ? text + 1 : text;
  UlakJid jid;

  if (asked != NULL && strcspn (asked, "@") == strlen (digits) && g_str_has_prefix (asked, digits))
    return TRUE;
  return ulak_node_read_jid (user, "jid", &jid, NULL) && ulak_jid_is_phone (&jid) && strcmp (jid.user, digits) == 0;
}

/* Some countries write their numbers in two ways, and WhatsApp knows a person by one of them. */
static gboolean
find_phone (const UlakNode *user, const char *digits, UlakJid *phone_out)
{
  static const char *const names[] = { "jid", "pn_jid" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (ulak_node_read_jid (user, names[i], phone_out, NULL) && ulak_jid_is_phone (phone_out) && phone_out->user[0] != '\0')
      {
        *phone_out = ulak_jid_get_account (phone_out);
        return TRUE;
      }
  return ulak_people_parse_chat (digits, phone_out);
}

static char *
read_business_name (const UlakNode *user)
{
  const UlakNode *business = ulak_node_get_child (user, "business");
  const UlakNode *name = business == NULL ? NULL : ulak_node_get_child (business, "verified_name");
  g_autoptr (Wa__VerifiedNameCertificate) certificate = NULL;
  g_autoptr (Wa__VerifiedNameCertificate__Details) details = NULL;
  const guint8 *bytes;
  gsize size_bytes;

  if (name == NULL || (bytes = ulak_node_get_bytes (name, &size_bytes)) == NULL)
    return NULL;
  certificate = ulak_protobuf_unpack (&wa__verified_name_certificate__descriptor, bytes, size_bytes, NULL);
  if (certificate == NULL || !certificate->has_details)
    return NULL;
  details = ulak_protobuf_unpack_bytes (&wa__verified_name_certificate__details__descriptor, &certificate->details, NULL);
  return details == NULL ? NULL : g_strdup (details->verified_name);
}

static gboolean
find_lid (const UlakNode *user, UlakJid *lid_out)
{
  const UlakNode *lid = ulak_node_get_child (user, "lid");

  return (lid != NULL && ulak_node_read_jid (lid, "val", lid_out, NULL) && ulak_jid_is_lid (lid_out))
         || (ulak_node_read_jid (user, "jid", lid_out, NULL) && ulak_jid_is_lid (lid_out));
}

static gboolean
show_found (UlakDatabase *database, const UlakNode *user, UlakQuestion *self, const UlakJid *phone, JsonObject *document, GError **error)
{
  const UlakNode *contact = ulak_node_get_child (user, "contact");
  g_autofree char *name = read_business_name (user);
  g_autofree char *lid_text = NULL;
  UlakJid lid = { 0 };
  UlakPeer peer;

  if (contact == NULL || g_strcmp0 (ulak_node_get_attribute (contact, "type"), "in") != 0)
    return TRUE;
  if (!find_lid (user, &lid))
    lid = (UlakJid){ 0 };
  if (!ulak_people_meet (database, phone, &lid, self->now_us, &peer, error))
    return FALSE;
  json_object_set_boolean_member (document, "on_whatsapp", TRUE);
  json_object_set_string_member (document, "chat", phone->user);
  if (peer.lid[0] != '\0')
    {
      lid_text = g_strconcat (peer.lid, "@lid", NULL);
      json_object_set_string_member (document, "lid", lid_text);
    }
  if (name != NULL)
    json_object_set_string_member (document, "business_name", name);
  return TRUE;
}

static gboolean
show_person (UlakDatabase *database,
             const UlakNode *first,
             UlakQuestion *self,
             const UlakPerson *person,
             JsonArray *people,
             GError **error)
{
  const char *digits = person->id[0] == '+' ? person->id + 1 : person->id;
  JsonObject *document = json_object_new ();
  UlakJid phone;

  json_array_add_object_element (people, document);
  json_object_set_string_member (document, "phone", digits);
  json_object_set_boolean_member (document, "on_whatsapp", FALSE);
  json_object_set_null_member (document, "chat");
  json_object_set_null_member (document, "lid");
  json_object_set_null_member (document, "business_name");
  for (const UlakNode *user = first; user != NULL; user = ulak_node_get_next (user))
    if (is_about (user, digits))
      return !find_phone (user, digits, &phone) || show_found (database, user, self, &phone, document, error);
  return TRUE;
}

static gboolean
read_people (UlakDatabase *database, const UlakNode *answer, UlakQuestion *self, char **json_out, GError **error)
{
  const UlakNode *first = ulak_usync_get_first (answer, error);
  g_autoptr (JsonArray) people = json_array_new ();
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_ARRAY);

  if (first == NULL)
    return FALSE;
  for (guint i = 0; i < self->people->len; i++)
    if (!show_person (database, first, self, g_ptr_array_index (self->people, i), people, error))
      return FALSE;
  json_node_set_array (root, people);
  *json_out = ulak_json_print (root);
  return TRUE;
}

static const UlakQuestionKind kind = { build, read_people, { 0 } };

UlakQuestion *
ulak_look_up_question (UlakChat *chat, const char *const *phones, GError **error)
{
  g_autoptr (UlakQuestion) self = ulak_question_new (chat, &kind);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();

  ulak_question_add_people (self, phones, "phones", issues);
  if (self->people->len > ULAK_LOOK_UP_MAX)
    ulak_issues_add (issues, "phones", "must be at most %d", ULAK_LOOK_UP_MAX);
  for (guint i = 0; phones[i] != NULL && i <= ULAK_LOOK_UP_MAX; i++)
    {
      g_autofree char *path = g_strdup_printf ("phones[%u]", i);

      if (strchr (phones[i], '@') != NULL)
        ulak_issues_add (issues, path, "must be a phone number");
    }
  return ulak_issues_to_error (issues, error) ? g_steal_pointer (&self) : NULL;
}
