# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""`packaging/dev run --json`, as scripts use it: in a container on this machine, and on a host whose PID 1 is systemd."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.request

import pytest

from tests.program.peers import Receiver, node_is_ready, whatsapp_is_ready
from tests.system.lab import ROOT, TREE, Lab, wait_for


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Run:
    """The command in the foreground; its one line of output is in `line`."""

    def __init__(self, data, *more):
        self.started = time.monotonic()
        command = [ROOT / "packaging" / "dev", "run", "--json", "--port", str(free_port()), "--data", data, "--no-install", *more]
        # Who starts the tests in the background has Ctrl-C ignored, and a shell cannot take that back.
        self.popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                      preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        text = self.popen.stdout.readline()
        assert text, self.popen.stderr.read()
        self.line = json.loads(text)
        self.seconds = time.monotonic() - self.started

    def request(self, method, path, body=None):
        request = urllib.request.Request(self.line["url"] + path, method=method, data=json.dumps(body).encode() if body else None)
        request.add_header("Authorization", f"Bearer {self.line['api_key']}")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)

    def ulakctl(self, *arguments):
        """In the container, as the shell that `run` prints enters it."""
        leader = self.line["bus"].split("/")[2]
        return subprocess.Popen(["nsenter", "-t", leader, "-a", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "ulakctl",
                                 *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def stop(self, number=signal.SIGTERM):
        self.popen.send_signal(number)
        rest, errors = self.popen.communicate(timeout=60)
        assert (self.popen.returncode, rest) == (0, ""), errors


@pytest.fixture
def no_systemd():
    if pathlib.Path("/run/systemd/system").is_dir():
        pytest.skip("PID 1 is systemd here: run would install the packages on this host")


def runs_left():
    folder = pathlib.Path(os.environ.get("ULAK_DEV_CACHE", "/var/cache/ulak-dev")) / "run"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def test_run_in_a_container_serves_stops_and_starts_again_in_seconds(tmp_path, no_systemd):
    data = tmp_path / "data"
    before = runs_left()
    run = Run(data)
    assert set(run.line) == {"url", "api_key", "bus"}
    names = subprocess.run(["busctl", f"--address={run.line['bus']}", "list", "--no-pager"], capture_output=True, text=True, check=True)
    assert "org.ulak.Api1" in names.stdout
    endpoint = run.request("POST", "/api/v1/webhooks", {"url": "https://example.com/hook"})[1]
    run.stop()
    assert set(runs_left()) <= set(before)
    assert str(data) not in pathlib.Path("/proc/mounts").read_text(encoding="utf-8")

    again = Run(data)
    assert again.seconds < 30
    assert again.line["api_key"] == run.line["api_key"]
    assert [row["id"] for row in again.request("GET", "/api/v1/webhooks")[1]["data"]] == [endpoint["id"]]
    assert again.request("POST", f"/api/v1/webhooks/{endpoint['id']}/test")[0] == 200
    again.stop(signal.SIGINT)


def read_until(lines, word):
    """The lines up to the first that has the word."""
    seen = ""
    for line in lines:
        seen += line
        if word in line:
            return seen
    raise AssertionError(f"no ‘{word}’ in:\n{seen}")


@pytest.mark.skipif(not whatsapp_is_ready() or not node_is_ready(), reason="the npm packages of tests/peers are not installed")
def test_the_walk_of_a_linked_line_as_readme_has_it(tmp_path, no_systemd):
    run = Run(tmp_path / "data", "--whatsapp-double")
    double = json.loads(pathlib.Path(run.line["whatsapp_double"]).read_text(encoding="utf-8"))
    added = run.ulakctl("account", "add", "sales", "--backend", "linked")
    assert (added.wait(30), added.stdout.close()) == (0, None)
    link = run.ulakctl("account", "link", "sales")
    assert "▀" in read_until(link.stdout, "Scan it on the phone")
    qr = json.dumps(run.request("GET", "/api/v1/accounts/sales/link")[1]).encode()
    urllib.request.urlopen(urllib.request.Request(f"{double['url']}/accounts/15552220000/scan", qr), timeout=30).close()
    assert "linked and ready" in link.communicate(timeout=60)[0]

    anna = subprocess.Popen(["node", ROOT / "tests/peers/whatsapp/friend.mjs", run.line["whatsapp_double"], "15552220001", "15552220000"],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    read_until(anna.stdout, "is linked")
    with Receiver() as receiver:
        receiver.trust(run.request("POST", "/api/v1/webhooks", {"url": f"{receiver.url}/hook"})[1]["secret"])
        anna.stdin.write("Merhaba\n")
        anna.stdin.flush()
        event = wait_for(lambda: [entry["event"] for entry in receiver.events() if entry["event"]["type"] == "message.received"],
                         describe="the message at the webhook")[0]
        message = event["data"]["message"]
        assert message["text"] == "Merhaba"
        assert run.request("POST", "/api/v1/accounts/sales/messages", {"to": message["chat"], "text": "Hello Anna"})[0] == 202
        read_until(anna.stdout, "< Hello Anna")
    anna.stdin.close()
    assert anna.wait(20) == 0
    anna.stdout.close()
    run.stop()
    assert not pathlib.Path(run.line["whatsapp_double"]).exists()


def test_a_killed_run_takes_its_container_with_it(tmp_path, no_systemd):
    run = Run(tmp_path / "data")
    container = run.line["bus"].split("/")[2]
    run.popen.kill()
    run.popen.wait()
    wait_for(lambda: not pathlib.Path(f"/proc/{container}").exists(), 60, "the container ended")


@pytest.mark.parametrize("wrong", [["--port", "0"], ["--port", "65536"], ["--config", "/nowhere"], ["--prot"], ["--data"]])
def test_a_wrong_option_is_named_and_nothing_starts(wrong):
    found = subprocess.run([ROOT / "packaging" / "dev", "run", "--json", *wrong], capture_output=True, text=True, check=False)
    assert found.returncode == 1 and found.stdout == ""
    assert wrong[-1] in found.stderr


def test_run_on_a_host_with_systemd_installs_serves_and_cleans_up():
    with Lab("ulak-host", os.environ["ULAK_LAB_LOWER_KEYRING"]) as host:
        debs = os.path.basename(os.environ["ULAK_LAB_DEBS"])
        host.run(f"mkdir -p /var/cache/ulak-dev/debs && cp -r /opt/debs /var/cache/ulak-dev/debs/{debs}")
        run = host.start(f"exec {TREE}/packaging/dev run --json --port 8099 --data /srv/ulak --no-install")
        line = json.loads(run.stdout.readline())
        assert line["bus"] == "unix:path=/run/dbus/system_bus_socket"
        ask = f"curl -s -o /dev/null -w '%{{http_code}}' -H 'Authorization: Bearer {line['api_key']}' {line['url']}/api/v1/accounts"
        assert host.out(ask) == "200"
        assert host.out("stat -c %U /srv/ulak/gateway.db") == "ulak"
        host.run("pkill -TERM -o -f packaging/dev")
        assert run.wait(60) == 0
        assert not host.is_active("ulak.target")
        assert "/var/lib/ulak" not in host.out("findmnt -rno TARGET")
        assert host.out("ls /etc/ulak/ulak.conf.d /run/systemd/system/ulak-api.socket.d 2>/dev/null; true") == "/etc/ulak/ulak.conf.d:"
