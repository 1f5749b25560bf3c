# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Fixtures: a container per module, with or without the keyring's dependencies."""

import os

import pytest

from tests.system.lab import CONFIG, SECRETS, SERVICES, Lab


@pytest.fixture(scope="session", autouse=True)
def lab_environment():
    if "ULAK_LAB_LOWER" not in os.environ:
        pytest.skip("run it as packaging/dev test system, which builds the packages and the tree")


@pytest.fixture(scope="module")
def bare():
    """Debian with the suite's dependencies, nothing of the suite."""
    with Lab("ulak-bare", os.environ["ULAK_LAB_LOWER"]) as lab:
        yield lab


@pytest.fixture(scope="module")
def lab():
    """The suite without a keyring: secrets are encrypted credentials, a Graph double answers, one line is ready."""
    with Lab("ulak-lab", os.environ["ULAK_LAB_LOWER"]) as lab:
        lab.install(*SERVICES)
        for name, value in SECRETS.items():
            lab.make_credential(name, value)
        lab.configure(CONFIG)
        lab.run("systemctl daemon-reload && systemctl restart ulak-api ulak-webhooks")
        lab.start_graph()
        lab.make_key()
        lab.add_line("sales")
        lab.start_line("sales")
        yield lab


@pytest.fixture(scope="module")
def keyring():
    """The suite with the keyring package."""
    with Lab("ulak-keyring", os.environ["ULAK_LAB_LOWER_KEYRING"]) as lab:
        lab.install(*SERVICES, "ulak-keyring")
        lab.configure(CONFIG)
        lab.run("systemctl restart ulak-api ulak-webhooks")
        lab.make_key()
        yield lab
