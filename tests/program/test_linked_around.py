# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""What surrounds the messages of a linked line: who is there and types, look-ups, profiles, blocks, calls, names, history and the
state that an account's devices share. Each as the other side and the events say it."""

import json
import tempfile
import time

import pytest
from gi.repository import Gio, GLib

from tests.program.linked import ANNA, BERT, CARL, LIDS, SALES, WHATSAPP, lid, open_world, pn, reason_to_skip, settle
from tests.program.suite import wait_for

pytestmark = pytest.mark.skipif(reason_to_skip() is not None, reason=str(reason_to_skip()))

PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b4944415478da6364f80f00010501012718e3660000000049454e44ae426082")
JPEG = bytes((0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 2, 0x80, 2, 0x80))  # the beginning of one of 640 x 640
RUN = str(time.time_ns())


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


# --- presence ---

def test_presence_and_typing_of_others_are_events(world):
    world.line.whatsapp("SetPresence", "b", True)
    world.line.whatsapp("SubscribePresence", "s", ANNA)
    world.anna.call("setPresence", presence="available")
    world.wait_event("presence.updated", chat=ANNA, state="available")
    for presence, state in (("composing", "composing"), ("recording", "recording"), ("paused", "paused")):
        world.anna.call("setPresence", presence=presence, chat=lid(SALES))
        world.wait_event("presence.updated", chat=ANNA, state=state)
    world.anna.call("setPresence", presence="unavailable")
    world.double.control(f"accounts/{ANNA}/presence", {"available": False})
    gone = world.wait_event("presence.updated", chat=ANNA, state="unavailable")
    assert gone["data"]["presence"]["from"] == ANNA
    world.double.control(f"accounts/{ANNA}/presence", {"available": True})


def test_presence_and_typing_of_the_line_reach_others(world):
    world.anna.call("subscribePresence", user=lid(SALES))
    world.anna.call("setPresence", presence="available")
    world.line.whatsapp("SetPresence", "b", False)
    world.line.whatsapp("SetPresence", "b", True)
    wait_for(lambda: world.journal("events", kind="presence", device=world.line.jid, available=True), describe="the line is online")
    for state, shown in (("composing", "composing"), ("recording", "recording"), ("paused", "available")):
        mark = world.anna.mark()
        world.line.whatsapp("SetTyping", "ss", ANNA, state)
        world.anna.wait("presence.update", after=mark, where=lambda data, shown=shown: shown in str(data))
    world.line.whatsapp("SetPresence", "b", False)
    wait_for(lambda: world.journal("events", kind="presence", device=world.line.jid, available=False), describe="the line is offline")


def test_typing_in_groups_is_heard_both_ways(world):
    group = world.double.control("groups", {"by": ANNA, "subject": "typing", "members": [SALES, BERT]})["jid"]
    world.wait_event("group.updated", group=group)
    world.line.whatsapp("SetPresence", "b", True)
    world.anna.call("setPresence", presence="composing", chat=group)
    assert world.wait_event("presence.updated", chat=group, state="composing")["data"]["presence"]["from"] == ANNA
    mark = world.bert.mark()
    world.line.whatsapp("SetTyping", "ss", group, "composing")
    world.bert.wait("presence.update", after=mark, where=lambda data: data["id"] == group)


# --- people ---

def test_numbers_are_looked_up(world):
    found = world.line.whatsapp("LookUp", "as", [f"+{ANNA}", "19999999999", CARL])
    assert [one["on_whatsapp"] for one in found] == [True, False, True]
    assert (found[0]["chat"], found[0]["lid"], found[2]["lid"]) == (ANNA, lid(ANNA), lid(CARL))


def test_profiles_are_read_and_set(world):
    world.anna.call("setAbout", text="busy today")
    assert world.line.whatsapp("GetProfile", "s", ANNA)["about"] == "busy today"
    assert world.line.whatsapp("GetProfile", "s", BERT)["picture"] is None
    world.line.whatsapp("SetProfile", "s", json.dumps({"about": "open from 9 to 6", "default_timer_s": 86400}))
    assert world.double.control(f"accounts/{SALES}")["about"] == "open from 9 to 6"
    assert world.line.whatsapp("GetProfile", "s", "")["about"] == "open from 9 to 6"
    world.anna.call("setPicture", of=lid(ANNA), file=PNG)
    picture = wait_for(lambda: world.line.whatsapp("GetProfile", "s", ANNA)["picture"], describe="anna's picture")
    assert picture["id"] and picture["url"].startswith("https://")


def test_names_that_people_give_themselves_are_kept(world):
    world.bert.call("setName", name="Bert der Erste")
    sent = world.bert.call("sendText", to=pn(SALES), text=f"my new name {RUN}", wait="ack")
    event = world.wait_event("message.received", network_id=sent["id"])
    assert event["data"]["contact"]["name"] == "Bert der Erste"
    chats = world.suite.get("/api/v1/accounts/sales/chats")[1]["data"]
    assert next(chat["name"] for chat in chats if chat["id"] == BERT) == "Bert der Erste"


def test_the_lines_own_name_goes_with_its_messages(world):
    settle(world)
    world.line.whatsapp("SetProfile", "s", json.dumps({"name": "Shop of Sales"}))
    wait_for(lambda: world.double.control(f"accounts/{SALES}")["name"] == "Shop of Sales", describe="the name at the server")
    ours = world.line.send(ANNA, text=f"who am I {RUN}")
    got = world.anna.wait("message", where=lambda data: data["key"]["id"] == ours["network_id"])
    assert got["push_name"] == "Shop of Sales"


def test_people_are_blocked_and_unblocked(world):
    world.line.whatsapp("SetBlocked", "sb", BERT, True)
    assert [one["phone"] for one in world.line.whatsapp("ListBlocked")] == [BERT]
    assert world.double.control(f"accounts/{SALES}")["blocked"] == [LIDS[BERT]]
    blocked = world.bert.call("sendText", to=pn(SALES), text=f"blocked {RUN}", wait="ack")
    world.line.whatsapp("SetBlocked", "sb", lid(BERT), False)
    assert world.line.whatsapp("ListBlocked") == []
    sent = world.bert.call("sendText", to=pn(SALES), text=f"unblocked {RUN}", wait="ack")
    world.line.wait_message(sent["id"])
    assert world.line.read(blocked["id"]) is None


def test_privacy_is_read_and_set(world):
    assert world.line.whatsapp("GetPrivacy")["last"] == "all"
    world.line.whatsapp("SetPrivacy", "s", json.dumps({"last": "contacts", "groupadd": "contacts"}))
    privacy = world.double.control(f"accounts/{SALES}")["privacy"]
    assert (privacy["last"], privacy["groupadd"], world.line.whatsapp("GetPrivacy")["last"]) == ("contacts", "contacts", "contacts")


# --- calls ---

@pytest.mark.parametrize("video", [False, True])
def test_calls_are_events_and_can_be_rejected(world, video):
    call = world.double.control("calls", {"from": ANNA, "to": SALES, "video": video})["call_id"]
    event = world.wait_event("call.received", id=call)["data"]["call"]
    assert (event["from"], event["status"], event["video"]) == (ANNA, "offer", video)
    world.line.whatsapp("RejectCall", "ss", call, event["from"])
    rejected = wait_for(lambda: world.journal("events", kind="call", tag="reject", call=call), describe="the reject")[0]
    assert rejected["by"] == world.line.jid
    settle(world)


def test_a_call_that_ended_is_told(world):
    call = world.double.control("calls", {"from": BERT, "to": SALES})["call_id"]
    world.wait_event("call.received", id=call, status="offer")
    world.double.control("calls", {"from": BERT, "to": SALES, "id": call, "tag": "terminate"})
    assert world.wait_event("call.received", id=call, status="ended")["data"]["call"]["from"] == BERT


def test_the_lines_picture_is_seen_by_others(world):
    group = world.line.whatsapp("CreateGroup", "s", json.dumps({"subject": "Pictured", "members": [ANNA]}))["id"]
    for chat, named in (("", lid(SALES)), (group, group)):
        number = set_picture(world, chat, JPEG)
        assert number and world.anna.call("readPicture", of=named).startswith("https://")
        assert world.line.whatsapp("GetProfile", "s", chat)["picture"]["id"] == number
        assert set_picture(world, chat, b"") == "" and world.line.whatsapp("GetProfile", "s", chat)["picture"] is None


def set_picture(world, chat, content):
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        fds = Gio.UnixFDList.new()
        parameters = GLib.Variant("(sha{sv})", (chat, fds.append(file.fileno()), {}))
        reply, _ = world.suite.connection.call_with_unix_fd_list_sync("org.ulak.Account.sales", "/org/ulak/account/sales", WHATSAPP, "SetPicture", parameters,
                                                                      None, 0, 30000, fds, None)
        return reply.unpack()[0]


# --- history and app state ---

def test_history_fills_chats_without_events(world):
    before = len(world.receiver.events())
    for inline, text in ((True, f"inline {RUN}"), (False, f"in a file {RUN}")):
        message = {"key": {"remoteJid": lid(CARL), "id": f"HIST{inline}{RUN}", "fromMe": False}, "message": {"conversation": text}, "messageTimestamp": 1764000000}
        conversation = {"id": lid(CARL), "messages": [{"message": message}]}
        world.double.control(f"accounts/{SALES}/history", {"type": "RECENT", "inline": inline, "data": {"conversations": [conversation]}})
        stored = world.line.wait_message(f"HIST{inline}{RUN}")
        assert (stored["text"], stored["chat"], stored["from"], stored["timestamp"]) == (text, CARL, CARL, "2025-11-24T16:00:00.000Z")
    events = world.receiver.events()[before:]
    assert [e for e in events if e["event"]["type"] == "message.received" and RUN in str(e["event"]["data"]) and "HIST" in str(e["event"]["data"])] == []


def test_the_phone_is_asked_for_older_messages(world):
    sent = world.anna.call("sendText", to=pn(SALES), text=f"the oldest {RUN}", wait="ack")
    world.line.wait_message(sent["id"])
    world.line.whatsapp("RequestHistory", "su", ANNA, 50)
    wait_for(lambda: world.journal("events", kind="operation-asked"), describe="the phone was asked")


def chat(world, name):
    return next((one for one in world.suite.get("/api/v1/accounts/sales/chats?limit=200")[1]["data"] if one["id"] == name), None)


def test_marks_of_the_phone_are_seen_at_the_chat(world):
    sent = world.anna.call("sendText", to=pn(SALES), text=f"marks {RUN}", wait="ack")
    world.line.wait_message(sent["id"])
    now_ms = int(time.time() * 1000)
    write = lambda collection, index, value, version: world.double.control(f"accounts/{SALES}/appstate", {  # noqa: E731
        "collection": collection, "mutations": [{"index": [*index, lid(ANNA)], "value": {**value, "timestamp": now_ms}, "version": version}]})
    write("regular_low", ["archive"], {"archiveChatAction": {"archived": True}}, 3)
    write("regular_low", ["pin_v1"], {"pinAction": {"pinned": True}}, 5)
    write("regular_high", ["mute"], {"muteAction": {"muted": True, "muteEndTimestamp": now_ms + 3600000}}, 2)
    wait_for(lambda: (one := chat(world, ANNA)) and one["archived"] and one["pinned"] and one["muted_until"], describe="the marks")
    contact = {"index": ["contact", pn(ANNA)], "value": {"contactAction": {"fullName": "Anna of the address book", "lidJid": lid(ANNA)}}, "version": 2}
    world.double.control(f"accounts/{SALES}/appstate", {"collection": "critical_unblock_low", "mutations": [contact]})
    wait_for(lambda: chat(world, ANNA)["name"] == "Anna of the address book", describe="the name of the address book")


def entries(world, collection, kind):
    rows = world.double.control(f"accounts/{SALES}/appstate/{collection}")["entries"]
    return [row["value"] for row in rows if row["index"][0] == kind and row["index"][1] in (lid(BERT), pn(BERT))]


def test_marks_of_the_line_are_seen_by_the_phone(world):
    sent = world.bert.call("sendText", to=pn(SALES), text=f"mark me {RUN}", wait="ack")
    world.line.wait_message(sent["id"])
    world.double.control("faults/appstate", {"regular_low": 1})
    world.line.whatsapp("ChangeChat", "ss", BERT, json.dumps({"archived": True}))
    assert entries(world, "regular_low", "archive")[-1]["archiveChatAction"]["archived"] is True
    assert world.journal("events", kind="appstate-conflict")
    world.line.whatsapp("ChangeChat", "ss", BERT, json.dumps({"archived": False, "pinned": True, "muted_until": "forever", "read": False}))
    assert entries(world, "regular_low", "pin_v1")[-1]["pinAction"]["pinned"] is True
    assert entries(world, "regular_high", "mute")[-1]["muteAction"]["muted"] is True
    assert entries(world, "regular_low", "markChatAsRead")[-1]["markChatAsReadAction"].get("read", False) is False
    assert world.journal("events", kind="appstate-invalid") == []
    one = chat(world, BERT)
    assert (one["archived"], one["pinned"], bool(one["muted_until"]), one["marked_unread"]) == (False, True, True, True)


def stars(world):
    """Of the shared state: the rest of the index and whether it is on."""
    rows = world.double.control(f"accounts/{SALES}/appstate/regular_high")["entries"]
    return {tuple(row["index"][1:]): row["value"]["starAction"].get("starred", False) for row in rows if row["index"][0] == "star"}


def test_stars_of_the_line_are_seen_by_the_phone(world):
    group = world.double.control("groups", {"by": ANNA, "subject": "stars", "members": [SALES, BERT]})["jid"]
    direct = world.line.wait_message(world.bert.call("sendText", to=pn(SALES), text=f"star me {RUN}", wait="ack")["id"])
    theirs = world.line.wait_message(world.bert.call("sendText", to=group, text=f"and me {RUN}", wait="ack")["id"])
    ours = world.line.send(group, text=f"and ours {RUN}")
    places = {(lid(BERT), direct["network_id"], "0", "0"): direct, (group, theirs["network_id"], "0", lid(BERT)): theirs,
              (group, ours["network_id"], "1", "0"): ours}
    for message in places.values():
        world.line.whatsapp("StarMessage", "sb", message["id"], True)
    assert {place: stars(world).get(place) for place in places} == dict.fromkeys(places, True)
    with world.line.away():
        pass
    assert [world.line.read(message["id"]).get("starred") for message in places.values()] == [True] * 3
    world.line.whatsapp("StarMessage", "sb", theirs["network_id"], False)
    assert stars(world)[group, theirs["network_id"], "0", lid(BERT)] is False and "starred" not in world.line.read(theirs["id"])
    assert world.journal("events", kind="appstate-invalid") == []
    with pytest.raises(Exception, match="NotFound"):
        world.line.whatsapp("StarMessage", "sb", "3EB0NOBODY", True)


def test_stars_of_other_devices_are_seen_at_the_message(world):
    with world.double.foreign() as tablet:
        tablet.link(lambda text: world.double.scan(SALES, text))
        tablet.wait("history")
        tablet.call("resyncAppState", collections=["regular_high"])
        sent = world.anna.call("sendText", to=pn(SALES), text=f"for the star {RUN}", wait="ack")
        world.line.wait_message(sent["id"])
        tablet.wait("message", where=lambda data: data["key"]["id"] == sent["id"])
        for starred in (True, False):
            tablet.call("star", chat=lid(ANNA), messages=[sent["id"]], is_starred=starred)
            world.line.wait_message(sent["id"], starred=starred or None)
        tablet.call("logOut")
    index = ["star", lid(ANNA), sent["id"], "0", "0"]
    with world.line.away():
        world.double.control(f"accounts/{SALES}/appstate", {"collection": "regular_high", "mutations": [
            {"index": index, "value": {"timestamp": int(time.time() * 1000), "starAction": {"starred": True}}, "version": 2}]})
    world.line.wait_message(sent["id"], starred=True)


def test_a_history_tells_of_stars(world):
    message = {"key": {"remoteJid": lid(CARL), "id": f"STAR{RUN}", "fromMe": False}, "message": {"conversation": "kept"}, "starred": True, "messageTimestamp": 1764000000}
    world.double.control(f"accounts/{SALES}/history", {"type": "RECENT", "inline": True, "data": {"conversations": [{"id": lid(CARL), "messages": [{"message": message}]}]}})
    assert world.line.wait_message(f"STAR{RUN}")["starred"] is True


def test_another_companion_writes_on_top_of_what_the_line_wrote(world):
    """The package tells only of chats that it knows, but it builds its patches on ours, and the phone checks every MAC of both."""
    with world.double.foreign() as tablet:
        tablet.link(lambda text: world.double.scan(SALES, text))
        tablet.wait("history")
        tablet.call("resyncAppState", collections=["regular_low", "regular_high"])
        world.line.whatsapp("ChangeChat", "ss", BERT, json.dumps({"muted_until": None}))
        world.phone_send(CARL, pn(SALES), text=f"muted {RUN}")
        tablet.call("mute", chat=lid(CARL), until_ms=1900000000000)
        wait_for(lambda: (one := chat(world, CARL)) and one["muted_until"], describe="the mute of the tablet")
        world.line.whatsapp("ChangeChat", "ss", BERT, json.dumps({"muted_until": "2030-01-01T00:00:00Z"}))
        assert entries(world, "regular_high", "mute")[-1]["muteAction"]["muteEndTimestamp"] == 1893456000000
        tablet.call("logOut")
    patches = {row["by"] for row in world.journal("events", kind="appstate-patch", name="regular_high")}
    assert len(patches) == 2 and world.journal("events", kind="appstate-invalid") == []
