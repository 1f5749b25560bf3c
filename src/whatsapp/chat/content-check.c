/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What linked devices cannot send, or only under conditions that the general checks do not know.
 */
#include "whatsapp/chat/content-write.h"

#include "core/json.h"

static const char *const refused[] = { "interactive", "template" };
static const char *const media[] = { "image", "video", "audio", "document", "sticker" };

static void
check_base64 (JsonObject *object, const char *path, const char *name, gsize min_bytes, gsize max_bytes, UlakIssues *issues)
{
  const char *text = ulak_json_peek_string (object, name);
  g_autofree char *where = g_strdup_printf ("%s.%s", path, name);
  g_autofree guchar *bytes = NULL;
  g_autofree char *again = NULL;
  gsize size = 0;

  if (text == NULL)
    return;
  bytes = g_base64_decode (text, &size);
  again = g_base64_encode (bytes, size);
  if (g_strcmp0 (again, text) != 0 || size < min_bytes || size > max_bytes)
    ulak_issues_add (issues, where, "must be base64 of %" G_GSIZE_FORMAT " to %" G_GSIZE_FORMAT " bytes", min_bytes, max_bytes);
}

/* The line makes no requests to addresses that others choose. */
static void
check_medium (JsonObject *document, const char *kind, UlakIssues *issues)
{
  JsonObject *medium = ulak_json_peek_object (document, kind);
  g_autofree char *link = g_strdup_printf ("%s.link", kind);

  if (medium == NULL)
    return;
  if (ulak_json_peek_string (medium, "link") != NULL)
    ulak_issues_add (issues, link, "a linked device sends uploaded files only: upload it and name its media_id");
  check_base64 (medium, kind, "waveform", 1, 256, issues);
  check_base64 (medium, kind, "thumbnail", 4, 16 * 1024, issues);
}

/* What apps offer; others are taken by some and ignored by others. */
static void
check_times (JsonObject *document, UlakIssues *issues)
{
  static const gint64 timers_s[] = { 0, 86400, 604800, 7776000 }, pins_s[] = { 0, 86400, 604800, 2592000 };
  JsonObject *pin = ulak_json_peek_object (document, "pin");
  gint64 timer_s = ulak_json_peek_integer (document, "disappears_after_s", 0);
  gint64 pin_s = pin == NULL ? 0 : ulak_json_peek_integer (pin, "duration_s", 0);
  gboolean is_timer = FALSE, is_pin = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (timers_s); i++)
    {
      is_timer |= timer_s == timers_s[i];
      is_pin |= pin_s == pins_s[i];
    }
  if (!is_timer)
    ulak_issues_add (issues, "disappears_after_s", "must be 0, 86400, 604800 or 7776000");
  if (!is_pin)
    ulak_issues_add (issues, "pin.duration_s", "must be 0 (unpin), 86400, 604800 or 2592000");
}

static void
check_preview (JsonObject *document, UlakIssues *issues)
{
  JsonObject *text = ulak_json_peek_object (document, "text");
  JsonObject *preview = text == NULL ? NULL : ulak_json_peek_object (text, "link_preview");
  const char *url = preview == NULL ? NULL : ulak_json_peek_string (preview, "url");
  const char *body = text == NULL ? NULL : ulak_json_peek_string (text, "body");

  if (preview == NULL)
    return;
  if (url != NULL && body != NULL && g_strstr_len (body, -1, url) == NULL)
    ulak_issues_add (issues, "text.link_preview.url", "must stand in body");
  check_base64 (preview, "text.link_preview", "thumbnail", 4, 16 * 1024, issues);
}

static void
check_recipients (JsonObject *document, UlakIssues *issues)
{
  gboolean is_status = g_strcmp0 (ulak_json_peek_string (document, "to"), "status@broadcast") == 0;

  if (is_status && !json_object_has_member (document, "recipients"))
    ulak_issues_add (issues, "recipients", "a status names who may see it");
  if (!is_status && json_object_has_member (document, "recipients"))
    ulak_issues_add (issues, "recipients", "goes with a status only: its `to` is status@broadcast");
}

void
ulak_content_check (JsonObject *document, UlakIssues *issues)
{
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    if (ulak_json_peek_object (document, refused[i]) != NULL)
      ulak_issues_add (issues, refused[i], "can be sent by lines of the cloud backend only");
  for (gsize i = 0; i < G_N_ELEMENTS (media); i++)
    check_medium (document, media[i], issues);
  check_preview (document, issues);
  check_times (document, issues);
  check_recipients (document, issues);
}
