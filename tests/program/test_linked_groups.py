# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""A linked line in groups with Baileys clients and phones: what is said there, who may read it, and how groups change.

ULAK_LINKED_MESSAGES says how many messages everybody sends in each of the groups of 2, 30 and 256 members (1,000 in `soak`).
"""

import json
import os
import pathlib
import sys
import time

import pytest

from tests.program.linked import ANNA, BERT, CARL, SALES, failures_of_ours, lid, open_world, pn, reason_to_skip, says, settle, text_of
from tests.program.suite import wait_for

pytestmark = pytest.mark.skipif(reason_to_skip() is not None, reason=str(reason_to_skip()))

MESSAGES = int(os.environ.get("ULAK_LINKED_MESSAGES", "25"))
BULK_SECONDS = 60 + MESSAGES
SLICE = 50
IN_FLIGHT = 16


@pytest.fixture(scope="module")
def shared():
    with open_world() as world:
        yield world


@pytest.fixture
def world(shared):
    shared.double.control("journal", method="DELETE")
    yield shared
    shared.double.control("faults", method="DELETE")
    shared.check()


def create(world, subject, members, **more):
    return world.line.whatsapp("CreateGroup", "s", json.dumps({"subject": subject, "members": members, **more}))["id"]


def kept(world, group):
    return world.double.control(f"groups/{group}")


def members_of(world, group):
    return {member["phone"]: member["type"] for member in kept(world, group)["members"]}


def everybody_gets(world, group, text, phones=(ANNA, BERT, CARL)):
    """The line says something in the group; clients and phones of those have it."""
    ours = world.line.send(group, text=text)
    for phone in phones:
        assert world.wait_inbox(phone, network_id=ours["network_id"])["text"] == text
        if phone in world.clients:
            world.clients[phone].wait("message", where=says(text))
    return ours


def change(world, group, action, *people):
    return [row["code"] for row in world.line.whatsapp("ChangeMembers", "ssas", group, action, list(people))]


# --- what the line does ---

def test_the_line_makes_a_group_and_everybody_talks_in_it(world):
    group = create(world, "Friends", [ANNA, f"+{BERT}", lid(CARL)], description="all of us")
    assert members_of(world, group) == {SALES: "superadmin", ANNA: None, BERT: None, CARL: None}
    assert (kept(world, group)["subject"], kept(world, group)["description"]) == ("Friends", "all of us")
    ours = everybody_gets(world, group, "hello all")
    for sender, by in ((world.anna, ANNA), (world.bert, BERT)):
        sent = sender.call("sendText", to=group, text=f"hello from {by}", wait="ack")
        message = world.line.wait_message(sent["id"])
        assert (message["chat"], message["from"], message["text"], message["from_me"]) == (group, by, f"hello from {by}", False)
        assert world.wait_event("message.received", network_id=sent["id"])["data"]["contact"]["phone"] == by
    sent = world.phone_send(CARL, group, text="hello from carl")
    assert world.line.wait_message(sent)["from"] == CARL
    everybody_gets(world, group, "with the same key")
    world.line.wait_status(ours["id"], "delivered")
    world.anna.call("readMessages", messages=[ours["network_id"]])
    assert failures_of_ours(world) == [] and world.journal("signatures", kind="skmsg", valid=True)


def test_own_other_devices_appear_as_ours_in_groups(world):
    group = create(world, "Own", [ANNA])
    everybody_gets(world, group, "known", [ANNA])
    sent = world.phone_send(SALES, group, text="our phone in the group")
    message = world.line.wait_message(sent)
    assert (message["chat"], message["from_me"], message["text"]) == (group, True, "our phone in the group")
    world.anna.wait("message", where=says("our phone in the group"))


def test_contents_in_groups_quote_mention_and_vote(world):
    group = create(world, "Contents", [ANNA, BERT])
    sent = world.anna.call("sendText", to=group, text="the question", wait="ack")
    question = world.line.wait_message(sent["id"])
    ours = world.line.send(group, text=f"@{BERT} knows", mentions=[BERT], reply_to=question["id"])
    got = world.bert.wait("message", where=lambda data: data["key"]["id"] == ours["network_id"])["message"]["extendedTextMessage"]
    assert got["contextInfo"]["mentionedJid"] == [lid(BERT)] and got["contextInfo"]["participant"] == lid(ANNA)
    assert (got["contextInfo"]["stanzaId"], got["text"]) == (sent["id"], f"@{lid(BERT).split('@')[0]} knows")
    poll = world.line.send(group, poll={"name": "When?", "options": ["now", "later"], "selectable_count": 1})
    for client, phone, choice in ((world.anna, ANNA, "now"), (world.bert, BERT, "later")):
        client.wait("message", where=lambda data: data["key"]["id"] == poll["network_id"])
        vote = client.call("sendVote", to=group, poll=poll["network_id"], options=[choice], wait="ack")
        message = world.line.wait_message(vote["id"])
        assert (message["from"], message["type"], message["poll_vote"]["options"]) == (phone, "poll_vote", [choice])
    theirs = world.anna.call("sendPoll", to=group, name="Where?", options=["here", "there"], selectable=1, wait="ack")
    asked = world.line.wait_message(theirs["id"])
    mine = world.line.send(group, poll_vote={"message_id": asked["id"], "options": ["there"]})
    for client in (world.anna, world.bert):
        assert client.wait("vote", where=lambda vote: vote["key"]["id"] == mine["network_id"])["options"] == ["there"]
    reaction = world.bert.call("sendReaction", to=group, message=ours["network_id"], emoji="🎯", wait="ack")
    event = world.wait_event("message.reaction", network_id=reaction["id"])["data"]["message"]
    assert (event["reaction"]["emoji"], event["from"], event["chat"]) == ("🎯", BERT, group)


def test_a_new_member_reads_from_then_on_and_a_removed_one_no_more(world):
    group = create(world, "Changing", [ANNA, CARL])
    everybody_gets(world, group, "before bert", [ANNA, CARL])
    assert change(world, group, "add", BERT) == [200]
    everybody_gets(world, group, "with bert", [ANNA, BERT, CARL])
    before = skmsg_key_id(world, group)
    assert change(world, group, "remove", ANNA) == [200]
    everybody_gets(world, group, "without anna", [BERT, CARL])
    assert skmsg_key_id(world, group) != before, "a removed member could read on"
    assert all(text_of(event["data"]) != "without anna" for event in world.anna.events if event["event"] == "message")
    assert change(world, group, "add", ANNA) == [200]
    everybody_gets(world, group, "anna is back", [ANNA, BERT, CARL])
    world.bert.call("leaveGroup", group=group)
    wait_for(lambda: world.events("group.updated", group=group, change="remove", by=BERT), describe="bert left")
    settle(world)
    before = skmsg_key_id(world, group)
    everybody_gets(world, group, "bert is gone", [ANNA, CARL])
    assert skmsg_key_id(world, group) != before
    assert failures_of_ours(world) == []


def count_from_line(world, tag, **attributes):
    nodes = [row["node"] for row in world.double.control(f"devices/{world.line.jid}/stanzas")["rows"] if row["direction"] == "in"]
    return sum(node["tag"] == tag and node["attrs"].items() >= attributes.items() for node in nodes)


def ask_again(world, group, phone, name):
    """The phone of a member asks the line for a message; how often the line has sent that one since."""
    before = count_from_line(world, "message", id=name)
    acks = count_from_line(world, "ack", id=name, type="retry")
    node = {"tag": "receipt", "attrs": {"id": name, "type": "retry", "from": group, "participant": lid(phone), "t": str(int(time.time()))},
            "content": [{"tag": "retry", "attrs": {"count": "1", "id": name, "t": str(int(time.time())), "v": "1"}}]}
    world.double.control(f"devices/{world.line.jid}/send", {"node": node})
    wait_for(lambda: count_from_line(world, "ack", id=name, type="retry") > acks, describe="the ack of a retry receipt")
    return count_from_line(world, "message", id=name) - before


def test_a_member_who_joins_late_cannot_ask_for_what_was_said_before(world):
    group = create(world, "Late", [ANNA, CARL])
    before = everybody_gets(world, group, "before bert came", [ANNA, CARL])["network_id"]
    said_s = time.time()
    wait_for(lambda: int(time.time()) > said_s, describe="the next second: that is how exact the server's times are")
    assert change(world, group, "add", BERT) == [200]
    after = everybody_gets(world, group, "bert is here")["network_id"]
    assert ask_again(world, group, BERT, before) == 0
    assert ask_again(world, group, CARL, before) == 1
    assert ask_again(world, group, BERT, after) == 1
    with world.line.away():
        pass
    assert ask_again(world, group, BERT, before) == 0


def skmsg_key_id(world, group):
    """The key id in the newest sender-key message that the line sent to the group: field 1 of the protobuf behind the version byte."""
    rows = world.double.control(f"devices/{world.line.jid}/stanzas")["rows"]
    for row in reversed(rows):
        node = row["node"]
        if row["direction"] != "in" or node["tag"] != "message" or node["attrs"]["to"] != group:
            continue
        enc = next(child for child in node["content"] if child["tag"] == "enc")
        body, value, shift = bytes_of(enc["content"])[2:], 0, 0
        for byte in body:
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value
    raise AssertionError(f"the line sent nothing to {group}")


def bytes_of(content):
    import base64

    return base64.b64decode(content["base64"] if isinstance(content, dict) else content)


def test_administration_goes_out_and_is_told(world):
    group = create(world, "Old name", [ANNA, BERT])
    changes = {"subject": "New name", "description": "new words", "announcement": True, "locked": True, "timer_s": 86400,
               "member_add_mode": "admin_add", "approval": True}
    world.line.whatsapp("UpdateGroup", "ss", group, json.dumps(changes))
    now = kept(world, group)
    assert (now["subject"], now["description"], now["announcement"], now["locked"], now["ephemeral"], now["member_add_mode"], now["approval"]) == (
        "New name", "new words", True, True, 86400, "admin_add", True)
    document = world.line.whatsapp("GetGroup", "s", group)
    assert {name: document[name] for name in changes} == changes
    assert change(world, group, "promote", ANNA) == [200] and members_of(world, group)[ANNA] == "admin"
    assert change(world, group, "demote", ANNA) == [200] and members_of(world, group)[ANNA] is None
    assert change(world, group, "remove", CARL) == [404]
    world.anna.wait("groups.update", where=lambda rows: any(row.get("subject") == "New name" for row in rows))
    ours = world.line.send(group, text="only we may write")
    got = world.anna.wait("message", where=says("only we may write"))
    assert got["message"]["extendedTextMessage"]["contextInfo"]["expiration"] == 86400 and ours["status"]
    world.line.whatsapp("UpdateGroup", "ss", group, json.dumps({"announcement": False, "locked": False, "timer_s": 0, "description": "", "approval": False}))
    now = kept(world, group)
    assert (now["announcement"], now["locked"], now["ephemeral"], now["description"], now["approval"]) == (False, False, 0, None, False)
    assert group in [one["id"] for one in world.line.whatsapp("ListGroups")]


def test_invitations_and_requests_to_join(world):
    group = create(world, "Door", [ANNA])
    link = world.line.whatsapp("GetInvite", "sb", group, False)
    assert link == f"https://chat.whatsapp.com/{kept(world, group)['invite']}"
    renewed = world.line.whatsapp("GetInvite", "sb", group, True)
    assert renewed != link and renewed.endswith(kept(world, group)["invite"])
    world.line.whatsapp("UpdateGroup", "ss", group, json.dumps({"approval": True}))
    world.bert.call("joinGroup", code=renewed.rsplit("/", 1)[1])
    assert [one["phone"] for one in world.line.whatsapp("ListJoinRequests", "s", group)] == [BERT]
    assert change(world, group, "approve", BERT) == [200] and BERT in members_of(world, group)
    everybody_gets(world, group, "welcome bert", [ANNA, BERT])


def test_the_line_looks_at_joins_and_leaves_a_group_of_others(world):
    group = world.double.control("groups", {"by": ANNA, "subject": "Theirs", "members": [BERT]})["jid"]
    code = kept(world, group)["invite"]
    assert world.line.whatsapp("JoinGroup", "sb", f"https://chat.whatsapp.com/{code}", True)["subject"] == "Theirs"
    assert SALES not in members_of(world, group)
    assert world.line.whatsapp("JoinGroup", "sb", code, False)["id"] == group
    everybody_gets(world, group, "we joined", [ANNA, BERT])
    sent = world.anna.call("sendText", to=group, text="welcome", wait="ack")
    assert world.line.wait_message(sent["id"])["text"] == "welcome"
    world.line.whatsapp("LeaveGroup", "s", group)
    assert SALES not in members_of(world, group)
    failed = world.line.wait_status(world.line.post(group, text="we are out"), "failed")
    assert failed["error"]["code"].startswith("E_WA_")


# --- what others do ---

def test_changes_by_others_are_events_and_are_kept_to(world):
    group = world.double.control("groups", {"by": ANNA, "subject": "Watched", "members": [SALES, BERT]})["jid"]
    world.wait_event("group.updated", group=group, change="create")
    world.anna.call("setSubject", group=group, subject="Watched closely")
    event = world.wait_event("group.updated", group=group, change="subject")["data"]
    assert (event["by"], event["values"]["subject"]) == (ANNA, "Watched closely")
    world.anna.call("setDescription", group=group, description="by anna")
    assert world.wait_event("group.updated", group=group, change="description")["data"]["values"]["description"] == "by anna"
    world.anna.call("promote", group=group, members=[lid(SALES)])
    assert world.wait_event("group.updated", group=group, change="promote")["data"]["members"] == [SALES]
    world.anna.call("setGroupTimer", group=group, seconds=604800)
    world.wait_event("group.updated", group=group, change="ephemeral")
    settle(world)
    assert world.line.whatsapp("GetGroup", "s", group)["timer_s"] == 604800
    ours = world.line.send(group, text="within a week")
    got = world.anna.wait("message", where=says("within a week"))
    assert got["message"]["extendedTextMessage"]["contextInfo"]["expiration"] == 604800
    world.anna.call("addMembers", group=group, members=[lid(CARL)])
    assert world.wait_event("group.updated", group=group, change="add")["data"]["members"] == [CARL]
    settle(world)
    everybody_gets(world, group, "carl reads this", [ANNA, BERT, CARL])
    assert ours and failures_of_ours(world) == []
    world.anna.call("removeMembers", group=group, members=[lid(SALES)])
    assert world.wait_event("group.updated", group=group, change="remove")["data"]["members"] == [SALES]


def test_an_administrator_deletes_what_others_wrote(world):
    group = create(world, "Moderated", [ANNA, BERT])
    sent = world.bert.call("sendText", to=group, text="spam by bert", wait="ack")
    message = world.line.wait_message(sent["id"])
    world.line.send(group, revoke={"message_id": message["id"]})
    world.anna.wait("message", where=lambda data: ((data["message"] or {}).get("protocolMessage") or {}).get("key", {}).get("id") == sent["id"])
    assert world.line.read(message["id"])["type"] == "revoked"
    ours = everybody_gets(world, group, "not to be deleted by bert", [ANNA, BERT])
    world.bert.call("revoke", to=group, message=ours["network_id"], wait="ack")
    marker = world.bert.call("sendText", to=group, text="after the attempt", wait="ack")
    world.line.wait_message(marker["id"])
    assert world.line.read(ours["id"])["text"] == "not to be deleted by bert"
    world.anna.wait("message", where=says("after the attempt"))
    change(world, group, "promote", ANNA)
    settle(world)
    world.anna.call("revoke", to=group, message=marker["id"], wait="ack")
    world.line.wait_message(marker["id"], type="revoked")


def test_an_administrator_deletes_what_the_line_wrote(world):
    group = world.double.control("groups", {"by": ANNA, "subject": "Ruled", "members": [SALES, BERT]})["jid"]
    world.wait_event("group.updated", group=group)
    ours = everybody_gets(world, group, "against the rules", [ANNA, BERT])
    world.anna.call("revoke", to=group, message=ours["network_id"], wait="ack")
    gone = world.line.wait_message(ours["network_id"], type="revoked")
    assert gone["revoked_by"] == ANNA and "against the rules" not in str(gone)
    assert world.wait_event("message.revoked", network_id=ours["network_id"])
    theirs = world.line.wait_message(world.bert.call("sendText", to=group, text="bert stays", wait="ack")["id"])
    failed = world.line.wait_status(world.line.post(group, revoke={"message_id": theirs["id"]}), "failed")
    assert failed["error"]["code"] == "E_WA_CONTENT" and world.line.read(theirs["id"])["text"] == "bert stays"


def test_edits_and_deletions_by_the_author_reach_the_group(world):
    group = create(world, "Authors", [ANNA, BERT])
    sent = world.bert.call("sendText", to=group, text="tow", wait="ack")
    world.line.wait_message(sent["id"])
    world.bert.call("edit", to=group, message=sent["id"], text="two", wait="ack")
    assert world.line.wait_message(sent["id"], text="two")["from"] == BERT
    world.bert.call("revoke", to=group, message=sent["id"], wait="ack")
    assert "revoked_by" not in world.line.wait_message(sent["id"], type="revoked")
    ours = everybody_gets(world, group, "thre", [ANNA, BERT])
    edit = world.line.send(group, edit={"message_id": ours["id"], "text": "three"})
    for client in (world.anna, world.bert):
        client.wait("message", where=lambda data: data["key"]["id"] == edit["network_id"])
    assert world.line.read(ours["id"])["text"] == "three"
    revoke = world.line.send(group, revoke={"message_id": ours["id"]})
    for client in (world.anna, world.bert):
        client.wait("message", where=lambda data: data["key"]["id"] == revoke["network_id"])
    assert world.line.read(ours["id"])["type"] == "revoked"


def test_receipts_of_all_members_raise_the_status(world):
    group = create(world, "Readers", [ANNA, BERT])
    ours = everybody_gets(world, group, "has everybody read this?", [ANNA, BERT])
    assert world.line.wait_status(ours["id"], "delivered")["receipts"]["recipients"] == 2
    world.anna.call("readMessages", messages=[ours["network_id"]])
    wait_for(lambda: world.line.read(ours["id"])["receipts"]["read"] == 1, describe="one has read it")
    assert world.line.read(ours["id"])["status"] == "delivered"
    world.bert.call("readMessages", messages=[ours["network_id"]])
    assert world.line.wait_status(ours["id"], "read")["receipts"]["read"] == 2
    sent = world.bert.call("sendText", to=group, text="and you?", wait="ack")
    message = world.line.wait_message(sent["id"])
    assert world.suite.post(f"/api/v1/accounts/sales/messages/{message['id']}/read")[0] == 204
    world.bert.wait("message-receipt.update", where=lambda rows: any(row["key"]["id"] == sent["id"] and "readTimestamp" in row["receipt"] for row in rows))


def test_settings_by_others_are_told_and_kept_to(world):
    group = world.double.control("groups", {"by": ANNA, "subject": "Strict", "members": [SALES, BERT]})["jid"]
    world.wait_event("group.updated", group=group)
    world.anna.call("announceOnly", group=group)
    world.anna.call("lockGroup", group=group)
    wait_for(lambda: (now := world.line.whatsapp("GetGroup", "s", group)) and now["announcement"] and now["locked"], describe="both settings")
    for change in ("announcement", "locked"):
        assert world.wait_event("group.updated", group=group, change=change)["data"]["by"] == ANNA
    failed = world.line.wait_status(world.line.post(group, text="may I?"), "failed")
    assert (failed["error"]["code"], failed["error"]["original_code"]) == ("E_WA_REFUSED", 403)
    world.anna.call("announceAll", group=group)
    world.anna.call("unlockGroup", group=group)
    wait_for(lambda: not (now := world.line.whatsapp("GetGroup", "s", group))["announcement"] and not now["locked"], describe="neither")
    everybody_gets(world, group, "now I may", [ANNA, BERT])


def test_a_member_with_a_new_device_gets_the_key(world):
    group = create(world, "Devices", [ANNA, BERT])
    everybody_gets(world, group, "before the tablet", [ANNA, BERT])
    with world.double.foreign() as tablet:
        tablet.link(lambda text: world.double.scan(BERT, text))
        settle(world)
        world.line.send(group, text="for the tablet, too")
        tablet.wait("message", where=says("for the tablet, too"))
        tablet.call("logOut")
    wait_for(lambda: len(world.double.control(f"accounts/{BERT}")["devices"]) == 2, describe="the tablet is gone")
    settle(world)
    before = skmsg_key_id(world, group)
    everybody_gets(world, group, "without the tablet", [ANNA, BERT])
    assert skmsg_key_id(world, group) != before
    assert failures_of_ours(world) == []


@pytest.mark.parametrize("form", ["pn", "lid"])
def test_groups_of_both_forms_of_address_work(world, form):
    group = world.double.control("groups", {"by": ANNA, "subject": form, "members": [SALES, BERT, CARL], "form": form})["jid"]
    everybody_gets(world, group, f"by {form}")
    sent = world.bert.call("sendText", to=group, text=f"bert by {form}", wait="ack")
    assert world.line.wait_message(sent["id"])["from"] == BERT
    assert failures_of_ours(world) == []


def test_a_group_message_that_a_member_cannot_read_is_sent_again(world):
    group = create(world, "Again", [ANNA, BERT, CARL])
    everybody_gets(world, group, "whole")
    world.double.control("faults", {"direction": "out", "tag": "message", "child": "enc", "device": pn(BERT, 1), "action": "corrupt"})
    everybody_gets(world, group, "damaged for bert")
    world.double.control(f"accounts/{CARL}/corrupt", {"times": 1})
    everybody_gets(world, group, "damaged for carl")
    assert {row["by"] for row in failures_of_ours(world)} == {pn(BERT, 1), pn(CARL)}
    for text, sender in (("damaged by anna", world.anna), ("again by anna", world.anna)):
        world.double.control("faults", {"direction": "out", "tag": "message", "child": "enc", "device": world.line.jid, "action": "corrupt"})
        sent = sender.call("sendText", to=group, text=text, wait="ack")
        assert world.line.wait_message(sent["id"], type="text")["text"] == text
    world.double.control("faults", {"direction": "out", "tag": "message", "child": "enc", "device": world.line.jid, "action": "corrupt"})
    sent = world.phone_send(CARL, group, text="damaged by carl")
    assert world.line.wait_message(sent, type="text")["from"] == CARL
    damaged = [row for row in world.journal("signatures") if not row["valid"]]
    assert [row["kind"] for row in damaged] == ["skmsg"], "one message was damaged on its way to a phone, which checks"
    world.double.control("journal", method="DELETE")


# --- many ---

def bulk_group(world, size):
    """A group with the line, Anna's and Carl's devices, and others whose phones take everything and say so."""
    first = 15553000000
    phones = [str(first + number) for number in range(max(0, size - 3))]
    missing = [phone for phone in phones if phone not in world.bulk]
    if missing:
        world.double.control("accounts", {"accounts": [{"phone": phone, "decrypt": False} for phone in missing]})
        world.bulk.update(missing)
    members = [ANNA, *([CARL] if size > 2 else []), *phones]
    return world.double.control("groups", {"by": ANNA, "subject": f"{size}", "members": [SALES, *members]})["jid"]


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Stopwatch:
    """How long each part of a run took, and who was at work; printed, since figures are what a long run is for."""

    def __init__(self, world, name):
        self.name, self.parts = name, []
        self.pids = {"line": world.line.process.popen.pid, "client": world.anna.popen.pid, "double": world.double.popen.pid}
        self.used = {who: cpu_s(pid) for who, pid in self.pids.items()}
        self.begun = time.monotonic()

    def lap(self, part):
        now = time.monotonic()
        self.parts.append(f"{part} {now - self.begun:.1f} s")
        self.begun = now

    def show(self):
        used = ", ".join(f"{who} {cpu_s(pid) - self.used[who]:.1f} s" for who, pid in self.pids.items())
        print(f"\n{self.name}: {', '.join(self.parts)}; CPU: {used}", file=sys.stderr)


def send_many(client, group, count):
    """A client says many things, a few at a time: with all of them at once it takes several times as long for each."""
    calls = [client.begin("sendText", to=group, text=f"anna {number}") for number in range(min(IN_FLIGHT, count))]
    ids = []
    for number in range(count):
        ids.append(client.take(calls[number], BULK_SECONDS)["id"])
        if len(calls) < count:
            calls.append(client.begin("sendText", to=group, text=f"anna {len(calls)}"))
    return ids


def burst(world, phone, group, count):
    """A phone says many things; in slices, so that no answer of the double is waited for too long."""
    ids = []
    for number in range(0, count, SLICE):
        slice_ids = world.double.control(f"accounts/{phone}/burst", {"to": group, "text": "carl #", "first": number, "count": min(SLICE, count - number)})
        ids += slice_ids["ids"]
    return ids


@pytest.mark.parametrize("size", [2, 30, 256])
def test_many_messages_in_a_group_arrive_once_and_in_order(world, size, capsys):
    world.bulk = getattr(world, "bulk", set())
    group = bulk_group(world, size)
    world.double.control("options", {"journal": False})
    watch = Stopwatch(world, f"{MESSAGES} messages each in a group of {size}")
    ours = [world.line.post(group, text=f"ours {number}") for number in range(MESSAGES)]
    watch.lap("posted to the line")
    for message_id in ours:
        world.line.wait_status(message_id, "sent", BULK_SECONDS)
    watch.lap("sent by the line")
    world.anna.wait("message", where=says(f"ours {MESSAGES - 1}"), timeout_s=BULK_SECONDS)
    watch.lap("all of them read by the client")
    theirs = send_many(world.anna, group, MESSAGES)
    watch.lap("sent by the client")
    if size > 2:
        theirs += burst(world, CARL, group, MESSAGES)
        watch.lap("sent by the phone")
    for network_id in theirs:
        world.line.wait_message(network_id, BULK_SECONDS)
    watch.lap("the rest of both read by the line")

    def numbers(texts, who):
        return [int(text.split()[1]) for text in texts if text and text.startswith(f"{who} ")]
    history = [message for message in world.line.history(group) if message["type"] == "text"]
    texts = [text_of(event["data"]) for event in world.anna.events if event["event"] == "message" and event["data"]["key"]["remoteJid"] == group]
    order = list(range(MESSAGES))
    assert sorted(numbers([m["text"] for m in history if m["from"] == ANNA], "anna")) == order
    assert numbers([m["text"] for m in history if m["from_me"]], "ours") == order
    assert numbers(texts, "ours") == order
    if size > 2:
        assert numbers([m["text"] for m in history if m["from"] == CARL], "carl") == order
        carls = wait_for(lambda: (found := numbers([row.get("text") for row in world.inbox(CARL) if row["chat"] == group], "ours")) and len(found) >= MESSAGES and found,
                         BULK_SECONDS, "all of ours on carl's phone")
        assert carls == order
        watch.lap("compared")
    with capsys.disabled():
        watch.show()
    world.double.control("options", {"journal": True})
    assert failures_of_ours(world) == []
