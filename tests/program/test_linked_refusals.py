# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""What is asked wrongly of a linked line: each method of org.ulak.WhatsApp1 says what is wrong and what is allowed, and the line
lives on. Also of a line that is not linked."""

import tempfile

import pytest
from gi.repository import Gio, GLib

from tests.program.linked import ANNA, WHATSAPP, open_world, reason_to_skip
from tests.program.suite import wait_for

pytestmark = pytest.mark.skipif(reason_to_skip() is not None, reason=str(reason_to_skip()))

GROUP = "120363000000000001@g.us"
NOBODY = (GROUP, "x", "", "status@broadcast", "1@newsletter")

# Method, signature, arguments, and a word that the refusal has.
WRONG = [
    ("LookUp", "as", ([],), "phones"), ("LookUp", "as", (["abc"],), "phones[0]"), ("LookUp", "as", ([ANNA] * 51,), "50"),
    ("LookUp", "as", ([ANNA, "015550000"],), "phones[1]"), ("LookUp", "as", (["200000000000001@lid"],), "phone number"),
    *(("GetProfile", "s", (chat,), "chat") for chat in NOBODY[1:2] + NOBODY[3:]),
    ("SetProfile", "s", ("",), "JSON"), ("SetProfile", "s", ("[]",), "object"), ("SetProfile", "s", ("{}",), "allowed: name"),
    ("SetProfile", "s", ('{"name": null}',), "allowed: name"), ("SetProfile", "s", ('{"name": ""}',), "name"),
    ("SetProfile", "s", ('{"about": "%s"}' % ("x" * 140),), "139"), ("SetProfile", "s", ('{"default_timer_s": 5}',), "86400"),
    ("SetPrivacy", "s", ("{}",), "allowed: last"), ("SetPrivacy", "s", ('{"last": "friends"}',), "contacts"),
    *(("SubscribePresence", "s", (chat,), "chat") for chat in NOBODY[1:]),
    ("SetTyping", "ss", (ANNA, "dancing"), "composing"), ("SetTyping", "ss", ("", "composing"), "chat"),
    *(("SetBlocked", "sb", (chat, True), "chat") for chat in NOBODY),
    ("RejectCall", "ss", ("", ANNA), "call_id"), ("RejectCall", "ss", ("x" * 200, ANNA), "128"), ("RejectCall", "ss", ("c1", ""), "from"),
    *((method, "s", (group,), "group") for method in ("GetGroup", "ListJoinRequests", "LeaveGroup") for group in ("", ANNA, "@g.us")),
    ("GetInvite", "sb", ("", False), "group"), ("JoinGroup", "sb", ("", False), "invite"), ("JoinGroup", "sb", ("https://evil.example/x", False), "invite"),
    ("CreateGroup", "s", ("{",), "JSON"), ("CreateGroup", "s", ('{"subject": "x", "members": "y"}',), "members"),
    ("CreateGroup", "s", ('{"subject": "x", "members": [null, {}, 1]}',), "members[2]"),
    ("CreateGroup", "s", ('{"subject": "%s", "members": ["%s"]}' % ("x" * 101, ANNA),), "100"),
    ("UpdateGroup", "ss", (GROUP, "{}"), "allowed: subject"), ("UpdateGroup", "ss", (GROUP, '{"description": null}'), "allowed: subject"),
    ("UpdateGroup", "ss", (GROUP, '{"description": 5}'), "description"), ("UpdateGroup", "ss", ("x", '{"subject": "y"}'), "group"),
    ("ChangeMembers", "ssas", (GROUP, "kick", [ANNA]), "action"), ("ChangeMembers", "ssas", (GROUP, "add", []), "members"),
    ("ChangeMembers", "ssas", (GROUP, "add", [ANNA, "z"]), "members[1]"), ("ChangeMembers", "ssas", ("g", "add", [ANNA]), "group"),
    ("ChangeChat", "ss", (ANNA, "{}"), "allowed: archived"), ("ChangeChat", "ss", (ANNA, '{"archived": null}'), "allowed: archived"),
    ("ChangeChat", "ss", (ANNA, '{"archived": "yes"}'), "archived"), ("ChangeChat", "ss", (ANNA, '{"muted_until": "tomorrow"}'), "forever"),
    *(("ChangeChat", "ss", (chat, '{"archived": true}'), "chat") for chat in NOBODY[1:]),
    ("RequestHistory", "su", (ANNA, 0), "500"), ("RequestHistory", "su", (ANNA, 501), "500"), ("RequestHistory", "su", ("", 5), "chat"),
]

# What asks WhatsApp, and so needs a linked line that is connected.
ASKING = [
    ("LookUp", "as", ([ANNA],)), ("GetProfile", "s", (ANNA,)), ("GetProfile", "s", ("",)), ("SetProfile", "s", ('{"about": "x"}',)),
    ("SetProfile", "s", ('{"name": "x"}',)), ("GetPrivacy", "", ()), ("SetPrivacy", "s", ('{"last": "none"}',)), ("SubscribePresence", "s", (ANNA,)),
    ("SetTyping", "ss", (ANNA, "composing")), ("ListBlocked", "", ()), ("SetBlocked", "sb", (ANNA, True)), ("RejectCall", "ss", ("c1", ANNA)),
    ("ListGroups", "", ()), ("GetGroup", "s", (GROUP,)), ("CreateGroup", "s", ('{"subject": "x", "members": ["%s"]}' % ANNA,)),
    ("UpdateGroup", "ss", (GROUP, '{"subject": "y"}')), ("ChangeMembers", "ssas", (GROUP, "add", [ANNA])), ("ListJoinRequests", "s", (GROUP,)),
    ("LeaveGroup", "s", (GROUP,)), ("GetInvite", "sb", (GROUP, False)), ("JoinGroup", "sb", ("AbCdEfGh", True)),
    ("ChangeChat", "ss", (ANNA, '{"archived": true}')), ("AnswerPasskey", "s", ("{}",)), ("ConfirmPasskey", "", ()),
]


@pytest.fixture(scope="module")
def world():
    with open_world(clients=()) as world:
        yield world


def refusal_of(line, method, signature, arguments):
    """The name of the error, without what all have in common, and its sentence."""
    with pytest.raises(GLib.Error) as caught:
        line.bus(method, GLib.Variant(f"({signature}a{{sv}})", (*arguments, {})), WHATSAPP)
    name = Gio.DBusError.get_remote_error(caught.value)
    return name.removeprefix("org.ulak.Error."), caught.value.message.removeprefix(f"GDBus.Error:{name}: ")


def test_each_wrong_call_is_refused_with_what_is_allowed(world):
    for method, signature, arguments, word in WRONG:
        name, sentence = refusal_of(world.line, method, signature, arguments)
        assert name == "Invalid" and word in sentence, (method, arguments, name, sentence)
    assert refusal_of(world.line, "LeaveGroup", "s", (GROUP,)) == ("Remote", "WhatsApp refused this: 404")
    assert (world.line.state(), world.line.process.starts) == ("ready", 1)


def test_pictures_are_small_square_jpegs(world):
    square = bytes((0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 2, 0x80, 2, 0x80))

    def set_picture(content, chat=""):
        with tempfile.TemporaryFile() as file:
            file.write(content)
            file.seek(0)
            fds = Gio.UnixFDList.new()
            parameters = GLib.Variant("(sha{sv})", (chat, fds.append(file.fileno()), {}))
            try:
                reply, _ = world.suite.connection.call_with_unix_fd_list_sync("org.ulak.Account.sales", "/org/ulak/account/sales", WHATSAPP, "SetPicture",
                                                                              parameters, None, 0, 30000, fds, None)
                return reply.unpack()[0]
            except GLib.Error as error:
                return Gio.DBusError.get_remote_error(error)

    assert set_picture(b"GIF89a") == set_picture(square[:5]) == set_picture(square[:-1] + b"\x70") == "org.ulak.Error.Invalid"
    assert set_picture(square, ANNA) == "org.ulak.Error.Invalid" and set_picture(b"\xff" * 600000) == "org.ulak.Error.TooLarge"
    first = set_picture(square)
    assert first and world.line.whatsapp("GetProfile", "s", "")["picture"]["id"] == first
    assert set_picture(b"") == "" and world.line.whatsapp("GetProfile", "s", "")["picture"] is None


def test_a_line_that_is_not_linked_asks_nothing_of_whatsapp(world):
    suite = world.suite
    assert suite.ctl("account", "add", "empty", "--backend=linked").returncode == 0
    empty = type(world.line).__new__(type(world.line))
    empty.world, empty.suite, empty.account = world, suite, "empty"
    empty.start()
    empty.wait_state("qr")
    for method, signature, arguments in ASKING:
        name, sentence = refusal_of(empty, method, signature, arguments)
        assert name == "WrongState", (method, name, sentence)
    assert (empty.state(), suite.line("empty").starts) == ("qr", 1)
    assert suite.ctl("account", "remove", "empty").returncode == 0
    wait_for(lambda: world.line.state() == "ready", describe="the other line as before")
