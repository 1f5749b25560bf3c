# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Starts the peers of tests/peers as processes and talks to their control sides."""

import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
NODE = ROOT / "tests" / "peers" / "node"
WHATSAPP = ROOT / "tests" / "peers" / "whatsapp"


class PeerProcess:
    def __init__(self, command):
        self.popen = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        line = self.popen.stdout.readline().strip()
        self.url = json.loads(line)["url"] if line.startswith("{") else line
        assert self.url.startswith("http://127.0.0.1:"), f"{command} did not start"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.popen.terminate()
        self.popen.wait(10)

    def control(self, name, document=None, method=None):
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(f"{self.url}/_control/{name}", body, method=method or ("POST" if body else "GET"))
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.loads(response.read())


class GraphPeer(PeerProcess):
    def __init__(self, *options):
        super().__init__([sys.executable, "-m", "tests.peers.graph", "--schema", *options])

    def state(self):
        return self.control("state")

    def aim(self, callback_url, number="106540352242922"):
        self.control("config", {"callback_urls": {number: callback_url}})


class Receiver(PeerProcess):
    def __init__(self):
        super().__init__(["node", str(NODE / "receiver.mjs")])

    def trust(self, secret, path=""):
        self.control("secrets", {"secret": secret, "path": path})

    def events(self):
        return self.control("events")

    def ids(self):
        return self.control("ids")


class WhatsAppDouble(PeerProcess):
    """The server double of tests/peers/whatsapp. It ends when its standard input does."""

    def __init__(self, **options):
        self.popen = subprocess.Popen(["node", str(WHATSAPP / "main.mjs"), json.dumps(options)], cwd=ROOT,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.places = json.loads(self.popen.stdout.readline())
        self.url = self.places["url"]
        self.folder = tempfile.TemporaryDirectory(prefix="ulak-double-")
        self.certificates = pathlib.Path(self.folder.name) / "ca.pem"
        self.certificates.write_text(self.places["ca"])

    def __exit__(self, *_):
        super().__exit__()
        self.folder.cleanup()

    def control(self, path, document=None, method=None):
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(f"{self.url}/{path}", body, method=method or ("POST" if body else "GET"))
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.loads(response.read())

    def scan(self, phone, text, **options):
        return self.control(f"accounts/{phone}/scan", {"qr": text, **options})

    def foreign(self, *options, url="ws_url", **more):
        from tests.program.foreign import ForeignClient

        media = self.places["media_url"].removeprefix("https://")
        return ForeignClient(self.places[url], "--map", f"*={media}", *options, certificates=self.certificates, **more)


def node_is_ready():
    return (NODE / "node_modules" / "standardwebhooks").is_dir()


def whatsapp_is_ready():
    return (WHATSAPP / "node_modules" / "@whiskeysockets" / "baileys").is_dir()
