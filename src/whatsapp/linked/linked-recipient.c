/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/linked/linked-recipient.h"

#include "core/error.h"

#include <string.h>

#define PHONE_DIGITS_MIN 7
#define PHONE_DIGITS_MAX 15
#define USER_MAX 64

static char *
refuse (GError **error, const char *sentence)
{
  g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_INVALID, sentence);
  return NULL;
}

static char *
resolve_phone (const char *digits, gsize length, GError **error)
{
  if (length < PHONE_DIGITS_MIN || length > PHONE_DIGITS_MAX || *digits == '0')
    return refuse (error, "must be a phone number with its country code, 7 to 15 digits and no 0 first");
  return g_strndup (digits, length);
}

static char *
resolve_person (const char *to, gsize user_length, const char *server, GError **error)
{
  if (strspn (to, "0123456789") != user_length)
    return refuse (error, "must name a person without a device, by digits before the @");
  if (g_str_equal (server, "lid"))
    return g_strdup (to);
  return resolve_phone (to, user_length, error);
}

static char *
resolve_group (const char *to, gsize user_length, GError **error)
{
  if (strspn (to, "0123456789-") != user_length)
    return refuse (error, "must be a group's id as events show it, digits@g.us");
  return g_strdup (to);
}

char *
ulak_linked_recipient_resolve (const char *to, GError **error)
{
  const char *at = strchr (to, '@');
  gsize length = at == NULL ? 0 : (gsize) (at - to);
  const char *digits = *to == '+' ? to + 1 : to;

  if (at == NULL)
    return strspn (digits, "0123456789") == strlen (digits)
               ? resolve_phone (digits, strlen (digits), error)
               : refuse (error, "must be a phone number, LIDUSER@lid, a group's id ending in @g.us, or status@broadcast");
  if (length == 0 || length > USER_MAX)
    return refuse (error, "has no name of a plausible length before the @");
  if (g_str_equal (at, "@lid") || g_str_equal (at, "@s.whatsapp.net") || g_str_equal (at, "@c.us"))
    return resolve_person (to, length, at + 1, error);
  if (g_str_equal (at, "@g.us"))
    return resolve_group (to, length, error);
  if (g_str_equal (to, "status@broadcast"))
    return g_strdup (to);
  if (g_str_equal (at, "@newsletter"))
    return refuse (error, "is a channel: channels can only be read");
  return refuse (error, "must be a phone number, LIDUSER@lid, a group's id ending in @g.us, or status@broadcast");
}
