# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Linking as people do it with ulakctl and over HTTP: in the wrong order, twice, with wrong numbers, across a kill, and again."""

import contextlib
import json
import subprocess
import tempfile

import pytest

from tests.program.linked import ANNA, CARL, FAST, LIDS, NAMES, PACE, SALES, reason_to_skip
from tests.program.loopback import loopback_only
from tests.program.peers import WhatsAppDouble
from tests.program.suite import Suite, wait_for

pytestmark = pytest.mark.skipif(reason_to_skip() is not None, reason=str(reason_to_skip()))


class Follower:
    """ulakctl account link, which goes on until the line is ready."""

    def __init__(self, suite, words):
        self.out, self.error = tempfile.TemporaryFile("w+"), tempfile.TemporaryFile("w+")
        self.popen = subprocess.Popen(suite._program("ulakctl")[:1] + words, env=suite.environment(), stdout=self.out, stderr=self.error)

    def __contains__(self, text):
        self.out.seek(0)
        return text in self.out.read()

    def wait_for(self, text):
        wait_for(lambda: text in self, describe=f"{text} on the terminal")

    def end(self, seconds=60):
        """Its exit status, and what it said on standard error."""
        code = self.popen.wait(seconds)
        self.error.seek(0)
        return code, self.error.read()


class Desk:
    """Somebody at a terminal, beside the phone SALES."""

    def __init__(self, stack):
        self.double = stack.enter_context(WhatsAppDouble())
        self.double.control("accounts", {"accounts": [{"phone": phone, "lid": LIDS[phone], "name": NAMES[phone]} for phone in LIDS]})
        groups = {name: dict(keys) for name, keys in FAST.items()}
        groups["whatsapp"] = {"server_url": self.double.places["ws_url"], "root_key": self.double.places["root_key"],
                              "media_ca_file": str(self.double.certificates), **PACE}
        self.suite = stack.enter_context(Suite(config=groups))

    def add(self, account):
        assert self.suite.ctl("account", "add", account, "--backend=linked").returncode == 0

    def follow(self, account, *options):
        return Follower(self.suite, ["account", "link", account, *options])

    def shown(self, account, member):
        """What the line shows, once it is that."""
        def look():
            status, link, _ = self.suite.get(f"/api/v1/accounts/{account}/link")
            return link if status == 200 and link.get(member) else None
        return wait_for(look, describe=f"{member} of {account}")

    def state(self, account):
        return self.suite.get(f"/api/v1/accounts/{account}")[1].get("state")

    def wait_state(self, account, state):
        wait_for(lambda: self.state(account) == state, describe=f"{account} {state}")

    def says(self, *words, code=0):
        """Standard output, or what is said on standard error where it is to fail."""
        result = self.suite.ctl(*words)
        assert result.returncode == code, (result.stdout, result.stderr)
        return result.stderr if code else result.stdout

    def post(self, account, document):
        return self.suite.post(f"/api/v1/accounts/{account}/link", document)[:2]


@pytest.fixture(scope="module")
def desk():
    with loopback_only(), contextlib.ExitStack() as stack:
        yield Desk(stack)


@pytest.fixture
def account(desk, request):
    """A line of its own for each test, removed behind it."""
    name = "l" + str(abs(hash(request.node.name)) % 10**9)
    desk.add(name)
    yield name
    desk.suite.ctl("account", "remove", name)


def test_the_order_of_commands_does_not_matter_much(desk, account):
    assert "no account" in desk.says("account", "link", "nobody", code=3)
    assert f"ulakctl account start {account}" in desk.says("account", "logout", account, code=5)
    assert f"ulakctl account start {account}" in desk.says("account", "passkey", account, "--confirm", code=5)
    command = desk.follow(account)  # starts the line itself
    command.wait_for("Scan it")
    link = desk.shown(account, "qr")
    assert link["state"] == "qr" and link["method"] == "qr" and link["expires_at"] > "2"
    assert "does not ask" in desk.says("account", "passkey", account, "--confirm", code=5)
    desk.double.scan(SALES, link["qr"])
    assert command.end() == (0, "") and "linked and ready" in command and "█" in command


def test_a_linked_line_is_not_linked_again(desk, account):
    command = desk.follow(account)
    desk.double.scan(SALES, desk.shown(account, "qr")["qr"])
    assert command.end() == (0, "")
    assert "linked and ready" in desk.says("account", "link", account)
    assert "linked and ready" in desk.says("account", "link", account, f"--code={SALES}")
    assert desk.post(account, {"method": "qr"}) == (200, {"state": "ready"})
    status, answer, _ = desk.suite.get(f"/api/v1/accounts/{account}/qr.png")
    assert status == 409 and "linked and ready" in answer["error"]


def test_bad_numbers_and_documents_are_refused_with_a_word(desk, account):
    assert desk.suite.post(f"/api/v1/accounts/{account}/start")[0] == 202
    desk.wait_state(account, "qr")
    for number in ("123", "015112345678", "", "49151x123456", "1234567890123456"):
        assert "country code" in desk.says("account", "link", account, f"--code={number}", "--no-follow", code=2)
    assert "no code for this number" in desk.says("account", "link", account, "--code=15559999999", "--no-follow", code=1)
    for document, path in (({}, "method"), ({"method": "sms"}, "method"), ({"method": "code"}, "phone"), ({"method": "code", "phone": 1555222}, "phone"),
                           ({"method": "qr", "phone": SALES}, "phone"), ({"method": "qr", "colour": "red"}, "colour")):
        status, answer = desk.post(account, document)
        assert status == 400 and [issue["path"] for issue in answer["issues"]] == [path], answer
    assert desk.state(account) == "qr"


def test_settings_of_a_linked_account_are_checked(desk):
    assert "must be one of none, recent, full" in desk.says("account", "add", "wrong", "--backend=linked", "--history=all", code=2)
    assert "history_days" in desk.says("account", "add", "wrong", "--backend=linked", "--history-days=many", code=2)
    assert "not known" in desk.says("account", "add", "wrong", "--backend=linked", "--waba-id=1", code=2)
    assert json.loads(desk.says("--json", "account", "add", "right", "--backend=linked", "--history=full", "--history-days=90", "--device-name=Front desk"))[
        "settings"] == {"device_name": "Front desk", "history": "full", "history_days": 90}
    assert "removed" in desk.says("account", "remove", "right")


def test_http_starts_the_line_that_is_to_be_linked(desk, account):
    assert desk.suite.get(f"/api/v1/accounts/{account}/link")[0] == 409
    status, link = desk.post(account, {"method": "qr"})
    assert status == 200 and link["state"] == "qr" and link["qr"]
    assert desk.suite.get(f"/api/v1/accounts/{account}")[1]["wanted"] is True


def test_a_code_is_shown_again_and_the_last_wish_counts(desk, account):
    written = f"+{SALES[0]} ({SALES[1:4]}) {SALES[4:7]}-{SALES[7:]}"
    assert "--code=" in desk.says("account", "link", "--help")
    command = desk.follow(account, f"--code={written}")
    command.wait_for("Code: ")
    code = desk.shown(account, "code")["code"]
    assert code in desk.says("account", "link", account, f"--code={SALES}", "--no-follow")
    status, answer, _ = desk.suite.get(f"/api/v1/accounts/{account}/qr.svg")
    assert status == 409 and "code" in answer["error"]
    other = desk.post(account, {"method": "code", "phone": f"+{ANNA}"})[1]["code"]
    assert other != code
    assert desk.post(account, {"method": "qr"})[1]["method"] == "qr"
    assert desk.suite.get(f"/api/v1/accounts/{account}/qr.svg")[0] == 200
    code = desk.post(account, {"method": "code", "phone": SALES})[1]["code"]
    desk.double.control(f"accounts/{SALES}/code", {"code": code.replace("-", "")})
    assert command.end() == (0, "") and "linked and ready" in command


def test_a_restart_in_the_middle_shows_a_new_qr(desk, account):
    command = desk.follow(account)
    command.wait_for("Scan it")
    first = desk.shown(account, "qr")["qr"]
    line = desk.suite.line(account)
    line.stop()  # longer away than a kill
    line.start()
    wait_for(lambda: desk.shown(account, "qr")["qr"] != first, describe="a new QR")
    desk.double.scan(SALES, desk.shown(account, "qr")["qr"])
    assert command.end() == (0, "") and "linked and ready" in command


def test_a_passkey_is_asked_for_answered_and_confirmed(desk, account, tmp_path):
    def notify(kind, tag, content):
        desk.double.control("pairing/notify", {"node": {"tag": "notification", "attrs": {"from": "s.whatsapp.net", "type": kind, "id": f"{kind}-1"},
                                                        "content": [{"tag": tag, "attrs": {}, "content": content}]}})

    def asked():
        return [row["child"] for row in desk.double.control("journal/events")["rows"] if row["kind"] == "passkey"]

    assert desk.post(account, {"method": "qr"})[0] == 200
    command = desk.follow(account)
    command.wait_for("Scan it")
    options = {"challenge": "AAECAw", "rpId": "whatsapp.com", "allowCredentials": [{"id": "AQID", "type": "public-key"}]}
    notify("passkey_prologue_request", "passkey_request_options", json.dumps(options))
    desk.wait_state(account, "passkey")
    link = desk.shown(account, "challenge")
    assert (link["method"], link["challenge"]) == ("passkey", options) and "qr" not in link and "code" not in link
    command.wait_for(f"ulakctl account passkey {account} FILE")
    assertion = {"id": "AQID", "rawId": "AQID", "type": "public-key",
                 "response": {"clientDataJSON": "e30", "authenticatorData": "AQ", "signature": "Ag", "userHandle": None}}
    passkey = f"/api/v1/accounts/{account}/link/passkey"
    for wrong, word in (({}, "rawId"), ({**assertion, "response": {}}, "clientDataJSON"), ({**assertion, "rawId": "a b"}, "rawId")):
        status, answer, _ = desk.suite.post(passkey, wrong)
        assert (status, answer["code"]) == (400, "E_INVALID") and word in answer["error"], answer
    assert desk.suite.post(f"{passkey}/confirm")[0] == 409
    file = tmp_path / "assertion.json"
    file.write_text(json.dumps({**assertion, "rawId": ""}), encoding="utf-8")
    assert "rawId" in desk.says("account", "passkey", account, str(file), code=2)
    file.write_text(json.dumps(assertion), encoding="utf-8")
    assert "taken" in desk.says("account", "passkey", account, str(file)) and asked() == ["passkey_prologue"]
    identity = b"\x0a\x20" + b"\x09" + bytes(31) + b"\x12\x20" + bytes(32)  # public key and nonce
    notify("crsc_continuation", "primary_ephemeral_identity", {"hex": identity.hex()})
    link = wait_for(lambda: desk.shown(account, "code") if desk.state(account) == "passkey" else None, describe="a code to compare")
    assert link["confirm"] is True and link["phone_shows_code"] is False and len(link["code"]) == 9
    command.wait_for("--confirm")
    assert desk.suite.post(f"{passkey}/confirm")[0] == 204 and asked()[-1] == "encrypted_pairing_request"


def test_logout_and_link_again(desk, account):
    for _ in range(2):
        command = desk.follow(account)
        desk.double.scan(SALES, desk.shown(account, "qr")["qr"])
        assert command.end() == (0, "")
        assert "history stays" in desk.says("account", "logout", account)
        desk.wait_state(account, "logged_out")
        assert [device for device in desk.double.control(f"accounts/{SALES}")["devices"] if device["id"] and device["online"]] == []
    assert "logged_out" in desk.says("send", account, ANNA, "too late", code=5)
    assert "[warning]" not in desk.suite.line(account).log()  # it was wanted


def test_another_phone_takes_the_line_over(desk, account):
    """Nothing of the first account's keys is left to trip over, and what was said stays."""
    group = desk.double.control("groups", {"by": ANNA, "subject": "both", "members": [SALES, CARL]})["jid"]

    def talk(phone, text):
        for to in (ANNA, group):
            status, answer, _ = desk.suite.post(f"/api/v1/accounts/{account}/messages", {"to": to, "text": f"{text} to {to}"})
            assert status == 202, answer
            wait_for(lambda to=to: [row for row in desk.double.control(f"accounts/{ANNA}/inbox")["rows"] if row.get("text") == f"{text} to {to}"
                                    and (row.get("author") or row["from"]).startswith((phone, LIDS[phone]))], 30, f"{text} to {to} at Anna's phone")
        for to in (f"{LIDS[phone]}@lid", group):
            name = desk.double.control(f"accounts/{ANNA}/send", {"to": to, "text": f"{text} from Anna"})["id"]
            wait_for(lambda name=name: desk.suite.get(f"/api/v1/accounts/{account}/messages/{name}")[1].get("text") == f"{text} from Anna", 30, f"{text} from Anna")

    for phone, text in ((SALES, "first"), (CARL, "second"), (SALES, "third")):
        command = desk.follow(account)
        desk.double.scan(phone, desk.shown(account, "qr")["qr"])
        assert command.end() == (0, "")
        talk(phone, text)
        assert "history stays" in desk.says("account", "logout", account)
    texts = [message["text"] for message in desk.suite.get(f"/api/v1/accounts/{account}/chats/{ANNA}/messages?limit=50")[1]["data"]]
    assert {"first from Anna", "second from Anna", "third from Anna"} <= set(texts)
    assert desk.double.control("journal/failures")["rows"] == []


def test_a_refused_attempt_says_why_beside_the_next_qr(desk, account):
    assert desk.suite.post(f"/api/v1/accounts/{account}/start")[0] == 202
    with contextlib.suppress(Exception):  # the phone's side is told, too
        desk.double.scan(SALES, desk.shown(account, "qr")["qr"], tamper="hmac")
    link = desk.shown(account, "error")
    assert link["error"]["code"] == "E_WA_UNPAIRED" and "prove" in link["error"]["message"]
    again = wait_for(lambda: desk.shown(account, "qr") if desk.state(account) == "qr" else None, describe="the next QR")
    assert again["error"]["code"] == "E_WA_UNPAIRED"
    assert "prove" in desk.suite.ctl("account", "link", account, "--no-follow").stderr


def test_an_account_is_removed_while_it_is_linked(desk, account):
    command = desk.follow(account)
    command.wait_for("Scan it")
    assert "removed" in desk.says("account", "remove", account)
    code, error = command.end()
    assert code == 5 and account in error
    assert desk.suite.get(f"/api/v1/accounts/{account}/link")[0] == 404


def test_what_is_in_the_way_is_said(desk, account):
    """WhatsApp cannot be reached: the answer names it, and is not that nothing came."""
    desk.double.control("faults", {"step": "open", "action": "cut", "times": 0})
    try:
        status, answer = desk.post(account, {"method": "qr"})
        assert status == 504 and answer["code"] == "E_TIMED_OUT" and "nothing" not in answer["error"], answer
        assert json.loads(desk.says("--json", "account", "list"))[-1]["state"]
    finally:
        desk.double.control("faults", method="DELETE")
    desk.wait_state(account, "qr")
