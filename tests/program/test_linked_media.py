# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Files between a linked line, Baileys clients and phones: every kind both ways, byte for byte, over a media host that also cuts
off, damages and loses them."""

import base64
import hashlib
import os
import random
import subprocess

import pytest

from tests.program.linked import ANNA, CARL, SALES, failures_of_ours, lid, open_world, pn, reason_to_skip
from tests.program.suite import is_sanitized, wait_for

pytestmark = pytest.mark.skipif(reason_to_skip() is not None, reason=str(reason_to_skip()))

JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
WEBP = b"RIFF" + (36).to_bytes(4, "little") + b"WEBPVP8 " + (24).to_bytes(4, "little") + bytes.fromhex("300100009d012a0100010000") + bytes(12)
WAVEFORM = bytes(range(64))


def make_file(kind, size):
    """Bytes that begin as a file of that type does and are otherwise anything."""
    heads = {"video/mp4": bytes.fromhex("0000001c66747970") + b"isom\0\0\0\0isommp42", "audio/ogg": b"OggS\0\2" + bytes(22) + b"OpusHead",
             "audio/mp4": bytes.fromhex("0000001c66747970") + b"M4A \0\0\0\0M4A mp42", "application/pdf": b"%PDF-1.7\n"}
    return heads.get(kind, b"") + random.Random(size).randbytes(size)


@pytest.fixture(scope="module")
def shared():
    with open_world(clients=(ANNA,)) as world:
        yield world


@pytest.fixture
def world(shared):
    shared.double.control("journal", method="DELETE")
    yield shared
    shared.double.control("faults", method="DELETE")
    shared.check()


INBOUND = {
    "image": ("sendImage", PNG, {"caption": "look", "mimetype": "image/png", "width": 10, "height": 20, "thumbnail": JPEG},
              "image", {"mime_type": "image/png", "width": 10, "height": 20, "thumbnail": base64.b64encode(JPEG).decode()}),
    "video": ("sendVideo", make_file("video/mp4", 70000), {"caption": "move", "mimetype": "video/mp4", "seconds": 3}, "video",
              {"mime_type": "video/mp4", "duration_s": 3}),
    "gif": ("sendGif", make_file("video/mp4", 3000), {"mimetype": "video/mp4"}, "video", {"gif": True}),
    "video-note": ("sendVideoNote", make_file("video/mp4", 4000), {"mimetype": "video/mp4", "seconds": 2}, "video", {"video_note": True}),
    "audio": ("sendAudio", make_file("audio/mp4", 5000), {"mimetype": "audio/mp4", "seconds": 9}, "audio", {"duration_s": 9}),
    "voice": ("sendVoice", make_file("audio/ogg", 6000), {"seconds": 2, "waveform": WAVEFORM}, "voice",
              {"duration_s": 2, "voice": True, "waveform": base64.b64encode(WAVEFORM).decode()}),
    "document": ("sendDocument", make_file("application/pdf", 150001), {"name": "a b.pdf", "mimetype": "application/pdf", "title": "A", "page_count": 4}, "document",
                 {"mime_type": "application/pdf", "file_name": "a b.pdf", "pages": 4}),
    "sticker": ("sendSticker", WEBP, {"mimetype": "image/webp", "width": 512, "height": 512}, "sticker", {"mime_type": "image/webp"}),
    "empty": ("sendDocument", b"", {"name": "empty.txt", "mimetype": "text/plain"}, "document", {"size_bytes": 0}),
}


@pytest.mark.parametrize("name", INBOUND)
def test_files_of_a_client_come_whole(world, name):
    call, content, parameters, kind, expected = INBOUND[name]
    sent = world.anna.call(call, to=pn(SALES), file=content, wait="ack", **parameters)
    message = world.line.wait_message(sent["id"])
    media = message["media"]
    assert (message["type"], message["text"] or None) == (kind, parameters.get("caption"))
    assert {field: media.get(field) for field in expected} == expected
    assert (media["size_bytes"], media["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert world.line.download(media["media_id"]) == content
    assert world.line.download(media["media_id"]) == content, "the second time from the disk"
    assert world.wait_event("message.received", network_id=sent["id"])["data"]["message"]["media"]["media_id"] == media["media_id"]


@pytest.mark.parametrize("name, mime_type", [
    ("page.html\r\nX-Evil: 1", "text/html"), ('a"; filename="b.html', "text/html"), ("page.html", "text/html\r\nX-Evil: 1"),
    ("..\\..\\page.html", "no type at all"), ("../../page.html", "text/html; charset=\u00e9"), ("f\u00fcr dich \u202egnp.html", "TEXT/HTML;a=b"),
])
def test_names_and_types_of_strangers_do_no_harm(world, name, mime_type):
    """What a stranger sends is an attachment, whatever it is called: no browser runs it on the API's origin."""
    sent = world.anna.call("sendDocument", to=pn(SALES), file=b"<script>", name=name, mimetype=mime_type, wait="ack")
    media = world.line.wait_message(sent["id"])["media"]
    assert media["file_name"] == name
    status, content, headers = world.suite.get(f"/api/v1/accounts/sales/media/{media['media_id']}")
    assert (status, content) == (200, b"<script>") and headers["Content-Disposition"].startswith("attachment")
    assert headers["X-Content-Type-Options"] == "nosniff" and "X-Evil" not in headers
    assert headers["Content-Type"].lower() in (mime_type.lower(), "application/octet-stream")
    stored = [path.name for path in (world.suite.data_dir / "accounts" / "sales" / "media").iterdir()]
    assert all(len(one) == 36 for one in stored), stored


OUTBOUND = {
    "image": ("image", PNG, "image/png", {"caption": "ours"}, "imageMessage", {"caption": "ours", "mimetype": "image/png", "width": 1, "height": 1}),
    "video": ("video", make_file("video/mp4", 50000), "video/mp4", {"caption": "film", "duration_s": 7, "thumbnail": base64.b64encode(JPEG).decode()},
              "videoMessage", {"caption": "film", "seconds": 7, "jpegThumbnail": JPEG}),
    "gif": ("video", make_file("video/mp4", 3001), "video/mp4", {"gif": True}, "videoMessage", {"gifPlayback": True}),
    "video-note": ("video", make_file("video/mp4", 3002), "video/mp4", {"video_note": True}, "ptvMessage", {}),
    "audio": ("audio", make_file("audio/mp4", 9000), "audio/mp4", {"duration_s": 4}, "audioMessage", {"seconds": 4}),
    "voice": ("audio", make_file("audio/ogg", 9001), "audio/ogg", {"voice": True, "duration_s": 5, "waveform": base64.b64encode(WAVEFORM).decode()},
              "audioMessage", {"ptt": True, "seconds": 5, "waveform": WAVEFORM}),
    "document": ("document", make_file("application/pdf", 200003), "application/pdf", {"file_name": "prices.pdf"}, "documentMessage",
                 {"fileName": "prices.pdf", "mimetype": "application/pdf"}),
    "sticker": ("sticker", WEBP, "image/webp", {}, "stickerMessage", {"mimetype": "image/webp"}),
}


@pytest.mark.parametrize("name", OUTBOUND)
def test_files_of_the_line_arrive_whole(world, name):
    kind, content, mime_type, more, field, expected = OUTBOUND[name]
    media_id = world.line.upload(content, mime_type)
    ours = world.line.send(ANNA, **{kind: {"media_id": media_id, **more}})
    got = world.anna.wait("message", where=lambda data: data["key"]["id"] == ours["network_id"])["message"][field]
    assert {one: got.get(one) for one in expected} == expected
    assert (got["fileLength"], got["fileSha256"]) == (len(content), hashlib.sha256(content).digest())
    found = world.anna.call("download", message=ours["network_id"], is_whole=True)
    assert found["content"] == content
    on_phone = world.wait_inbox(ANNA, network_id=ours["network_id"])["message"][field]
    assert base64.b64decode(on_phone["mediaKey"]) == got["mediaKey"]
    assert failures_of_ours(world) == []


def test_wrong_types_and_names_are_refused(world):
    for mime_type in ("picture", "/", "image/", "image/png\tx", "image/p\u00e4ng", "im age/png"):
        status, answer, _ = world.suite.request("POST", "/api/v1/accounts/sales/media", PNG, {"Content-Type": mime_type.encode()})
        assert status == 400 and "Content-Type" in answer["error"] and "image/jpeg" in answer["error"], (mime_type, status, answer)
    for name in ("a%0Ab.png", "a%2Fb.png", "x" * 241):
        status, answer, _ = world.suite.request("POST", f"/api/v1/accounts/sales/media?file_name={name}", PNG, {"Content-Type": "image/png"})
        assert status == 400 and "file_name" in str(answer), (name, answer)
    assert world.suite.request("POST", "/api/v1/accounts/sales/media?file_name=%C3%A4.ogg", make_file("audio/ogg", 9), {"Content-Type": "audio/ogg; codecs=opus"})[0] == 201


def test_ulakctl_sends_a_file_whatever_its_name_is(world, tmp_path):
    path = os.fsencode(tmp_path / "ü") + b"\xff.pdf"  # no UTF-8
    with open(path, "wb") as file:
        file.write(make_file("application/pdf", 500))
    command = [*world.suite._program("ulakctl")[:1], "send", "sales", ANNA, "--file", path]
    sent = subprocess.run(command, env=world.suite.environment(), capture_output=True, timeout=60)
    assert sent.returncode == 0 and b"CRITICAL" not in sent.stderr, sent
    found = world.anna.wait("message", where=lambda data: "documentMessage" in (data.get("message") or {}) and data["key"]["fromMe"] is False)
    assert found["message"]["documentMessage"]["fileName"].endswith(".pdf")


def test_a_document_with_a_caption_shows_it(world):
    media_id = world.line.upload(make_file("application/pdf", 4000), "application/pdf")
    ours = world.line.send(ANNA, document={"media_id": media_id, "caption": "the list", "file_name": "list.pdf"})
    got = world.anna.wait("message", where=lambda data: data["key"]["id"] == ours["network_id"])["message"]
    inner = got["documentWithCaptionMessage"]["message"]["documentMessage"]
    assert (inner["caption"], inner["fileName"]) == ("the list", "list.pdf")


def test_one_upload_is_sent_to_many(world):
    media_id = world.line.upload(PNG, "image/png")
    for phone in (ANNA, CARL):
        ours = world.line.send(phone, image={"media_id": media_id})
        world.wait_inbox(phone, network_id=ours["network_id"])
    assert [row["method"] for row in world.double.control("media/requests")].count("POST") == 1


def test_view_once_is_marked_both_ways(world):
    sent = world.phone_send(CARL, pn(SALES), message={"viewOnceMessage": {"message": {"imageMessage": image_fields(world, PNG)}}})
    message = world.line.wait_message(sent)
    assert (message["type"], message["view_once"]) == ("image", True)
    assert world.line.download(message["media"]["media_id"]) == PNG
    ours = world.line.send(CARL, image={"media_id": world.line.upload(PNG, "image/png"), "view_once": True})
    row = world.wait_inbox(CARL, network_id=ours["network_id"])["message"]
    assert row["imageMessage"]["viewOnce"] is True
    forward = world.line.wait_status(world.line.post(ANNA, forward={"message_id": message["id"]}), "failed")
    assert forward["error"]["code"].startswith("E_")


@pytest.mark.parametrize("call, kind, content, mime_type", [
    ("sendImage", "image", PNG, "image/png"), ("sendVideo", "video", make_file("video/mp4", 3100), "video/mp4"),
    ("sendVoice", "voice", make_file("audio/ogg", 3200), "audio/ogg")], ids=["image", "video", "voice"])
def test_files_to_be_seen_once_go_both_ways(world, call, kind, content, mime_type):
    sent = world.anna.call(call, to=pn(SALES), file=content, mimetype=mime_type, view_once=True, wait="ack")
    message = world.line.wait_message(sent["id"])
    assert (message["type"], message["view_once"]) == (kind, True)
    assert world.line.download(message["media"]["media_id"]) == content
    name, more = ("audio", {"voice": True}) if kind == "voice" else (kind, {})
    ours = world.line.send(ANNA, **{name: {"media_id": world.line.upload(content, mime_type), "view_once": True, **more}})
    row = world.wait_inbox(ANNA, network_id=ours["network_id"])["message"]
    assert find_field(row, f"{name}Message")["viewOnce"] is True and ours["view_once"] is True


def find_field(message, name):
    """The content of that name, in whatever it is wrapped."""
    for field, value in message.items():
        if field == name:
            return value
        if isinstance(value, dict) and isinstance(value.get("message"), dict) and (found := find_field(value["message"], name)):
            return found
    return None


def test_that_a_recording_was_listened_to_is_told_both_ways(world):
    sent = world.anna.call("sendVoice", to=pn(SALES), file=make_file("audio/ogg", 3300), seconds=2, wait="ack")
    message = world.line.wait_message(sent["id"])
    assert world.suite.post(f"/api/v1/accounts/sales/messages/{message['id']}/read", {"played": True})[0] == 204
    wait_for(lambda: {"read", "played"} & {row["type"] for row in receipts_by_line(world) if sent["id"] in row["ids"]}, describe="a receipt")
    world.anna.wait("messages.update", where=lambda rows: any(row["key"]["id"] == sent["id"] and row["update"].get("status") == 5 for row in rows))
    ours = world.line.send(ANNA, audio={"media_id": world.line.upload(make_file("audio/ogg", 3301), "audio/ogg"), "voice": True, "duration_s": 3})
    world.anna.wait("message", where=lambda data: data["key"]["id"] == ours["network_id"])
    world.anna.call("sendReceipt", chat=lid(SALES), ids=[ours["network_id"]], type="played")
    assert world.line.wait_status(ours["id"], "played")


def receipts_by_line(world):
    return world.journal("receipts", **{"from": world.line.jid})


def test_files_outlive_a_restart(world):
    """One that was fetched, and one whose address only the database knows."""
    contents = [make_file("application/pdf", size) for size in (4100, 4200)]
    sent = [world.anna.call("sendDocument", to=pn(SALES), file=content, name="f.pdf", mimetype="application/pdf", wait="ack") for content in contents]
    media = [world.line.wait_message(one["id"])["media"]["media_id"] for one in sent]
    assert world.line.download(media[0]) == contents[0]
    media_id = world.line.upload(PNG + b"2", "image/png")
    world.line.kill()
    world.line.wait_state("ready")
    assert [world.line.download(one) for one in media] == contents
    ours = world.line.send(ANNA, image={"media_id": media_id})
    world.anna.wait("message", where=lambda data: data["key"]["id"] == ours["network_id"])
    assert world.anna.call("download", message=ours["network_id"], is_whole=True)["content"] == PNG + b"2"


def image_fields(world, content):
    stored = world.double.control("media", {"kind": "image", "base64": base64.b64encode(content).decode()})
    return {"mimetype": "image/png", "mediaKey": stored["mediaKey"], "fileSha256": stored["fileSha256"], "fileEncSha256": stored["fileEncSha256"],
            "fileLength": str(len(content)), "directPath": base64_text(stored["directPath"])}


def base64_text(value):
    """The control side gives texts as they are, or in base64 where they are bytes."""
    return value if value.startswith("/") else base64.b64decode(value).decode()


def test_forwarding_a_file_uploads_nothing_again(world):
    sent = world.anna.call("sendImage", to=pn(SALES), file=PNG, caption="pass it on", mimetype="image/png", wait="ack")
    message = world.line.wait_message(sent["id"])
    before = [row["method"] for row in world.double.control("media/requests")].count("POST")
    ours = world.line.send(CARL, forward={"message_id": message["id"]})
    row = world.wait_inbox(CARL, network_id=ours["network_id"])["message"]["imageMessage"]
    assert (row["caption"], row["contextInfo"]["isForwarded"]) == ("pass it on", True)
    assert base64.b64decode(row["fileSha256"]) == hashlib.sha256(PNG).digest()
    assert [row["method"] for row in world.double.control("media/requests")].count("POST") == before


def test_a_caption_is_edited_and_the_file_stays(world):
    sent = world.anna.call("sendImage", to=pn(SALES), file=PNG, caption="old caption", mimetype="image/png", wait="ack")
    message = world.line.wait_message(sent["id"], text="old caption")
    ours = world.line.send(ANNA, image={"media_id": world.line.upload(PNG, "image/png"), "caption": "our old one"})
    world.line.send(ANNA, edit={"message_id": ours["id"], "text": "our new one"})
    stored = world.line.read(ours["id"])
    assert (stored["type"], stored["text"]) == ("image", "our new one") and message["media"]["media_id"]


# --- when the host or the way to it is bad ---

def damage(world, content, **fault):
    sent = world.anna.call("sendDocument", to=pn(SALES), file=content, name="f.bin", mimetype="application/octet-stream", wait="ack")
    message = world.line.wait_message(sent["id"])
    world.double.control("journal", method="DELETE")
    world.double.control("faults/media", {"method": "GET", **fault})
    return sent, message["media"]["media_id"]


def test_a_download_that_was_cut_goes_on_where_it_was(world):
    content = make_file("", 3_000_000)
    _, media_id = damage(world, content, cut="body")
    assert world.line.download(media_id) == content
    requests = [row for row in world.double.control("media/requests") if row["method"] == "GET"]
    assert len(requests) >= 2 and requests[-1]["range"] and not requests[-1]["range"].startswith("bytes=0-")


def test_a_damaged_file_is_never_shown(world):
    content = make_file("", 300_000)
    _, media_id = damage(world, content, garble=True, times=50)
    status, answer, _ = world.suite.get(f"/api/v1/accounts/sales/media/{media_id}")
    assert (status, answer["code"]) == (500, "E_DAMAGED")
    world.double.control("faults", method="DELETE")
    assert world.line.download(media_id) == content


@pytest.mark.parametrize("fault", [{"status": 503}, {"cut": "before"}])
def test_a_host_that_stumbles_is_asked_again(world, fault):
    content = make_file("", 10_000 + len(str(fault)))
    _, media_id = damage(world, content, **fault)
    assert world.line.download(media_id) == content


@pytest.mark.parametrize("status", [404, 410])
def test_a_file_that_is_gone_is_asked_for_at_the_phone(world, status):
    """The phone that is asked is our own: it had the message, too."""
    content = make_file("", 20_000 + status)
    sent = world.anna.call("sendDocument", to=pn(SALES), file=content, name="f.bin", mimetype="application/octet-stream", wait="ack")
    message = world.line.wait_message(sent["id"])
    world.wait_inbox(SALES, network_id=sent["id"])
    world.double.control("media/remove", {"direct_path": sent["message"]["documentMessage"]["directPath"], "status": status})
    assert world.line.download(message["media"]["media_id"]) == content
    assert "server-error" in {row["type"] for row in world.journal("receipts", **{"from": world.line.jid})}


def test_a_file_that_nobody_has_is_an_error(world):
    content = make_file("", 30_000)
    sent = world.anna.call("sendDocument", to=pn(SALES), file=content, name="f.bin", mimetype="application/octet-stream", wait="ack")
    message = world.line.wait_message(sent["id"])
    path = sent["message"]["documentMessage"]["directPath"]
    world.wait_inbox(SALES, network_id=sent["id"])
    world.double.control("faults/media", {"method": "GET", "status": 410, "times": 1000})
    status, answer, _ = world.suite.get(f"/api/v1/accounts/sales/media/{message['media']['media_id']}")
    assert status in (404, 502) and path and answer["code"] in ("E_NOT_FOUND", "E_REMOTE"), answer


def test_an_upload_that_was_refused_is_tried_again(world):
    world.double.control("faults/media", {"method": "POST", "status": 503})
    ours = world.line.send(ANNA, image={"media_id": world.line.upload(PNG + b"1", "image/png")})
    world.anna.wait("message", where=lambda data: data["key"]["id"] == ours["network_id"])
    assert [row["method"] for row in world.double.control("media/requests")].count("POST") >= 2


def test_a_large_file_goes_through_small_memory(world):
    """60 MB up and down: the line never holds it."""
    content = make_file("application/pdf", 60_000_000)
    before = peak_kib(world)
    ours = world.line.send(ANNA, document={"media_id": world.line.upload(content, "application/pdf"), "file_name": "big.pdf"}, seconds=120)
    world.anna.wait("message", where=lambda m: m["key"]["id"] == ours["network_id"])
    found = world.anna.call("download", message=ours["network_id"], timeout_s=120)
    assert (found["size_bytes"], found["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    back = world.anna.call("forward", to=pn(SALES), message=ours["network_id"], wait="ack")
    message = world.line.wait_message(back["id"])
    assert hashlib.sha256(world.line.download(message["media"]["media_id"])).digest() == hashlib.sha256(content).digest()
    if not is_sanitized():
        assert peak_kib(world) - before < 30_000


def peak_kib(world):
    status = open(f"/proc/{world.line.process.popen.pid}/status", encoding="ascii").read()
    return int(status.split("VmHWM:")[1].split()[0])


def test_profile_pictures_are_seen(world):
    world.anna.call("setPicture", of=lid(ANNA), file=PNG)
    profile = wait_for(lambda: (found := world.line.whatsapp("GetProfile", "s", ANNA)) and found["picture"] and found, describe="anna's picture")
    assert profile["picture"]["url"].startswith("https://")
