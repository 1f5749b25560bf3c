/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Limits of Meta's that are narrower than the general ones, and contents that only the other backend sends.
 */
#include "whatsapp/cloud/cloud-check.h"

#include "core/json.h"

#define BUTTON_BODY_MAX 1024 /* Meta allows a list 4,096 characters, buttons only these */

/* What only linked devices can send. */
static const struct
{
  const char *content; /* "": the document itself */
  const char *member;
} linked_only[] = {
  { "", "poll" },
  { "", "poll_vote" },
  { "", "live_location" },
  { "", "group_invite" },
  { "", "forward" },
  { "", "edit" },
  { "", "revoke" },
  { "", "pin" },
  { "", "mentions" },
  { "", "recipients" },
  { "", "disappears_after_s" },
  { "text", "link_preview" },
  { "image", "view_once" },
  { "image", "thumbnail" },
  { "video", "view_once" },
  { "video", "thumbnail" },
  { "video", "duration_s" },
  { "video", "gif" },
  { "video", "video_note" },
  { "audio", "view_once" },
  { "audio", "duration_s" },
  { "audio", "waveform" },
  { "document", "thumbnail" },
};

static void
refuse_linked_only (JsonObject *message, UlakIssues *issues)
{
  for (gsize i = 0; i < G_N_ELEMENTS (linked_only); i++)
    {
      const char *content = linked_only[i].content;
      JsonObject *object = *content == '\0' ? message : ulak_json_peek_object (message, content);
      g_autofree char *path
          = g_strdup_printf ("%s%s%s", content, *content == '\0' ? "" : ".", linked_only[i].member);

      if (object != NULL && json_object_has_member (object, linked_only[i].member))
        ulak_issues_add (issues, path, "Can be sent by lines of the linked backend only");
    }
}

void
ulak_cloud_check_message (JsonObject *message, UlakIssues *issues)
{
  JsonObject *interactive = ulak_json_peek_object (message, "interactive");
  const char *body = interactive == NULL ? NULL : ulak_json_peek_string (interactive, "body");

  if (body != NULL && g_strcmp0 (ulak_json_peek_string (interactive, "type"), "button") == 0
      && g_utf8_strlen (body, -1) > BUTTON_BODY_MAX)
    ulak_issues_add (issues, "interactive.body", "Must have up to %d characters when type is button", BUTTON_BODY_MAX);
  refuse_linked_only (message, issues);
}
