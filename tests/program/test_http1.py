# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""What the suite offers when it opens a TLS connection: HTTP/1.1 alone, over which the HTTP library sends nothing twice."""

import socket
import threading

import pytest

from tests.program.suite import Suite, wait_for


class Greeter:
    """Keeps the first bytes of whoever connects, a ClientHello, and hangs up."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.socket.getsockname()[1]}"
        self.hellos = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                self.hellos.append(connection.recv(4096))


@pytest.fixture
def greeter():
    running = Greeter()
    yield running
    running.socket.close()


def check_hello(greeter):
    hello = wait_for(lambda: greeter.hellos and greeter.hellos[0], describe="a ClientHello")
    assert hello[:1] == b"\x16"
    assert b"\x02h2" not in hello, "HTTP/2 is offered"


def test_a_receiver_is_offered_http_1_1_alone(greeter):
    with Suite() as suite:
        suite.post(f"/api/v1/webhooks/{suite.add_webhook(greeter.url)['id']}/test")
        check_hello(greeter)


def test_the_graph_api_is_offered_http_1_1_alone(greeter):
    with Suite(graph_url=greeter.url) as suite:
        suite.add_cloud_account(start=False)
        suite.post("/api/v1/accounts/sales/start")
        check_hello(greeter)
