/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A line is GROUP.NAME;PARAMETER=VALUE;...:VALUE; a line that begins with a blank goes on with the one before.
 */
#include "whatsapp/chat/content-vcard.h"

#include "core/json.h"

#include <string.h>

#define LINES_MAX 512
#define LIST_MAX 64 /* phones, emails, ... of one card */
#define PARAMETERS_MAX 32 /* of one line */
#define N_PARTS 5   /* of a name: family, given, additional, prefix, suffix */
#define ADDRESS_PARTS 7

typedef struct
{
  char *name; /* in upper case, without its group */
  char **parameters;
  char *value; /* as written */
} Line;

static void
line_clear (Line *self)
{
  g_free (self->name);
  g_strfreev (self->parameters);
  g_free (self->value);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Line, line_clear)

/* --- reading --- */

static char *
unescape (const char *text)
{
  GString *plain = g_string_new (NULL);

  for (; *text != '\0'; text++)
    {
      if (*text == '\\' && text[1] != '\0')
        {
          text++;
          g_string_append_c (plain, *text == 'n' || *text == 'N' ? '\n' : *text);
        }
      else
        g_string_append_c (plain, *text);
    }
  return g_string_free (plain, FALSE);
}

/* At @separator that has no backslash before it; the first @n_max parts, unescaped. */
static char **
split_value (const char *value, char separator, guint n_max)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new ();
  const char *start = value;

  for (const char *at = value;; at++)
    {
      if (*at == '\\' && at[1] != '\0')
        {
          at++;
          continue;
        }
      if (*at != separator && *at != '\0')
        continue;
      g_autofree char *part = g_strndup (start, (gsize) (at - start));
      g_ptr_array_add (parts, unescape (part));
      start = at + 1;
      if (*at == '\0' || parts->len == n_max)
        break;
    }
  g_ptr_array_add (parts, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&parts), FALSE);
}

static gboolean
parse_line (const char *text, Line *line_out)
{
  const char *colon = strchr (text, ':');
  g_autofree char *head = colon == NULL ? NULL : g_strndup (text, (gsize) (colon - text));
  const char *dot;

  if (head == NULL || *head == '\0')
    return FALSE;
  line_out->parameters = g_strsplit (head, ";", PARAMETERS_MAX);
  dot = strrchr (line_out->parameters[0], '.');
  line_out->name = g_ascii_strup (dot != NULL ? dot + 1 : line_out->parameters[0], -1);
  line_out->value = g_strdup (colon + 1);
  return TRUE;
}

/* (transfer full) (nullable): the value of a parameter, "waid" of "TEL;waid=1:+1" */
static char *
get_parameter (const Line *line, const char *name)
{
  for (guint i = 1; line->parameters[i] != NULL; i++)
    {
      const char *equals = strchr (line->parameters[i], '=');

      if (equals != NULL && (gsize) (equals - line->parameters[i]) == strlen (name)
          && g_ascii_strncasecmp (line->parameters[i], name, strlen (name)) == 0)
        return g_strdup (equals + 1);
    }
  return NULL;
}

/* "TEL;CELL:" of old cards counts like "TEL;type=CELL:". */
static char *
get_type (const Line *line)
{
  char *type = get_parameter (line, "type");

  if (type == NULL && line->parameters[1] != NULL && strchr (line->parameters[1], '=') == NULL)
    type = g_strdup (line->parameters[1]);
  return type;
}

static void
set_text (JsonObject *object, const char *name, const char *text)
{
  if (text != NULL && *text != '\0')
    json_object_set_string_member (object, name, text);
}

/* (transfer none) (nullable): a new element of @list of @contact; NULL: it has enough */
static JsonObject *
add_element (JsonObject *contact, const char *list)
{
  JsonArray *array = ulak_json_peek_array (contact, list);
  JsonObject *element;

  if (array == NULL)
    {
      array = json_array_new ();
      json_object_set_array_member (contact, list, array);
    }
  if (json_array_get_length (array) >= LIST_MAX)
    return NULL;
  element = json_object_new ();
  json_array_add_object_element (array, element);
  return element;
}

static JsonObject *
part_of (JsonObject *contact, const char *name)
{
  JsonObject *part = ulak_json_peek_object (contact, name);

  if (part != NULL)
    return part;
  part = json_object_new ();
  json_object_set_object_member (contact, name, part);
  return part;
}

static void
set_parts (JsonObject *object, const char *value, const char *const *names, guint n_names)
{
  g_auto (GStrv) parts = split_value (value, ';', n_names);

  for (guint i = 0; parts[i] != NULL && i < n_names; i++)
    if (names[i] != NULL)
      set_text (object, names[i], parts[i]);
}

static void
read_formatted_name (const Line *line, JsonObject *contact)
{
  g_autofree char *text = unescape (line->value);

  set_text (part_of (contact, "name"), "formatted_name", text);
}

static const char *const name_parts[N_PARTS] = { "last_name", "first_name", "middle_name", "prefix", "suffix" };

static void
read_name (const Line *line, JsonObject *contact)
{
  set_parts (part_of (contact, "name"), line->value, name_parts, N_PARTS);
}

static void
read_element (const Line *line, JsonObject *contact, const char *list, const char *member)
{
  g_autofree char *text = unescape (line->value), *type = get_type (line), *wa_id = get_parameter (line, "waid");
  JsonObject *element = *text == '\0' ? NULL : add_element (contact, list);

  if (element == NULL)
    return;
  set_text (element, member, text);
  set_text (element, "type", type);
  set_text (element, "wa_id", wa_id);
}

static void
read_phone (const Line *line, JsonObject *contact)
{
  read_element (line, contact, "phones", "phone");
}

static void
read_email (const Line *line, JsonObject *contact)
{
  read_element (line, contact, "emails", "email");
}

static void
read_url (const Line *line, JsonObject *contact)
{
  read_element (line, contact, "urls", "url");
}

static void
read_org (const Line *line, JsonObject *contact)
{
  static const char *const names[] = { "company", "department" };

  set_parts (part_of (contact, "org"), line->value, names, G_N_ELEMENTS (names));
}

static void
read_title (const Line *line, JsonObject *contact)
{
  g_autofree char *text = unescape (line->value);

  set_text (part_of (contact, "org"), "title", text);
}

static const char *const address_parts[ADDRESS_PARTS] = { NULL, NULL, "street", "city", "state", "zip", "country" };

static void
read_address (const Line *line, JsonObject *contact)
{
  JsonObject *address = add_element (contact, "addresses");
  g_autofree char *type = get_type (line);

  if (address == NULL)
    return;
  set_parts (address, line->value, address_parts, ADDRESS_PARTS);
  set_text (address, "type", type);
}

static void
read_birthday (const Line *line, JsonObject *contact)
{
  set_text (contact, "birthday", line->value);
}

static const struct
{
  const char *name;
  void (*read) (const Line *line, JsonObject *contact);
} properties[] = {
  { "FN", read_formatted_name },
  { "N", read_name },
  { "TEL", read_phone },
  { "EMAIL", read_email },
  { "URL", read_url },
  { "ORG", read_org },
  { "TITLE", read_title },
  { "ADR", read_address },
  { "BDAY", read_birthday },
};

static void
read_line (const char *text, JsonObject *contact)
{
  g_auto (Line) line = { NULL };

  if (!parse_line (text, &line))
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (properties); i++)
    if (g_str_equal (properties[i].name, line.name))
      properties[i].read (&line, contact);
}

/* One line each, those that go on joined. */
static char **
unfold (const char *card)
{
  g_auto (GStrv) rows = g_strsplit (card, "\n", LINES_MAX);
  g_autoptr (GPtrArray) lines = g_ptr_array_new ();
  g_autoptr (GString) line = g_string_new (NULL);

  for (guint i = 0; rows[i] != NULL; i++)
    {
      g_strchomp (rows[i]);
      g_string_append (line, rows[i] + (line->len > 0));
      if (rows[i + 1] != NULL && (rows[i + 1][0] == ' ' || rows[i + 1][0] == '\t') && line->len > 0)
        continue;
      g_ptr_array_add (lines, g_strdup (line->str));
      g_string_truncate (line, 0);
    }
  g_ptr_array_add (lines, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&lines), FALSE);
}

JsonObject *
ulak_vcard_read (const char *card, const char *display_name)
{
  g_auto (GStrv) lines = unfold (card);
  JsonObject *contact = json_object_new ();
  JsonObject *name = part_of (contact, "name");

  for (guint i = 0; lines[i] != NULL; i++)
    read_line (lines[i], contact);
  if (!json_object_has_member (name, "formatted_name"))
    json_object_set_string_member (name, "formatted_name", display_name != NULL ? display_name : "");
  set_text (contact, "vcard", card);
  return contact;
}

/* --- writing --- */

static void
append_escaped (GString *card, const char *text)
{
  for (; text != NULL && *text != '\0'; text++)
    {
      if (*text == '\r')
        continue;
      if (*text == '\n')
        {
          g_string_append (card, "\\n");
          continue;
        }
      if (strchr ("\\;,", *text) != NULL)
        g_string_append_c (card, '\\');
      g_string_append_c (card, *text);
    }
}

/* Values of parameters have no escapes. */
static void
append_parameter (GString *card, const char *name, const char *value)
{
  g_autofree char *plain = NULL;

  if (value == NULL)
    return;
  plain = g_strdelimit (g_strdup (value), ":;,\"\r\n", ' ');
  g_string_append_printf (card, ";%s=%s", name, plain);
}

static void
append_line (GString *card, const char *name, const char *value)
{
  if (value == NULL)
    return;
  g_string_append_printf (card, "%s:", name);
  append_escaped (card, value);
  g_string_append_c (card, '\n');
}

static void
append_parts (GString *card, const char *name, JsonObject *object, const char *const *names, guint n_names)
{
  g_string_append_printf (card, "%s:", name);
  for (guint i = 0; i < n_names; i++)
    {
      if (i > 0)
        g_string_append_c (card, ';');
      if (names[i] != NULL)
        append_escaped (card, ulak_json_peek_string (object, names[i]));
    }
  g_string_append_c (card, '\n');
}

/* "+1 555-123" has the WhatsApp id 1555123, unless the document says another. */
static char *
wa_id_of (JsonObject *phone)
{
  const char *given = ulak_json_peek_string (phone, "wa_id"), *number = ulak_json_peek_string (phone, "phone");
  GString *digits;

  if (given != NULL)
    return g_strdup (given);
  if (number == NULL || *number != '+')
    return NULL;
  digits = g_string_new (NULL);
  for (; *number != '\0'; number++)
    if (g_ascii_isdigit (*number))
      g_string_append_c (digits, *number);
  return g_string_free (digits, FALSE);
}

static void
append_element (GString *card, JsonObject *element, const char *name, const char *member)
{
  g_autofree char *wa_id = g_str_equal (name, "TEL") ? wa_id_of (element) : NULL;
  const char *value = ulak_json_peek_string (element, member);

  if (value == NULL)
    return;
  g_string_append (card, name);
  append_parameter (card, "type", ulak_json_peek_string (element, "type"));
  append_parameter (card, "waid", wa_id);
  g_string_append_c (card, ':');
  append_escaped (card, value);
  g_string_append_c (card, '\n');
}

static void
append_list (GString *card, JsonObject *contact, const char *list, const char *name, const char *member)
{
  JsonArray *array = ulak_json_peek_array (contact, list);

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    append_element (card, json_array_get_object_element (array, i), name, member);
}

static void
append_addresses (GString *card, JsonObject *contact)
{
  JsonArray *array = ulak_json_peek_array (contact, "addresses");

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonObject *address = json_array_get_object_element (array, i);
      g_autoptr (GString) name = g_string_new ("ADR");

      append_parameter (name, "type", ulak_json_peek_string (address, "type"));
      append_parts (card, name->str, address, address_parts, ADDRESS_PARTS);
    }
}

static void
append_org (GString *card, JsonObject *org)
{
  static const char *const names[] = { "company", "department" };

  if (org == NULL)
    return;
  append_parts (card, "ORG", org, names, json_object_has_member (org, "department") ? 2 : 1);
  append_line (card, "TITLE", ulak_json_peek_string (org, "title"));
}

char *
ulak_vcard_write (JsonObject *contact)
{
  GString *card = g_string_new ("BEGIN:VCARD\nVERSION:3.0\n");
  JsonObject *name = ulak_json_peek_object (contact, "name");

  append_parts (card, "N", name, name_parts, N_PARTS);
  append_line (card, "FN", ulak_json_peek_string (name, "formatted_name"));
  append_org (card, ulak_json_peek_object (contact, "org"));
  append_list (card, contact, "phones", "TEL", "phone");
  append_list (card, contact, "emails", "EMAIL", "email");
  append_list (card, contact, "urls", "URL", "url");
  append_addresses (card, contact);
  append_line (card, "BDAY", ulak_json_peek_string (contact, "birthday"));
  g_string_append (card, "END:VCARD");
  return g_string_free (card, FALSE);
}
