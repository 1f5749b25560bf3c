# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""What systemd, journalctl and busctl show of the running suite."""

import json

import pytest

from tests.system.lab import API, wait_for

LINE = "ulak-whatsapp@sales.service"
SERVICES = ("ulak-api.service", "ulak-webhooks.service", LINE, "ulak-lines.service")


@pytest.mark.parametrize("unit", SERVICES)
def test_exposure_is_two_or_less(lab, unit):
    text = lab.run(f"systemd-analyze security --no-pager {unit}").stdout.splitlines()[-1]
    assert float(text.split(":")[1].split()[0]) <= 2.0, text


def test_systemd_finds_no_fault_in_the_units(lab):
    found = lab.run("systemd-analyze verify --man=no ulak.target ulak-api.socket ulak-api.service ulak-webhooks.service "
                    "ulak-lines.service ulak-whatsapp@sales.service")
    assert "ulak" not in found.stderr


def test_the_first_client_starts_the_api(lab):
    lab.run("systemctl stop ulak-api.service")
    assert not lab.is_active("ulak-api.service") and lab.is_active("ulak-api.socket")
    assert lab.out(f"curl -s -o /dev/null -w '%{{http_code}}' {API}/healthz") == "200"
    assert lab.is_active("ulak-api.service")


def test_the_unix_socket_serves_the_same_api_to_members_of_ulak_users(lab):
    lab.run("id -u asker >/dev/null 2>&1 || useradd -G ulak-users asker")
    ask = "curl -s -o /dev/null -w '%{http_code}' --unix-socket /run/ulak/api.sock http://localhost/healthz"
    assert lab.out(ask, user="asker", groups=True) == "200"
    assert lab.run(ask, user="nobody", check=False).stdout == "000"


def test_a_bus_call_starts_webhooks(lab):
    lab.run("systemctl stop ulak-webhooks.service")
    lab.run("busctl call org.ulak.Webhooks1 /org/ulak/webhooks org.freedesktop.DBus.Peer Ping")
    assert lab.is_active("ulak-webhooks.service")


def test_a_line_stops_and_starts_by_systemctl(lab):
    lab.run(f"systemctl stop {LINE}")
    assert lab.state_of("sales") == "stopped"
    lab.run("systemctl restart ulak-api.service")
    assert wait_for(lambda: lab.state_of("sales"), describe="the API answers") == "stopped"
    assert not lab.is_active(LINE)
    lab.run(f"systemctl start {LINE}")
    lab.wait_ready("sales")
    before = lab.show(LINE, "MainPID")
    lab.run(f"systemctl restart {LINE}")
    lab.wait_ready("sales")
    assert lab.show(LINE, "MainPID") not in (before, "0")


def test_the_api_starts_and_stops_a_line_through_polkit(lab):
    assert lab.request("POST", "/api/v1/accounts/sales/stop")[0] in (200, 202)
    wait_for(lambda: lab.show(LINE, "ActiveState") == "inactive", describe="the line stops")
    lab.start_line("sales")
    assert lab.is_active(LINE)


def test_polkit_allows_the_api_only_those_verbs_on_lines(lab):
    call = "busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager"
    refused = [f"{call} StopUnit ss ulak-webhooks.service replace", f"{call} StartUnit ss debug-shell.service replace",
               f"{call} KillUnit ssi {LINE} all 9", f"{call} SetUnitProperties 'sba(sv)' {LINE} true 1 CPUWeight t 1",
               f"{call} BindMountUnit sssbb {LINE} /etc /tmp false false"]
    for command in refused:
        found = lab.run(command, user="ulak", check=False)
        assert found.returncode != 0 and "authentication required" in found.stderr.lower(), (command, found.stderr)
    lab.run(f"{call} RestartUnit ss {LINE} replace", user="ulak")
    lab.wait_ready("sales")


@pytest.mark.parametrize("unit", ["ulak-api.service", "ulak-webhooks.service", LINE])
def test_the_watchdog_kills_a_hung_service_and_it_comes_back(lab, unit):
    dropin = f"/run/systemd/system/{unit}.d"
    lab.run(f"mkdir -p {dropin} && printf '[Service]\\nWatchdogSec=2s\\n' >{dropin}/watchdog.conf && systemctl daemon-reload"
            f" && systemctl restart {unit}")
    before = lab.show(unit, "MainPID")
    lab.run(f"kill -STOP {before}")
    wait_for(lambda: lab.show(unit, "MainPID") not in (before, "0") and lab.is_active(unit), 30, f"{unit} is back")
    assert "Watchdog timeout" in lab.journal(f"-u {unit}", 60)
    lab.run(f"rm {dropin}/watchdog.conf && systemctl daemon-reload && systemctl restart {unit}")
    lab.wait_ready("sales")


def test_a_wrong_setting_stops_the_start_with_one_clear_line(lab):
    lab.run("printf '[webhooks]\\nattempts=900\\n' >/etc/ulak/ulak.conf.d/60-wrong.conf")
    assert lab.run("systemctl restart ulak-webhooks.service", check=False).returncode != 0
    assert lab.show("ulak-webhooks.service", "ExecMainStatus") == "78"
    assert lab.show("ulak-webhooks.service", "NRestarts") == "0"
    journal = lab.journal("-u ulak-webhooks.service", 10)
    assert "attempts" in journal and "60-wrong.conf" in journal and "900" in journal
    lab.run("rm /etc/ulak/ulak.conf.d/60-wrong.conf && systemctl restart ulak-webhooks.service")


def test_every_database_is_checked_saved_and_moved_by_hand(lab):
    names = ("gateway", "webhooks", "sales")
    for name in names:
        assert "sound" in lab.out(f"ulakctl db check {name}")
        lab.run(f"ulakctl db backup {name} /run/{name}.backup")
        assert lab.out(f"head -c 15 /run/{name}.backup") == "SQLite format 3"
    lab.run("systemctl stop ulak.target")
    # systemctl waits for the target; its services follow one after the other, and still hold their databases while they stop.
    wait_for(lambda: {lab.show(unit, "ActiveState") for unit in SERVICES} <= {"inactive", "failed"}, describe="all is stopped")
    for name in names:
        assert "newest schema" in lab.out(f"ulakctl db migrate {name}")
    assert lab.out("find /var/lib/ulak/accounts/sales ! -user ulak-line") == ""
    lab.run("systemctl start ulak.target")
    lab.wait_ready("sales")


def test_the_journal_has_the_fields_of_the_catalogue(lab):
    lab.run(f"systemctl restart {LINE}")
    lab.wait_ready("sales")
    rows = [json.loads(row) for row in lab.out("journalctl -b -o json ULAK_ACCOUNT=sales").splitlines()]
    own = [row for row in rows if row.get("_COMM") == "ulak-whatsapp"]
    assert own and all(row["_SYSTEMD_UNIT"] == LINE for row in own)
    coded = {row["MESSAGE_ID"] for row in own if "MESSAGE_ID" in row}
    assert coded
    catalogue = lab.out("journalctl --dump-catalog")
    assert all(code in catalogue for code in coded)


def test_a_request_is_found_by_its_id_in_every_service_it_touched(lab):
    status = lab.out("curl -s -o /dev/null -w '%{http_code}' -H 'X-Request-Id: trace-me-17' -H 'Content-Type: application/json' "
                     f"-H 'Authorization: Bearer {lab.key}' -d '{{\"to\":\"905321112233\",\"text\":\"hello\"}}' "
                     f"{API}/api/v1/accounts/sales/messages")
    assert status == "202"

    def rows_of_both():
        found = lab.out("journalctl -b -o json ULAK_REQUEST_ID=trace-me-17")
        return found if {json.loads(row)["_COMM"] for row in found.splitlines()} >= {"ulak-api", "ulak-whatsapp"} else None
    rows = wait_for(rows_of_both, describe="the request is in the journal of both")
    assert "905321112233" not in rows and '"hello"' not in rows


def test_an_inbound_message_reaches_the_event_log(lab):
    lab.graph("inbound", {"from": "905320000001", "name": "Ada", "text": "marhaba"})
    events = wait_for(lambda: (text := lab.out("ulakctl --json tail --after=0 --no-follow --type=message.received")) and text.splitlines(),
                      describe="the event is in the log")
    assert [json.loads(event)["data"]["message"]["text"] for event in events].count("marhaba") == 1


def test_every_interface_can_be_introspected(lab):
    for name, path, interface in (("org.ulak.Api1", "/org/ulak/api", "org.ulak.Api1"),
                                  ("org.ulak.Webhooks1", "/org/ulak/webhooks", "org.ulak.Webhooks1"),
                                  ("org.ulak.Account.sales", "/org/ulak/account/sales", "org.ulak.Account1")):
        text = lab.out(f"busctl introspect {name} {path}", user="nobody")
        assert interface in text and "org.ulak.Service1" in text


def test_a_target_restart_reaches_lines_and_stop_ends_all(lab):
    before = lab.show(LINE, "InvocationID")
    lab.run("systemctl restart ulak.target")
    lab.wait_active(LINE)
    assert lab.show(LINE, "InvocationID") != before
    lab.run("systemctl stop ulak.target")
    wait_for(lambda: lab.out("systemctl list-units --plain --no-legend --state=active 'ulak*'") == "", describe="all is stopped")
    lab.run("systemctl start ulak.target")
    lab.wait_active(LINE)
