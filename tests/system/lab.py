# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""A booted Debian in a container, for tests that need the real systemd, bus and polkit.

A Lab is a stack of read-only layers plus one folder of its own writes, so it starts pristine and remembers across
reboots. It has no network but its own loopback. Commands run inside through nsenter; nothing of the suite is mocked.
`packaging/dev test system` builds the layers and packages and names them in the environment.
"""

import contextlib
import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BOOT = ROOT / "packaging" / "dev.d" / "boot"
PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
DEBS, NEXT_DEBS, TREE = "/opt/debs", "/opt/next-debs", "/opt/tree"
API = "http://127.0.0.1:8080"


def wait_for(what, seconds=30.0, describe="condition"):
    """Polls until what() is true and returns it; the limit exists to fail."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = what()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"{describe}: not so after {seconds} s")


class Lab:
    """One container; use as a context manager."""

    def __init__(self, name, lower):
        self.name, self.lower = name, lower
        self.state = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}.", dir=os.environ["ULAK_LAB_STATE"]))
        self.nspawn = self.leader = self.key = None
        self.children = []

    def __enter__(self):
        self.boot()
        return self

    def __exit__(self, *_):
        self.halt()
        shutil.rmtree(self.state)

    def boot(self):
        binds = [f"--bind-ro={os.environ['ULAK_LAB_DEBS']}:{DEBS}", f"--bind-ro={os.environ['ULAK_LAB_NEXT_DEBS']}:{NEXT_DEBS}",
                 f"--bind-ro={ROOT}:{TREE}"]
        with open(self.state / "boot.log", "ab") as log:
            self.nspawn = subprocess.Popen(
                [BOOT, self.state, self.lower, "-M", self.name, "--private-network", *binds],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        self.leader = wait_for(self._find_leader, 20, f"{self.name} boots")
        wait_for(lambda: self.run("systemctl is-system-running", check=False).stdout.strip() in ("running", "degraded"), 60,
                 f"{self.name} is up")

    def _find_leader(self):
        assert self.nspawn.poll() is None, (self.state / "boot.log").read_text(encoding="utf-8")
        found = subprocess.run(["pgrep", "-P", str(self.nspawn.pid), "-x", "systemd"], capture_output=True, text=True, check=False)
        return found.stdout.strip()

    def halt(self):
        for child in self.children:
            child.kill()
            child.wait()
        self.children = []
        self.nspawn.send_signal(signal.SIGTERM)
        try:
            self.nspawn.wait(60)
        except subprocess.TimeoutExpired:
            self.nspawn.kill()
            self.nspawn.wait()
            raise

    def reboot(self):
        self.halt()
        self.boot()

    def _command(self, command, user, groups):
        enter = ["nsenter", "-t", self.leader, "-a", "env", "-i", PATH, "LC_ALL=C.UTF-8"]
        if user:
            enter += ["setpriv", f"--reuid={user}", f"--regid={user if user != 'nobody' else 'nogroup'}"]
            enter += ["--init-groups"] if groups else ["--clear-groups"]
        return [*enter, "bash", "-c", command]

    def run(self, command, user=None, groups=False, check=True, stdin="", timeout=120):
        """Runs a shell command inside, as root or as a user; returns the CompletedProcess."""
        done = subprocess.run(self._command(command, user, groups), input=stdin, capture_output=True, text=True, timeout=timeout,
                              check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout}\n{done.stderr}\n{self.journal()}")
        return done

    def out(self, command, **more):
        return self.run(command, **more).stdout.strip()

    def start(self, command):
        """Starts something that goes on until the container halts; returns its Popen with a text stdout."""
        child = subprocess.Popen(self._command(command, None, False), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, text=True)
        self.children.append(child)
        return child

    def journal(self, match="-u 'ulak*'", lines=40):
        return self.run(f"journalctl --no-pager -n {lines} -b {match}", check=False).stdout

    def show(self, unit, name):
        return self.out(f"systemctl show -P {name} {shlex.quote(unit)}")

    def is_active(self, unit):
        return self.show(unit, "ActiveState") == "active"

    def wait_active(self, unit, seconds=30):
        wait_for(lambda: self.is_active(unit), seconds, f"{unit} active")

    # The HTTP API, as its clients see it.

    def request(self, method, path, body=None, key=None, user=None):
        """Returns (status, document)."""
        command = f"curl -s --max-time 30 -X {method} -w '\\n%{{http_code}}' {API}{path}"
        key = key or self.key
        if key:
            command += f" -H 'Authorization: Bearer {key}'"
        if body is not None:
            command += " -H 'Content-Type: application/json' --data-binary @-"
        text, _, status = self.run(command, stdin=json.dumps(body) if body is not None else "", user=user).stdout.rpartition("\n")
        with contextlib.suppress(ValueError):
            text = json.loads(text)
        return int(status), text

    def ready(self):
        return self.request("GET", "/readyz")[0] == 200

    def make_key(self):
        self.key = json.loads(self.out("ulakctl --json key add system-test"))["key"]

    def install(self, *packages, folder=DEBS):
        files = " ".join(f"{folder}/{name}_*.deb" for name in packages)
        return self.run(f"DEBIAN_FRONTEND=noninteractive dpkg -i {files}", timeout=300)

    def make_credential(self, name, value):
        """A secret for the API without a keyring: an encrypted credential and the drop-in that loads it."""
        path = f"/etc/credstore.encrypted/{name}"
        self.run(f"systemd-creds encrypt --with-key=host --name={name} - {path}", stdin=value)
        self.run("mkdir -p /etc/systemd/system/ulak-api.service.d && cat >/etc/systemd/system/ulak-api.service.d/" + name + ".conf",
                 stdin=f"[Service]\nLoadCredentialEncrypted={name}:{path}\n")

    # The Graph API's double, inside.

    def start_graph(self):
        child = self.start(f"cd {TREE} && PYTHONDONTWRITEBYTECODE=1 exec python3 -m tests.peers.graph --port 9100 "
                           f"--callback {GRAPH_NUMBER}={API}/webhooks/whatsapp/sales")
        assert child.stdout.readline(), "the Graph double does not start"

    def graph(self, call, document):
        answer = self.out(f"curl -fs --max-time 20 -H 'Content-Type: application/json' --data-binary @- http://127.0.0.1:9100/_control/{call}",
                          stdin=json.dumps(document))
        return json.loads(answer)

    def configure(self, text):
        self.run("mkdir -p /etc/ulak/ulak.conf.d && cat >/etc/ulak/ulak.conf.d/50-test.conf", stdin=text)

    def add_line(self, account, phone_number_id=None):
        status, answer = self.request("POST", "/api/v1/accounts", {
            "id": account, "network": "whatsapp", "backend": "cloud", "name": account.title(),
            "settings": {"phone_number_id": phone_number_id or GRAPH_NUMBER, "waba_id": "100200300", **SECRET_SETTINGS}})
        assert status == 201, answer

    def start_line(self, account):
        status, answer = self.request("POST", f"/api/v1/accounts/{account}/start")
        assert status in (200, 202), answer
        self.wait_ready(account)

    def wait_ready(self, account):
        wait_for(lambda: self.state_of(account) == "ready", 30, f"{account} is ready: {self.journal()}")

    def state_of(self, account):
        status, answer = self.request("GET", f"/api/v1/accounts/{account}")
        return answer["state"] if status == 200 else None


GRAPH_NUMBER = "106540352242922"
SECRETS = {"graph-token": "test-token", "graph-app-secret": "test-app-secret", "graph-verify": "test-verify"}
SECRET_SETTINGS = {"access_token": "secret:graph-token", "app_secret": "secret:graph-app-secret",
                   "verify_token": "secret:graph-verify"}
CONFIG = "[whatsapp]\ngraph_url=http://127.0.0.1:9100\n[webhooks]\nallow_private_targets=true\n"
SERVICES = ("ulak-common", "ulak-api", "ulak-webhooks", "ulak-whatsapp", "ulakctl", "ulak")
