# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Hostile people: what they send again, say for others, and sign with the wrong keys (hostile.py)."""

import time

import pytest

from tests.program.hostile import ask, rule, same_process, shared, talk, world  # noqa: F401
from tests.program.linked import ANNA, BERT, CARL, SALES, lid, pn, reason_to_skip, says
from tests.program.suite import wait_for

pytestmark = pytest.mark.skipif(reason_to_skip() is not None, reason=str(reason_to_skip()))

# --- messages ---

def replay(world, network_id, times=1):
    for _ in range(times):
        world.double.control(f"devices/{world.line.jid}/replay", {"id": network_id})


def test_replayed_messages_are_seen_once(world, same_process):
    sent = world.phone_send(CARL, pn(SALES), text="once and once only")
    world.line.wait_message(sent)
    replay(world, sent, 20)
    grouped = world.phone_send(CARL, world.group, text="once in the group")
    world.line.wait_message(grouped)
    replay(world, grouped, 20)
    talk(world)
    assert [m["network_id"] for m in world.line.history(CARL)].count(sent) == 1
    assert world.journal("failures", by=world.line.jid) == [], "a repeat is no message that could not be read"


def test_reordered_messages_arrive_all(world, same_process):
    for to in (pn(SALES), world.group):
        rule(world, "hold", size=20, times=20)
        sent = world.double.control(f"accounts/{CARL}/burst", {"to": to, "count": 20, "text": "turned round #"})["ids"]
        for name in sent:
            assert world.line.wait_message(name)["type"] == "text"
    assert world.journal("failures", by=world.line.jid) == []


def test_an_id_used_twice_is_one_message_to_one_sender(world, same_process):
    world.phone_send(CARL, pn(SALES), id="TWICE1", text="the first of its id")
    world.line.wait_message("TWICE1", text="the first of its id")
    world.phone_send(CARL, pn(SALES), id="TWICE1", text="the second of its id")
    world.phone_send(ANNA, pn(SALES), id="TWICE1", text="the same id by somebody else")
    world.told_twice.add("TWICE1")
    wait_for(lambda: [m for m in world.line.history(ANNA) if m["network_id"] == "TWICE1"], describe="Anna's message")
    talk(world)
    assert [m["text"] for m in world.line.history(CARL) if m["network_id"] == "TWICE1"] == ["the first of its id"]


def test_a_copy_of_an_own_message_stays_in_the_chat_that_it_was_written_to(world, same_process):
    rule(world, "alter", set={"recipient": lid(BERT), "peer_recipient_pn": pn(BERT), "recipient_pn": pn(BERT)})
    sent = world.phone_send(SALES, pn(CARL), text="from our phone to Carl")
    got = world.line.wait_message(sent, text="from our phone to Carl")
    assert (got["chat"], got["from"]) == (CARL, None)
    assert all(message["network_id"] != sent for message in world.line.history(BERT))
    plain = world.phone_send(SALES, pn(CARL), text="as it was")
    assert world.line.wait_message(plain, text="as it was")["chat"] == CARL


@pytest.mark.parametrize("sender", ["7-15553339999@interop", "100099999999999@msgr", "somebody@example.org"])
def test_what_comes_from_other_networks_is_shown(world, same_process, sender):
    name = f"FOREIGN-{sender[:3]}"
    enc = {"tag": "enc", "attrs": {"v": "2", "type": "msg"}, "content": "not for us to read"}
    node = {"tag": "message", "attrs": {"id": name, "from": sender, "type": "text", "t": str(int(time.time()))}, "content": [enc]}
    world.double.control(f"devices/{world.line.jid}/send", {"node": node})
    shown = world.line.wait_message(name, type="undecryptable")
    assert (shown["chat"], shown["from"]) == (sender, sender)
    assert [message["network_id"] for message in world.line.history(sender)] == [name]
    assert world.wait_event("message.undecryptable", network_id=name)

    def answers():
        rows = world.double.control(f"devices/{world.line.jid}/stanzas")["rows"]
        return [row["node"] for row in rows if row["direction"] == "in" and row["node"]["attrs"].get("id") == name]

    wait_for(lambda: [node["tag"] for node in answers()] == ["receipt", "ack"], describe="a retry receipt and an ack")
    assert [(node["attrs"]["to"].replace(":0@", "@"), node["attrs"].get("error")) for node in answers()] == [(sender, None)] * 2
    talk(world)


def test_damaged_messages_are_asked_for_again(world, same_process):
    rule(world, "corrupt", child="enc", times=2)
    sent = world.phone_send(CARL, pn(SALES), text="damaged twice")
    assert world.line.wait_message(sent, type="text")["text"] == "damaged twice"
    assert len(world.events("message.undecryptable", network_id=sent)) == 1 and len(world.events("message.replaced", network_id=sent)) <= 1


def test_a_sender_key_message_that_its_author_did_not_sign_is_not_believed(world, same_process):
    world.phone_send(CARL, world.group, text="with a key of mine")
    rule(world, "forge", child="enc", attrs={"from": world.group})
    sent = world.phone_send(CARL, world.group, text="signed by nobody")
    assert world.wait_event("message.undecryptable", network_id=sent)
    assert world.line.wait_message(sent, type="text")["text"] == "signed by nobody"
    assert len(world.journal("failures", by=world.line.jid)) == 1


def test_a_sender_key_for_another_group_teaches_nothing(world, same_process):
    other = world.double.control("groups", {"by": ANNA, "subject": "Not yours", "members": [SALES]})["jid"]
    before = ask(world, "SELECT count(*) FROM sender_keys")
    message = {"senderKeyDistributionMessage": {"groupId": other, "axolotlSenderKeyDistributionMessage": "MwgBEAAaIA=="}, "conversation": "and a text"}
    sent = world.phone_send(CARL, pn(SALES), message=message)
    world.line.wait_message(sent)
    assert ask(world, "SELECT count(*) FROM sender_keys") == before


# --- what strangers may not say ---

SPOOFS = {
    "history": {"protocolMessage": {"type": "HISTORY_SYNC_NOTIFICATION", "historySyncNotification": {
        "syncType": "RECENT", "directPath": "/history/1", "mediaKey": "AAAA", "fileSha256": "AAAA", "fileEncSha256": "AAAA", "fileLength": 5}}},
    "inline-history": {"protocolMessage": {"type": "HISTORY_SYNC_NOTIFICATION", "historySyncNotification": {
        "syncType": "INITIAL_BOOTSTRAP", "initialHistBootstrapInlinePayload": "eJwDAAAAAAE="}}},
    "key-share": {"protocolMessage": {"type": "APP_STATE_SYNC_KEY_SHARE", "appStateSyncKeyShare": {
        "keys": [{"keyId": {"keyId": "AAAAAAAB"}, "keyData": {"keyData": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "timestamp": 1}}]}}},
    "key-request": {"protocolMessage": {"type": "APP_STATE_SYNC_KEY_REQUEST", "appStateSyncKeyRequest": {"keyIds": [{"keyId": "AAAAAAAB"}]}}},
    "device-sent": {"deviceSentMessage": {"destinationJid": lid(ANNA), "message": {"conversation": "as if the line had said so"}}},
    "mappings": {"protocolMessage": {"type": "LID_MIGRATION_MAPPING_SYNC", "lidMigrationMappingSyncMessage": {"encodedMappingPayload": "AAAA"}}},
    "peer-answer": {"protocolMessage": {"type": "PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE", "peerDataOperationRequestResponseMessage": {"stanzaId": "x"}}},
    "fatal-notice": {"protocolMessage": {"type": "APP_STATE_FATAL_EXCEPTION_NOTIFICATION", "appStateFatalExceptionNotification": {"collectionNames": ["regular"]}}},
}


@pytest.mark.parametrize("category", [None, "peer"])
@pytest.mark.parametrize("what", SPOOFS)
def test_strangers_cannot_speak_for_our_phone(world, same_process, what, category):
    tables = [name for (name,) in ask(world, "SELECT name FROM sqlite_master WHERE type = 'table' AND (name LIKE 'app_state%' OR name LIKE 'history%')")]

    def state():
        return {name: ask(world, f"SELECT count(*) FROM {name}") for name in tables}
    before, ours = state(), len(world.line.history(ANNA))
    assert tables
    sent = world.phone_send(CARL, pn(SALES), message=SPOOFS[what], attrs={"category": category} if category else {})
    talk(world)
    assert state() == before and len(world.line.history(ANNA)) == ours
    message = world.line.read(sent)
    assert message is None or (message["from"], message["from_me"]) == (CARL, False)
    assert [row for row in world.journal("receipts", type="hist_sync") if sent in row["ids"]] == []


def test_a_stranger_answers_no_question_of_ours(world, same_process):
    """The device list of Bert is asked for, and Carl answers that Bert has Carl's devices."""
    world.double.control("accounts", {"phone": "15552220020", "lid": "200000000000020", "name": "Hugo"})
    world.double.control("faults", {"direction": "in", "tag": "iq", "attrs": {"xmlns": "usync"}, "device": world.line.jid, "action": "delay", "delay_ms": 1500})
    number = world.line.post("15552220020", text="for hugo only")

    def question():
        rows = world.double.control(f"devices/{world.line.jid}/stanzas")["rows"]
        return [row["node"] for row in rows if row["direction"] == "in" and row["node"]["attrs"].get("xmlns") == "usync" and "0020" in str(row["node"])]
    asked = wait_for(question, describe="the question")[0]
    lie = {"tag": "usync", "attrs": {}, "content": [{"tag": "list", "attrs": {}, "content": [
        {"tag": "user", "attrs": {"jid": "200000000000020@lid"}, "content": [{"tag": "devices", "attrs": {}, "content": [
            {"tag": "device-list", "attrs": {}, "content": [{"tag": "device", "attrs": {"id": "77"}}]}]}]}]}]}
    world.double.control(f"devices/{world.line.jid}/send", {"node": {"tag": "iq", "attrs": {"id": asked["attrs"]["id"], "type": "result", "from": lid(CARL)}, "content": [lie]}})
    ours = world.line.wait_status(number, "sent")
    assert world.wait_inbox("15552220020", network_id=ours["network_id"])["text"] == "for hugo only"
    assert ask(world, "SELECT count(*) FROM devices WHERE device = 77") == [(0,)]


# --- bundles ---

def named_devices(world, network_id):
    """The addresses for which the line encrypted a message."""
    rows = world.double.control(f"devices/{world.line.jid}/stanzas")["rows"]
    nodes = [row["node"] for row in rows if row["direction"] == "in" and row["node"]["tag"] == "message" and row["node"]["attrs"]["id"] == network_id]
    return {to["attrs"]["jid"] for node in nodes for part in node["content"] if part["tag"] == "participants" for to in part["content"]}


def sent_to(world, address):
    """Messages of the line that name somebody."""
    rows = world.double.control(f"devices/{world.line.jid}/stanzas")["rows"]
    return [row for row in rows if row["direction"] == "in" and row["node"]["tag"] == "message" and address in str(row["node"])]


def test_nothing_is_encrypted_for_keys_that_their_owner_did_not_sign(world, same_process):
    world.double.control("accounts", {"phone": "15552220030", "lid": "200000000000030", "name": "Jan"})
    world.double.control("faults/switches", {"forged_skey": [pn("15552220030")]})
    failed = world.line.wait_status(world.line.post("15552220030", text="not for a forger"), "failed")
    assert failed["error"]["code"] == "E_WA_NO_DEVICES" and sent_to(world, "200000000000030") == []
    world.double.control("faults", method="DELETE")
    ours = world.line.send("15552220030", text="for the right one")
    assert world.wait_inbox("15552220030", network_id=ours["network_id"])["text"] == "for the right one"


def test_nothing_is_encrypted_for_a_device_that_its_phone_did_not_vouch_for(world, same_process):
    phone, device = "15552220031", "200000000000031:1@lid"
    world.double.control("accounts", {"phone": phone, "lid": "200000000000031", "name": "Kim"})
    with world.double.foreign() as client:
        client.link(lambda text: world.double.scan(phone, text))
        world.double.control("faults/switches", {"forged_identity": [pn(phone, 1)]})
        ours = world.line.send(phone, text="not for a forger")
        assert world.wait_inbox(phone, network_id=ours["network_id"])
        assert device not in named_devices(world, ours["network_id"])
        world.double.control("faults", method="DELETE")
        ours = world.line.send(phone, text="for both devices")
        client.wait("message", where=says("for both devices"))
        assert device in named_devices(world, ours["network_id"])


def test_bundles_without_one_time_keys_are_enough(world, same_process):
    world.double.control("accounts", {"phone": "15552220032", "lid": "200000000000032", "name": "Ida"})
    world.double.control("faults/prekeys", {})
    ours = world.line.send("15552220032", text="without a one-time key")
    assert world.wait_inbox("15552220032", network_id=ours["network_id"])["text"] == "without a one-time key"
    sent = world.phone_send("15552220032", pn(SALES), text="and back")
    assert world.line.wait_message(sent)["text"] == "and back"


def test_used_up_keys_of_ours_are_made_anew(world, same_process):
    for number in range(40, 43):
        world.double.control("accounts", {"phone": f"155522200{number}", "lid": f"2000000000000{number}", "name": f"New {number}"})
        world.double.control(f"devices/{world.line.jid}/prekeys", {"keep": 0})
        sent = world.phone_send(f"155522200{number}", pn(SALES), text="whoever you are")
        assert world.line.wait_message(sent)["text"] == "whoever you are"
        wait_for(lambda: world.line.device()["prekeys"] > 0, describe="new keys at the server")


def test_sessions_that_both_sides_begin_at_once_lose_nothing(world, same_process):
    """The package of the peers spoils its side of such a session; what it writes next cannot be read, and is asked for."""
    world.double.control("accounts", {"phone": "15552220033", "lid": "200000000000033", "name": "Lea"})
    rule(world, "delay", delay_ms=700)
    first = world.phone_send("15552220033", pn(SALES), text="me first")
    assert world.line.send("15552220033", text="no, me")["status"] in ("sent", "delivered")
    world.wait_inbox("15552220033", text="no, me")
    assert world.line.wait_message(first)["text"] == "me first"
    world.line.send("15552220033", text="in your session")
    world.wait_inbox("15552220033", text="in your session")
    sent = world.phone_send("15552220033", pn(SALES), text="in yours")
    assert world.line.wait_message(sent, type="text")["text"] == "in yours"
    ours = world.line.send("15552220033", text="in the new one")
    assert world.wait_inbox("15552220033", network_id=ours["network_id"])["text"] == "in the new one"
