# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""A linked line among people who use other clients: what the interop tests share.

    simulated phones <-> server double <-> our line <-> HTTP API, bus, webhooks
                                       <-> Baileys clients

The line `sales` is a device of the phone SALES. Anna and Bert have a Baileys client beside their phones, Carl has only a
phone. What the line's account sends is refused where its form of address is not the one that the real server wants. Everything runs in a network of its own without a way out. What the line says is read where customers read it: at the
HTTP API, on the bus, and in the webhooks. What others got is read at the Baileys clients and in the phones' inboxes.
"""

import contextlib
import json
import pathlib
import tempfile

from gi.repository import GLib

from tests.program.loopback import loopback_only
from tests.program.peers import Receiver, WhatsAppDouble, whatsapp_is_ready
from tests.program.suite import Suite, wait_for

SALES, ANNA, BERT, CARL = "15552220000", "15552220001", "15552220002", "15552220003"
LIDS = {SALES: "200000000000000", ANNA: "200000000000001", BERT: "200000000000002", CARL: "200000000000003"}
PLAIN = "15552220020"  # an account that knows people by their numbers only
NAMES = {SALES: "Sales", ANNA: "Anna", BERT: "Bert", CARL: "Carl"}
FAST = {"pace": {"rate_limit_per_minute": "6000", "new_contact_interval_s": "0"}, "webhooks": {"backoff_ms": "100"}}
PACE = {"rate_per_second": "1000", "pair_interval_ms": "1", "pair_burst": "1000"}
WHATSAPP = "org.ulak.WhatsApp1"
BUS_TIMEOUT_MS = 40000


def lid(phone):
    return f"{LIDS[phone]}@lid"


def pn(phone, device=0):
    return f"{phone}{f':{device}' if device else ''}@s.whatsapp.net"


def text_of(message):
    content = message.get("message") or {}
    return content.get("conversation") or content.get("extendedTextMessage", {}).get("text")


def says(text):
    return lambda message: text_of(message) == text


def reason_to_skip():
    from tests.program.conftest import missing

    if not whatsapp_is_ready():
        return "the npm packages of tests/peers/whatsapp are not installed"
    return missing()


class Line:
    """One linked line of the suite, as its users see it."""

    def __init__(self, world, account, phone, settings=None):
        self.world, self.suite, self.account, self.phone = world, world.suite, account, phone
        status, answer, _ = self.suite.post("/api/v1/accounts", {"id": account, "network": "whatsapp", "backend": "linked",
                                                                 "name": account.title(), "settings": settings or {}})
        assert status == 201, answer
        self.start()

    # --- the line's life ---

    def start(self):
        status, answer, _ = self.suite.post(f"/api/v1/accounts/{self.account}/start")
        assert status in (200, 202), answer

    def link(self):
        """As `ulakctl account link` and a phone do it. Returns when the line is ready."""
        self.wait_state("qr")
        link = json.loads(self.bus("Link", GLib.Variant("(ssa{sv})", ("qr", "", {})))[0])
        self.world.double.scan(self.phone, link["qr"])
        self.wait_state("ready")

    def state(self):
        return self.suite.get(f"/api/v1/accounts/{self.account}")[1].get("state")

    def wait_state(self, state, seconds=30):
        try:
            wait_for(lambda: self.state() == state, seconds, f"{self.account} {state}")
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {self.state()}") from None

    @property
    def process(self):
        return self.suite.line(self.account)

    def kill(self):
        """The supervisor starts it again, as systemd does."""
        starts = self.process.starts
        self.process.kill()
        wait_for(lambda: self.process.starts > starts, describe="the line's next start")

    @contextlib.contextmanager
    def away(self, seconds=30):
        """Without the line's process for a while; seconds: until it is ready again, which it is behind what waited for it."""
        self.process.stop()
        wait_for(lambda: not self.device()["online"], describe="the line away")
        yield
        self.process.start()
        self.wait_state("ready", seconds)

    def device(self):
        """What the server knows of the line's device."""
        companion = next(d for d in self.world.double.control(f"accounts/{self.phone}")["devices"] if d["id"])
        return self.world.double.control(f"devices/{companion['jid']}")

    @property
    def jid(self):
        return self.device()["jid"]

    def is_settled(self):
        return self.device()["queued"] == 0

    def has_told_all(self):
        """No event waits in its outbox, not even one that the event log has already."""
        try:
            text, = self.bus("Metrics", GLib.Variant("(a{sv})", ({},)), interface="org.ulak.Service1")
        except GLib.Error:
            return False  # it is away for a moment
        return f'ulak_outbox_rows{{account="{self.account}"}} 0\n' in text

    # --- the bus ---

    def bus(self, method, parameters=None, interface="org.ulak.Account1"):
        reply = self.suite.connection.call_sync(f"org.ulak.Account.{self.account}", f"/org/ulak/account/{self.account}", interface, method,
                                                parameters, None, 0, BUS_TIMEOUT_MS, None)
        return reply.unpack()

    def whatsapp(self, method, signature="", *arguments):
        """A method of org.ulak.WhatsApp1; a document that it answers is parsed."""
        parameters = GLib.Variant(f"({signature}a{{sv}})", (*arguments, {}))
        answer = self.bus(method, parameters, WHATSAPP)
        if not answer:
            return None
        return json.loads(answer[0]) if answer[0][:1] in "{[" and answer[0] else answer[0]

    # --- messages ---

    def post(self, to, **document):
        """Hands a message to the HTTP API; returns its id."""
        status, answer, _ = self.suite.post(f"/api/v1/accounts/{self.account}/messages", {"to": to, **document})
        assert status == 202, answer
        return answer["id"]

    def send(self, to, status="sent", seconds=30, **document):
        """Hands a message to the HTTP API and waits until the network has it; returns the stored message."""
        return self.wait_status(self.post(to, **document), status, seconds)

    def read(self, name):
        """The stored message by our id or the network's, or None."""
        code, document, _ = self.suite.get(f"/api/v1/accounts/{self.account}/messages/{name}")
        return document if code == 200 else None

    def wait_status(self, name, status, seconds=30):
        order = ("pending", "sent", "delivered", "read", "played")

        def reached():
            message = self.read(name)
            now = message and message["status"]
            if status in order and now in order and order.index(now) >= order.index(status):
                return message
            return message if now == status else None
        try:
            return wait_for(reached, seconds, f"{name} {status}")
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {self.read(name)}") from None

    def wait_message(self, network_id, seconds=30, **expected):
        """The stored message of that network id, once it says what is expected."""
        def reached():
            message = self.read(network_id)
            return message if message and all(message.get(name) == value for name, value in expected.items()) else None
        try:
            return wait_for(reached, seconds, f"message {network_id}")
        except AssertionError as error:
            raise AssertionError(f"{error} with {expected}; it is {self.read(network_id)}") from None

    def history(self, chat, limit=200):
        """All messages of a chat, oldest first; none of a chat that is not there yet."""
        found, cursor = [], ""
        while True:
            path = f"/api/v1/accounts/{self.account}/chats/{chat}/messages?limit={limit}" + (f"&cursor={cursor}" if cursor else "")
            status, answer, _ = self.suite.get(path)
            if status == 404:
                return []
            assert status == 200, answer
            found += answer["data"]
            cursor = answer["next"]
            if not cursor:
                return found[::-1]

    def upload(self, content, mime_type, file_name=None):
        headers = {"Content-Type": mime_type} | ({"Content-Disposition": f'attachment; filename="{file_name}"'} if file_name else {})
        status, answer, _ = self.suite.request("POST", f"/api/v1/accounts/{self.account}/media", content, headers)
        assert status == 201, answer
        return answer["media_id"]

    def download(self, media_id):
        status, content, headers = self.suite.get(f"/api/v1/accounts/{self.account}/media/{media_id}")
        assert status == 200, content
        return content

    def set(self, **settings):
        status, answer, _ = self.suite.request("PATCH", f"/api/v1/accounts/{self.account}/settings", settings)
        assert status == 200, answer


class World:
    """The double, the suite with one linked line, two Baileys clients, and who listens to the webhooks."""

    def __init__(self, stack, config=None, clients=(ANNA, BERT), options=None, environment=None, client_options=()):
        self.double = stack.enter_context(WhatsAppDouble(**{"strict_addressing": [SALES, PLAIN], **(options or {})}))
        self.double.control("accounts", {"accounts": [{"phone": phone, "lid": LIDS[phone], "name": NAMES[phone]} for phone in LIDS]})
        self.folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ulak-clients-")))
        self.receiver = stack.enter_context(Receiver())
        groups = {name: dict(keys) for name, keys in FAST.items()}
        groups["whatsapp"] = {"server_url": self.double.places["ws_url"], "root_key": self.double.places["root_key"],
                              "media_ca_file": str(self.double.certificates), **PACE}
        for group, keys in (config or {}).items():
            groups.setdefault(group, {}).update(keys)
        self.suite = stack.enter_context(Suite(config=groups, environment=environment))
        self.receiver.trust(self.suite.add_webhook(f"{self.receiver.url}/hook")["secret"])
        self.line = Line(self, "sales", SALES)
        self.line.link()
        self.clients, self.client_options = {}, client_options
        stack.callback(self._stop_clients)
        for phone in clients:
            self.join(phone)
        self.seen = 0
        self.events_kept = []

    def join(self, phone):
        client = self.clients[phone] = self.double.foreign(*self.client_options, auth=self.folder / phone)
        client.link(lambda text: self.double.scan(phone, text))
        return client

    def leave(self, phone):
        self.clients.pop(phone).stop()
        wait_for(lambda: not self.double.control(f"devices/{pn(phone, 1)}")["online"], describe=f"the client of {phone} away")

    def come_back(self, phone):
        client = self.clients[phone] = self.double.foreign(*self.client_options, auth=self.folder / phone)
        client.call("connect")
        client.wait("connection", connection="open")
        return client

    def _stop_clients(self):
        for client in self.clients.values():
            client.stop()

    @property
    def anna(self):
        return self.clients[ANNA]

    @property
    def bert(self):
        return self.clients[BERT]

    # --- what others saw ---

    def inbox(self, phone, network_id=None, text=None):
        rows = self.double.control(f"accounts/{phone}/inbox")["rows"]
        return [row for row in rows if (network_id is None or row["id"] == network_id) and (text is None or row.get("text") == text)]

    def wait_inbox(self, phone, seconds=30, **wanted):
        return wait_for(lambda: self.inbox(phone, **wanted), seconds, f"{wanted} on the phone of {NAMES.get(phone, phone)}")[-1]

    def phone_send(self, phone, to, **body):
        return self.double.control(f"accounts/{phone}/send", {"to": to, **body})["id"]

    def journal(self, ring, **expected):
        rows = self.double.control(f"journal/{ring}")["rows"]
        return [row for row in rows if all(row.get(name) == value for name, value in expected.items())]

    # --- what the webhooks said ---

    def events(self, kind, **wanted):
        """Events of that type whose message (or whose data) says what is wanted."""
        found = []
        for entry in self.receiver.events():
            event = entry["event"]
            if entry["status"] != 200 or event["type"] != kind:
                continue
            data = next((event["data"][name] for name in ("message", "presence", "call", "contact") if name in event["data"]), event["data"])
            if all(data.get(name) == value for name, value in wanted.items()):
                found.append(event)
        return found

    def wait_event(self, kind, seconds=30, **wanted):
        return wait_for(lambda: self.events(kind, **wanted), seconds, f"{kind} with {wanted}")[-1]

    # --- after a test ---

    def check(self):
        """What may be wrong after no test: signatures that do not hold, and messages of ours that others could not read."""
        assert [row for row in self.journal("signatures") if not row["valid"]] == []
        assert self.receiver.control("unverified") == []


@contextlib.contextmanager
def open_world(**options):
    with loopback_only(), contextlib.ExitStack() as stack:
        yield World(stack, **options)


def failures_of_ours(world):
    """Retry receipts that others sent for messages of the line."""
    return [row for row in world.journal("failures") if (row.get("sender") or "").split(":")[0].split("@")[0] == SALES]


def settle(world, seconds=30):
    wait_for(world.line.is_settled, seconds, "everything acknowledged by the line")
