# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Drives tests/peers/whatsapp/client.mjs, a linked device that we did not write, as a child process.

A thread reads its lines; answers go to whoever called, events are kept in order. A test waits for an event by its name and
what it must say, and may look at all that came. client/README.md there lists calls and events.
"""

import base64
import itertools
import json
import os
import subprocess
import threading
import time

from tests.program.peers import WHATSAPP

ANSWER_TIMEOUT_S = 30.0


class ForeignError(Exception):
    def __init__(self, error):
        super().__init__(error.get("message"))
        self.code = error.get("code")


def encode(value):
    """Bytes as the wire has them."""
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {name: encode(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    return value


def decode(value):
    if isinstance(value, dict):
        if list(value) == ["base64"]:
            return base64.b64decode(value["base64"])
        return {name: decode(item) for name, item in value.items()}
    if isinstance(value, list):
        return [decode(item) for item in value]
    return value


def says(data, expected):
    """True if everything in expected stands in data, too."""
    if isinstance(expected, dict):
        return isinstance(data, dict) and all(says(data.get(name), item) for name, item in expected.items())
    return data == expected


class ForeignClient:
    def __init__(self, server_url, *options, auth=None, certificates=None, node="node"):
        command = [node, str(WHATSAPP / "client.mjs"), "--server", server_url, *options]
        environment = dict(os.environ)
        if auth is not None:
            command += ["--auth", str(auth)]
        if certificates is not None:
            environment["NODE_EXTRA_CA_CERTS"] = str(certificates)
        self.popen = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self.ids = itertools.count(1)
        self.answers = {}
        self.events = []
        self.condition = threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.wait("started")

    def _read(self):
        for line in self.popen.stdout:
            document = decode(json.loads(line))
            with self.condition:
                if "event" in document:
                    self.events.append(document)
                else:
                    self.answers[document["id"]] = document
                self.condition.notify_all()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Ends it as a program ends: what it has to save is saved."""
        if self.popen.poll() is None:
            self.popen.stdin.close()
        try:
            self.popen.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self):
        self.popen.kill()
        self.popen.wait(10)

    def _await(self, look, timeout_s, describe):
        deadline = time.monotonic() + timeout_s
        with self.condition:
            while True:
                found = look()
                if found is not None:
                    return found
                left = deadline - time.monotonic()
                if left <= 0 or self.popen.poll() is not None:
                    tail = "\n".join(str(event)[:400] for event in self.events[-12:])
                    raise AssertionError(f"the foreign client: no {describe}; its last events:\n{tail}")
                self.condition.wait(min(left, 0.5))

    def begin(self, call, **parameters):
        """Writes a call and gives its number, for take()."""
        number = next(self.ids)
        self.popen.stdin.write(json.dumps(encode({"id": number, "call": call, **parameters})) + "\n")
        self.popen.stdin.flush()
        return number

    def take(self, number, timeout_s=ANSWER_TIMEOUT_S):
        answer = self._await(lambda: self.answers.pop(number, None), timeout_s, f"answer {number}")
        if "error" in answer:
            raise ForeignError(answer["error"])
        return answer["result"]

    def call(self, call, timeout_s=ANSWER_TIMEOUT_S, **parameters):
        return self.take(self.begin(call, **parameters), timeout_s)

    def mark(self):
        """A place among the events, for wait(after=...)."""
        with self.condition:
            return len(self.events)

    def wait(self, event, timeout_s=ANSWER_TIMEOUT_S, after=0, where=None, **expected):
        """The data of the first event of that name that says what is expected and for which where(data) holds."""
        place = after

        def look():
            nonlocal place
            while place < len(self.events):
                one = self.events[place]
                place += 1
                data = one.get("data")
                if one["event"] == event and (not expected or says(data, expected)) and (where is None or where(data)):
                    return data if data is not None else {}
            return None

        return self._await(look, timeout_s, f"‘{event}’ with {expected}")

    def link(self, scan):
        """Pairs by QR: scan(text) is what the phone does. Returns when the new login is open."""
        mark = self.mark()
        self.call("connect")
        scan(self.wait("qr", after=mark)["text"])
        self.wait("connection", after=mark, isNewLogin=True)
        return self.wait("connection", after=mark, connection="open")
