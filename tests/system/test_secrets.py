# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Secrets with the keyring package and without, across reboots and accidents."""

import json

from tests.system.lab import SECRETS, wait_for

LINE = "ulak-whatsapp@sales.service"
LOGIN = "/var/lib/ulak-keyring/keyrings/login.keyring"


def secret_names(lab):
    return sorted(row["name"] for row in json.loads(lab.out("ulakctl --json secret list")) if row["kept_in"] == "keyring")


def test_without_a_keyring_set_says_what_to_do(lab):
    found = lab.run("ulakctl secret set another", stdin="value", check=False)
    assert found.returncode != 0 and "ulak-keyring" in found.stderr


def test_without_a_keyring_secrets_and_sealed_data_survive_a_reboot(lab):
    status, endpoint = lab.request("POST", "/api/v1/webhooks", {"url": "http://127.0.0.1:9200/"})
    assert status == 201, endpoint
    lab.reboot()
    wait_for(lab.ready, describe="ready after the reboot")
    lab.start_graph()
    lab.wait_active(LINE)
    lab.wait_ready("sales")
    status, answer = lab.request("POST", f"/api/v1/webhooks/{endpoint['id']}/test")
    assert status == 200, answer


def test_a_missing_sealing_key_fails_the_start_loudly(lab):
    lab.run("mv /etc/credstore.encrypted/ulak-master /root/")
    assert lab.run("systemctl restart ulak-webhooks.service", check=False).returncode != 0
    lab.run("mv /root/ulak-master /etc/credstore.encrypted/ && systemctl restart ulak-webhooks.service")


def test_the_keyring_starts_healthy(keyring):
    keyring.wait_active("ulak-keyring.service")
    text = keyring.run("systemd-analyze security --no-pager ulak-keyring.service").stdout.splitlines()[-1]
    assert float(text.split(":")[1].split()[0]) <= 2.0


def test_secrets_are_set_listed_and_used_by_a_line(keyring):
    for name, value in SECRETS.items():
        keyring.run(f"ulakctl secret set {name}", stdin=value)
    assert secret_names(keyring) == sorted(SECRETS)
    keyring.start_graph()
    keyring.add_line("sales")
    keyring.start_line("sales")


def test_the_keyring_lets_in_only_ulak_secrets_and_root(keyring):
    look = "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/dbus/system_bus_socket secret-tool lookup ulak-canary 1"
    assert keyring.out(look) == "canary-ok"
    for user in ("nobody", "ulak-line"):
        found = keyring.run(look, user=user, check=False)
        assert found.returncode != 0 and "canary-ok" not in found.stdout


def test_secrets_survive_a_reboot_in_the_keyring(keyring):
    keyring.reboot()
    wait_for(keyring.ready, describe="ready after the reboot")
    assert secret_names(keyring) == sorted(SECRETS)
    keyring.start_graph()
    keyring.wait_active(LINE)
    keyring.wait_ready("sales")


def test_a_killed_keyring_is_back_for_the_next_question(keyring):
    keyring.run("systemctl kill -s KILL --kill-who=main ulak-keyring.service")
    assert wait_for(lambda: keyring.run("ulakctl --json secret list", check=False).returncode == 0 and secret_names(keyring),
                    describe="secrets are listed again") == sorted(SECRETS)


def test_a_damaged_keyring_is_told_apart_from_an_empty_one(keyring):
    keyring.run(f"systemctl stop ulak-keyring.service && cp -p {LOGIN} /root/ && truncate -s 40 {LOGIN}")
    assert keyring.run("systemctl start ulak-keyring.service", check=False).returncode != 0
    assert "locked, damaged or missing" in keyring.journal("-u ulak-keyring.service", 20)
    keyring.run("systemctl stop ulak-api.service")
    found = keyring.run("ulakctl secret list", check=False)
    assert found.returncode != 0, found.stdout
    keyring.run(f"systemctl stop ulak-keyring.service; rm -f /var/lib/ulak-keyring/keyrings/*.keyring; cp -p /root/login.keyring {LOGIN}"
                " && systemctl start ulak-keyring.service && systemctl restart ulak-api.service")
    assert wait_for(lambda: keyring.run("ulakctl --json secret list", check=False).returncode == 0 and secret_names(keyring),
                    describe="secrets are listed again") == sorted(SECRETS)


def test_no_secret_is_in_a_file_an_environment_or_the_journal(keyring):
    for value in SECRETS.values():
        assert keyring.run("grep -rlaF -f - /var/lib/ulak /etc/ulak /var/log /run/log", stdin=value, check=False).stdout == ""
        assert keyring.run("grep -laF -f - /proc/[0-9]*/environ /proc/[0-9]*/cmdline", stdin=value, check=False).stdout == ""
