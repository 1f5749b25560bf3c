# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""What Meta's documents look like: ids, error bodies, callback bodies. No behaviour."""

import base64
import hashlib
import hmac
import itertools
import json
import secrets
import time

_counter = itertools.count(1)


def wamid():
    return "wamid." + base64.b64encode(b"ULAK" + next(_counter).to_bytes(8, "big") + secrets.token_bytes(12)).decode()


def numeric_id():
    return str(10**15 + next(_counter))


def error(code, message, status=400, subcode=None, details=None, kind="OAuthException"):
    body = {"message": f"(#{code}) {message}", "type": kind, "code": code, "fbtrace_id": secrets.token_hex(8)}
    if subcode is not None:
        body["error_subcode"] = subcode
    if details is not None:
        body["error_data"] = {"messaging_product": "whatsapp", "details": details}
    return status, {"error": body}


def accepted(to, message_id):
    return {"messaging_product": "whatsapp", "contacts": [{"input": to, "wa_id": to.lstrip("+")}],
            "messages": [{"id": message_id, "message_status": "accepted"}]}


def callback(waba_id, values):
    return {"object": "whatsapp_business_account",
            "entry": [{"id": waba_id, "changes": [{"value": value, "field": "messages"} for value in values]}]}


def value_of_messages(number, messages, contacts):
    return {"messaging_product": "whatsapp", "metadata": number, "contacts": contacts, "messages": messages}


def value_of_statuses(number, statuses):
    return {"messaging_product": "whatsapp", "metadata": number, "statuses": statuses}


def status(message_id, word, to, opaque=None, errors=None, at=None):
    item = {"id": message_id, "status": word, "timestamp": str(int(at or time.time())), "recipient_id": to.lstrip("+")}
    if opaque is not None:
        item["biz_opaque_callback_data"] = opaque
    if word in ("sent", "delivered"):
        item["conversation"] = {"id": secrets.token_hex(16), "origin": {"type": "service"}}
        item["pricing"] = {"billable": True, "pricing_model": "PMP", "category": "service"}
    if errors is not None:
        item["errors"] = errors
    return item


def text_message(sender, text, message_id=None, at=None):
    return {"from": sender, "id": message_id or wamid(), "timestamp": str(int(at or time.time())), "type": "text", "text": {"body": text}}


def contact(sender, name):
    return {"profile": {"name": name}, "wa_id": sender}


def sign(body, app_secret):
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def dump(document):
    """As Meta sends it: everything beyond ASCII is escaped, and the signature is over these bytes."""
    return json.dumps(document, separators=(",", ":")).encode()
