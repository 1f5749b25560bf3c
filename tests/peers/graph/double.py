# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""The double itself: one WhatsApp business account with any number of phone numbers.

It is strict like the real one (token, shapes, media ids, template names, pair rate) and keeps what it accepted, so that a
test can count. A message it accepts gets statuses by signed callbacks if a callback URL is configured. The real
Graph API has no idempotency key, and neither has this: the same biz_opaque_callback_data twice makes two messages.
"""

import asyncio
import base64
import collections
import hashlib
import http.client
import json
import re
import time
import urllib.parse
from email.parser import BytesParser

from tests.peers.graph import check, wire
from tests.peers.http_server import Peer, Response

MEDIA_MAX = 100 * 1024 * 1024
MESSAGE_PATH = re.compile(r"^/(v\d+\.\d+)/(\d+)/(messages|media|message_templates|phone_numbers)$")
NODE_PATH = re.compile(r"^/(v\d+\.\d+)/(\d+)$")


class Graph(Peer):
    def __init__(self, token="test-token", app_secret="test-app-secret", verify_token="test-verify",
                 waba_id="100200300", phone_number_id="106540352242922", schema=None):
        super().__init__()
        self.token = token
        self.app_secret = app_secret
        self.verify_token = verify_token
        self.waba_id = waba_id
        self.numbers = {phone_number_id: {"display_phone_number": "15550783881", "phone_number_id": phone_number_id}}
        self.templates = {("hello_world", "en_US"): {"status": "APPROVED", "parameters": 0}}
        self.media = {}
        self.accepted = []          # every accepted message: our wamid, the request, the time
        self.callback_urls = {}     # phone_number_id -> URL
        self.statuses = ["sent", "delivered", "read"]
        self.pair_limit = 0         # messages per recipient in 6 s; 0 is off
        self.pair_times = collections.defaultdict(collections.deque)
        self.callbacks = asyncio.Queue()
        self.callback_log = []      # what came back for each callback
        self.read_marks = []
        self.schema = schema        # schema.Schema or None
        self.schema_faults = []

    async def start(self, host="127.0.0.1", port=0):
        await super().start(host, port)
        self.sender = asyncio.create_task(self._send_callbacks())
        return self.port

    # --- the Graph side ---

    async def handle(self, request):
        if request.path.startswith("/media-content/"):
            return self._media_content(request)
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return self._error(190, "Error validating access token", 401, subcode=463)
        if match := MESSAGE_PATH.match(request.path):
            node, edge = match[2], match[3]
            if edge == "message_templates" and request.method == "GET":
                return Response.of({"data": [{"name": n, "language": l, "status": t["status"]} for (n, l), t in self.templates.items()]})
            if node not in self.numbers:
                return self._error(100, "Unsupported post request. Object does not exist", 400, subcode=33)
            if request.method == "POST" and edge == "messages":
                return self._post_message(node, request)
            if request.method == "POST" and edge == "media":
                return self._post_media(request)
        if match := NODE_PATH.match(request.path):
            return self._node(match[2], request)
        return self._error(2500, "Unknown path components", 400)

    def _error(self, code, message, status=400, **more):
        return Response.of(*reversed(wire.error(code, message, status, **more)))

    def _node(self, node, request):
        if node in self.numbers and request.method == "GET":
            return Response.of({"verified_name": "Test Shop", "quality_rating": "GREEN", "id": node, **self.numbers[node]})
        if node in self.media and request.method == "GET":
            return Response.of(self._media_node(node))
        if node in self.media and request.method == "DELETE":
            del self.media[node]
            return Response.of({"success": True})
        return self._error(100, "Unsupported get request. Object does not exist", 400, subcode=33)

    def _post_message(self, number, request):
        try:
            message = request.json()
        except ValueError:
            return self._error(100, "Invalid JSON", 400)
        if message.get("status") == "read":
            self.read_marks.append(message)
            return Response.of({"success": True})
        self._check_schema("Message", message)
        refusal = check.check_message(message, self.media)
        if refusal is not None:
            return self._error(100, "Invalid parameter", 400, details=refusal)
        if message.get("type") == "template" and (fault := self._template_fault(message["template"])):
            return fault
        if self._over_pair_limit(message["to"]):
            return self._error(131056, "(Business Account, Consumer Account) pair rate limit hit", 400,
                               details="Message failed to send because there were too many messages sent from this phone number to the same phone number in a short period of time.")
        return self._accept(number, message)

    def _template_fault(self, template):
        known = self.templates.get((template["name"], template["language"]["code"]))
        if known is None:
            return self._error(132001, "Template name does not exist in the translation", 404)
        if known["status"] == "PAUSED":
            return self._error(132015, "Template is Paused", 400)
        sent = sum(len(c.get("parameters", [])) for c in template.get("components", []) if c["type"] == "body")
        if sent != known["parameters"]:
            return self._error(132000, "Number of parameters does not match the expected number of params", 400,
                               details=f"body: number of localizable_params ({sent}) does not match the expected number of params ({known['parameters']})")
        return None

    def _over_pair_limit(self, to):
        times, now = self.pair_times[to], time.monotonic()
        while times and times[0] < now - 6:
            times.popleft()
        if self.pair_limit and len(times) >= self.pair_limit:
            return True
        times.append(now)
        return False

    def _accept(self, number, message):
        message_id = wire.wamid()
        self.accepted.append({"id": message_id, "number": number, "at": time.time(), "message": message})
        for word in self.statuses:
            self.queue_statuses(number, [wire.status(message_id, word, message["to"], message.get("biz_opaque_callback_data"))])
        answer = wire.accepted(message["to"], message_id)
        self._check_schema("MessageResponsePayload", answer)
        return Response.of(answer)

    # --- media ---

    def _post_media(self, request):
        head = b"Content-Type: " + request.headers.get("content-type", "").encode() + b"\r\n\r\n"
        fields = {part.get_param("name", header="content-disposition"): part
                  for part in BytesParser().parsebytes(head + request.body).walk() if not part.is_multipart()}
        product = fields["messaging_product"].get_payload(decode=True) if "messaging_product" in fields else b""
        if b"whatsapp" not in (product, request.query.get("messaging_product", "").encode()):
            return self._error(100, "The parameter messaging_product is required.", 400)
        if fields.get("file") is None:
            return self._error(100, "The parameter file is required.", 400)
        content = fields["file"].get_payload(decode=True)
        if len(content) > MEDIA_MAX:
            return self._error(131053, "Media upload error", 400)
        return Response.of({"id": self.keep_media(content, fields["file"].get_content_type())})

    def keep_media(self, content, mime_type):
        media_id = wire.numeric_id()
        self.media[media_id] = {"content": content, "mime_type": mime_type}
        return media_id

    def _media_node(self, media_id):
        medium = self.media[media_id]
        return {"messaging_product": "whatsapp", "id": media_id, "mime_type": medium["mime_type"],
                "url": f"http://127.0.0.1:{self.port}/media-content/{media_id}", "file_size": len(medium["content"]),
                "sha256": hashlib.sha256(medium["content"]).hexdigest()}

    def _media_content(self, request):
        medium = self.media.get(request.path.removeprefix("/media-content/"))
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return Response(401, b"")
        if medium is None:
            return Response(404, b"")
        return Response(200, medium["content"], {"Content-Type": medium["mime_type"]})

    # --- callbacks ---

    def queue_statuses(self, number, statuses):
        self.queue_value(number, wire.value_of_statuses(self.numbers[number], statuses))

    def queue_messages(self, number, messages, contacts):
        self.queue_value(number, wire.value_of_messages(self.numbers[number], messages, contacts))

    def queue_value(self, number, *values):
        if number in self.callback_urls:
            body = wire.callback(self.waba_id, list(values))
            self._check_schema("WebhookPayload", body)
            self.callbacks.put_nowait((self.callback_urls[number], body))

    async def _send_callbacks(self):
        """Like Meta: in turn, and again with a growing pause until the receiver says 200."""
        while True:
            url, body = await self.callbacks.get()
            for attempt in range(12):
                status = await asyncio.to_thread(post_callback, url, wire.dump(body), self.app_secret)
                self.callback_log.append({"status": status, "at": time.time()})
                if status == 200:
                    break
                await asyncio.sleep(min(0.1 * 2**attempt, 5))

    def _check_schema(self, name, document):
        if self.schema is not None and (fault := self.schema.fault(name, document)):
            self.schema_faults.append(f"{name}: {fault}")

    # --- what tests ask ---

    async def control(self, request):
        name = request.path.removeprefix("/_control/")
        actions = {"config": self._control_config, "inbound": self._control_inbound, "status": self._control_status,
                   "media": self._control_media, "raw": self._control_raw}
        if request.method == "POST" and name in actions:
            return Response.of(actions[name](request.json()))
        if name == "state":
            return Response.of({"accepted": self.accepted, "callbacks": self.callback_log, "queued_callbacks": self.callbacks.qsize(),
                                "schema_checked": self.schema is not None, "schema_faults": self.schema_faults, "read_marks": self.read_marks})
        return Response.of({"error": f"unknown control call {name}"}, 404)

    def _control_config(self, wanted):
        for key in ("token", "app_secret", "statuses", "pair_limit"):
            if key in wanted:
                setattr(self, key, wanted[key])
        for number, url in wanted.get("callback_urls", {}).items():
            self.numbers.setdefault(number, {"display_phone_number": "15550000000", "phone_number_id": number})
            self.callback_urls[number] = url
        for name, language, status, parameters in wanted.get("templates", []):
            self.templates[(name, language)] = {"status": status, "parameters": parameters}
        return {}

    def _control_inbound(self, wanted):
        """{"number", "from", "name", "text"} or {"number", "messages", "contacts"}; "count" repeats a text with numbers."""
        number = wanted.get("number") or next(iter(self.numbers))
        if "messages" in wanted:
            self.queue_messages(number, wanted["messages"], wanted.get("contacts", []))
            return {"ids": [m["id"] for m in wanted["messages"]]}
        ids = []
        for i in range(wanted.get("count", 1)):
            text = wanted["text"].replace("{n}", str(i))
            message = wire.text_message(wanted["from"], text)
            self.queue_messages(number, [message], [wire.contact(wanted["from"], wanted.get("name", "Someone"))])
            ids.append(message["id"])
        return {"ids": ids}

    def _control_status(self, wanted):
        number = wanted.get("number") or next(iter(self.numbers))
        self.queue_statuses(number, wanted["statuses"])
        return {}

    def _control_media(self, wanted):
        content = base64.b64decode(wanted["content"])
        return {"id": self.keep_media(content, wanted["mime_type"]), "sha256": hashlib.sha256(content).hexdigest()}

    def _control_raw(self, wanted):
        self.callbacks.put_nowait((wanted["url"], wanted["body"]))
        return {}


def post_callback(url, body, app_secret):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        connection.request("POST", parts.path, body, {"Content-Type": "application/json",
                                                       "X-Hub-Signature-256": wire.sign(body, app_secret)})
        response = connection.getresponse()
        response.read()
        return response.status
    except OSError:
        return 0
    except http.client.HTTPException:
        return 0
    finally:
        connection.close()
