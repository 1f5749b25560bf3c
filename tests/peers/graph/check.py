# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""What the Graph API refuses in a message, from Meta's public description: enough to catch a client that sends nonsense.

check_message() returns None or a sentence. The complete shapes are checked against Meta's own OpenAPI description where
it is present (schema.py).
"""

MEDIA = ("image", "video", "audio", "document", "sticker")
TYPES = MEDIA + ("text", "location", "contacts", "reaction", "interactive", "template")
TOP_LEVEL = {"messaging_product", "recipient_type", "to", "recipient", "type", "context", "biz_opaque_callback_data"}


def check_message(message, media):
    if message.get("messaging_product") != "whatsapp":
        return "The parameter messaging_product is required."
    if not str(message.get("to", "")).lstrip("+").isdigit():
        return "The parameter to is required."
    kind = message.get("type", "text")
    if kind not in TYPES:
        return f"Param type must be one of {TYPES}"
    if kind not in message:
        return f"The parameter {kind} is required."
    unknown = set(message) - TOP_LEVEL - {kind}
    if unknown:
        return f"Unexpected key {sorted(unknown)[0]}"
    if len(message.get("biz_opaque_callback_data", "")) > 512:
        return "Param biz_opaque_callback_data is too long"
    return CHECKS.get(kind, check_media if kind in MEDIA else check_nothing)(message[kind], media, kind)


def check_nothing(_content, _media, _kind):
    return None


def check_text(content, _media, _kind):
    if not 1 <= len(content.get("body", "")) <= 4096:
        return "Param text['body'] must be 1 to 4096 characters long."
    return None


def check_media(content, media, kind):
    if ("id" in content) == ("link" in content):
        return f"Param {kind} takes one of id and link"
    if "id" in content and content["id"] not in media:
        return f"Param {kind}['id'] is not a media id of this phone number"
    if len(content.get("caption", "")) > 1024:
        return f"Param {kind}['caption'] is too long"
    return None


def check_location(content, _media, _kind):
    if not (-90 <= float(content["latitude"]) <= 90 and -180 <= float(content["longitude"]) <= 180):
        return "Param location is out of range"
    return None


def check_contacts(content, _media, _kind):
    if not isinstance(content, list) or not content or any("formatted_name" not in c.get("name", {}) for c in content):
        return "Param contacts needs name['formatted_name']"
    return None


def check_reaction(content, _media, _kind):
    return None if content.get("message_id", "").startswith("wamid.") else "Param reaction['message_id'] is invalid"


def check_interactive(content, _media, _kind):
    action = content.get("action", {})
    if not content.get("body", {}).get("text"):
        return "Param interactive['body'] is required"
    if content.get("type") == "button":
        buttons = action.get("buttons", [])
        if not 1 <= len(buttons) <= 3 or any(not 1 <= len(b["reply"]["title"]) <= 20 for b in buttons):
            return "Param interactive['action']['buttons'] is invalid"
        return None
    if content.get("type") == "list":
        rows = [row for section in action.get("sections", []) for row in section["rows"]]
        if not 1 <= len(rows) <= 10 or not 1 <= len(action.get("button", "")) <= 20:
            return "Param interactive['action'] is invalid"
        return None
    return "Param interactive['type'] is invalid"


def check_template(content, _media, _kind):
    if not content.get("name") or not content.get("language", {}).get("code"):
        return "Param template needs name and language"
    return None


CHECKS = {"text": check_text, "location": check_location, "contacts": check_contacts, "reaction": check_reaction,
          "interactive": check_interactive, "template": check_template}
