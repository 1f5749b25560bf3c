# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Who may do and see what: a stranger, a member of ulak-users, an administrator, and one line about another."""

import json

import pytest

from tests.system.lab import wait_for

ACCOUNT = "busctl call org.ulak.Account.sales /org/ulak/account/sales org.ulak.Account1"
API = "busctl call org.ulak.Api1 /org/ulak/api org.ulak.Api1"
WEBHOOKS = "busctl call org.ulak.Webhooks1 /org/ulak/webhooks org.ulak.Webhooks1"
PHONE, TEXT = "905321112233", "the-eagle-has-landed"

READING = [f"{ACCOUNT} ListChats 'sua{{sv}}' '' 10 0", f"{API} GetAccount 'sa{{sv}}' sales 0"]
CHANGING = [f"{API} StopAccount 'sa{{sv}}' sales 0", f"{API} AddKey 'sa{{sv}}' mine 0", f"{API} RemoveAccount 'sa{{sv}}' sales 0",
            f"{API} RemoveSecret 'sa{{sv}}' graph-token 0"]


@pytest.fixture(scope="module", autouse=True)
def people(lab):
    """A member of ulak-users, and a conversation that a stranger must not see."""
    lab.run("useradd -G ulak-users member")
    lab.graph("inbound", {"from": PHONE, "name": "Ayse Yilmaz", "text": TEXT})
    wait_for(lambda: TEXT in json.dumps(lab.request("GET", f"/api/v1/accounts/sales/chats/{PHONE}/messages")[1]), describe="the message is stored")


def is_denied(found):
    return found.returncode != 0 and any(word in found.stderr.lower() for word in ("authenticat", "denied", "only the line itself", "may not do this"))


@pytest.mark.parametrize("command", READING + CHANGING)
def test_a_stranger_is_denied(lab, command):
    found = lab.run(command, user="nobody", check=False)
    assert is_denied(found), (found.stdout, found.stderr)
    assert TEXT not in found.stdout and PHONE not in found.stdout


@pytest.mark.parametrize("command", READING)
def test_a_member_of_ulak_users_may_read(lab, command):
    lab.run(command, user="member", groups=True)


def test_a_member_of_ulak_users_may_send(lab):
    sent = json.loads(lab.out(f"ulakctl --json send sales {PHONE} 'on my way'", user="member", groups=True))
    assert lab.request("GET", f"/api/v1/accounts/sales/messages/{sent['id']}")[1]["text"] == "on my way"


@pytest.mark.parametrize("command", CHANGING)
def test_a_member_of_ulak_users_may_not_manage(lab, command):
    assert is_denied(lab.run(command, user="member", groups=True, check=False))


def test_an_administrator_may_do_all(lab):
    lab.run(f"{API} AddKey 'sa{{sv}}' admins 0")
    assert TEXT in lab.out(f"{ACCOUNT} ListMessages 'ssua{{sv}}' {PHONE} '' 10 0")


def test_a_stranger_reads_no_phone_qr_or_text_from_the_bus(lab):
    """Everything the bus offers to anybody: all properties, introspection and a status document."""
    seen = ""
    for name, path in (("org.ulak.Api1", "/org/ulak/api"), ("org.ulak.Webhooks1", "/org/ulak/webhooks"),
                       ("org.ulak.Account.sales", "/org/ulak/account/sales")):
        seen += lab.out(f"busctl introspect --full {name} {path}", user="nobody")
    seen += lab.run(f"{API} Status 'a{{sv}}' 0", user="nobody", check=False).stdout
    assert "State" in seen
    assert not [word for word in (PHONE, TEXT, "Yilmaz", "test-token", "106540352242922") if word in seen]


def test_a_stranger_cannot_watch_the_bus_and_signals_carry_no_contents(lab):
    found = lab.run("timeout 5 busctl monitor org.ulak.Account.sales", user="nobody", check=False)
    assert found.returncode not in (0, 124) and "denied" in found.stderr.lower()
    lab.start("exec setpriv --reuid=nobody --regid=nogroup --clear-groups timeout 60 "
              "gdbus monitor --system --dest org.ulak.Account.sales >/run/watched")
    wait_for(lambda: "is owned by" in lab.out("cat /run/watched 2>/dev/null; true"), describe="the stranger watches")
    lab.graph("inbound", {"from": PHONE, "name": "Ayse Yilmaz", "text": TEXT + "-again"})
    wait_for(lambda: TEXT + "-again" in json.dumps(lab.request("GET", f"/api/v1/accounts/sales/chats/{PHONE}/messages")[1]))
    seen = lab.out("cat /run/watched")
    assert not [word for word in (PHONE, TEXT, "Yilmaz") if word in seen]


def test_a_stranger_owns_none_of_the_names(lab):
    for name in ("org.ulak.Api1", "org.ulak.Webhooks1", "org.ulak.Account.other"):
        found = lab.run(f"busctl call org.freedesktop.DBus / org.freedesktop.DBus RequestName su {name} 0", user="nobody", check=False)
        assert found.returncode != 0 and "denied" in found.stderr


def inside_of(lab, account, command):
    """Runs a command with exactly the namespaces and user of a line's process, but without its syscall filter."""
    pid = lab.show(f"ulak-whatsapp@{account}.service", "MainPID")
    return lab.run(f"nsenter -t {pid} -U -m --preserve-credentials --setuid $(id -u ulak-line) --setgid $(id -g ulak-line) sh -c '{command}'",
                   check=False)


def test_a_line_reads_no_other_lines_file(lab):
    lab.add_line("other", "106540352242923")
    lab.run("systemctl start ulak-whatsapp@other.service", check=False)
    lab.wait_active("ulak-whatsapp@other.service")
    own = inside_of(lab, "sales", "ls /var/lib/ulak/accounts /var/lib/ulak/accounts/sales")
    assert "whatsapp.db" in own.stdout and "other" not in own.stdout
    assert inside_of(lab, "sales", "ls /var/lib/ulak").stdout.split() == ["accounts"]
    other = lab.show("ulak-whatsapp@other.service", "MainPID")
    for path in (f"/proc/{other}/root/var/lib/ulak/accounts/other/whatsapp.db", f"/proc/{other}/environ", f"/proc/{other}/mem"):
        found = inside_of(lab, "sales", f"head -c 1 {path}")
        assert found.returncode != 0 and found.stdout == "", path


def test_a_line_has_no_master_key(lab):
    assert "ulak-master" in lab.out("ls /run/credentials/ulak-api.service")
    assert "ulak-master" not in lab.run("ls -R /run/credentials/ulak-whatsapp@sales.service", check=False).stdout


def test_a_line_reads_no_other_lines_secret(lab):
    """ReadSecret answers only the process that owns the account's name, even to the lines' own user."""
    command = f"{API} ReadSecret 'ssa{{sv}}' sales graph-token 0"
    for user in ("ulak-line", "nobody", "member"):
        assert is_denied(lab.run(command, user=user, groups=user == "member", check=False)), user


def test_database_files_are_private(lab):
    assert lab.run("ls /var/lib/ulak", user="nobody", check=False).returncode != 0
    modes = lab.out("stat -c '%n %a %U:%G' /var/lib/ulak/gateway.db /var/lib/ulak/webhooks.db /var/lib/ulak/accounts/sales/whatsapp.db")
    assert modes.splitlines() == ["/var/lib/ulak/gateway.db 640 ulak:ulak", "/var/lib/ulak/webhooks.db 640 ulak:ulak",
                                  "/var/lib/ulak/accounts/sales/whatsapp.db 640 ulak-line:ulak-line"]
