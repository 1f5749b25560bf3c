# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Installation, upgrade, removal and purge, in that order, in one container."""

import os
import subprocess

from tests.system.lab import NEXT_DEBS, SERVICES, wait_for

UNITS = ("ulak.target", "ulak-api.socket", "ulak-api.service", "ulak-webhooks.service", "ulak-lines.service")


def data(lab):
    return lab.out("stat -c '%n %U %s' /var/lib/ulak/*.db; cat /etc/credstore.encrypted/ulak-master | sha256sum").splitlines()


def test_lintian_finds_no_errors():
    found = subprocess.run(["lintian", "--fail-on", "error", *changes()], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def changes():
    folder = os.environ["ULAK_LAB_DEBS"]
    return [os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".changes")]


def test_installation_starts_everything(bare):
    bare.install(*SERVICES)
    for unit in UNITS:
        bare.wait_active(unit)
    wait_for(bare.ready, describe="/readyz says 200")
    assert bare.out("stat -c '%a %U' /etc/credstore.encrypted/ulak-master") == "600 root"
    bare.make_key()


def test_an_upgrade_keeps_data_and_restarts_services_but_not_the_socket(bare):
    status, answer = bare.request("POST", "/api/v1/webhooks", {"url": "https://example.com/hook"})
    assert status == 201, answer
    before = {unit: bare.show(unit, "InvocationID") for unit in UNITS}
    master = data(bare)[-1]
    bare.install(*SERVICES, folder=NEXT_DEBS)
    after = {unit: bare.show(unit, "InvocationID") for unit in UNITS}
    assert "+next1" in bare.out("dpkg-query -W -f='${Version}' ulak-api")
    same = {unit for unit in UNITS if before[unit] == after[unit]}
    assert same == {"ulak.target", "ulak-api.socket", "ulak-lines.service"}
    wait_for(bare.ready, describe="ready after the upgrade")
    assert [row["id"] for row in bare.request("GET", "/api/v1/webhooks")[1]["data"]] == [answer["id"]]
    assert data(bare)[-1] == master


def test_removal_stops_everything_and_keeps_data(bare):
    kept = data(bare)
    bare.run(f"dpkg --remove {' '.join(reversed(SERVICES))}")
    assert bare.out("systemctl list-units --plain --no-legend --state=active 'ulak*'") == ""
    assert len(data(bare)) == len(kept) and data(bare)[-1] == kept[-1]


def test_installing_again_finds_the_data(bare):
    bare.install(*SERVICES)
    wait_for(bare.ready, describe="ready after the second installation")
    assert len(bare.request("GET", "/api/v1/webhooks")[1]["data"]) == 1


def test_purge_leaves_nothing(bare):
    bare.run(f"dpkg --purge {' '.join(reversed(SERVICES))}")
    left = "ls -d /var/lib/ulak /etc/ulak /etc/credstore.encrypted/ulak-master /run/ulak 2>/dev/null"
    assert bare.run(left, check=False).stdout == ""
