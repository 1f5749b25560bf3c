/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * ulakctl account link, passkey, logout: a line and the phone that it is a device of.
 *
 * The QR is drawn here and goes nowhere else. It changes some times until somebody scans it, so the line is asked again
 * each second until it is ready or says why not.
 */
#include "ctl/command.h"

#include "core/error.h"
#include "core/json.h"
#include "core/names.h"
#include "core/qr.h"

#include <unistd.h>

#define ASK_EVERY_MS 1000
#define START_TRIES 40 /* each after a second: a line starts in a moment, a keyring may need one */
#define AWAY_TRIES 10   /* likewise */
#define ASSERTION_MAX_BYTES (64 * 1024)

/* --- waiting --- */

static gboolean
woken_cb (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
rest (void)
{
  gboolean is_woken = FALSE;

  g_timeout_add (ASK_EVERY_MS, woken_cb, &is_woken);
  while (!is_woken)
    g_main_context_iteration (NULL, TRUE);
}

/* --- the line --- */

static JsonObject *
parse_reply (GVariant *reply, GError **error)
{
  const char *text;

  g_variant_get (reply, "(&s)", &text);
  return ulak_json_parse_text (text, error);
}

static JsonObject *
get_link (UlakInvocation *self, GError **error)
{
  g_autoptr (GVariant) reply
      = ulak_client_call_line (self->client, self->arguments[0], "GetLink",
                               g_variant_new ("(@a{sv})", ulak_client_make_options (self->client)), NULL, error);

  return reply == NULL ? NULL : parse_reply (reply, error);
}

static JsonObject *
ask_link (UlakInvocation *self, GError **error)
{
  const char *phone = ulak_invocation_get (self, "code");
  g_autoptr (GVariant) reply
      = ulak_client_call_line (self->client, self->arguments[0], "Link",
                               g_variant_new ("(ss@a{sv})", phone != NULL ? "code" : "qr", phone != NULL ? phone : "",
                                              ulak_client_make_options (self->client)),
                               NULL, error);

  return reply == NULL ? NULL : parse_reply (reply, error);
}

static gboolean
start_line (UlakInvocation *self, GError **error)
{
  g_autoptr (GVariant) reply
      = ulak_client_call (self->client, &ulak_client_api, "StartAccount",
                          g_variant_new ("(s@a{sv})", self->arguments[0], ulak_client_make_options (self->client)), error);

  return reply != NULL;
}

/* A line that was only added is started, once; one that is coming up is waited for. */
static JsonObject *
begin (UlakInvocation *self, GError **error)
{
  g_autoptr (GError) fault = NULL;
  JsonObject *link = ask_link (self, &fault);
  gboolean has_started = FALSE;

  for (guint i = 0; link == NULL && i < START_TRIES; i++)
    {
      gboolean is_away = g_error_matches (fault, ULAK_ERROR, ULAK_ERROR_WRONG_STATE) && !has_started;

      if (!is_away && !g_error_matches (fault, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE)
          && !(has_started && g_error_matches (fault, ULAK_ERROR, ULAK_ERROR_WRONG_STATE)))
        break;
      if (is_away && !start_line (self, error))
        return NULL;
      has_started |= is_away;
      rest ();
      g_clear_error (&fault);
      link = ask_link (self, &fault);
    }
  if (link == NULL)
    g_propagate_error (error, g_steal_pointer (&fault));
  return link;
}

/* --- showing --- */

static const char *const ends[] = { "logged_out", "outdated", "banned", "failed", "stopped", NULL };

static void
print_until (const JsonObject *link)
{
  const char *expires_at = ulak_json_peek_string ((JsonObject *) link, "expires_at");

  if (expires_at != NULL)
    g_print (" (until %s)", expires_at);
  g_print ("\n");
}

static gboolean
show_qr (JsonObject *link, GError **error)
{
  g_autoptr (UlakQr) qr = ulak_qr_new (ulak_json_peek_string (link, "qr"), error);
  g_autofree char *lines = qr == NULL ? NULL : ulak_qr_to_lines (qr, isatty (STDOUT_FILENO));

  if (qr == NULL)
    return FALSE;
  g_print ("%sScan it on the phone: WhatsApp, Linked devices, Link a device", lines);
  print_until (link);
  return TRUE;
}

static void
show_code (JsonObject *link)
{
  g_print ("Code: %s\nType it on the phone: WhatsApp, Linked devices, Link a device, Link with phone number instead",
           ulak_json_peek_string (link, "code"));
  print_until (link);
}

static void
show_passkey (const char *account, JsonObject *link)
{
  JsonObject *challenge = ulak_json_peek_object (link, "challenge");
  g_autofree char *text = challenge == NULL ? NULL : ulak_json_print_object (challenge);

  if (text != NULL)
    g_print ("WhatsApp asks for the account's passkey. Have a browser make an assertion for these request options and give\n"
             "it to `ulakctl account passkey %s FILE`:\n%s\n",
             account, text);
  else if (ulak_json_peek_boolean (link, "phone_shows_code", TRUE))
    g_print ("Compare with the phone: %s\nIf it is the same: ulakctl account passkey %s --confirm\n",
             ulak_json_peek_string (link, "code"), account);
  else
    g_print ("The phone shows no code this time. To go on: ulakctl account passkey %s --confirm\n", account);
}

static const char *
get_message (JsonObject *link)
{
  JsonObject *error = ulak_json_peek_object (link, "error");

  return error == NULL ? NULL : ulak_json_peek_string (error, "message");
}

static gboolean
show (UlakInvocation *self, JsonObject *link, GError **error)
{
  const char *message = get_message (link);

  if (message != NULL && *message != '\0' && !self->as_json && !g_strv_contains (ends, ulak_json_peek_string (link, "state")))
    g_printerr ("ulakctl: %s\n", message);
  if (self->as_json)
    {
      g_autofree char *text = ulak_json_print_object (link);

      g_print ("%s\n", text);
    }
  else if (ulak_json_peek_string (link, "qr") != NULL)
    return show_qr (link, error);
  else if (g_strcmp0 (ulak_json_peek_string (link, "state"), "passkey") == 0)
    show_passkey (self->arguments[0], link);
  else if (ulak_json_peek_string (link, "code") != NULL)
    show_code (link);
  return TRUE;
}

/* --- account link --- */

static gboolean
is_end (UlakInvocation *self, JsonObject *link, GError **error)
{
  const char *state = ulak_json_peek_string (link, "state"), *message = get_message (link);

  if (!g_strv_contains (ends, state))
    return FALSE;
  if (message != NULL && *message != '\0')
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "The line was not linked and is %s now: %s", state, message);
  else
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE,
                 "The line was not linked and is %s now; journalctl -u ulak-whatsapp@%s says why", state, self->arguments[0]);
  return TRUE;
}

/* A line that was stopped or started again meanwhile is waited for, but not for long. */
static JsonObject *
get_link_again (UlakInvocation *self, GError **error)
{
  g_autoptr (GError) fault = NULL;
  JsonObject *link = get_link (self, &fault);

  for (guint i = 0; link == NULL && i < AWAY_TRIES; i++)
    {
      if (!g_error_matches (fault, ULAK_ERROR, ULAK_ERROR_WRONG_STATE) && !g_error_matches (fault, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE))
        break;
      rest ();
      g_clear_error (&fault);
      link = get_link (self, &fault);
    }
  if (link == NULL)
    g_propagate_error (error, g_steal_pointer (&fault));
  return link;
}

static gboolean
follow (UlakInvocation *self, JsonObject *first, GError **error)
{
  g_autoptr (JsonObject) link = json_object_ref (first);
  g_autofree char *shown = NULL;

  for (;;)
    {
      g_autofree char *text = ulak_json_print_object (link);
      const char *state = ulak_json_peek_string (link, "state");

      if (g_strcmp0 (text, shown) != 0 && !show (self, link, error))
        return FALSE;
      g_free (shown);
      shown = g_steal_pointer (&text);
      if (g_strcmp0 (state, "ready") == 0 || ulak_invocation_has (self, "no-follow"))
        return TRUE;
      if (state == NULL || is_end (self, link, error))
        return FALSE;
      rest ();
      json_object_unref (link);
      link = get_link_again (self, error);
      if (link == NULL)
        return FALSE;
    }
}

static gboolean
link_account (UlakInvocation *self, GError **error)
{
  g_autoptr (JsonObject) link = begin (self, error);

  if (link == NULL || !follow (self, link, error))
    return FALSE;
  if (!self->as_json && !ulak_invocation_has (self, "no-follow"))
    ulak_print_done (self, "%s: is linked and ready", self->arguments[0]);
  return TRUE;
}

/* --- account passkey --- */

static GVariant *
call_whatsapp (UlakInvocation *self, const char *method, GVariant *parameters, GError **error)
{
  g_autofree char *bus_name = g_strconcat (ULAK_BUS_NAME_ACCOUNT_PREFIX, self->arguments[0], NULL);
  g_autofree char *path = g_strconcat (ULAK_OBJECT_PATH_ACCOUNT_PREFIX, self->arguments[0], NULL);
  const UlakClientTarget target = { bus_name, path, "org.ulak.WhatsApp1" };
  g_autoptr (GVariant) owned = g_variant_ref_sink (parameters);

  if (g_dbus_is_name (bus_name) && g_variant_is_object_path (path))
    return ulak_client_call (self->client, &target, method, owned, error);
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "‘%s’ is no account id", self->arguments[0]);
  return NULL;
}

static gboolean
passkey (UlakInvocation *self, GError **error)
{
  g_autofree char *assertion = NULL;
  g_autoptr (GVariant) reply = NULL;
  gsize size_bytes = 0;

  if (ulak_invocation_has (self, "confirm"))
    reply = call_whatsapp (self, "ConfirmPasskey", g_variant_new ("(@a{sv})", ulak_client_make_options (self->client)), error);
  else if (self->n_arguments < 2)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "Name the FILE with the assertion, or give --confirm");
  else if (!g_file_get_contents (self->arguments[1], &assertion, &size_bytes, error))
    return FALSE;
  else if (size_bytes > ASSERTION_MAX_BYTES || !g_utf8_validate (assertion, (gssize) size_bytes, NULL))
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "An assertion is JSON of at most %d bytes", ASSERTION_MAX_BYTES);
  else
    reply = call_whatsapp (self, "AnswerPasskey",
                           g_variant_new ("(s@a{sv})", assertion, ulak_client_make_options (self->client)), error);
  if (reply == NULL)
    return FALSE;
  ulak_print_done (self, "%s: taken; see: ulakctl account link %s", self->arguments[0], self->arguments[0]);
  return TRUE;
}

/* --- account logout --- */

static gboolean
logout (UlakInvocation *self, GError **error)
{
  g_autoptr (GVariant) reply
      = ulak_client_call_line (self->client, self->arguments[0], "Logout",
                               g_variant_new ("(@a{sv})", ulak_client_make_options (self->client)), NULL, error);

  if (reply == NULL)
    return FALSE;
  ulak_print_done (self, "%s: logged out; its history stays", self->arguments[0]);
  return TRUE;
}

const UlakCommand ulak_link_commands[] = {
  { "account", "link", "ACCOUNT", 1, 1, "code=PHONE no-follow", TRUE, link_account,
    "link a line to a phone, by a QR or a code" },
  { "account", "passkey", "ACCOUNT [FILE]", 1, 2, "confirm", TRUE, passkey, "answer WhatsApp's question for a passkey" },
  { "account", "logout", "ACCOUNT", 1, 1, "", TRUE, logout, "end the line's right to its account" },
  { NULL },
};
