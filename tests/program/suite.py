# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""The built programs as one running suite, on a private bus, for program tests and benchmarks.

What systemd does on a host is done here by a Supervisor: it holds the API's listening socket and passes it on (so an API
restart loses no client), starts the lines that the API asks for through a stand-in for org.freedesktop.systemd1, and
starts again what was killed. Secrets come from a credentials directory. Nothing here exists for the programs' sake: they
run as they are installed.
"""

import base64
import contextlib
import http.client
import json
import os
import pathlib
import secrets
import signal
import socket
import subprocess
import tempfile
import threading
import time

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("ULAK_BUILD", ROOT / "build"))
PHONE_NUMBER_ID = "106540352242922"
CREDENTIALS = {"graph-token": "test-token", "graph-app-secret": "test-app-secret", "graph-verify": "test-verify"}

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
<limit name="max_connections_per_user">2048</limit></busconfig>
"""

SYSTEMD_XML = """<node><interface name="org.freedesktop.systemd1.Manager">
<method name="StartUnit"><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="o" direction="out"/></method>
<method name="StopUnit"><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="o" direction="out"/></method>
<method name="RestartUnit"><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="o" direction="out"/></method>
<method name="ResetFailedUnit"><arg type="s" direction="in"/></method>
<method name="GetUnit"><arg type="s" direction="in"/><arg type="o" direction="out"/></method>
<method name="LoadUnit"><arg type="s" direction="in"/><arg type="o" direction="out"/></method>
<method name="Subscribe"/>
</interface></node>"""

UNIT_XML = """<node><interface name="org.freedesktop.systemd1.Unit">
<property name="ActiveState" type="s" access="read"/><property name="SubState" type="s" access="read"/>
<property name="LoadState" type="s" access="read"/></interface></node>"""


def is_sanitized():
    """True for programs under a sanitizer, whose memory says nothing."""
    options = json.loads((BUILD / "meson-info" / "intro-buildoptions.json").read_text(encoding="utf-8"))
    return any(option["name"] == "b_sanitize" and option["value"] != "none" for option in options)


def wait_for(what, seconds=20.0, describe="condition"):
    """Polls until what() is true; a test's only way to wait. The limit exists to fail."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = what()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"{describe} not reached in {seconds} s")


class Process:
    """One program under the supervisor; restarted when it dies unless it was stopped."""

    def __init__(self, name, command, environment, log_dir, listen=None):
        self.name, self.command, self.environment, self.listen = name, command, environment, listen
        self.log_path = log_dir / f"{name}.log"
        self.wanted = False
        self.popen = None
        self.starts = 0
        self.lock = threading.Lock()

    def start(self):
        with self.lock:
            self.wanted = True
            if self.popen is None or self.popen.poll() is not None:
                self._spawn()

    def _spawn(self):
        command, environment, fds = self.command, dict(self.environment), ()
        if self.listen is not None:
            command = ["sh", "-c", 'export LISTEN_PID=$$; exec "$@"', "sh", *self.command]
            environment |= {"LISTEN_FDS": "1", "LISTEN_FDNAMES": "ulak-api.socket"}
            fds = (3,)
        with open(self.log_path, "ab") as log:
            self.popen = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=fds,
                                          preexec_fn=(lambda: os.dup2(self.listen.fileno(), 3)) if self.listen is not None else None)
        self.starts += 1

    def tend(self):
        with self.lock:
            if self.wanted and self.popen is not None and self.popen.poll() is not None and self.popen.returncode != 78:
                self._spawn()

    def stop(self, seconds=20):
        with self.lock:
            self.wanted = False
            if self.popen is None or self.popen.poll() is not None:
                return
            self.popen.terminate()
        try:
            self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            raise AssertionError(f"{self.name} did not stop in {seconds} s") from None

    def kill(self, number=signal.SIGKILL):
        with self.lock:
            if self.popen is not None and self.popen.poll() is None:
                self.popen.send_signal(number)

    def is_running(self):
        return self.popen is not None and self.popen.poll() is None

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""


class SystemdStandIn:
    """org.freedesktop.systemd1 as far as ulak-api uses it: units of lines are processes of the supervisor."""

    def __init__(self, suite):
        self.suite = suite
        self.manager = Gio.DBusNodeInfo.new_for_xml(SYSTEMD_XML).interfaces[0]
        self.unit = Gio.DBusNodeInfo.new_for_xml(UNIT_XML).interfaces[0]
        self.exported = {}

    def serve(self, connection):
        self.connection = connection
        connection.register_object("/org/freedesktop/systemd1", self.manager, self._call, None, None)
        Gio.bus_own_name_on_connection(connection, "org.freedesktop.systemd1", Gio.BusNameOwnerFlags.NONE, None, None)

    def _call(self, _connection, _sender, _path, _interface, method, parameters, invocation):
        arguments = parameters.unpack()
        if method == "Subscribe" or method == "ResetFailedUnit":
            invocation.return_value(None)
        elif method in ("GetUnit", "LoadUnit"):
            invocation.return_value(GLib.Variant("(o)", (self._unit_path(arguments[0]),)))
        else:
            account = arguments[0].removeprefix("ulak-whatsapp@").removesuffix(".service")
            threading.Thread(target=self._act, args=(method, account), daemon=True).start()
            invocation.return_value(GLib.Variant("(o)", ("/org/freedesktop/systemd1/job/1",)))

    def _act(self, method, account):
        line = self.suite.line(account)
        if method in ("StopUnit", "RestartUnit"):
            line.stop()
        if method in ("StartUnit", "RestartUnit"):
            line.start()

    def _unit_path(self, unit):
        path = "/org/freedesktop/systemd1/unit/" + "".join(c if c.isalnum() else f"_{ord(c):02x}" for c in unit)
        if path not in self.exported:
            account = unit.removeprefix("ulak-whatsapp@").removesuffix(".service")

            def get(_connection, _sender, _path, _interface, name):
                running = self.suite.line(account).is_running()
                values = {"ActiveState": "active" if running else "inactive", "SubState": "running" if running else "dead", "LoadState": "loaded"}
                return GLib.Variant("s", values[name])
            self.exported[path] = self.connection.register_object(path, self.unit, None, get, None)
        return path


class Suite:
    """with Suite() as suite: ... ; every path is below suite.directory, kept when a test fails."""

    def __init__(self, config=None, graph_url="http://127.0.0.1:9", environment=None):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="ulak-suite-"))
        self.data_dir = self.directory / "data"
        self.config = config or {}
        self.graph_url = graph_url
        self.extra_environment = environment or {}
        self.processes = {}
        self.key = None
        self.stopping = threading.Event()

    def __enter__(self):
        for name in ("data", "credentials", "run", "logs"):
            (self.directory / name).mkdir(mode=0o750)
        self._write_files()
        self._start_bus()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        for name, program, listen in (("webhooks", "ulak-webhooks", None), ("api", "ulak-api", self.listener)):
            self.processes[name] = Process(name, self._program(program), self.environment(), self.directory / "logs", listen)
            self.processes[name].start()
        threading.Thread(target=self._tend, daemon=True).start()
        try:
            wait_for(lambda: self.get("/readyz")[0] == 200, 30, "readyz")
            self.key = self.call("org.ulak.Api1", "/org/ulak/api", "org.ulak.Api1", "AddKey", GLib.Variant("(sa{sv})", ("test", {})))[1]
        except BaseException:
            self.print_logs()
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind, _value, _trace):
        self.stopping.set()
        for process in reversed(list(self.processes.values())):
            with contextlib.suppress(AssertionError):
                process.stop()
        self.main_loop.quit()
        self.bus.terminate()
        self.bus.wait()
        self.listener.close()
        faults = self.find_faults() if kind is None else []
        if kind is None and not faults:
            subprocess.run(["rm", "-rf", str(self.directory)], check=True)
        else:
            self.print_logs()
        assert not faults, "our own bugs in the logs:\n" + "\n".join(faults)

    def find_faults(self):
        """Lines that no run may leave, whatever was tested: reports of a sanitizer, and what GLib or we call critical."""
        marks = ("Sanitizer:", "runtime error:", "[critical]:", "GLib-GObject[", "GLib[")
        return [f"{process.name}: {line}" for process in self.processes.values() for line in process.log().splitlines()
                if any(mark in line for mark in marks)]

    def print_logs(self):
        for process in self.processes.values():
            print(f"--- {process.name} ({process.log_path}), started {process.starts} times\n{process.log()[-6000:]}")

    def _write_files(self):
        secrets_dir = self.directory / "credentials"
        for name, value in CREDENTIALS.items():
            (secrets_dir / name).write_text(value)
        (secrets_dir / "ulak-master").write_text(base64.b64encode(secrets.token_bytes(32)).decode())
        groups = {"whatsapp": {"graph_url": self.graph_url}, "webhooks": {"allow_private_targets": "true"},
                  "api": {"rate_limit_calls": "0"}}
        for group, keys in self.config.items():
            groups.setdefault(group, {}).update(keys)
        text = "".join(f"[{group}]\n" + "".join(f"{k}={v}\n" for k, v in keys.items()) for group, keys in groups.items())
        (self.directory / "ulak.conf").write_text(text)

    def environment(self):
        return {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": self.bus_address, "DBUS_SESSION_BUS_ADDRESS": self.bus_address,
                "DATA_DIR": str(self.data_dir), "CREDENTIALS_DIRECTORY": str(self.directory / "credentials"),
                "RUNTIME_DIRECTORY": str(self.directory / "run"), "GSETTINGS_BACKEND": "memory", "GIO_USE_VFS": "local",
                **self.extra_environment}

    def _program(self, name, *arguments):
        folder = {"ulak-api": "api", "ulak-webhooks": "webhooks", "ulak-whatsapp": "whatsapp", "ulakctl": "ctl"}[name]
        return [str(BUILD / "src" / folder / name), "--config", str(self.directory / "ulak.conf"), *arguments]

    def _start_bus(self):
        path = self.directory / "bus"
        self.bus_address = f"unix:path={path}"
        (self.directory / "bus.conf").write_text(BUS_CONFIG.format(socket=path))
        self.bus = subprocess.Popen(["dbus-daemon", "--nofork", "--nopidfile", "--print-address", f"--config-file={self.directory / 'bus.conf'}"],
                                    stdout=subprocess.PIPE)
        assert self.bus.stdout.readline()  # it says so once it listens
        flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
        self.connection = Gio.DBusConnection.new_for_address_sync(self.bus_address, flags, None, None)
        SystemdStandIn(self).serve(self.connection)
        self.main_loop = GLib.MainLoop()
        threading.Thread(target=self.main_loop.run, daemon=True).start()

    def _tend(self):
        while not self.stopping.wait(0.1):
            for process in list(self.processes.values()):
                process.tend()

    def line(self, account):
        name = f"line-{account}"
        if name not in self.processes:
            self.processes[name] = Process(name, self._program("ulak-whatsapp", account), self.environment(), self.directory / "logs")
        return self.processes[name]

    def call(self, name, path, interface, method, parameters):
        reply = self.connection.call_sync(name, path, interface, method, parameters, None, Gio.DBusCallFlags.NONE, 20000, None)
        return reply.unpack()

    def ctl(self, *arguments, input_text=None):
        command = self._program("ulakctl")[:1] + list(arguments)
        return subprocess.run(command, env=self.environment(), input=input_text, capture_output=True, text=True, timeout=60)

    # --- HTTP ---

    def request(self, method, path, document=None, headers=None, timeout=30):
        """Returns (status, decoded body, headers); status 0 when the connection broke."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        headers = dict(headers or {})
        if self.key and not any(name.lower() == "authorization" for name in headers):
            headers["Authorization"] = f"Bearer {self.key}"
        body = document if isinstance(document, (bytes, type(None))) else json.dumps(document).encode()
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException) as error:
            return 0, {"error": str(error)}, {}
        finally:
            connection.close()
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        return response.status, json.loads(data) if is_json and data else data, dict(response.headers)

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, document=None, **more):
        return self.request("POST", path, document, **more)

    # --- what most tests need ---

    def add_cloud_account(self, account="sales", phone_number_id=PHONE_NUMBER_ID, start=True):
        document = {"id": account, "network": "whatsapp", "backend": "cloud", "name": account.title(),
                    "settings": {"phone_number_id": phone_number_id, "waba_id": "100200300", "access_token": "secret:graph-token",
                                 "app_secret": "secret:graph-app-secret", "verify_token": "secret:graph-verify"}}
        status, answer, _ = self.post("/api/v1/accounts", document)
        assert status == 201, (status, answer)
        if start:
            status, answer, _ = self.post(f"/api/v1/accounts/{account}/start")
            assert status in (200, 202), (status, answer)
            wait_for(lambda: self.get(f"/api/v1/accounts/{account}")[1].get("state") == "ready", 30, f"{account} ready")
        return f"{self.url}/webhooks/whatsapp/{account}"

    def add_webhook(self, url, **more):
        status, answer, _ = self.post("/api/v1/webhooks", {"url": url, **more})
        assert status == 201, (status, answer)
        return answer
