# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""A linked line under SIGKILL: every id accounted for, and no ratchet broken.

Baileys clients and phones talk with the line, one to one and in a group, while random processes of the suite are killed. Then
each message to the line must stand at the webhook under one id, each send must have reached its people under one network id,
chats must be in order, nobody may have met a message of the line that could not be read, and no key of its ratchets may have
sealed two different messages. What the line could not read must have come again, and the wire must show that its author spoiled
its own ratchet (check_stored). The process also dies at each single commit of an exchange (commit-cutter.c), and comes back from
a backup.

ULAK_LINKED_KILLS (50; 300 with ULAK_SOAK=1) and ULAK_SEED choose how long and which; both are printed.
"""

import base64
import collections
import itertools
import os
import random
import subprocess
import threading
import time

import pytest

from tests.program.linked import ANNA, BERT, CARL, LIDS, SALES, failures_of_ours, lid, open_world, pn, reason_to_skip, text_of
from tests.program.suite import BUILD, is_sanitized, wait_for

pytestmark = pytest.mark.skipif(reason_to_skip() is not None, reason=str(reason_to_skip()))

SOAK = os.environ.get("ULAK_SOAK") == "1"
KILLS = int(os.environ.get("ULAK_LINKED_KILLS", "300" if SOAK else "50"))
SEED = int(os.environ.get("ULAK_SEED", str(random.SystemRandom().randrange(2**32))))
PEOPLE = (ANNA, BERT, CARL)
OPTIONS = {"journal_max": 500000, "stanzas_max": 500000}
CONFIG = {"webhooks": {"backoff_ms": "50", "backoff_max_ms": "500", "attempts": "50", "concurrency": "8"}}
SETTLE_S = 180
CUTS_MAX = 40  # of one kind of exchange; none has as many commits


# --- what is on the wire ---

def read_fields(data):
    """Number to value of a protobuf without groups; the last of a number counts."""
    fields, at = {}, 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
    while at < len(data):
        key = varint()
        if key & 7 == 0:
            fields[key >> 3] = varint()
        else:
            size = varint()
            fields[key >> 3] = data[at:at + size]
            at += size
    return fields


def key_of(enc):
    """Which key of which ratchet sealed it: (chain, number)."""
    sealed = base64.b64decode(enc["content"]["base64"])
    if enc["attrs"]["type"] == "skmsg":
        fields = read_fields(sealed[1:-64])
        return ("sender key", fields[1], fields.get(2, 0)), sealed
    if enc["attrs"]["type"] == "pkmsg":
        sealed = read_fields(sealed[1:])[4]
    fields = read_fields(sealed[1:-8])
    return (fields[1], fields.get(2, 0)), fields[4]


def sealed_parts(node):
    """(recipient, <enc>) of a message that the line sent."""
    for part in node["content"]:
        if part["tag"] == "enc":
            yield node["attrs"]["to"], part
        elif part["tag"] == "participants":
            yield from ((to["attrs"]["jid"], enc) for to in part["content"] for enc in to["content"])


def keys_used(world, jid):
    """Key to the ciphertexts that it made, of everything that the line ever sent."""
    used = collections.defaultdict(set)
    for row in world.double.control(f"devices/{jid}/stanzas")["rows"]:
        if row["direction"] == "in" and row["node"]["tag"] == "message":
            for to, enc in sealed_parts(row["node"]):
                key, sealed = key_of(enc)
                used[to, key].add(sealed)
    return used


CHAIN_NEVER_USED = 2**32 - 1  # what the package says of a chain before when it sent nothing on that


def for_the_line(world, jid):
    """(network id, <enc>) of everything that a client sealed for the line's device, in order."""
    ours = {pn(SALES, 1), f"{LIDS[SALES]}:1@lid"}
    for row in world.double.control(f"devices/{jid}/stanzas")["rows"]:
        if row["direction"] == "in" and row["node"]["tag"] == "message":
            yield from ((row["node"]["attrs"]["id"], enc) for to, enc in sealed_parts(row["node"]) if to in ours)


def faults_on_the_wire(world, phone):
    """Network id to what the client of that phone did wrong with the ratchet that sealed it; most have none.

    The package changes a session in two places at once, and the later writer wins: a step is forgotten, and its key seals another
    message. Once it has two sessions it tries what comes on each of them, and keeps the steps of the ones that did not fit: then
    it goes on to a chain that nobody can follow. Either is seen without any secret: no key seals twice; who begins a session stays
    on its first chain (and on pkmsg) until it has read an answer; nobody leaves a chain on which it sent nothing."""
    used, first, faults = collections.defaultdict(set), {}, {}
    for name, enc in for_the_line(world, pn(phone, 1)):
        key, sealed = key_of(enc)
        used[key].add((name, sealed))
        inner = base64.b64decode(enc["content"]["base64"])
        if enc["attrs"]["type"] == "pkmsg":
            begun = read_fields(inner[1:])
            inner = begun[4]
            if first.setdefault(begun[2], key[0]) != key[0]:
                faults[name] = "a session that was not answered left its first chain"
        if read_fields(inner[1:-8]).get(3) == CHAIN_NEVER_USED:
            faults[name] = "a chain was left on which nothing was sent"
    for uses in used.values():
        if len({sealed for _, sealed in uses}) > 1:
            faults.update((name, "a key used twice") for name, _ in uses)
    return faults


def check_ratchets(world):
    """Nobody met what could not be read, and no key sealed two texts."""
    assert failures_of_ours(world) == []
    assert [row for row in world.journal("events", kind="phone-undecryptable") if row["from"] == world.line.jid] == []
    assert [event for client in world.clients.values() for event in client.events if event["event"] == "undecryptable"] == []
    used = keys_used(world, world.line.jid)
    assert used and {key: len(texts) for key, texts in used.items() if len(texts) > 1} == {}, "a key of a ratchet was used twice"
    return len(used)


# --- load ---

def post(world, chat, text):
    """As a program does that is not told whether the line took it; returns our id."""
    while True:
        status, answer, _ = world.suite.post("/api/v1/accounts/sales/messages", {"to": chat, "text": text},
                                             headers={"Idempotency-Key": text.replace(" ", "-")})
        if status == 202:
            return answer["id"]
        assert status in (0, 409, 500, 502, 503, 504), (status, answer)
        assert status != 409 or answer["code"] == "E_WRONG_STATE", answer
        time.sleep(0.05)


class Load:
    """Both directions at once, until told to stop. Keeps what it asked for, in order by chat and author."""

    def __init__(self, world):
        self.world = world
        self.group = world.group
        self.stop = threading.Event()
        self.inbound = collections.defaultdict(list)   # (chat, author) -> network ids
        self.texts = {}                                # network id -> text
        self.outbound = collections.defaultdict(list)  # chat -> (key, our id)
        self.errors = []
        jobs = [(self._client, phone) for phone in (ANNA, BERT)] + [(self._phone, CARL)] + [(self._send, chat) for chat in (*PEOPLE, self.group)]
        self.threads = [threading.Thread(target=self._guard, args=job) for job in jobs]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def _guard(self, job, argument):
        try:
            job(argument)
        except BaseException as error:
            self.errors.append(error)

    def _note(self, chat, author, network_id, text):
        self.inbound[chat, author].append(network_id)
        self.texts[network_id] = text

    def _rounds(self, author):
        """(number, whether it goes to the group)"""
        chooser = random.Random(f"{SEED} {author}")
        for number in itertools.count():
            if self.stop.wait(chooser.uniform(0.02, 0.25)):
                return
            yield number, chooser.random() < 0.4

    def _client(self, phone):
        for number, is_grouped in self._rounds(phone):
            text = f"from {phone}: {number}"
            sent = self.world.clients[phone].call("sendText", to=self.group if is_grouped else lid(SALES), text=text, wait="ack")
            self._note(self.group if is_grouped else phone, phone, sent["id"], text)

    def _phone(self, phone):
        for number, is_grouped in self._rounds(phone):
            text = f"from {phone}: {number}"
            self._note(self.group if is_grouped else phone, phone, self.world.phone_send(phone, self.group if is_grouped else pn(SALES), text=text), text)

    def _send(self, chat):
        chooser = random.Random(f"{SEED} to {chat}")
        for number, _ in self._rounds(f"to {chat}"):
            key = f"to {chat}: {number}"
            answers = {post(self.world, chat, key) for _ in range(2 if chooser.random() < 0.2 else 1)}  # a program that was not sure
            assert len(answers) == 1, f"one Idempotency-Key under {answers}"
            self.outbound[chat].append((key, answers.pop()))


def greet(world):
    """Sessions before the load, one after the other: the package that the peers use spoils a session of its own when both sides
    begin one at the same moment (test_linked_hostile_people.py has that), and what is looked for here is what we spoil."""
    for phone in PEOPLE:
        for to in (lid(SALES), world.group):
            if phone in world.clients:
                sent = world.clients[phone].call("sendText", to=to, text="good morning", wait="ack")["id"]
            else:
                sent = world.phone_send(phone, to, text="good morning")
            world.line.wait_message(sent)
        world.line.wait_status(post(world, phone, f"good morning, {phone}"), "delivered")
    world.line.wait_status(post(world, world.group, "good morning, all"), "delivered")


def kill_at_random(world, kills):
    chooser, counts = random.Random(SEED), collections.Counter()
    for _ in range(kills):
        time.sleep(chooser.uniform(0.05, 0.9))
        process = world.suite.processes[chooser.choice(["line-sales"] * 4 + ["api", "webhooks"])]
        wait_for(process.is_running, 10, f"{process.name} is up again")
        process.kill()
        counts[process.name] += 1
    return counts


# --- accounts ---

def told(world):
    """Network id to the (event, message) ids under which the webhook saw it whole, in the order of first sight. A placeholder is a
    sight of its message, but not of the whole."""
    found = {}
    for event in (entry["event"] for entry in world.receiver.events() if entry["status"] == 200):
        if event["type"] in ("message.received", "message.undecryptable", "message.replaced"):
            message = event["data"]["message"]
            ids = found.setdefault(message["network_id"], {})
            if event["type"] != "message.undecryptable":
                ids[event["id"], message["id"]] = message
    return found


def check_inbound(world, load):
    found = told(world)
    places = {name: place for place, name in enumerate(found)}
    lost = [name for name in load.texts if not found.get(name)]
    traces = [(name, load.texts[name], world.journal("messages", id=name)) for name in lost]
    assert lost == [], f"{len(lost)} of {len(load.texts)} messages to the line are lost: {traces}"
    assert {name: list(ids) for name, ids in found.items() if len(ids) > 1} == {}, "a message to the line under two ids"
    for name, text in load.texts.items():
        message = next(iter(found[name].values()))
        assert (message["type"], message["text"]) == ("text", text)
    for (chat, author), names in load.inbound.items():
        assert [places[name] for name in names] == sorted(places[name] for name in names), f"order of {author} in {chat}"
    return len(load.texts)


def seen_by(world, phone):
    """Text to the network ids under which somebody saw it, in order: a client's view where there is one, else the phone's."""
    seen = {}
    if phone in world.clients:
        rows = [(event["data"]["key"]["id"], text_of(event["data"])) for event in list(world.clients[phone].events)
                if event["event"] == "message" and not event["data"]["key"]["fromMe"]]
    else:
        rows = [(row["id"], row.get("text")) for row in world.inbox(phone)]
    for name, text in rows:
        if text and text.startswith("to "):
            seen.setdefault(text, []).append(name)
    return seen


def check_outbound(world, load):
    sent = repeats = 0
    for chat, rows in load.outbound.items():
        for phone in PEOPLE if chat == load.group else (chat,):
            seen = {text: names for text, names in seen_by(world, phone).items() if text.startswith(f"to {chat}:")}
            keys = [key for key, _ in rows]
            assert [key for key in keys if key not in seen] == [], f"sends to {chat} never reached {phone}"
            assert set(seen) == set(keys), "a message reached somebody that nobody was told about"
            assert {text: names for text, names in seen.items() if len(set(names)) > 1} == {}, "a send under two network ids"
            assert list(seen) == keys, f"order of what {phone} saw of {chat}"
            repeats += sum(len(names) - 1 for names in seen.values())
        sent += len(rows)
    return sent, repeats


def is_sent(world, ours):
    message = world.line.read(ours)  # None too while the API comes back from the last kill
    return message is not None and message["status"] in ("sent", "delivered", "read")


def is_settled(world, load):
    found = told(world)
    return (world.line.is_settled() and all(found.get(name) for name in load.texts)
            and all(is_sent(world, ours) for rows in load.outbound.values() for _, ours in rows[-3:])
            and all(key in seen_by(world, phone) for chat, rows in load.outbound.items() for phone in (PEOPLE if chat == load.group else (chat,)) for key, _ in rows))


def settle(world, load):
    try:
        wait_for(lambda: is_settled(world, load), SETTLE_S, "everything settled")
    except AssertionError:
        pass  # the checks say what is missing


def check_stored(world, load):
    """What the line itself says of it all."""
    assert world.events("message.failed") == []
    unread = {event["data"]["message"]["network_id"] for event in world.events("message.undecryptable")}
    faults = {name: fault for phone in world.clients for name, fault in faults_on_the_wire(world, phone).items()}
    assert unread - set(faults) == set(), "could not be read, and nobody else is to blame"
    print(f"\nof the package's clients could not be read and came again: {dict(collections.Counter(faults[name] for name in unread))}")
    for chat, rows in load.outbound.items():
        for key, ours in rows:
            assert is_sent(world, ours), key
    twice = ask(world, "SELECT network_id, count(*) FROM messages WHERE network_id IS NOT NULL GROUP BY chat, network_id, sender HAVING count(*) > 1")
    assert twice == "" and ask(world, "SELECT count(*) FROM messages WHERE type = 'undecryptable'") == "0"


def ask(world, question, path=None):
    path = path or world.suite.data_dir / "accounts" / "sales" / "whatsapp.db"
    return subprocess.run(["sqlite3", str(path), question], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def world():
    # With one lock in the clients none of them spoils a ratchet (faults_on_the_wire() says how they do without), and what is
    # looked for here is what we spoil.
    with open_world(config=CONFIG, options=OPTIONS, client_options=("--one-lock",)) as running:
        running.group = running.double.control("groups", {"by": CARL, "subject": "Us", "members": [SALES, ANNA, BERT]})["jid"]
        greet(running)
        yield running
        running.check()


def test_random_kills_lose_nothing_double_nothing_and_break_no_ratchet(world):
    with Load(world) as load:
        counts = kill_at_random(world, KILLS)
    assert load.errors == []
    settle(world, load)
    inbound = check_inbound(world, load)
    sent, repeats = check_outbound(world, load)
    check_stored(world, load)
    keys = check_ratchets(world)
    print(f"\nseed {SEED}: {sum(counts.values())} kills {dict(counts)}; {inbound} to the line, 0 lost; {sent} from it, 0 lost, "
          f"{repeats} seen again under the same id; {keys} keys of ratchets, none twice")


# --- a backup ---

def test_a_backup_taken_under_load_is_restored_without_using_a_ratchet_again(world):
    copy = world.suite.directory / "copy.db"
    with Load(world) as load:
        wait_for(lambda: len(load.texts) > 15 and all(len(load.outbound[chat]) > 3 for chat in (*PEOPLE, world.group)), 60, "some talk")
        saved = world.suite.ctl("db", "backup", "sales", str(copy))
        assert saved.returncode == 0, saved.stderr
        before = len(load.texts)
        wait_for(lambda: len(load.texts) > before + 15, 60, "talk that is not in the copy")
    assert load.errors == []
    settle(world, load)
    check_inbound(world, load)
    check_outbound(world, load)
    used, uploads = check_ratchets(world), len(world.journal("events", kind="prekeys-uploaded"))
    assert int(ask(world, "SELECT count(*) FROM sessions", copy)) > 0

    world.line.process.stop()
    own = world.suite.data_dir / "accounts" / "sales" / "whatsapp.db"
    for path in own.parent.glob("whatsapp.db*"):
        path.unlink()
    own.write_bytes(copy.read_bytes())
    world.line.process.start()
    world.line.wait_state("ready")
    wait_for(lambda: len(world.journal("events", kind="prekeys-uploaded")) > uploads, describe="new pre-keys")
    assert ask(world, "SELECT is_copy FROM generation") == "0"

    for number, phone in enumerate(PEOPLE):
        text = f"after the restore {number}"
        if phone in world.clients:
            sent = world.clients[phone].call("sendText", to=pn(SALES), text=text, wait="ack")["id"]
        else:
            sent = world.phone_send(phone, pn(SALES), text=text)
        assert world.line.wait_message(sent, type="text", seconds=60)["text"] == text
        ours = world.line.send(phone, text=f"to {phone}: after the restore")
        wait_for(lambda: f"to {phone}: after the restore" in seen_by(world, phone), 60, f"seen by {phone}")
        world.line.wait_status(ours["id"], "delivered")
    sent = world.phone_send(CARL, world.group, text="to the group after the restore")
    assert world.line.wait_message(sent, type="text", seconds=60)
    ours = world.line.send(world.group, text=f"to {world.group}: after the restore")
    for phone in PEOPLE:
        wait_for(lambda: f"to {world.group}: after the restore" in seen_by(world, phone), 60, f"seen by {phone}")
    print(f"\nseed {SEED}: {used} keys of ratchets before the restore, {check_ratchets(world)} in all, none twice")


# --- at each commit ---

class Cutter:
    """Tells the process at which commit to die."""

    def __init__(self, path):
        self.path = path
        self.serial = itertools.count(1)

    @property
    def environment(self):
        return {"LD_PRELOAD": str(BUILD / "tests" / "program" / "commit-cutter.so"), "ULAK_TEST_CUT": str(self.path)}

    def arm(self, when, number):
        draft = self.path.with_suffix(".draft")
        draft.write_text(f"{when} {number} {next(self.serial)}\n")
        draft.rename(self.path)

    def has_struck(self):
        return not self.path.exists()

    def disarm(self):
        self.path.unlink(missing_ok=True)


class Exchange:
    """One message there or back, until both sides know all about it."""

    def __init__(self, world):
        self.world = world
        self.number = 0
        self.strangers = itertools.count(100)

    def _text(self):
        self.number += 1
        return f"at a commit: {self.number}"

    def _stranger(self):
        number = next(self.strangers)
        phone = f"15552220{number}"
        self.world.double.control("accounts", {"phone": phone, "lid": f"200000000000{number}", "name": f"Stranger {number}"})
        return phone

    def _received(self, phone, to):
        text = self._text()
        sent = self.world.phone_send(phone, to, text=text)
        assert self.world.line.wait_message(sent, type="text")["text"] == text
        self.world.wait_event("message.received", network_id=sent)
        wait_for(self.world.line.is_settled, describe="acknowledged")
        wait_for(self.world.line.has_told_all, describe="an empty outbox")
        assert len(told(self.world)[sent]) == 1

    def _sent(self, to, people):
        text = self._text()
        ours = self.world.line.wait_status(post(self.world, to, text), "delivered")
        wait_for(self.world.line.has_told_all, describe="an empty outbox")
        for phone in people:
            self.world.wait_inbox(phone, text=text)
            assert {row["id"] for row in self.world.inbox(phone, text=text)} == {ours["network_id"]}

    def receive(self):
        self._received(CARL, pn(SALES))

    def receive_first(self):
        self._received(self._stranger(), pn(SALES))

    def receive_in_group(self):
        self._received(CARL, self.world.group)

    def send(self):
        self._sent(CARL, [CARL])

    def send_first(self):
        phone = self._stranger()
        self._sent(phone, [phone])

    def send_to_group(self):
        self._sent(self.world.group, PEOPLE)


EXCHANGES = ("receive", "receive_first", "receive_in_group", "send", "send_first", "send_to_group")


@pytest.fixture(scope="module")
def cut_world(tmp_path_factory):
    if is_sanitized():
        pytest.skip("the cutter has to be loaded first, and so has the sanitizer")
    cutter = Cutter(tmp_path_factory.mktemp("cutter") / "cut")
    with open_world(config=CONFIG, options=OPTIONS, clients=(ANNA,), environment=cutter.environment) as running:
        running.cutter = cutter
        running.group = running.double.control("groups", {"by": CARL, "subject": "Us", "members": [SALES, ANNA, BERT]})["jid"]
        running.exchange = Exchange(running)
        for name in EXCHANGES:
            getattr(running.exchange, name)()
        yield running
        running.check()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("name", EXCHANGES)
def test_a_death_at_each_commit_of_an_exchange_breaks_nothing(cut_world, name, when):
    cutter, deaths = cut_world.cutter, 0
    for number in range(1, CUTS_MAX + 1):
        starts = cut_world.line.process.starts
        cut_world.line.wait_state("ready")
        cutter.arm(when, number)
        getattr(cut_world.exchange, name)()
        if not cutter.has_struck():
            cutter.disarm()
            break
        wait_for(lambda: cut_world.line.process.starts == starts + 1, describe="one death, one start")
        deaths += 1
    assert 2 <= deaths < CUTS_MAX, f"{deaths} commits"
    assert cut_world.events("message.undecryptable") == []
    keys = check_ratchets(cut_world)
    print(f"\n{name}: died {when} each of {deaths} commits; {keys} keys of ratchets, none twice")
