# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Linked lines from their packages under the real systemd: the unit's sandbox, kills by systemctl, what one sees of another.

WhatsApp's server, the phones and Bert's client (tests/peers/whatsapp) run on this machine's Node, in the container's network. What
goes over a linked line is proved by tests/program/test_linked*.py; here it is that it does so where it is installed.
"""

import contextlib
import json
import os
import re
import shlex

import pytest

from tests.program.loopback import network_of
from tests.program.peers import Receiver, WhatsAppDouble, node_is_ready, whatsapp_is_ready
from tests.system.lab import SERVICES, Lab, wait_for

pytestmark = pytest.mark.skipif(not whatsapp_is_ready() or not node_is_ready(), reason="the npm packages of tests/peers are not installed")

SALES, SUPPORT, BERT = "15552220000", "15552220009", "15552220002"
LIDS = {SALES: "200000000000000", SUPPORT: "200000000000009", BERT: "200000000000002"}
PHONES = {"sales": SALES, "support": SUPPORT}
CA_FILE = "/etc/ulak/double-ca.pem"
CONFIG = ("[whatsapp]\nserver_url={wss_url}\nroot_key={root_key}\nmedia_ca_file=" + CA_FILE +
          "\n[webhooks]\nallow_private_targets=true\n[pace]\nrate_limit_per_minute=6000\nnew_contact_interval_s=0\n")
LONE_LINE_PSS_MAX_KIB = 16 * 1024


def unit(account):
    return f"ulak-whatsapp@{account}.service"


def text_of(message):
    content = message["message"] or {}
    return content.get("conversation") or content.get("extendedTextMessage", {}).get("text")


def iter_until(lines, word):
    """The lines up to the first that has the word."""
    for line in lines:
        yield line
        if word in line:
            return


class World:
    """The lab, the double in its network, Bert, and who listens to the webhooks."""

    def __init__(self, lab, stack, folder):
        self.lab = lab
        self.double = stack.enter_context(WhatsAppDouble())
        self.double.control("accounts", {"accounts": [{"phone": phone, "lid": LIDS[phone], "name": phone[-4:]} for phone in LIDS]})
        self.receiver = stack.enter_context(Receiver())
        lab.run(f"cat >{CA_FILE}", stdin=self.double.places["ca"])
        lab.configure(CONFIG.format(**self.double.places))
        lab.run("systemctl restart ulak-api ulak-webhooks")
        lab.make_key()
        self.receiver.trust(lab.request("POST", "/api/v1/webhooks", {"url": f"{self.receiver.url}/hook"})[1]["secret"])
        self.bert = stack.enter_context(self.double.foreign(auth=folder / BERT))
        self.bert.link(lambda text: self.double.scan(BERT, text))

    def link(self, account):
        """As a person does it: ulakctl draws a QR, the phone scans it. Returns what was drawn."""
        self.lab.run(f"ulakctl account add {account} --backend linked")
        shown = self.lab.start(f"exec ulakctl account link {account}")
        drawn = "".join(iter_until(shown.stdout, "Scan it on the phone"))
        self.double.scan(PHONES[account], self.lab.request("GET", f"/api/v1/accounts/{account}/link")[1]["qr"])
        rest, _ = shown.communicate(timeout=60)
        assert shown.returncode == 0, drawn + rest
        self.lab.wait_ready(account)
        return drawn

    def received(self, text):
        """Webhook events of that message."""
        return [entry["event"] for entry in self.receiver.events() if entry["status"] == 200 and entry["event"]["type"] == "message.received"
                and entry["event"]["data"]["message"]["text"] == text]

    def from_bert(self, text, account="sales"):
        self.bert.call("sendText", to=f"{PHONES[account]}@s.whatsapp.net", text=text, wait="ack")

    def to_bert(self, text, account="sales"):
        status, answer = self.lab.request("POST", f"/api/v1/accounts/{account}/messages", {"to": BERT, "text": text})
        assert status == 202, answer
        return answer["id"]

    def talk(self, word, account="sales"):
        """A message in to a webhook and one out to Bert, and the receipt for that."""
        self.from_bert(f"{word} in", account)
        wait_for(lambda: self.received(f"{word} in"), describe=f"{word} in at the webhook")
        number = self.to_bert(f"{word} out", account)
        self.bert.wait("message", where=lambda m: text_of(m) == f"{word} out")
        wait_for(lambda: self.lab.request("GET", f"/api/v1/accounts/{account}/messages/{number}")[1]["status"] in ("delivered", "read"),
                 describe=f"{word} out delivered")

    def ids_at_bert(self, text):
        """Network ids under which that text came. One that is sent again after a kill has the same id: one message to its reader."""
        return {event["data"]["key"]["id"] for event in self.bert.events if event["event"] == "message" and text_of(event["data"]) == text}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with Lab("ulak-linked", os.environ["ULAK_LAB_LOWER"]) as lab:
        lab.install(*SERVICES)
        with network_of(lab.leader), contextlib.ExitStack() as stack:
            world = World(lab, stack, tmp_path_factory.mktemp("clients"))
            world.drawn = world.link("sales")
            yield world


def memory_of(lab, account):
    rollup = lab.out(f"cat /proc/{lab.show(unit(account), 'MainPID')}/smaps_rollup")
    kib = {key: int(re.search(rf"^{key}:\s+(\d+)", rollup, re.M)[1]) for key in ("Rss", "Pss", "Private_Clean", "Private_Dirty")}
    return {"pss": kib["Pss"], "private": kib["Private_Clean"] + kib["Private_Dirty"], "rss": kib["Rss"]}


def test_the_walk_of_a_newcomer_links_a_line_and_talks_both_ways(world):
    assert "▀" in world.drawn and "Scan it on the phone" in world.drawn, world.drawn
    world.talk("walk")


def test_a_lone_line_is_small_under_systemd(world, capsys, record_property):
    figures = memory_of(world.lab, "sales")
    for name, value in figures.items():
        record_property(f"{name}_kib", value)
    with capsys.disabled():
        print(f"\na lone linked line under systemd, KiB: {figures}, cgroup {world.lab.show(unit('sales'), 'MemoryCurrent')}")
    assert figures["pss"] <= LONE_LINE_PSS_MAX_KIB, figures


def test_the_line_is_a_unit_with_its_sandbox(world):
    lab, name = world.lab, unit("sales")
    score = float(lab.run(f"systemd-analyze security --no-pager {name}").stdout.splitlines()[-1].split(":")[1].split()[0])
    assert score <= 2.0, score
    for setting, value in (("NoNewPrivileges", "yes"), ("PrivateUsers", "yes"), ("ProtectSystem", "strict"), ("MemoryDenyWriteExecute", "yes"),
                           ("CapabilityBoundingSet", ""), ("RestrictNamespaces", "yes"), ("ProtectProc", "invisible"), ("User", "ulak-line")):
        assert lab.show(name, setting) == value, setting
    status = lab.out(f"cat /proc/{lab.show(name, 'MainPID')}/status")
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.M) and re.search(r"^Seccomp:\s+2$", status, re.M)
    assert re.search(r"^CapBnd:\s+0+$", status, re.M)


def test_its_bus_interface_can_be_introspected_and_asked(world):
    lab = world.lab
    place = "org.ulak.Account.sales /org/ulak/account/sales"
    seen = lab.out(f"busctl introspect {place}", user="nobody")
    for interface in ("org.ulak.Account1", "org.ulak.WhatsApp1", "org.ulak.Service1"):
        assert interface in seen
    assert ".CreateGroup" in lab.out(f"busctl introspect {place} org.ulak.WhatsApp1", user="nobody")
    assert LIDS[BERT] in lab.out(f"busctl call {place} org.ulak.WhatsApp1 LookUp 'asa{{sv}}' 1 {BERT} 0")
    found = lab.run(f"busctl call {place} org.ulak.WhatsApp1 LookUp 'asa{{sv}}' 1 {BERT} 0", user="nobody", check=False)
    assert found.returncode != 0 and LIDS[BERT] not in found.stdout


def test_a_kill_by_systemctl_loses_and_doubles_nothing(world):
    lab, name = world.lab, unit("sales")
    restarts = int(lab.show(name, "NRestarts"))
    for round_ in range(3):
        pid = lab.show(name, "MainPID")
        world.from_bert(f"before kill {round_}")
        world.to_bert(f"at kill {round_}")
        lab.run(f"systemctl kill -s KILL {name}")
        world.from_bert(f"after kill {round_}")
        wait_for(lambda: lab.show(name, "MainPID") not in ("0", pid) and lab.is_active(name), describe="systemd started it again")
        lab.wait_ready("sales")
        for text in (f"before kill {round_}", f"after kill {round_}"):
            wait_for(lambda: world.received(text), describe=text)
        world.bert.wait("message", where=lambda m: text_of(m) == f"at kill {round_}")
    world.talk("after the kills")
    for round_ in range(3):
        assert [len({event["id"] for event in world.received(f"{when} kill {round_}")}) for when in ("before", "after")] == [1, 1]
        assert len(world.ids_at_bert(f"at kill {round_}")) == 1
    assert int(lab.show(name, "NRestarts")) == restarts + 3


def test_what_came_while_it_was_stopped_comes_after_the_start(world):
    lab, name = world.lab, unit("sales")
    lab.run(f"systemctl stop {name}")
    assert lab.state_of("sales") == "stopped"
    world.from_bert("while stopped")
    lab.run(f"systemctl start {name}")
    lab.wait_ready("sales")
    wait_for(lambda: world.received("while stopped"), describe="what came meanwhile")
    lab.run("systemctl restart ulak.target")
    lab.wait_active(name)
    lab.wait_ready("sales")
    world.talk("after the target")


def inside_of(lab, account, command):
    """Runs a command with exactly the namespaces and user of a line's process, but without its syscall filter."""
    pid = lab.show(unit(account), "MainPID")
    return lab.run(f"nsenter -t {pid} -U -m --preserve-credentials --setuid $(id -u ulak-line) --setgid $(id -g ulak-line) sh -c {shlex.quote(command)}",
                   check=False)


def test_a_second_line_sees_only_its_own_folder_and_gets_only_its_own_key(world):
    lab = world.lab
    world.link("support")
    world.talk("support", "support")
    assert inside_of(lab, "support", "ls /var/lib/ulak /var/lib/ulak/accounts").stdout.split() == [
        "/var/lib/ulak:", "accounts", "/var/lib/ulak/accounts:", "support"]
    other = lab.show(unit("sales"), "MainPID")
    for path in (f"/proc/{other}/root/var/lib/ulak/accounts/sales/whatsapp.db", f"/proc/{other}/environ", f"/proc/{other}/mem"):
        found = inside_of(lab, "support", f"head -c 1 {path}")
        assert found.returncode != 0 and found.stdout == "", path
    # As the lines' own user, in the very cgroup of that line, but not as the process that has its name.
    for account in PHONES:
        asked = lab.run(f"for file in $(find /sys/fs/cgroup -path '*{unit('support')}/cgroup.procs'); do echo $$ >$file || exit 9; done; "
                        "exec setpriv --reuid=ulak-line --regid=ulak-line --clear-groups "
                        f"busctl call org.ulak.Api1 /org/ulak/api org.ulak.Api1 ReadSecret 'ssa{{sv}}' {account} ULAK_LINE_SEAL 0", check=False)
        assert asked.returncode not in (0, 9) and "Only the line itself" in asked.stderr, (account, asked.stdout, asked.stderr)


def test_no_line_has_the_master_key_and_the_stored_keys_are_sealed(world):
    lab = world.lab
    assert "ulak-master" in lab.out("ls /run/credentials/ulak-api.service")
    assert "ulak-master" not in lab.run(f"ls -R /run/credentials/{unit('sales')}", check=False).stdout
    assert "ULAK_LINE_SEAL" not in lab.out(f"tr '\\0' '\\n' </proc/{lab.show(unit('sales'), 'MainPID')}/environ")
    assert lab.out("stat -c '%a %U:%G' /var/lib/ulak/accounts/sales/whatsapp.db") == "640 ulak-line:ulak-line"


def test_the_journal_tells_of_the_line_and_of_no_phone_qr_or_text(world):
    rows = [json.loads(row) for row in world.lab.out("journalctl -b -o json ULAK_ACCOUNT=sales").splitlines()]
    own = [row for row in rows if row.get("_COMM") == "ulak-whatsapp"]
    assert own and all(row["_SYSTEMD_UNIT"] == unit("sales") for row in own)
    text = json.dumps(rows)
    assert not [word for word in (SALES, BERT, "wa.me", "walk in", "walk out") if word in text]


def test_memory_of_two_lines_under_systemd(world, capsys, record_property):
    figures = {account: memory_of(world.lab, account) for account in PHONES}
    for account, figure in figures.items():
        for name, value in figure.items():
            record_property(f"{account}_{name}_kib", value)
    with capsys.disabled():
        print(f"\ntwo linked lines under systemd, KiB: {figures}")


def test_logout_unlinks_the_device_and_keeps_the_messages(world):
    lab = world.lab
    lab.run("ulakctl account logout sales")
    wait_for(lambda: lab.state_of("sales") == "logged_out", describe="logged out")
    assert not [device for device in world.double.control(f"accounts/{SALES}")["devices"] if device["id"]]
    status, answer = lab.request("GET", f"/api/v1/accounts/sales/chats/{BERT}/messages")
    assert status == 200 and answer["data"], answer
    assert "internal-error" not in json.dumps(world.double.control("journal/events")["rows"])
    assert [row for row in world.double.control("journal/signatures")["rows"] if not row["valid"]] == []
    assert world.receiver.control("unverified") == []
