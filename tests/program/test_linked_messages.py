# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Messages between a linked line, Baileys clients and simulated phones: every content in both directions, compared with what
the other side says it saw."""

import base64
import datetime
import time

import pytest

from tests.program.foreign import says as says_all
from tests.program.linked import ANNA, BERT, CARL, LIDS, SALES, failures_of_ours, lid, open_world, pn, reason_to_skip, says, settle, text_of
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


def test_a_message_becomes_a_webhook_and_the_reply_reaches_the_client(world):
    sent = world.anna.call("sendText", to=pn(SALES), text="Are you open? ☕", wait="ack")
    event = world.wait_event("message.received", network_id=sent["id"])
    message, contact = event["data"]["message"], event["data"]["contact"]
    assert (event["account"], message["type"], message["text"], message["from_me"]) == ("sales", "text", "Are you open? ☕", False)
    assert (message["chat"], message["from"], message["status"]) == (ANNA, ANNA, "received")
    assert (contact["phone"], contact["name"]) == (ANNA, "Anna")
    reply = world.line.send(message["chat"], text="Until six 🙂", reply_to=message["id"])
    got = world.anna.wait("message", where=says("Until six 🙂"))
    context = got["message"]["extendedTextMessage"]["contextInfo"]
    assert got["key"]["id"] == reply["network_id"] and context["stanzaId"] == sent["id"]
    world.line.wait_status(reply["id"], "delivered")
    assert world.wait_inbox(ANNA, network_id=reply["network_id"])["text"] == "Until six 🙂"
    assert failures_of_ours(world) == []


def b64(content):
    return base64.b64encode(content).decode()


# --- contents from a client to the line: (call, parameters, what the stored message says) ---

JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")
VCARD = "BEGIN:VCARD\nVERSION:3.0\nFN:Carl C\nTEL;type=CELL;waid=15552220003:+1 555 222 0003\nEND:VCARD"

INBOUND = {
    "mentions": ("sendText", {"text": f"ask @{CARL} 👋", "mentions": [pn(CARL)]},
                 {"type": "text", "text": f"ask @{CARL} 👋", "mentions": [{"id": CARL, "text": f"@{CARL}"}]}),
    "preview": ("sendText", {"text": "see https://example.org/a", "preview": {"url": "https://example.org/a", "title": "T", "description": "D", "thumbnail": JPEG}},
                {"type": "text", "text": "see https://example.org/a",
                 "link_preview": {"url": "https://example.org/a", "title": "T", "description": "D", "thumbnail": b64(JPEG)}}),
    "timer": ("sendText", {"text": "gone tomorrow", "ephemeral_s": 86400}, {"text": "gone tomorrow", "disappears_after_s": 86400}),
    "forwarded": ("sendText", {"text": "passed on", "forwarding_score": 3}, {"text": "passed on", "forwarded": True, "forwarding_score": 3}),
    "location": ("sendLocation", {"latitude": 52.52, "longitude": 13.405, "name": "Berlin", "address": "Mitte"},
                 {"type": "location", "location": {"latitude": 52.52, "longitude": 13.405, "name": "Berlin", "address": "Mitte"}}),
    "live-location": ("sendLiveLocation", {"latitude": -33.87, "longitude": 151.21, "caption": "on my way", "accuracy": 7, "sequence": 2},
                      {"type": "live_location", "live_location": {"latitude": -33.87, "longitude": 151.21, "accuracy_m": 7, "sequence": 2, "caption": "on my way"}}),
    "invite": ("sendGroupInvite", {"group": "120363000000000001@g.us", "code": "AbC", "expires": 1893456000, "subject": "Friends", "text": "join"},
               {"type": "group_invite", "group_invite": {"group": "120363000000000001@g.us", "code": "AbC", "name": "Friends", "expires_at": "2030-01-01T00:00:00.000Z", "caption": "join"}}),
    "poll": ("sendPoll", {"name": "Lunch?", "options": ["Yes", "No", "🤷"], "selectable": 1},
             {"type": "poll", "poll": {"name": "Lunch?", "options": ["Yes", "No", "🤷"], "selectable_count": 1}}),
    "poll-many": ("sendPoll", {"name": "Days?", "options": ["Mo", "Tu"], "selectable": 0},
                  {"type": "poll", "poll": {"name": "Days?", "options": ["Mo", "Tu"], "selectable_count": 0}}),
    "plain": ("sendFields", {"fields": {"conversation": "plain"}}, {"type": "text", "text": "plain"}),
}


def received(world, call, client=None, **parameters):
    """What the line stored of a message that a client sent."""
    sent = (client or world.anna).call(call, to=parameters.pop("to", pn(SALES)), wait="ack", **parameters)
    return sent, world.line.wait_message(sent["id"])


@pytest.mark.parametrize("name", INBOUND)
def test_what_a_client_sends_is_stored_as_it_was(world, name):
    call, parameters, expected = INBOUND[name]
    _, message = received(world, call, **parameters)
    assert {field: message.get(field) for field in expected} == expected
    assert (message["chat"], message["from"], message["from_me"], message["status"]) == (ANNA, ANNA, False, "received")
    assert world.wait_event("message.received", network_id=message["network_id"])["data"]["message"]["id"] == message["id"]


def test_contact_cards_come_whole(world):
    card = {"name": "Carl C", "vcard": VCARD}
    _, one = received(world, "sendContacts", contacts=[card])
    _, two = received(world, "sendContacts", contacts=[card, {"name": "B", "phone": "+15550001"}], display_name="2 contacts")
    assert one["type"] == two["type"] == "contacts"
    assert one["contacts"][0]["vcard"] == VCARD and one["contacts"][0]["name"]["formatted_name"] == "Carl C"
    assert one["contacts"][0]["phones"][0]["wa_id"] == CARL
    assert [contact["name"]["formatted_name"] for contact in two["contacts"]] == ["Carl C", "B"]


def test_an_event_comes_with_its_times(world):
    _, message = received(world, "sendEvent", name="Party", description="at home", start=1893456000, end=1893459600)
    assert message["type"] == "event"
    assert message["event"] | {"guests_allowed": None} == {"name": "Party", "description": "at home", "starts_at": "2030-01-01T00:00:00.000Z",
                                                           "ends_at": "2030-01-01T01:00:00.000Z", "guests_allowed": None}


def test_what_nobody_knows_is_kept_with_its_bytes(world):
    sent, message = received(world, "sendFields", fields={"chat": {"displayName": "nobody", "id": "knows"}})
    assert message["type"] == "unsupported"
    assert base64.b64decode(message["raw"]) == sent["encoded"]


def test_quotes_lead_to_the_stored_message_in_both_directions(world):
    sent, first = received(world, "sendText", text="the first")
    ours = world.line.send(ANNA, text="the answer", reply_to=first["id"])
    answer = world.anna.wait("message", where=lambda data: data["key"]["id"] == ours["network_id"])
    context = answer["message"]["extendedTextMessage"]["contextInfo"]
    assert (context["stanzaId"], text_of({"message": context["quotedMessage"]})) == (sent["id"], "the first")
    _, again = received(world, "sendText", text="about that", quoted=ours["network_id"])
    assert again["quoted"] == {"id": ours["id"], "network_id": ours["network_id"]}


# --- contents from the line to clients and phones ---

def arrived(world, document, client=None, phone=ANNA):
    """What a client got of a message that the line sent, and what its phone has."""
    ours = world.line.send(phone, **document)
    got = (client or world.anna).wait("message", where=lambda data: data["key"]["id"] == ours["network_id"])
    row = world.wait_inbox(phone, network_id=ours["network_id"])
    assert not got["key"]["fromMe"] and row["author"] == world.line.jid
    return ours, got["message"], row


def test_a_plain_text_is_delivered_to_every_device(world):
    ours, message, row = arrived(world, {"text": "hello"})
    assert message["conversation"] == row["text"] == "hello"
    own = world.wait_inbox(SALES, network_id=ours["network_id"])
    assert (own["text"], own["destination"]) == ("hello", lid(ANNA))
    world.line.wait_status(ours["id"], "delivered")
    assert world.wait_event("message.delivered", id=ours["id"]) and world.events("message.sent", id=ours["id"])


def test_mentions_previews_and_timers_leave_as_documented(world):
    _, message, _ = arrived(world, {"text": f"ask @{CARL}", "mentions": [CARL]})
    text = message["extendedTextMessage"]
    assert text["contextInfo"]["mentionedJid"] == [lid(CARL)] and text["text"] == f"ask @{LIDS[CARL]}"
    preview = {"url": "https://example.org/a", "title": "T", "description": "D", "thumbnail": b64(JPEG)}
    _, message, _ = arrived(world, {"text": {"body": "see https://example.org/a", "link_preview": preview}})
    text = message["extendedTextMessage"]
    assert (text["matchedText"], text["title"], text["description"], text["jpegThumbnail"]) == ("https://example.org/a", "T", "D", JPEG)
    _, message, _ = arrived(world, {"text": "short lived", "disappears_after_s": 86400})
    assert message["extendedTextMessage"]["contextInfo"]["expiration"] == 86400


def test_places_cards_and_invitations_leave_whole(world):
    _, message, _ = arrived(world, {"location": {"latitude": 41.0, "longitude": 28.9, "name": "Shop", "address": "Istanbul"}})
    assert says_all(message["locationMessage"], {"degreesLatitude": 41.0, "degreesLongitude": 28.9, "name": "Shop", "address": "Istanbul"})
    _, message, _ = arrived(world, {"live_location": {"latitude": 1.5, "longitude": 2.5, "accuracy_m": 9, "sequence": 1, "caption": "here"}})
    assert says_all(message["liveLocationMessage"], {"degreesLatitude": 1.5, "degreesLongitude": 2.5, "accuracyInMeters": 9, "sequenceNumber": 1, "caption": "here"})
    contacts = [{"name": {"formatted_name": "Carl C", "first_name": "Carl"}, "phones": [{"phone": "+15552220003", "wa_id": CARL, "type": "WORK"}]}]
    _, message, _ = arrived(world, {"contacts": contacts})
    assert message["contactMessage"]["displayName"] == "Carl C" and f"waid={CARL}" in message["contactMessage"]["vcard"]
    _, message, _ = arrived(world, {"contacts": contacts * 2})
    assert [card["displayName"] for card in message["contactsArrayMessage"]["contacts"]] == ["Carl C", "Carl C"]
    invite = {"group": "120363000000000002@g.us", "code": "code", "name": "Us", "expires_at": "2030-01-01T00:00:00.000Z", "caption": "come"}
    _, message, _ = arrived(world, {"group_invite": invite})
    assert says_all(message["groupInviteMessage"], {"groupJid": invite["group"], "inviteCode": "code", "groupName": "Us", "inviteExpiration": 1893456000, "caption": "come"})


# --- what refers to another message ---

def test_reactions_go_both_ways_and_are_taken_back(world):
    sent, message = received(world, "sendText", text="react to me")
    ours, got, _ = arrived(world, {"reaction": {"message_id": message["id"], "emoji": "👍"}})
    assert (got["reactionMessage"]["text"], got["reactionMessage"]["key"]["id"]) == ("👍", sent["id"])
    _, got, _ = arrived(world, {"reaction": {"message_id": message["id"], "emoji": ""}})
    assert got["reactionMessage"]["text"] == ""
    answer = world.line.send(ANNA, text="and to me")
    world.anna.wait("message", where=says("and to me"))
    for emoji in ("❤️", ""):
        reaction = world.anna.call("sendReaction", to=pn(SALES), message=answer["network_id"], emoji=emoji, wait="ack")
        event = world.wait_event("message.reaction", network_id=reaction["id"])
        assert event["data"]["message"]["reaction"]["emoji"] == emoji
        assert event["data"]["message"]["reaction"]["message_id"] in (answer["id"], answer["network_id"])


def test_votes_are_opened_in_both_directions(world):
    sent, poll = received(world, "sendPoll", name="Colour?", options=["red", "green", "blue"], selectable=0)
    ours = world.line.send(ANNA, poll_vote={"message_id": poll["id"], "options": ["blue", "red"]})
    assert sorted(world.anna.wait("vote", where=lambda vote: vote["key"]["id"] == ours["network_id"])["options"]) == ["blue", "red"]
    mine = world.line.send(ANNA, poll={"name": "Size?", "options": ["S", "M", "L"], "selectable_count": 1})
    world.anna.wait("message", where=lambda data: data["key"]["id"] == mine["network_id"])
    vote, message = received(world, "sendVote", poll=mine["network_id"], options=["M"])
    assert message["type"] == "poll_vote"
    assert message["poll_vote"]["options"] == ["M"] and message["poll_vote"]["message_id"] == mine["network_id"]
    _, message = received(world, "sendVote", poll=mine["network_id"], options=[])
    assert message["poll_vote"]["options"] == []


def test_edits_change_the_message_on_the_other_side(world):
    sent, message = received(world, "sendText", text="befor")
    world.anna.call("edit", to=pn(SALES), message=sent["id"], text="before", wait="ack")
    world.line.wait_message(sent["id"], text="before")
    assert world.wait_event("message.edited", network_id=sent["id"])["data"]["message"]["text"] == "before"
    ours, _, _ = arrived(world, {"text": "aftr"})
    edit = world.line.send(ANNA, edit={"message_id": ours["id"], "text": "after"})
    got = world.anna.wait("message", where=lambda data: data["key"]["id"] == edit["network_id"])["message"]
    protocol = (got.get("editedMessage") or {}).get("message", got)["protocolMessage"]
    assert (protocol["key"]["id"], protocol["type"]) == (ours["network_id"], "MESSAGE_EDIT")
    edited = protocol["editedMessage"]
    assert (edited.get("conversation") or edited["extendedTextMessage"]["text"]) == "after"
    assert world.line.read(ours["id"])["text"] == "after"


def test_deletions_for_everyone_reach_the_other_side(world):
    sent, message = received(world, "sendText", text="a secret of anna")
    world.anna.call("revoke", to=pn(SALES), message=sent["id"], wait="ack")
    gone = world.line.wait_message(sent["id"], type="revoked")
    assert "a secret of anna" not in str(gone) and world.wait_event("message.revoked", network_id=sent["id"])
    ours, _, _ = arrived(world, {"text": "a secret of ours"})
    world.line.send(ANNA, revoke={"message_id": ours["id"]})
    world.anna.wait("message", where=lambda data: ((data["message"] or {}).get("protocolMessage") or {}).get("key", {}).get("id") == ours["network_id"]
                    and data["message"]["protocolMessage"].get("type", "REVOKE") == "REVOKE")
    assert world.line.read(ours["id"])["type"] == "revoked"


def test_forwarding_carries_the_content_and_counts(world):
    _, message = received(world, "sendText", text="tell others")
    _, got, _ = arrived(world, {"forward": {"message_id": message["id"]}}, client=world.bert, phone=BERT)
    text = got["extendedTextMessage"]
    assert text["text"] == "tell others" and (text["contextInfo"]["isForwarded"], text["contextInfo"]["forwardingScore"]) == (True, 1)


def test_a_message_is_pinned_for_both(world):
    sent, message = received(world, "sendText", text="pin me")
    _, got, _ = arrived(world, {"pin": {"message_id": message["id"], "duration_s": 86400}})
    assert (got["pinInChatMessage"]["key"]["id"], got["pinInChatMessage"]["type"]) == (sent["id"], "PIN_FOR_ALL")


def system_of(world, chat, **expected):
    """A system message of a chat, once there is one that says so."""
    return wait_for(lambda: next((m for m in world.line.history(chat) if expected.items() <= m.get("system", {}).items()), None), describe=f"{expected} in {chat}")


def test_what_others_pin_and_keep_is_shown(world):
    sent, message = received(world, "sendText", text="hold on to me", client=world.bert, ephemeral_s=86400)
    world.bert.call("pin", to=pn(SALES), message=sent["id"], seconds=604800, wait="ack")
    shown = system_of(world, BERT, type="message_pinned", duration_s=604800)
    assert shown["system"]["message_id"] in (sent["id"], message["id"]) and (shown["from"], shown["type"]) == (BERT, "system")
    world.bert.call("pin", to=pn(SALES), message=sent["id"], is_pinned=False, wait="ack")
    system_of(world, BERT, type="message_unpinned")
    world.bert.call("keep", to=pn(SALES), message=sent["id"], wait="ack")
    assert system_of(world, BERT, type="message_kept")["system"]["message_id"] in (sent["id"], message["id"])
    world.bert.call("keep", to=pn(SALES), message=sent["id"], is_kept=False, wait="ack")
    system_of(world, BERT, type="message_unkept")
    _, got, _ = arrived(world, {"pin": {"message_id": message["id"], "duration_s": 0}}, client=world.bert, phone=BERT)
    assert got["pinInChatMessage"]["type"] == "UNPIN_FOR_ALL"


def test_the_timer_of_a_chat_is_kept_to(world):
    world.bert.call("setTimer", to=pn(SALES), seconds=604800, wait="ack")
    wait_for(lambda: any(m.get("system", {}).get("timer_s") == 604800 for m in world.line.history(BERT)), describe="the change in the chat")
    _, got, _ = arrived(world, {"text": "within the timer"}, client=world.bert, phone=BERT)
    assert got["extendedTextMessage"]["contextInfo"]["expiration"] == 604800
    world.bert.call("setTimer", to=pn(SALES), seconds=0, wait="ack")
    wait_for(lambda: any(m.get("system", {}).get("timer_s") == 0 for m in world.line.history(BERT)), describe="the timer ended")
    _, got, _ = arrived(world, {"text": "without it"}, client=world.bert, phone=BERT)
    assert got["conversation"] == "without it"


# --- who is who ---

def test_number_and_lid_are_one_chat(world):
    _, by_number = received(world, "sendText", text="by number", client=world.bert)
    _, by_lid = received(world, "sendText", text="by lid", client=world.bert, to=lid(SALES))
    assert by_number["chat"] == by_lid["chat"] == BERT and by_number["from"] == by_lid["from"] == BERT
    for to in (BERT, f"+{BERT}", lid(BERT), pn(BERT)):
        ours = world.line.send(to, text=f"to {to}")
        world.bert.wait("message", where=says(f"to {to}"))
        assert ours["chat"] == BERT
    assert [m["text"] for m in world.line.history(BERT)][-6:] == ["by number", "by lid", *[f"to {to}" for to in (BERT, f"+{BERT}", lid(BERT), pn(BERT))]]
    assert failures_of_ours(world) == []


def test_phones_without_companions_talk_with_the_line(world):
    for form in ("pn", "lid"):
        sent = world.phone_send(CARL, pn(SALES), text=f"from carl by {form}", form=form)
        message = world.line.wait_message(sent)
        assert (message["text"], message["chat"]) == (f"from carl by {form}", CARL)
    ours = world.line.send(CARL, text="hello carl")
    assert world.wait_inbox(CARL, network_id=ours["network_id"])["text"] == "hello carl"
    world.line.wait_status(ours["id"], "delivered")


def test_what_own_other_devices_send_appears_as_ours(world):
    sent = world.phone_send(SALES, pn(ANNA), text="from our phone")
    message = world.line.wait_message(sent)
    assert (message["from_me"], message["chat"], message["text"], message["from"]) == (True, ANNA, "from our phone", None)
    world.anna.wait("message", where=says("from our phone"))
    with world.double.foreign() as tablet:
        tablet.link(lambda text: world.double.scan(SALES, text))
        sent = tablet.call("sendText", to=lid(ANNA), text="from our tablet", wait="ack")
        message = world.line.wait_message(sent["id"])
        assert (message["from_me"], message["chat"], message["text"]) == (True, ANNA, "from our tablet")
        ours = world.line.send(ANNA, text="seen by the tablet")
        got = tablet.wait("message", where=says("seen by the tablet"))
        assert got["key"]["fromMe"] and got["key"]["remoteJid"] == lid(ANNA)
        world.anna.call("sendText", to=pn(SALES), text="to all devices", wait="ack")
        tablet.wait("message", where=says("to all devices"))
        tablet.call("logOut")
    wait_for(lambda: len(world.double.control(f"accounts/{SALES}")["devices"]) == 2, describe="the tablet is gone")
    ours = world.line.send(ANNA, text="without the tablet")
    world.anna.wait("message", where=says("without the tablet"))
    assert world.line.wait_status(ours["id"], "delivered") and failures_of_ours(world) == []


# --- receipts ---

def status_events(world, message_id):
    return {event["type"] for kind in ("message.sent", "message.delivered", "message.read", "message.played")
            for event in world.events(kind, id=message_id)}


def receipts_of(world, phone, network_id, device=1):
    """Types of the receipts that a device sent for a message."""
    return {row["type"] for row in world.journal("receipts") if network_id in row["ids"] and row["from"] == pn(phone, device)}


def test_what_others_received_read_and_played_is_told(world):
    ours = world.line.send(ANNA, text="did you read it?")
    world.anna.wait("message", where=says("did you read it?"))
    world.line.wait_status(ours["id"], "delivered")
    world.anna.call("readMessages", messages=[ours["network_id"]])
    world.line.wait_status(ours["id"], "read")
    world.anna.call("sendReceipt", chat=lid(SALES), ids=[ours["network_id"]], type="played")
    world.line.wait_status(ours["id"], "played")
    world.wait_event("message.played", id=ours["id"])
    assert status_events(world, ours["id"]) == {"message.sent", "message.delivered", "message.read", "message.played"}


def test_delivery_and_reading_are_told_to_the_sender_and_to_own_devices(world):
    sent, message = received(world, "sendText", text="read me, line")
    wait_for(lambda: receipts_of(world, SALES, sent["id"]), describe="the line's delivery receipt")
    assert world.suite.post(f"/api/v1/accounts/sales/messages/{message['id']}/read", {"typing": True})[0] == 204
    world.anna.wait("messages.update", where=lambda rows: any(row["key"]["id"] == sent["id"] and row["update"].get("status") == 4 for row in rows))
    wait_for(lambda: world.journal("events", kind="chatstate", state="composing"), describe="the typing indicator")
    assert world.line.read(message["id"])["status"] == "read"


def test_a_ghost_reads_and_types_without_a_trace(world):
    world.line.set(ghost_mode=True)
    try:
        sent, message = received(world, "sendText", text="is anybody there?")
        wait_for(lambda: receipts_of(world, SALES, sent["id"]), describe="the delivery receipt")
        assert world.suite.post(f"/api/v1/accounts/sales/messages/{message['id']}/read", {"typing": True})[0] == 204
        world.line.whatsapp("SetPresence", "b", True)
        world.line.whatsapp("SetTyping", "ss", ANNA, "composing")
        marker = world.line.send(ANNA, text="after all that")
        world.anna.wait("message", where=says("after all that"))
        assert marker and "read" not in receipts_of(world, SALES, sent["id"])
        assert world.journal("events", kind="chatstate") == [] and world.journal("events", kind="presence", device=world.line.jid) == []
        with world.line.away():
            pass
        assert world.line.send(ANNA, text="and again after a login")
        assert world.journal("events", kind="presence", device=world.line.jid) == []
    finally:
        world.line.set(ghost_mode=None)


def test_what_the_phone_read_counts_as_read(world):
    sent, message = received(world, "sendText", text="read on the phone")
    world.double.control(f"accounts/{SALES}/receipt", {"type": "read", "ids": [sent["id"]], "to": lid(ANNA)})
    world.line.wait_message(sent["id"], status="read")


# --- refusals of the server ---

def refuse_once(world, error):
    world.double.control("faults/switches", {"message_error": {"error": error, "device": world.line.jid, "times": 1}})


@pytest.mark.parametrize("error", ["421", "479"])
def test_a_refusal_that_better_knowledge_cures_is_not_seen(world, error):
    refuse_once(world, error)
    ours = world.line.send(ANNA, text=f"refused once with {error}")
    world.anna.wait("message", where=says(f"refused once with {error}"))
    assert [row["error"] for row in world.journal("events", kind="message-refused")] == [error]
    assert world.line.wait_status(ours["id"], "delivered")


def test_a_stranger_is_written_to_once_there_is_a_token(world):
    world.double.control("accounts", {"phone": "15552220010", "lid": "200000000000010", "name": "Dora"})
    world.double.control("accounts/15552220010", {"requires_token": True})
    held = world.line.wait_status(world.line.post("15552220010", text="hello stranger"), "held")
    assert held["hold"]["reason"] == "stranger"
    assert world.wait_event("message.held", id=held["id"])["data"]["message"]["hold"]["reason"] == "stranger"
    assert world.journal("events", kind="token-refused")[0]["given"] is False and world.inbox("15552220010", text="hello stranger") == []
    world.double.control("accounts/15552220010/token", {"to": SALES})
    assert world.wait_inbox("15552220010", text="hello stranger")["id"] == world.line.wait_status(held["id"], "sent")["network_id"]
    ours = world.line.send("15552220010", text="with a token")
    assert world.wait_inbox("15552220010", network_id=ours["network_id"])["text"] == "with a token"


def test_a_token_that_is_not_taken_is_told_from_a_stranger(world):
    name = "15552220011"
    world.double.control("accounts", {"phone": name, "lid": "200000000000011", "name": "Emil"})
    world.double.control(f"accounts/{name}", {"requires_token": True})
    world.double.control(f"accounts/{name}/token", {"to": SALES})
    wait_for(lambda: world.journal("events", kind="token-given", receiver=SALES), describe="the token")
    settle(world)
    ours = world.line.send(name, text="with the token")
    assert world.wait_inbox(name, network_id=ours["network_id"])["text"] == "with the token"
    world.double.control("faults/switches", {"message_error": {"error": "463", "to": "200000000000011@lid"}})
    held = world.line.wait_status(world.line.post(name, text="with a bad one"), "held")
    tries = world.journal("events", kind="message-refused", error="463")
    assert held["hold"]["reason"] == "stranger" and len(tries) >= 2, "the token was asked for anew and tried again"
    world.double.control("faults", method="DELETE")
    world.double.control(f"accounts/{name}", {"requires_token": False})
    sent = world.phone_send(name, pn(SALES), text="write to me")
    world.line.wait_message(sent)
    assert world.wait_inbox(name, text="with a bad one")["id"] == world.line.wait_status(held["id"], "sent")["network_id"]


def test_the_pace_of_new_chats_is_in_force_and_answers_go(world):
    people = [f"155522201{number:02}" for number in range(7)]
    world.double.control("accounts", {"accounts": [{"phone": phone, "lid": f"2000000000001{number:02}", "name": phone} for number, phone in enumerate(people)]})
    received(world, "sendText", text="before the pace")
    world.line.set(new_contact_interval_s=3600)
    try:
        names = [world.line.post(phone, text="good day") for phone in people]
        held = wait_for(lambda: len(found := [m for m in map(world.line.read, names) if m["status"] == "held"]) >= 2 and found, describe="held ones")
        assert {message["hold"]["reason"] for message in held} == {"new_contact"} and all(message["hold"]["until"] for message in held)
        assert world.line.wait_status(world.line.send(ANNA, text="an answer")["id"], "delivered")
        world.line.wait_message(world.phone_send(held[-1]["chat"], pn(SALES), text="I write first"))
        world.line.wait_status(held[-1]["id"], "sent")
    finally:
        world.line.set(new_contact_interval_s=None)


def held_for(world, name):
    return wait_for(lambda: (message := world.line.read(name))["status"] == "held" and message["hold"], describe="a hold")


def seconds_until(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() - time.time()


def test_quiet_hours_hold_who_was_not_there_before_and_answers_go(world):
    stranger = "15552220140"
    world.double.control("accounts", {"phone": stranger, "lid": "200000000000140", "name": "Night"})
    received(world, "sendText", text="before the night")
    begin, end = (time.strftime("%H:%M", time.localtime(time.time() + offset_s)) for offset_s in (-3600, 3600))
    world.line.set(quiet_hours=f"{begin}-{end}")
    try:
        name = world.line.post(stranger, text="are you awake?")
        hold = held_for(world, name)
        assert hold["reason"] == "quiet_hours" and 3500 < seconds_until(hold["until"]) <= 3600
        wait_for(lambda: [event for event in world.events("message.held") if event["data"]["message"]["id"] == name], describe="the event of the hold")
        assert world.line.wait_status(world.line.send(ANNA, text="an answer at night")["id"], "delivered")
        assert world.inbox(stranger) == []
        world.line.wait_message(world.phone_send(stranger, pn(SALES), text="I am awake"))
        world.line.wait_status(name, "sent")
    finally:
        world.line.set(quiet_hours=None)


def test_the_messages_of_a_minute_are_counted(world):
    received(world, "sendText", text="before the rush")
    world.line.set(rate_per_minute=6)
    try:
        begun = time.monotonic()
        names = [world.line.post(ANNA, text=f"in a rush {number}") for number in range(7)]
        hold = held_for(world, names[-1])
        assert hold["reason"] == "rate_line" and 0 < seconds_until(hold["until"]) < 60
        assert sum(world.line.read(name)["status"] != "held" for name in names) == 6
        world.line.wait_status(names[-1], "sent")
        assert time.monotonic() - begun > 8
        assert [m["text"] for m in world.line.history(ANNA) if m["id"] in names] == [f"in a rush {number}" for number in range(7)]
    finally:
        world.line.set(rate_per_minute=None)


# --- what cannot be read ---

def test_a_damaged_message_shows_as_a_placeholder_and_is_replaced(world):
    world.double.control("faults", {"direction": "out", "tag": "message", "child": "enc", "device": world.line.jid, "action": "corrupt"})
    sent = world.anna.call("sendText", to=pn(SALES), text="damaged on its way", wait="ack")
    placeholder = world.wait_event("message.undecryptable", network_id=sent["id"])["data"]["message"]
    assert placeholder["type"] == "undecryptable" and placeholder["chat"] == ANNA
    message = world.line.wait_message(sent["id"], type="text", text="damaged on its way")
    assert message["id"] == placeholder["id"]
    assert world.wait_event("message.replaced", network_id=sent["id"])["data"]["message"]["text"] == "damaged on its way"
    assert world.journal("failures", by=world.line.jid)[0]["sender"] == pn(ANNA, 1)


def test_a_phone_sends_again_what_the_line_could_not_read(world):
    world.phone_send(CARL, pn(SALES), text="before the damage")
    for times in (1, 2):
        world.double.control("faults", {"direction": "out", "tag": "message", "child": "enc", "device": world.line.jid, "action": "corrupt", "times": times})
        sent = world.phone_send(CARL, pn(SALES), text=f"damaged {times} times")
        assert world.line.wait_message(sent, type="text")["text"] == f"damaged {times} times"
    keys = [row["keys"] for row in world.journal("failures", by=world.line.jid)]
    assert keys == [False, False, True]


def test_a_phone_that_lost_its_session_is_answered(world):
    world.line.send(CARL, text="with a session")
    world.wait_inbox(CARL, text="with a session")
    world.double.control(f"accounts/{CARL}/forget-session", {"with": SALES, "device": 1})
    ours = world.line.send(CARL, text="without one")
    assert world.wait_inbox(CARL, network_id=ours["network_id"])["text"] == "without one"
    assert world.journal("events", kind="phone-undecryptable")[0]["from"] == world.line.jid
    world.line.wait_status(ours["id"], "delivered")


def test_a_client_that_could_not_read_gets_it_again(world):
    world.double.control("faults", {"direction": "out", "tag": "message", "child": "enc", "device": pn(BERT, 1), "action": "corrupt"})
    ours = world.line.send(BERT, text="for bert again")
    world.bert.wait("message", where=says("for bert again"), timeout_s=60)
    assert failures_of_ours(world)[0]["by"] == pn(BERT, 1) and world.line.wait_status(ours["id"], "delivered")


def test_a_new_phone_of_a_customer_gets_messages(world):
    """Anna's client must not notice; Carl buys a new phone, which has another identity."""
    world.line.send(CARL, text="to the old phone")
    world.wait_inbox(CARL, text="to the old phone")
    world.double.control(f"accounts/{CARL}/reregister", {})
    ours = world.line.send(CARL, text="to the new phone")
    assert world.wait_inbox(CARL, network_id=ours["network_id"])["text"] == "to the new phone"
    sent = world.phone_send(CARL, pn(SALES), text="from the new phone")
    assert world.line.wait_message(sent)["text"] == "from the new phone"
    assert [event["data"] for event in world.events("contact.updated") if event["data"].get("identity_changed")]


# --- status and channels ---

def test_a_status_comes_and_goes(world):
    sent = world.anna.call("sendText", to="status@broadcast", text="my status", members=[lid(SALES), lid(BERT)], wait="ack")
    message = world.line.wait_message(sent["id"])
    assert (message["chat"], message["from"], message["text"]) == ("status@broadcast", ANNA, "my status")
    ours = world.line.send("status@broadcast", text="status of the line", recipients=[ANNA, lid(CARL)])
    assert world.wait_inbox(CARL, network_id=ours["network_id"])["text"] == "status of the line"
    got = world.anna.wait("message", where=says("status of the line"))
    assert got["key"]["id"] == ours["network_id"] and got["key"]["remoteJid"] == "status@broadcast"
    assert world.inbox(BERT, network_id=ours["network_id"]) == []
    status, answer, _ = world.suite.post("/api/v1/accounts/sales/messages", {"to": "status@broadcast", "text": "to nobody"})
    assert (status, [issue["path"] for issue in answer["issues"]]) == (400, ["recipients"])


def test_channels_are_read_and_not_written_to(world):
    channel = world.double.control("newsletters", {"name": "News", "subscribers": [SALES]})["jid"]
    post = world.double.control(f"newsletters/{channel}/posts", {"text": "read all about it"})
    message = world.line.wait_message(post["id"])
    assert (message["chat"], message["text"], message["from_me"]) == (channel, "read all about it", False)
    status, answer, _ = world.suite.post("/api/v1/accounts/sales/messages", {"to": channel, "text": "hello"})
    assert (status, answer["code"]) == (400, "E_INVALID")


# --- last, since it lasts ---

def test_a_time_lock_holds_strangers_and_lets_answers_go(world):
    until = int(time.time()) + 3600
    world.double.control("accounts", {"phone": "15552220012", "lid": "200000000000012", "name": "Fred"})
    world.double.control(f"accounts/{SALES}", {"time_lock": until})
    world.double.control("faults/switches", {"message_error": {"error": "463", "to": "200000000000012@lid"}})
    held = world.line.wait_status(world.line.post("15552220012", text="first contact"), "held")
    assert held["hold"]["reason"] == "time_lock"
    assert abs(datetime.datetime.fromisoformat(held["hold"]["until"]).timestamp() - until) <= 1
    answer = world.line.send(ANNA, text="answers still go")
    assert world.line.wait_status(answer["id"], "delivered")
    world.double.control(f"accounts/{SALES}", {"time_lock": None})


def test_an_account_that_may_begin_no_chats_holds_them_across_a_restart(world):
    with world.line.away():
        pass  # the lock of the test before is the server's to say again
    world.double.control("accounts", {"phone": "15552220013", "lid": "200000000000013", "name": "Gina"})
    world.double.control("faults/switches", {"message_error": {"error": "475", "to": "200000000000013@lid"}})
    held = world.line.wait_status(world.line.post("15552220013", text="one chat too many"), "held")
    assert (held["hold"]["reason"], len(world.journal("events", kind="message-refused", error="475"))) == ("time_lock", 1)
    with world.line.away():
        pass
    assert world.line.read(held["id"])["hold"] == held["hold"]
    answer = world.line.send(ANNA, text="answers go after the restart, too")
    assert world.line.wait_status(answer["id"], "delivered")
    assert len(world.journal("events", kind="message-refused", error="475")) == 1
