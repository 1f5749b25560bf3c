# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""A linked line, its peers and its connection come and go while people talk: nothing is lost, nothing comes twice, and nobody
meets a message that cannot be read because of us."""

import json

import pytest

from tests.program.linked import ANNA, BERT, CARL, PLAIN, SALES, Line, failures_of_ours, lid, open_world, pn, reason_to_skip, says, settle, text_of
from tests.program.suite import wait_for

pytestmark = pytest.mark.skipif(reason_to_skip() is not None, reason=str(reason_to_skip()))


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


def texts_of(messages, prefix):
    return [message["text"] for message in messages if (message.get("text") or "").startswith(prefix)]


def texts_at(client, prefix):
    """What a client was told of, each id once."""
    found = {event["data"]["key"]["id"]: text_of(event["data"]) for event in client.events if event["event"] == "message"}
    return [text for text in found.values() if (text or "").startswith(prefix)]


def check_ratchets(world):
    """Nobody asked for anything again: neither we, nor others because of us."""
    assert failures_of_ours(world) == [] and world.journal("failures", by=world.line.jid) == []


# --- what comes while the line is away ---

def test_what_came_while_the_line_was_away_is_there_in_order(world):
    with world.line.away():
        for number in range(40):
            world.anna.call("sendText", to=pn(SALES), text=f"away {number}")
            if number % 4 == 0:
                world.phone_send(CARL, lid(SALES), text=f"carl away {number}")
        wait_for(lambda: world.line.device()["queued"] >= 50, describe="everything waits at the server")
    wait_for(lambda: len(texts_of(world.line.history(ANNA), "away")) >= 40, describe="everything came")
    assert texts_of(world.line.history(ANNA), "away") == [f"away {number}" for number in range(40)]
    assert texts_of(world.line.history(CARL), "carl away") == [f"carl away {number}" for number in range(0, 40, 4)]
    settle(world)
    check_ratchets(world)


@pytest.mark.parametrize("after", [1, 12, 33])
def test_kills_while_messages_arrive_lose_and_double_nothing(world, after):
    calls = [world.anna.begin("sendText", to=pn(SALES), text=f"kill {after}-{number}") for number in range(60)]
    group = world.double.control("groups", {"by": ANNA, "subject": f"kill {after}", "members": [SALES, BERT]})["jid"]
    calls += [world.bert.begin("sendText", to=group, text=f"group {after}-{number}") for number in range(30)]
    wait_for(lambda: len(texts_of(world.line.history(ANNA), f"kill {after}-")) >= after, describe=f"{after} messages here")
    world.line.kill()
    for call in calls[:60]:
        world.anna.take(call, 60)
    for call in calls[60:]:
        world.bert.take(call, 60)
    world.line.wait_state("ready")
    wait_for(lambda: len(texts_of(world.line.history(ANNA), f"kill {after}-")) >= 60, describe="all of anna's")
    wait_for(lambda: len(texts_of(world.line.history(group), f"group {after}-")) >= 30, describe="all of bert's")
    settle(world)
    assert sorted(texts_of(world.line.history(ANNA), f"kill {after}-")) == sorted(f"kill {after}-{number}" for number in range(60))
    assert sorted(texts_of(world.line.history(group), f"group {after}-")) == sorted(f"group {after}-{number}" for number in range(30))
    assert [message for message in world.line.history(group) + world.line.history(ANNA) if message["type"] == "undecryptable"] == []
    check_ratchets(world)


def test_receipts_leave_only_for_what_is_stored(world):
    """The server's side of a kill: whatever it counts as delivered is in the line's database."""
    calls = [world.anna.begin("sendText", to=pn(SALES), text=f"stored {number}") for number in range(40)]
    wait_for(lambda: len(world.journal("receipts", **{"from": world.line.jid})) >= 5, describe="some receipts")
    world.line.kill()
    delivered = {name for row in world.journal("receipts", **{"from": world.line.jid}) for name in row["ids"]}
    sent = {world.anna.take(call, 60)["id"] for call in calls}
    world.line.wait_state("ready")
    assert all(world.line.read(name) for name in delivered & sent)
    for name in sent:
        world.line.wait_message(name)
    settle(world)
    check_ratchets(world)


# --- what the line sends ---

@pytest.mark.parametrize("after", [1, 10, 25])
def test_kills_while_the_line_sends_lose_and_double_nothing(world, after):
    group = world.double.control("groups", {"by": ANNA, "subject": f"send {after}", "members": [SALES, BERT, CARL]})["jid"]
    ids = []
    for number in range(30):
        ids.append(world.line.post(ANNA, text=f"send {after}-{number}"))
        ids.append(world.line.post(group, text=f"sent {after}-{number}"))
    wait_for(lambda: len([row for row in world.journal("messages") if row["from"] == world.line.jid]) >= after, describe=f"{after} at the server")
    world.line.kill()
    stored = [world.line.wait_status(name, "sent", 60) for name in ids]
    names = [message["network_id"] for message in stored]
    assert len(set(names)) == len(names)
    on_wire = {row["id"] for row in world.journal("messages") if row["from"] == world.line.jid}
    assert on_wire == set(names), "a second try had another id"
    for number in (0, 29):
        world.anna.wait("message", where=says(f"send {after}-{number}"))
        world.bert.wait("message", where=says(f"sent {after}-{number}"))
    assert texts_at(world.anna, f"send {after}-") == [f"send {after}-{number}" for number in range(30)]
    assert texts_at(world.bert, f"sent {after}-") == [f"sent {after}-{number}" for number in range(30)]
    assert failures_of_ours(world) == []


def test_a_try_after_a_kill_is_the_same_message(world):
    world.double.control("faults/switches", {"no_acks": [world.line.jid]})
    name = world.line.post(ANNA, text="without an answer")
    first = wait_for(lambda: [row for row in world.journal("messages") if row["from"] == world.line.jid], describe="it left")[0]
    assert world.line.read(name)["status"] != "sent"
    world.line.kill()
    world.double.control("faults/switches", {"no_acks": False})
    stored = world.line.wait_status(name, "sent")
    rows = [row for row in world.journal("messages") if row["from"] == world.line.jid]
    assert {row["id"] for row in rows} == {first["id"], stored["network_id"]} == {first["id"]} and len(rows) >= 2
    world.anna.wait("message", where=says("without an answer"))
    assert texts_at(world.anna, "without an answer") == ["without an answer"]
    assert failures_of_ours(world) == []


def test_what_was_posted_while_the_line_was_away_leaves_when_it_is_back(world):
    world.double.control(f"devices/{world.line.jid}/cut", {})
    names = [world.line.post(ANNA, text=f"cut {number}") for number in range(5)]
    for name in names:
        world.line.wait_status(name, "delivered", 60)
    world.anna.wait("message", where=says("cut 4"))
    assert world.line.state() == "ready" and texts_at(world.anna, "cut ") == [f"cut {number}" for number in range(5)]


def test_a_retry_is_answered_after_a_restart(world):
    world.leave(BERT)
    ours = world.line.send(BERT, text="read it later")
    again = world.line.send(BERT, text="and this")
    with world.line.away():
        pass
    world.double.control("faults", {"direction": "out", "tag": "message", "child": "enc", "device": pn(BERT, 1), "action": "corrupt"})
    bert = world.come_back(BERT)
    for text in ("read it later", "and this"):
        bert.wait("message", where=says(text), timeout_s=60)
    assert failures_of_ours(world)[0]["id"] == ours["network_id"]
    for message in (ours, again):
        world.line.wait_status(message["id"], "delivered")


def test_a_group_retry_is_answered_after_a_restart(world):
    group = world.double.control("groups", {"by": ANNA, "subject": "later", "members": [SALES, BERT]})["jid"]
    world.line.send(group, text="before")
    world.bert.wait("message", where=says("before"))
    world.leave(BERT)
    ours = world.line.send(group, text="read it in the group")
    with world.line.away():
        pass
    world.double.control("faults", {"direction": "out", "tag": "message", "child": "enc", "device": pn(BERT, 1), "action": "corrupt"})
    bert = world.come_back(BERT)
    bert.wait("message", where=says("read it in the group"), timeout_s=60)
    assert failures_of_ours(world)[0]["id"] == ours["network_id"]


def test_peers_come_back_to_the_same_conversation(world):
    world.leave(BERT)
    names = [world.line.send(BERT, text=f"bert away {number}")["id"] for number in range(10)]
    bert = world.come_back(BERT)
    bert.wait("message", where=says("bert away 9"))
    assert texts_at(bert, "bert away ") == [f"bert away {number}" for number in range(10)]
    sent = bert.call("sendText", to=pn(SALES), text="bert is back", wait="ack")
    world.line.wait_message(sent["id"], text="bert is back")
    for name in names:
        world.line.wait_status(name, "delivered")
    check_ratchets(world)


def test_polls_and_votes_outlive_restarts_of_both_sides(world):
    ours = world.line.send(BERT, poll={"name": "When?", "options": ["now", "later", "never"], "selectable_count": 1})
    world.bert.wait("message", where=lambda data: data["key"]["id"] == ours["network_id"])
    theirs = world.bert.call("sendPoll", to=pn(SALES), name="Where?", options=["here", "there"], selectable=0, wait="ack")
    asked = world.line.wait_message(theirs["id"])
    world.leave(BERT)
    world.line.kill()
    world.line.wait_state("ready")
    bert = world.come_back(BERT)
    for options in (["later"], ["never"], []):
        vote = bert.call("sendVote", to=pn(SALES), poll=ours["network_id"], options=options, wait="ack")
        assert world.line.wait_message(vote["id"])["poll_vote"]["options"] == options
        with world.line.away():
            pass
    mine = world.line.send(BERT, poll_vote={"message_id": asked["id"], "options": ["there", "here"]})
    assert sorted(bert.wait("vote", where=lambda vote: vote["key"]["id"] == mine["network_id"])["options"]) == ["here", "there"]


def test_what_refers_to_older_messages_outlives_a_restart(world):
    """Reactions, edits, deletions and quotes of what was said before the line's process began."""
    sent = world.anna.call("sendText", to=pn(SALES), text="said before", wait="ack")
    message = world.line.wait_message(sent["id"])
    ours = world.line.send(ANNA, text="wrote before")
    world.anna.wait("message", where=says("wrote before"))
    world.line.kill()
    world.line.wait_state("ready")
    world.anna.call("edit", to=pn(SALES), message=sent["id"], text="said better", wait="ack")
    world.line.wait_message(sent["id"], text="said better", id=message["id"])
    reaction = world.line.send(ANNA, reaction={"message_id": message["id"], "emoji": "💡"})
    quote = world.line.send(ANNA, text="about that", reply_to=message["id"])
    revoke = world.line.send(ANNA, revoke={"message_id": ours["id"]})
    for wanted in (reaction, quote, revoke):
        world.anna.wait("message", where=lambda data, wanted=wanted: data["key"]["id"] == wanted["network_id"])
    world.anna.call("revoke", to=pn(SALES), message=sent["id"], wait="ack")
    world.line.wait_message(sent["id"], type="revoked", id=message["id"])
    check_ratchets(world)


def test_an_account_that_knows_numbers_only_writes_to_numbers(world):
    """The server refuses the other form (strict_addressing); most of this suite is about an account that has moved to LIDs."""
    world.double.control("accounts", {"phone": PLAIN, "lid": "200000000000020", "name": "Plain", "migrated": False})
    line = Line(world, "plain", PLAIN)
    line.link()
    ours = line.send(ANNA, text="by number")
    got = world.anna.wait("message", where=says("by number"))
    assert got["key"]["id"] == ours["network_id"]
    sent = world.anna.call("sendText", to=pn(PLAIN), text="to a number", wait="ack")
    assert line.wait_message(sent["id"])["from"] == ANNA
    answer = line.send(CARL, text="carl, by number")
    assert world.wait_inbox(CARL, network_id=answer["network_id"])["text"] == "carl, by number"
    assert world.journal("events", kind="message-refused") == []
    assert world.suite.post("/api/v1/accounts/plain/logout")[0] == 204


# --- the connection ---

def begin_afresh(world):
    """A line whose connections ended a moment ago waits longer each time; a new process does not remember."""
    with world.line.away():
        pass


@pytest.mark.parametrize("action", ["cut", "bad-mac", "half", "replay-frame", "duplicate", "truncate", "garble"])
def test_a_broken_connection_brings_every_message_once(world, action):
    """A node that nobody can read does not end the connection: what was in it comes with the next one."""
    begin_afresh(world)
    world.double.control("faults", {"direction": "out", "tag": "message", "device": world.line.jid, "action": action})
    for number in range(5):
        world.anna.call("sendText", to=pn(SALES), text=f"broken {action} {number}", wait="ack")
    if action in ("truncate", "garble"):
        wait_for(lambda: len(texts_of(world.line.history(ANNA), f"broken {action} ")) >= 4, describe="all that could be read")
        world.double.control(f"devices/{world.line.jid}/cut", {})
    wait_for(lambda: len(texts_of(world.line.history(ANNA), f"broken {action} ")) >= 5, describe="all five")
    settle(world)
    world.line.wait_state("ready")
    assert sorted(texts_of(world.line.history(ANNA), f"broken {action} ")) == [f"broken {action} {number}" for number in range(5)]
    assert failures_of_ours(world) == []


def test_messages_out_of_order_are_read(world):
    world.anna.call("sendText", to=pn(SALES), text="order first", wait="ack")
    world.double.control("faults", {"direction": "out", "tag": "message", "device": world.line.jid, "action": "hold", "size": 5, "times": 5})
    for number in range(5):
        world.anna.call("sendText", to=pn(SALES), text=f"order {number}", wait="ack")
    wait_for(lambda: len(texts_of(world.line.history(ANNA), "order ")) >= 6, describe="all of them")
    settle(world)
    check_ratchets(world)


@pytest.mark.parametrize("body", [{"code": 503}, {"kind": "end"}], ids=str)
def test_an_ended_stream_is_made_again(world, body):
    begin_afresh(world)
    world.double.control(f"devices/{world.line.jid}/end", body)
    sent = world.anna.call("sendText", to=pn(SALES), text=f"after {body}", wait="ack")
    world.line.wait_message(sent["id"], 60)
    world.line.wait_state("ready")


# --- the end of a link ---

def test_the_phone_unlinks_and_links_again(world):
    before = world.line.jid
    world.double.control(f"accounts/{SALES}/unlink", {})
    world.line.wait_state("logged_out")
    assert world.wait_event("account.state", state="logged_out")["data"]["error"]
    status, answer, _ = world.suite.post("/api/v1/accounts/sales/messages", {"to": ANNA, "text": "nobody here"})
    assert (status, answer["code"]) == (409, "E_WRONG_STATE")
    count = len(world.line.history(ANNA))
    status, link, _ = world.suite.post("/api/v1/accounts/sales/link", {"method": "qr"})
    assert status == 200 and link["qr"], link
    world.double.scan(SALES, link["qr"])
    world.line.wait_state("ready")
    assert world.line.jid != before and len(world.line.history(ANNA)) >= count
    ours = world.line.send(ANNA, text="linked again")
    world.anna.wait("message", where=says("linked again"))
    sent = world.anna.call("sendText", to=pn(SALES), text="welcome back", wait="ack")
    world.line.wait_message(sent["id"], text="welcome back")
    assert world.line.wait_status(ours["id"], "delivered")


def test_the_line_logs_out_and_the_phone_knows(world):
    assert world.suite.post("/api/v1/accounts/sales/logout")[0] == 204
    wait_for(lambda: len(world.double.control(f"accounts/{SALES}")["devices"]) == 1, describe="the device is gone at the server")
    world.line.wait_state("logged_out")
    assert world.journal("events", kind="logout") and json.dumps(world.line.history(ANNA))
