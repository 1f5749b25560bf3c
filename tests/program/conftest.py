# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Fixtures: the whole suite with its peers, fresh for each module."""

import pytest

from tests.program.peers import GraphPeer, Receiver, node_is_ready
from tests.program.suite import BUILD, Suite

PROGRAMS = ("api/ulak-api", "webhooks/ulak-webhooks", "whatsapp/ulak-whatsapp", "ctl/ulakctl")


def missing():
    absent = [name for name in PROGRAMS if not (BUILD / "src" / name).exists()]
    if absent:
        return f"not built in {BUILD}: {', '.join(absent)}"
    return None if node_is_ready() else "the npm packages of tests/peers/node are not installed"


@pytest.fixture(scope="module")
def graph():
    with GraphPeer() as peer:
        yield peer


@pytest.fixture(scope="module")
def receiver():
    with Receiver() as peer:
        yield peer


@pytest.fixture(scope="module")
def suite(graph, request):
    config = getattr(request.module, "CONFIG", {})
    with Suite(config=config, graph_url=graph.url) as running:
        yield running


def pytest_collection_modifyitems(items):
    reason = missing()
    for item in items:
        if reason and "suite" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason=reason))
