# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""What a phone tells a linked line of its past and of the state that its devices share, through the server double."""

import pytest
from gi.repository import GLib

from tests.program.linked import ANNA, BERT, CARL, SALES, lid, open_world, pn, reason_to_skip
from tests.program.suite import wait_for

pytestmark = pytest.mark.skipif(reason_to_skip() is not None, reason=str(reason_to_skip()))


@pytest.fixture(scope="module")
def world():
    with open_world(clients=()) as made:
        yield made
        made.check()


def message(chat, number, text, from_me=False):
    return {"message": {"key": {"remoteJid": pn(chat), "fromMe": from_me, "id": f"3EB0AA{chat[-4:]}{number:06X}"},
                        "message": {"conversation": text}, "messageTimestamp": 1750000000 - number, "status": "READ", "pushName": "Somebody"}}


def chats(world):
    status, answer, _ = world.suite.get("/api/v1/accounts/sales/chats?limit=200")
    assert status == 200, answer
    return {chat["id"]: chat for chat in answer["data"]}


def messages(world, chat):
    """Oldest first; none of a chat that nobody knows yet."""
    return world.line.history(chat) if chat in chats(world) else []


def give_history(world, kind, conversations, **more):
    world.double.control(f"accounts/{SALES}/history", {"type": kind, "data": {"conversations": conversations}, **more})


def test_a_history_becomes_chats_and_messages_without_events(world):
    give_history(world, "RECENT", [{"id": pn(ANNA), "name": "Anna A", "unreadCount": 2, "messages": [message(ANNA, 1, "an old one"),
                                                                                                     message(ANNA, 2, "mine", from_me=True)]},
                                   {"id": "120363000000000099@g.us", "name": "Old group", "archived": True}])
    wait_for(lambda: len(messages(world, ANNA)) == 2, 30, "the old messages")
    old = messages(world, ANNA)
    assert [(m["text"], m["from_me"]) for m in old] == [("mine", True), ("an old one", False)]
    group = wait_for(lambda: chats(world).get("120363000000000099@g.us"), 30, "the old group")
    assert (group["name"], group["archived"]) == ("Old group", True)
    assert world.events("message.received") == []


def test_a_large_history_survives_kills_and_is_there_once(world):
    count = 1200
    give_history(world, "RECENT", [{"id": pn(BERT), "messages": [message(BERT, n, f"number {n}") for n in range(count)]}], inline=False)
    wait_for(lambda: messages(world, BERT), 30, "the first of the old messages")
    world.line.kill()
    world.line.wait_state("ready")
    wait_for(lambda: len(messages(world, BERT)) >= count, 60, "all old messages")
    assert len({m["network_id"] for m in messages(world, BERT)}) == len(messages(world, BERT)) == count


def test_marks_of_other_devices_are_seen_here(world):
    write = f"accounts/{SALES}/appstate"
    world.double.control(write, {"collection": "regular_high", "mutations": [
        {"index": ["mute", pn(ANNA)], "value": {"timestamp": 1764059400000, "muteAction": {"muted": True, "muteEndTimestamp": -1}}, "version": 2}]})
    world.double.control(write, {"collection": "regular_low", "external": True, "mutations": [
        {"index": ["pin_v1", pn(ANNA)], "value": {"timestamp": 1764059400000, "pinAction": {"pinned": True}}, "version": 5}]})
    chat = wait_for(lambda: (c := chats(world)[ANNA])["muted_until"] and c["pinned"] and c, 30, "muted and pinned")
    assert chat["id"] == ANNA


def test_a_star_is_seen_on_every_device(world):
    group = world.double.control("groups", {"by": ANNA, "subject": "stars", "members": [SALES]})["jid"]
    theirs = world.phone_send(ANNA, group, text="star me")
    ours = world.line.send(ANNA, text="and me")["network_id"]
    world.line.wait_message(theirs)

    def index(chat, network_id, author):
        return ["star", chat, network_id, "0" if author else "1", author or "0"]

    for name, found in ((theirs, index(group, theirs, lid(ANNA))), (ours, index(pn(ANNA), ours, None))):
        for starred in (True, False):
            world.double.control(f"accounts/{SALES}/appstate", {"collection": "regular_high", "mutations": [
                {"index": found, "value": {"timestamp": 1764059400000, "starAction": {"starred": starred}}, "version": 2}]})
            wait_for(lambda name=name, starred=starred: world.line.read(name).get("starred", False) is starred, describe=f"starred {starred}")
    world.line.whatsapp("StarMessage", "sb", theirs, True)
    world.line.whatsapp("StarMessage", "sb", world.line.read(ours)["id"], True)
    assert world.line.read(theirs)["starred"] is world.line.read(ours)["starred"] is True
    records = [record for record in world.double.control(f"accounts/{SALES}/appstate/regular_high")["entries"] if record["index"][0] == "star"]
    assert {record["index"][2]: record["value"]["starAction"]["starred"] for record in records} == {theirs: True, ours: True}, records
    assert {record["index"][2]: record["index"][3] for record in records} == {theirs: "0", ours: "1"}
    with pytest.raises(GLib.Error, match="NotFound"):
        world.line.whatsapp("StarMessage", "sb", "nothing", True)


def test_names_of_the_address_book_are_events_once_the_first_ones_are_known(world):
    """What a first snapshot says is how things are; what follows are changes."""
    def rename(number):
        world.double.control(f"accounts/{SALES}/appstate", {"collection": "critical_unblock_low", "mutations": [
            {"index": ["contact", pn(CARL)], "value": {"timestamp": 1764059400000, "contactAction": {"fullName": f"Carl {number}", "lidJid": lid(CARL)}},
             "version": 2}]})
        return world.events("contact.updated")

    numbers = iter(range(1000))
    wait_for(lambda: rename(next(numbers)), 30, "the contact's name")


def test_a_damaged_patch_changes_nothing_and_the_rest_goes_on(world):
    write = f"accounts/{SALES}/appstate"
    world.double.control(write, {"collection": "regular", "tamper": "patch-mac", "mutations": [
        {"index": ["pnForLidChat", lid(BERT)], "value": {"timestamp": 1764059400000, "pnForLidChatAction": {"pnJid": pn(ANNA)}}}]})
    world.double.control(write, {"collection": "regular_high", "mutations": [
        {"index": ["mute", pn(ANNA)], "value": {"timestamp": 1764059500000, "muteAction": {"muted": False}}, "version": 2}]})
    wait_for(lambda: chats(world)[ANNA]["muted_until"] is None, 30, "no longer muted")
    assert world.line.state() == "ready"
