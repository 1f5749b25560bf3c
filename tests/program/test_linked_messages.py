# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Messages between a linked line, Baileys clients and simulated phones: every content in both directions, compared with what
the other side says it saw."""

import base64

import pytest

from tests.program.foreign import says as says_all
from tests.program.linked import ANNA, BERT, CARL, LIDS, SALES, failures_of_ours, lid, open_world, pn, reason_to_skip, says, text_of
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
    world.anna.wait("message", where=lambda data: (data["message"].get("protocolMessage") or {}).get("key", {}).get("id") == ours["network_id"]
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
