# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""The WhatsApp server double is proved: unmodified Baileys clients pair with its phones and talk through it.

What test_foreign_client.py does for every kind of content is done here for the double itself: both ways of pairing and what
it refuses there, the offline queue, receipts and retries of clients and phones, groups, app state, files, faults, and the
journals in which a test reads what happened. Nothing of ours takes part.
"""

import base64
import json
import os
import socket
import ssl
import urllib.error
import urllib.request

import pytest

from tests.program.foreign import ForeignError
from tests.program.loopback import loopback_only
from tests.program.peers import WhatsAppDouble, whatsapp_is_ready
from tests.program.suite import wait_for

pytestmark = pytest.mark.skipif(not whatsapp_is_ready(), reason="the npm packages of tests/peers/whatsapp are not installed")

ANNA, BERT, CARL = "15551230001", "15551230002", "15551230003"
LIDS = {ANNA: "100000000000001", BERT: "100000000000002", CARL: "100000000000003"}


def lid(phone):
    return f"{LIDS[phone]}@lid"


def pn(phone, device=0):
    return f"{phone}{f':{device}' if device else ''}@s.whatsapp.net"


def text_of(message):
    content = message["message"] or {}
    return content.get("conversation") or content.get("extendedTextMessage", {}).get("text")


def says(text):
    return lambda message: text_of(message) == text


def texts(client, prefix):
    return [text_of(event["data"]) for event in client.events if event["event"] == "message" and (text_of(event["data"]) or "").startswith(prefix)]


def refusal(double, path, document):
    """The error of a control call that is to fail."""
    with pytest.raises(urllib.error.HTTPError) as caught:
        double.control(path, document)
    return json.loads(caught.value.read())["error"]


def journal(double, ring, **expected):
    return [row for row in double.control(f"journal/{ring}")["rows"] if all(row.get(name) == value for name, value in expected.items())]


def inbox(double, phone, text):
    return [row for row in double.control(f"accounts/{phone}/inbox")["rows"] if row.get("text") == text]


def state_of(double, phone, device=1):
    return double.control(f"devices/{pn(phone, device)}")


def is_settled(double, phone, device=1):
    return state_of(double, phone, device)["queued"] == 0


@pytest.fixture(autouse=True, scope="module")
def network():
    with loopback_only() as is_cut_off:
        yield is_cut_off


def make_double():
    running = WhatsAppDouble()
    running.control("accounts", {"accounts": [{"phone": phone, "lid": LIDS[phone], "name": phone[-4:]} for phone in LIDS]})
    return running


def check_signatures(double):
    assert [row for row in journal(double, "signatures") if not row["valid"]] == []


@pytest.fixture
def double():
    """A double of one test's own."""
    with make_double() as running:
        yield running
        check_signatures(running)


def print_story(double):
    """What happened, for whoever reads a failure."""
    for ring in ("events", "failures", "receipts", "messages"):
        for row in journal(double, ring):
            print(ring, json.dumps(row))
    for phone in (ANNA, BERT):
        for row in double.control(f"devices/{pn(phone, 1)}/stanzas")["rows"][-60:]:
            print(phone, row["direction"], json.dumps(row["node"])[:300])


class Pair:
    """Two clients that most tests share: pairing takes the longest."""

    def __init__(self, double, folder):
        self.double, self.folder = double, folder
        self.anna, self.bert = (double.foreign(auth=folder / phone) for phone in (ANNA, BERT))
        self.anna.link(lambda text: double.scan(ANNA, text))
        self.bert.link(lambda text: double.scan(BERT, text))

    def leave(self):
        self.bert.stop()
        wait_for(lambda: not state_of(self.double, BERT)["online"], describe="bert away")

    def come_back(self):
        self.bert = self.double.foreign(auth=self.folder / BERT)
        self.bert.call("connect")
        return self.bert

    def stop(self):
        self.anna.stop()
        self.bert.stop()


@pytest.fixture(scope="module")
def shared(network, tmp_path_factory):
    with make_double() as running:
        pair = Pair(running, tmp_path_factory.mktemp("clients"))
        yield pair
        pair.stop()


@pytest.fixture
def pair(shared):
    shared.double.control("journal", method="DELETE")
    yield shared
    print_story(shared.double)
    shared.double.control("faults", method="DELETE")
    check_signatures(shared.double)


def test_foreign_clients_run_where_they_cannot_call_out(network):
    if os.geteuid() != 0:
        pytest.skip("a network namespace needs root")
    assert network
    assert [name for _, name in socket.if_nameindex()] == ["lo"]


# --- pairing ---

def test_a_phone_scans_a_code_and_the_client_is_its_device(double):
    with double.foreign() as anna:
        me = anna.link(lambda text: double.scan(ANNA, text))["me"]
        assert me == {"id": pn(ANNA, 1), "lid": f"{LIDS[ANNA]}:1@lid"}
        assert {row["kind"] for row in journal(double, "signatures", valid=True)} >= {"registration-skey", "adv-account", "adv-device", "skey"}
        assert state_of(double, ANNA)["prekeys"] > 800


def test_eight_letters_link_a_client_and_wrong_ones_do_not(double):
    with double.foreign() as bert:
        mark = bert.mark()
        bert.call("connect")
        bert.wait("qr")
        code = bert.call("requestCode", phone=BERT)
        assert "eight letters" in refusal(double, f"accounts/{BERT}/code", {"code": "0OUI1234"})
        assert double.control(f"accounts/{BERT}/code", {"code": code})["jid"] == pn(BERT, 1)
        bert.wait("connection", after=mark, isNewLogin=True)
        bert.wait("connection", after=mark, connection="open")
        assert journal(double, "events", kind="link-hello")[0]["display"].startswith("Chrome (")


@pytest.mark.parametrize("tamper", ["hmac"])
def test_a_forged_pairing_is_refused_by_the_client(double, tamper):
    with double.foreign() as anna:
        anna.call("connect")
        text = anna.wait("qr")["text"]
        assert "gone" in refusal(double, f"accounts/{ANNA}/scan", {"qr": text, "tamper": tamper})
        anna.wait("connection", connection="close")
        assert double.control(f"accounts/{ANNA}")["devices"][1:] == []


def test_a_code_is_good_for_the_client_that_showed_it_only(double):
    with double.foreign() as anna:
        anna.call("connect")
        text = anna.wait("qr")["text"]
        url, parts = text.split("#")
        ref, noise, identity, adv, client = parts.split(",")
        for wrong, what in ((f"{url}#{ref},{identity},{identity},{adv},{client}", "noise key"), (f"{url}#{ref},{noise},{noise},{adv},{client}", "identity key"),
                            (f"{url}#2@x,{noise},{identity},{adv},{client}", "no waiting client")):
            assert what in refusal(double, f"accounts/{ANNA}/scan", {"qr": wrong})
        double.control("pairing/refresh", {"qr": text})
        assert "stale" in refusal(double, f"accounts/{ANNA}/scan", {"qr": text})


# --- messages ---

def test_texts_reach_clients_and_phones_on_both_sides(pair):
    double, anna, bert = pair.double, pair.anna, pair.bert
    anna.call("sendText", to=lid(BERT), text="by LID", wait="ack")
    bert.wait("message", where=says("by LID"))
    bert.call("sendText", to=pn(ANNA), text="by number", wait="ack")
    anna.wait("message", where=says("by number"))
    for text in ("by LID", "by number"):
        for phone in (ANNA, BERT):
            wait_for(lambda p=phone, t=text: inbox(double, p, t), describe=f"{text} on the phone of {phone}")
    assert inbox(double, ANNA, "by LID")[0]["destination"] == lid(BERT)
    sent = double.control(f"accounts/{ANNA}/send", {"to": pn(BERT), "text": "from the phone"})
    assert bert.wait("message", where=says("from the phone"))["key"]["remoteJid"] == lid(ANNA)
    assert anna.wait("message", where=says("from the phone"))["key"] | {"participant": ""} == {
        "remoteJid": lid(BERT), "remoteJidAlt": pn(ANNA), "fromMe": True, "id": sent["id"], "participant": "", "addressingMode": "lid"}
    wait_for(lambda: is_settled(double, ANNA) and is_settled(double, BERT), describe="everything acknowledged")
    assert journal(double, "failures") == []


def test_groups_carry_messages_between_clients_and_phones(pair):
    double, anna, bert = pair.double, pair.anna, pair.bert
    group = anna.call("createGroup", subject="Three", members=[lid(BERT), lid(CARL)])["id"]
    anna.call("sendText", to=group, text="from anna", wait="ack")
    assert bert.wait("message", where=says("from anna"))["key"]["participant"].startswith(LIDS[ANNA])
    bert.call("sendText", to=group, text="from bert", wait="ack")
    anna.wait("message", where=says("from bert"))
    double.control(f"accounts/{CARL}/send", {"to": group, "text": "from carl's phone"})
    anna.wait("message", where=says("from carl's phone"))
    bert.wait("message", where=says("from carl's phone"))
    wait_for(lambda: inbox(double, CARL, "from anna") and inbox(double, CARL, "from bert"), describe="both on the third phone")
    assert journal(double, "signatures", kind="skmsg", valid=True)
    assert journal(double, "failures") == []


def test_group_changes_are_told_to_all_members_and_kept(pair):
    double, anna, bert = pair.double, pair.anna, pair.bert
    group = anna.call("createGroup", subject="Old", members=[lid(BERT)])["id"]
    bert.wait("groups.upsert")
    anna.call("setSubject", group=group, subject="New")
    anna.call("setDescription", group=group, description="about us")
    assert anna.call("addMembers", group=group, members=[lid(CARL)])[0]["status"] == "200"
    anna.call("promote", group=group, members=[lid(BERT)])
    bert.call("setGroupTimer", group=group, seconds=86400)
    bert.call("announceOnly", group=group)
    assert anna.call("removeMembers", group=group, members=[lid(CARL)])[0]["status"] == "200"
    assert anna.call("removeMembers", group=group, members=[lid(CARL)])[0]["status"] == "404"
    kept = double.control(f"groups/{group}")
    assert (kept["subject"], kept["description"], kept["ephemeral"], kept["announcement"]) == ("New", "about us", 86400, True)
    assert [(member["phone"], member["type"]) for member in kept["members"]] == [(ANNA, "superadmin"), (BERT, "admin")]
    assert bert.call("readGroup", group=group)["subject"] == "New"
    with pytest.raises(ForeignError) as caught:
        anna.call("joinGroup", code="no such code")
    assert caught.value.code == 406 or "acceptable" in str(caught.value)
    bert.call("leaveGroup", group=group)
    wait_for(lambda: [m["phone"] for m in double.control(f"groups/{group}")["members"]] == [ANNA], describe="left")
    wait_for(lambda: is_settled(double, BERT), describe="every notification acknowledged")


# --- the queue ---

def test_what_came_while_a_client_was_away_waits_for_it_in_order(pair):
    double, anna = pair.double, pair.anna
    pair.leave()
    for number in range(150):
        anna.call("sendText", to=lid(BERT), text=f"away {number}")
    wait_for(lambda: state_of(double, BERT)["queued"] >= 150, describe="everything queued")
    bert = pair.come_back()
    bert.wait("message", where=says("away 149"), timeout_s=60)
    assert texts(bert, "away") == [f"away {number}" for number in range(150)]
    wait_for(lambda: is_settled(double, BERT), describe="everything acknowledged")
    bert.call("sendText", to=lid(ANNA), text="back", wait="ack")
    anna.wait("message", where=says("back"))
    assert journal(double, "failures") == []


def test_a_connection_cut_before_the_receipt_brings_the_message_again(pair):
    double, anna, bert = pair.double, pair.anna, pair.bert
    double.control("faults", {"direction": "out", "tag": "message", "device": pn(BERT, 1), "action": "cut"})
    anna.call("sendText", to=lid(BERT), text="cut off", wait="ack")
    bert.wait("connection", connection="close")
    assert state_of(double, BERT)["queued"] >= 1
    bert.call("connect")
    bert.wait("message", where=says("cut off"))
    wait_for(lambda: is_settled(double, BERT), describe="acknowledged")


def test_a_backlog_of_a_thousand_is_given_out_in_batches(pair):
    double = pair.double
    pair.leave()
    stanza = {"tag": "notification", "attrs": {"from": "s.whatsapp.net", "type": "psa", "id": "flood-#", "t": "1764000000"}}
    double.control(f"devices/{pn(BERT, 1)}/flood", {"node": stanza, "count": 1000})
    assert state_of(double, BERT)["queued"] >= 1000
    pair.come_back().wait("connection", receivedPendingNotifications=True)
    wait_for(lambda: is_settled(double, BERT), describe="a thousand acknowledged")


# --- receipts and retries ---

def test_delivered_and_read_come_back(pair):
    double, anna, bert = pair.double, pair.anna, pair.bert
    sent = anna.call("sendText", to=lid(BERT), text="read me", wait="ack")["id"]
    bert.wait("message", where=says("read me"))
    bert.call("readMessages", messages=[sent])
    anna.wait("messages.update", where=lambda rows: any(row["key"]["id"] == sent and row["update"].get("status") == 4 for row in rows))
    kinds = {row["type"] for row in journal(double, "receipts") if sent in row["ids"]}
    assert {"delivered", "read", "sender"} <= kinds


def damage_next(double, to, by):
    """The next message to that device arrives damaged, and its sender hears so a little later: the client knows a message of
    its own only some milliseconds after it was sent."""
    double.control("faults", {"direction": "out", "tag": "message", "child": "enc", "device": to, "action": "corrupt"})
    if by:
        double.control("faults", {"direction": "out", "tag": "receipt", "attrs": {"type": "retry"}, "device": by, "action": "delay", "delay_ms": 500})


def test_a_damaged_message_is_asked_for_again_and_arrives(pair):
    double, anna, bert = pair.double, pair.anna, pair.bert
    anna.call("sendText", to=lid(BERT), text="whole", wait="ack")
    bert.wait("message", where=says("whole"))
    damage_next(double, pn(BERT, 1), pn(ANNA, 1))
    anna.call("sendText", to=lid(BERT), text="damaged", wait="ack")
    bert.wait("message", where=says("damaged"), timeout_s=60)
    failure, = journal(double, "failures")
    assert (failure["by"], failure["sender"], failure["count"]) == (pn(BERT, 1), pn(ANNA, 1), 1)


def test_a_client_asks_its_phone_for_what_its_peer_does_not_send_again(pair):
    double, anna, bert = pair.double, pair.anna, pair.bert
    damage_next(double, pn(BERT, 1), None)
    double.control("faults", {"direction": "out", "tag": "receipt", "attrs": {"type": "retry"}, "device": pn(ANNA, 1), "action": "drop"})
    sent = anna.call("sendText", to=lid(BERT), text="only the phone has it", wait="ack")["id"]
    got = bert.wait("message", where=says("only the phone has it"), timeout_s=60)
    assert got["key"]["id"] == sent
    assert journal(double, "events", kind="operation-asked")[0]["by"] == pn(BERT, 1)
    double.control(f"devices/{pn(ANNA, 1)}/cut", {})  # the dropped receipt is still due
    anna.wait("connection", connection="close")
    anna.call("connect")
    wait_for(lambda: is_settled(double, ANNA), describe="the receipt was given again")


def test_a_phone_asks_again_for_what_it_could_not_read(pair):
    double, anna = pair.double, pair.anna
    double.control(f"accounts/{BERT}/corrupt", {"times": 1})
    double.control("faults", {"direction": "out", "tag": "receipt", "attrs": {"type": "retry"}, "device": pn(ANNA, 1), "action": "delay", "delay_ms": 500})
    anna.call("sendText", to=lid(BERT), text="for the phone", wait="ack")
    wait_for(lambda: inbox(double, BERT, "for the phone"), 30, "the phone has it after asking again")
    assert journal(double, "events", kind="phone-undecryptable")[0]["from"] == pn(ANNA, 1)


def test_a_client_that_cannot_read_a_phone_gets_it_again(pair):
    double, anna = pair.double, pair.anna
    double.control(f"accounts/{CARL}/send", {"to": pn(ANNA), "text": "first"})
    anna.wait("message", where=says("first"))
    damage_next(double, pn(ANNA, 1), None)
    double.control(f"accounts/{CARL}/send", {"to": pn(ANNA), "text": "second"})
    anna.wait("message", where=says("second"), timeout_s=60)
    assert journal(double, "events", kind="phone-asked-again")[0]["known"]


# --- errors of the server ---

def test_refusals_reach_the_sender_in_the_acknowledgement(pair):
    double, anna = pair.double, pair.anna
    for error in ("463", "475", "479", "421", "400"):
        double.control("faults/switches", {"message_error": {"error": error, "to": lid(BERT), "times": 1}})
        anna.call("sendText", to=lid(BERT), text=f"refused {error}")
        anna.wait("ack", error=error)
    assert [row["error"] for row in journal(double, "events", kind="message-refused")] == ["463", "475", "479", "421", "400"]
    assert inbox(double, BERT, "refused 463") == []


def test_a_login_is_refused_once_and_then_accepted(pair):
    double, anna = pair.double, pair.anna
    anna.call("disconnect")
    double.control("faults/login", {"device": pn(ANNA, 1), "reason": "503"})
    mark = anna.mark()
    anna.call("connect")
    anna.wait("connection", connection="close", code=503, after=mark)
    mark = anna.mark()
    anna.call("connect")
    anna.wait("connection", connection="open", after=mark)


@pytest.mark.parametrize("action", ["bad-mac", "truncate", "half"])
def test_a_broken_frame_ends_a_connection_and_the_next_one_works(pair, action):
    double, anna, bert = pair.double, pair.anna, pair.bert
    double.control("faults", {"direction": "out", "tag": "message", "device": pn(BERT, 1), "action": action})
    anna.call("sendText", to=lid(BERT), text=f"after {action}", wait="ack")
    wait_for(lambda: double.control("faults")["rules"] == [], describe="the fault happened")
    bert.call("disconnect")
    wait_for(lambda: not state_of(double, BERT)["online"], describe="the connection ended")
    bert.call("connect")
    bert.wait("message", where=says(f"after {action}"))


def test_one_time_keys_run_out_and_messages_still_go(pair):
    double, anna = pair.double, pair.anna
    dora = double.control("accounts", {"phone": "15551230004"})
    double.control("faults/prekeys", {})
    anna.call("sendText", to=f"{dora['lid']}@lid", text="without one-time key", wait="ack")
    wait_for(lambda: inbox(double, "15551230004", "without one-time key"), describe="decrypted")
    assert double.control("counters")["bundles_without_key"] == 1


# --- files, history, app state ---

def test_files_are_kept_encrypted_and_come_again_when_they_are_gone(pair):
    double, anna, bert = pair.double, pair.anna, pair.bert
    content = bytes(range(256)) * 500
    sent = anna.call("sendDocument", to=lid(BERT), file=content, name="all.bin", mimetype="application/octet-stream", wait="ack")
    bert.wait("message", kind="documentMessage")
    assert bert.call("download", message=sent["id"], is_whole=True)["content"] == content
    path = sent["message"]["documentMessage"]["directPath"]
    double.control("media/remove", {"direct_path": path})
    with pytest.raises(ForeignError):
        bert.call("download", message=sent["id"])
    again = bert.call("askAgain", message=sent["id"])
    assert again["message"]["documentMessage"]["directPath"] != path
    assert [row["method"] for row in double.control("media/requests")][:2] == ["POST", "GET"]


def test_history_comes_inline_and_as_a_file(pair):
    double, anna = pair.double, pair.anna
    for inline in (True, False):
        message = {"key": {"remoteJid": lid(CARL), "id": f"OLD{inline}", "fromMe": False}, "message": {"conversation": f"old {inline}"}, "messageTimestamp": 1764000000}
        double.control(f"accounts/{ANNA}/history", {"type": "RECENT", "inline": inline, "data": {"conversations": [{"id": lid(CARL), "messages": [{"message": message}]}]}})
        history = anna.wait("history", where=lambda data, i=inline: any(text_of(one) == f"old {i}" for one in data["messages"]))
        assert history["messages"][0]["key"]["remoteJid"] == lid(CARL)
    double.control(f"accounts/{ANNA}/history", {"type": "FULL", "made": {"chats": 20, "messages": 100}})
    made = anna.wait("history", where=lambda data: len(data["messages"]) == 2000)
    assert {text_of(one) for one in made["messages"]} == {f"old message {chat}/{number}" for chat in range(20) for number in range(100)}


def test_app_state_goes_from_phone_to_client_and_back_with_every_mac(pair):
    double, anna = pair.double, pair.anna
    contact = {"index": ["contact", pn(CARL)], "value": {"contactAction": {"fullName": "Carl C", "lidJid": lid(CARL)}}, "version": 2}
    double.control(f"accounts/{ANNA}/appstate", {"collection": "critical_unblock_low", "mutations": [contact]})
    anna.wait("contacts.upsert", where=lambda rows: rows[0]["name"] == "Carl C")
    many = [{"index": ["pin_v1", f"{number}@lid"], "value": {"pinAction": {"pinned": True}, "timestamp": 1764000000000}, "version": 5} for number in range(100)]
    double.control(f"accounts/{ANNA}/appstate", {"collection": "regular_low", "mutations": many, "external": True})
    anna.wait("chats.update", where=lambda rows: any("pinned" in row for row in rows))
    anna.call("mute", chat=lid(CARL), until_ms=3600000)
    written = double.control(f"accounts/{ANNA}/appstate/regular_high")
    assert written["entries"][0]["index"] == ["mute", lid(CARL)] and written["entries"][0]["value"]["muteAction"]["muted"]
    double.control("faults/appstate", {"regular_low": 1})
    anna.call("archive", chat=lid(CARL), last=[])
    assert journal(double, "events", kind="appstate-conflict")
    assert journal(double, "events", kind="appstate-invalid") == []


def test_presence_typing_and_calls_reach_the_client(pair):
    double, anna, bert = pair.double, pair.anna, pair.bert
    anna.call("subscribePresence", user=lid(BERT))
    anna.call("setPresence", presence="available")
    bert.call("setPresence", presence="available")
    anna.wait("presence.update", where=lambda data: data["id"] == lid(BERT))
    bert.call("setPresence", presence="composing", chat=lid(ANNA))
    anna.wait("presence.update", where=lambda data: "composing" in str(data))
    call = double.control("calls", {"from": BERT, "to": ANNA})["call_id"]
    offer, = anna.wait("call", where=lambda rows: rows[0]["status"] == "offer")
    assert offer["id"] == call
    anna.call("call", function="rejectCall", args=[call, offer["from"]])
    wait_for(lambda: journal(double, "events", kind="call", tag="reject"), describe="the reject")


def test_a_status_reaches_who_was_named_and_a_channel_who_subscribed(pair):
    double, anna, bert = pair.double, pair.anna, pair.bert
    anna.call("sendText", to="status@broadcast", text="my status", members=[lid(BERT)], wait="ack")
    assert bert.wait("message", where=says("my status"))["key"]["remoteJid"] == "status@broadcast"
    double.control(f"accounts/{CARL}", {"audience": [ANNA]})
    double.control(f"accounts/{CARL}/send", {"to": "status@broadcast", "text": "carl's status"})
    anna.wait("message", where=says("carl's status"))
    channel = double.control("newsletters", {"name": "News", "subscribers": [ANNA]})["jid"]
    double.control(f"newsletters/{channel}/posts", {"text": "first post"})
    assert anna.wait("message", where=says("first post"))["key"]["remoteJid"] == channel
    wait_for(lambda: is_settled(double, ANNA), describe="acknowledged")


def test_a_note_to_oneself_and_a_repeated_stanza(pair):
    double, anna = pair.double, pair.anna
    anna.call("sendText", to=lid(ANNA), text="note", wait="ack")
    wait_for(lambda: inbox(double, ANNA, "note"), describe="on the own phone")
    sent = double.control(f"accounts/{CARL}/send", {"to": pn(ANNA), "text": "once"})
    anna.wait("message", where=says("once"))
    wait_for(lambda: is_settled(double, ANNA), describe="acknowledged")
    double.control(f"devices/{pn(ANNA, 1)}/replay", {"id": sent["id"]})
    wait_for(lambda: journal(double, "events", kind="nack", id=sent["id"], error="487"), describe="the repeat recognised")
    assert texts(anna, "once") == ["once"]


def test_files_are_given_in_ranges_over_tls_of_the_doubles_own_authority(pair):
    double = pair.double
    content = bytes(range(256)) * 40
    path = double.control("media", {"kind": "document", "base64": base64.b64encode(content).decode()})["directPath"]
    whole = base64.b64decode(double.control(f"media/file?path={path.split('?')[0]}")["base64"])
    context = ssl.create_default_context(cafile=double.certificates)
    request = urllib.request.Request(double.places["media_url"] + path, headers={"Range": "bytes=1000-1999"})
    with urllib.request.urlopen(request, context=context) as response:
        assert (response.status, response.headers["Content-Range"], response.read()) == (206, f"bytes 1000-1999/{len(whole)}", whole[1000:2000])
    with pytest.raises(urllib.error.URLError, match="self-signed|unable to get local issuer"):
        urllib.request.urlopen(request, context=ssl.create_default_context())
    with urllib.request.urlopen(double.places["plain_media_url"] + path) as response:
        assert response.read() == whole
    host, port = double.places["wss_url"].split("/")[2].split(":")
    with socket.create_connection((host, int(port))) as plain, context.wrap_socket(plain, server_hostname=host) as secure:
        secure.sendall(b"GET /ws/chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                       b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        assert secure.recv(100).startswith(b"HTTP/1.1 101")


# --- the end ---

def test_a_line_is_unlinked_from_either_side(pair):
    double, anna, bert = pair.double, pair.anna, pair.bert
    double.control(f"accounts/{ANNA}/unlink", {})
    assert anna.wait("connection", connection="close", code=401)["data"]["tag"] == "conflict"
    bert.begin("logOut")
    wait_for(lambda: not double.control(f"accounts/{BERT}")["devices"][1:], describe="the companion is removed")
    assert journal(double, "events", kind="logout")[0]["reason"] == "user_initiated"
