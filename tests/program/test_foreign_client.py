# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Two foreign clients talk through the server double: every call of client.mjs, contents compared byte for byte.

What fails here is wrong in the double or in the client's driver; nothing of ours takes part. So it must pass before our own
line is blamed for anything.
"""

import hashlib
import time

import pytest

from tests.program.foreign import ForeignClient, ForeignError
from tests.program.peers import WhatsAppDouble, whatsapp_is_ready

pytestmark = pytest.mark.skipif(not whatsapp_is_ready(), reason="the npm packages of tests/peers/whatsapp are not installed")

ANA, BEN = "15550000001", "15550000002"
FILE = bytes(range(256)) * 300 + b"end"
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")


def pn(phone):
    return f"{phone}@s.whatsapp.net"


@pytest.fixture(scope="module")
def double():
    with WhatsAppDouble() as running:
        for phone, name in ((ANA, "Ana"), (BEN, "Ben")):
            running.control("accounts", {"phone": phone, "name": name})
        yield running


@pytest.fixture(scope="module")
def pair(double, tmp_path_factory):
    with double.foreign() as ana, double.foreign(auth=tmp_path_factory.mktemp("ben")) as ben:
        ana.link(lambda text: double.scan(ANA, text))
        ben.link(lambda text: double.scan(BEN, text))
        yield ana, ben


def arrives(sender, receiver, call, to=pn(BEN), **parameters):
    """Sends, waits for it on the other side, and compares the protobufs.

    The keys in reactions and votes are the exception: the package turns them to the point of view of who reads.
    """
    sent = sender.call(call, to=to, **parameters)
    got = receiver.wait("message", where=lambda data: data["key"]["id"] == sent["id"])
    if call not in ("sendReaction", "sendVote"):
        assert got["encoded"] == sent["encoded"]
    return sent, got


def test_texts_go_both_ways_and_are_acknowledged(pair):
    ana, ben = pair
    sent, got = arrives(ana, ben, "sendText", text="hello 👋", mentions=[pn(BEN)], wait="ack")
    assert sent["ack"]["id"] == sent["id"] and sent["milliseconds"] > 0
    assert got["message"]["extendedTextMessage"]["contextInfo"]["mentionedJid"] == [pn(BEN)]

    _, answer = arrives(ben, ana, "sendText", to=pn(ANA), text="back", quoted=sent["id"])
    context = answer["message"]["extendedTextMessage"]["contextInfo"]
    assert context["stanzaId"] == sent["id"] and context["quotedMessage"]["extendedTextMessage"]["text"] == "hello 👋"


CONTENTS = [
    ("sendText", {"text": "see https://example.org", "preview": {"url": "https://example.org", "title": "T", "description": "D", "thumbnail": JPEG}},
     "extendedTextMessage"),
    ("sendText", {"text": "gone tomorrow", "ephemeral_s": 86400}, "extendedTextMessage"),
    ("sendText", {"text": "passed on", "forwarding_score": 3}, "extendedTextMessage"),
    ("sendLocation", {"latitude": 52.52, "longitude": 13.405, "name": "Berlin"}, "locationMessage"),
    ("sendLiveLocation", {"latitude": -33.87, "longitude": 151.21, "caption": "on my way"}, "liveLocationMessage"),
    ("sendContacts", {"contacts": [{"name": "Ana", "phone": "+1 555 000 0001"}]}, "contactMessage"),
    ("sendContacts", {"contacts": [{"name": "A", "phone": "+1"}, {"name": "B", "phone": "+2"}], "display_name": "2"}, "contactsArrayMessage"),
    ("sendEvent", {"name": "Party", "start": 1760000000}, "eventMessage"),
    ("sendGroupInvite", {"group": "1@g.us", "code": "c", "expires": 1760000000, "subject": "s", "text": "join"}, "groupInviteMessage"),
    ("sendFields", {"fields": {"conversation": "plain"}}, "conversation"),
]


@pytest.mark.parametrize(("call", "parameters", "kind"), CONTENTS, ids=[f"{call}-{i}" for i, (call, *_) in enumerate(CONTENTS)])
def test_contents_arrive_whole(pair, call, parameters, kind):
    _, got = arrives(*pair, call, **parameters)
    assert got["kind"] == kind


FILES = [
    ("sendImage", {"caption": "c", "mimetype": "image/jpeg", "width": 10, "height": 20, "thumbnail": JPEG}, "imageMessage"),
    ("sendImage", {"view_once": True}, "viewOnceMessage"),
    ("sendVideo", {"seconds": 3, "caption": "v"}, "videoMessage"),
    ("sendGif", {}, "videoMessage"),
    ("sendVideoNote", {}, "ptvMessage"),
    ("sendAudio", {"mimetype": "audio/mp4", "seconds": 9}, "audioMessage"),
    ("sendVoice", {"seconds": 2, "waveform": bytes(range(64))}, "audioMessage"),
    ("sendDocument", {"name": "a.pdf", "mimetype": "application/pdf", "title": "A"}, "documentMessage"),
    ("sendSticker", {"mimetype": "image/webp", "width": 512, "height": 512}, "stickerMessage"),
]


@pytest.mark.parametrize(("call", "parameters", "kind"), FILES, ids=[f"{call}-{i}" for i, (call, *_) in enumerate(FILES)])
def test_files_are_uploaded_and_downloaded(pair, call, parameters, kind):
    ana, ben = pair
    sent, got = arrives(ana, ben, call, file=FILE, **parameters)
    assert got["kind"] == kind
    if kind == "viewOnceMessage":  # the package does not show the file of one to a companion
        return
    found = ben.call("download", message=sent["id"], is_whole=True)
    assert found == {"size_bytes": len(FILE), "sha256": hashlib.sha256(FILE).hexdigest(), "content": FILE}


def test_what_refers_to_a_message(pair):
    ana, ben = pair
    sent, _ = arrives(ana, ben, "sendText", text="first")
    _, reaction = arrives(ben, ana, "sendReaction", to=pn(ANA), message=sent["id"], emoji="👍")
    assert reaction["message"]["reactionMessage"]["text"] == "👍"
    arrives(ben, ana, "sendReaction", to=pn(ANA), message=sent["id"], emoji="")
    _, edited = arrives(ana, ben, "edit", message=sent["id"], text="second")
    assert edited["message"]["protocolMessage"]["type"] == "MESSAGE_EDIT"
    arrives(ana, ben, "pin", message=sent["id"])
    arrives(ana, ben, "keep", message=sent["id"])
    arrives(ana, ben, "forward", message=sent["id"])
    _, revoked = arrives(ana, ben, "revoke", message=sent["id"])
    assert revoked["message"]["protocolMessage"]["key"]["id"] == sent["id"]


def test_votes_are_opened(pair):
    ana, ben = pair
    poll, _ = arrives(ana, ben, "sendPoll", name="Lunch?", options=["Yes", "No", "🤷"])
    arrives(ben, ana, "sendVote", to=pn(ANA), poll=poll["id"], options=["🤷", "Yes"])
    assert sorted(ana.wait("vote", poll=poll["id"])["options"]) == sorted(["🤷", "Yes"])


def test_receipts_presence_and_typing_are_heard(pair):
    ana, ben = pair
    sent, got = arrives(ana, ben, "sendText", text="read me")
    ben.call("readMessages", messages=[sent["id"]])
    ana.wait("messages.update", where=lambda data: any(one["key"]["id"] == sent["id"] and one["update"].get("status") == 4 for one in data))
    ana.call("subscribePresence", user=got["key"].get("remoteJidAlt") and pn(BEN))
    mark = ana.mark()
    ben.call("setPresence", presence="composing", chat=pn(ANA))
    ana.wait("presence.update", after=mark, where=lambda data: "composing" in str(data))


def test_groups_work_and_deliver(pair):
    ana, ben = pair
    group = ana.call("createGroup", subject="Friends", members=[pn(BEN)])["id"]
    assert ana.call("readGroup", group=group)["subject"] == "Friends"
    for number in range(3):
        arrives(ana, ben, "sendText", to=group, text=f"to all {number}")
        arrives(ben, ana, "sendText", to=group, text=f"from ben {number}")
    ana.call("setSubject", group=group, subject="Best friends")
    ben.wait("groups.update", where=lambda data: any(one.get("subject") == "Best friends" for one in data))
    ana.call("setDescription", group=group, description="all about us")
    ana.call("promote", group=group, members=[pn(BEN)])
    ana.call("demote", group=group, members=[pn(BEN)])
    for setting in ("announceOnly", "announceAll", "lockGroup", "unlockGroup"):
        ana.call(setting, group=group)
    ana.call("setGroupTimer", group=group, seconds=86400)
    code = ana.call("readInvite", group=group)
    ana.call("removeMembers", group=group, members=[pn(BEN)])
    assert ben.call("joinGroup", code=code) == group
    arrives(ana, ben, "sendText", to=group, text="welcome back")
    ben.call("leaveGroup", group=group)


def test_profiles_look_ups_and_blocks(pair):
    ana, ben = pair
    found = ana.call("lookUp", numbers=[f"+{BEN}", "+19999999999"])
    assert [one["exists"] for one in found] == [True]
    ben.call("setAbout", text="busy")
    ben.call("setName", name="Benjamin")
    ana.call("block", user=pn(BEN))
    assert len(ana.call("listBlocked")) == 1
    ana.call("unblock", user=pn(BEN))
    assert ana.call("listBlocked") == []


def test_app_state_goes_to_the_other_devices_of_an_account(double, pair):
    ana, ben = pair
    sent, _ = arrives(ana, ben, "sendText", text="for later")
    with double.foreign() as tablet:
        tablet.link(lambda text: double.scan(ANA, text))
        tablet.wait("history")
        tablet.call("resyncAppState", collections=["regular_low", "regular_high"])  # behind the sync of the first login
        ana.call("archive", chat=pn(BEN), last=[sent["id"]])
        tablet.wait("chats.update", where=lambda data: any(one.get("archived") for one in data))
        ana.call("pinChat", chat=pn(BEN))
        tablet.wait("chats.update", where=lambda data: any(one.get("pinned") for one in data))
        ana.call("mute", chat=pn(BEN), until_ms=1900000000000)
        tablet.wait("chats.update", where=lambda data: any(one.get("muteEndTime") for one in data))
        tablet.call("star", chat=pn(BEN), messages=[sent])
        ana.wait("messages.update", where=lambda data: any(one["update"].get("starred") for one in data))
        tablet.call("logOut")


def test_a_client_with_files_comes_back_and_answers_for_what_it_sent(double, pair, tmp_path):
    double.control("accounts", {"phone": "15550000003", "name": "Cem"})
    auth = tmp_path / "cem"
    ana, _ = pair
    with double.foreign(auth=auth) as cem:
        cem.link(lambda text: double.scan("15550000003", text))
        sent, _ = arrives(cem, ana, "sendText", to=pn(ANA), text="before")
    with double.foreign("--connect", auth=auth) as cem:
        cem.wait("connection", connection="open")
        arrives(cem, ana, "sendText", to=pn(ANA), text="after", quoted=sent["id"])
        arrives(ana, cem, "sendText", to=pn("15550000003"), text="welcome")
        cem.call("logOut")
        cem.wait("connection", connection="close", code=401)


def test_a_link_code_works(double):
    double.control("accounts", {"phone": "15550000004", "name": "Dora"})
    with double.foreign() as dora:
        dora.call("connect")
        dora.wait("qr")
        code = dora.call("requestCode", phone="15550000004")
        double.control("accounts/15550000004/code", {"code": code})
        dora.wait("connection", connection="open")


def test_load_is_measured(double, pair, tmp_path):
    ana, _ = pair
    double.control("accounts", {"phone": "15550000005", "name": "Eda"})
    with double.foreign("--bench") as eda:
        eda.link(lambda text: double.scan("15550000005", text))
        time.sleep(0.5)  # its history, which is not what is counted
        eda.call("resetBench")
        done = ana.call("sendMany", to=pn("15550000005"), count=200, in_flight=20, timeout_s=120)
        assert done["count"] == 200 and done["p50_ms"] <= done["p99_ms"] <= done["max_ms"]
        eda.wait("bench", where=lambda data: data["received"] >= 200)
        figures = eda.call("bench")
        assert figures["cpu_user_us"] > 0 and figures["rss_bytes"] > 0 and figures["undecryptable"] == 0


def test_calls_that_do_not_exist_and_hosts_elsewhere_are_refused(pair):
    ana, _ = pair
    with pytest.raises(ForeignError, match="there is no call"):
        ana.call("sendTelegram")
    with pytest.raises(ForeignError, match="was sent or received here"):
        ana.call("revoke", to=pn(BEN), message="3EB0")
    with ForeignClient("ws://198.51.100.7:443/ws/chat", "--connect") as lost:
        assert "not on this machine" in lost.wait("connection", connection="close")["reason"]
