# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""The HTTP rate limit, as clients see it. The period is an hour: no quota comes back while a test runs."""

import pytest
from gi.repository import GLib

from tests.program.suite import wait_for

CALLS = 6
CONFIG = {"api": {"rate_limit_calls": str(CALLS), "rate_limit_period_s": "3600"}}


@pytest.fixture
def key(suite):
    return suite.call("org.ulak.Api1", "/org/ulak/api", "org.ulak.Api1", "AddKey", GLib.Variant("(sa{sv})", ("limited", {})))[1]


def get(suite, path, key=None, address="192.0.2.1"):
    headers = {"Authorization": f"Bearer {key}" if key else "", "X-Forwarded-For": address}
    return suite.request("GET", path, headers=headers)


def exhaust(suite, path, **more):
    return [get(suite, path, **more)[0] for _ in range(CALLS)]


def test_a_key_is_told_its_quota_and_answered_429_beyond_it(suite, key):
    for left in reversed(range(CALLS)):
        status, _, headers = get(suite, "/api/v1/accounts", key)
        assert (status, headers["RateLimit-Limit"], headers["RateLimit-Remaining"]) == (200, str(CALLS), str(left))
        assert 0 < int(headers["RateLimit-Reset"]) <= 3600 and "Retry-After" not in headers
    status, answer, headers = get(suite, "/api/v1/accounts", key)
    assert (status, answer["code"], set(answer)) == (429, "E_RATE_LIMITED", {"error", "code", "requestId"})
    assert 0 < int(headers["Retry-After"]) <= 600 and headers["RateLimit-Remaining"] == "0"


def test_a_body_beyond_the_quota_is_not_taken(suite, key):
    exhaust(suite, "/api/v1/accounts", key=key)
    headers = {"Authorization": f"Bearer {key}"}
    status, answer, got = suite.post("/api/v1/accounts", {"id": "a" * 100000}, headers=headers)
    assert (status, answer["code"]) == (429, "E_RATE_LIMITED")
    assert int(got["Retry-After"]) > 0 and (got["RateLimit-Limit"], got["Connection"]) == (str(CALLS), "close")


def test_guesses_are_slowed_by_address_and_stop_no_valid_key(suite, key):
    wrong = "ulak_000000000000_00"
    assert exhaust(suite, "/api/v1/accounts", key=wrong, address="192.0.2.2") == [401] * CALLS
    assert get(suite, "/api/v1/accounts", wrong, "192.0.2.2")[0] == 429
    assert get(suite, "/no/such/path", address="192.0.2.2")[0] == 429
    assert get(suite, "/api/v1/accounts", key, "192.0.2.2")[0] == 200
    assert get(suite, "/api/v1/accounts", wrong, "192.0.2.3")[0] == 401


def test_addresses_of_one_network_share_a_quota(suite):
    assert [get(suite, "/health", address=f"2001:db8::{n}")[0] for n in range(1, CALLS + 1)] == [200] * CALLS
    assert get(suite, "/health", address="2001:db8::ffff")[0] == 429
    assert get(suite, "/health", address="2001:db8:0:1::1")[0] == 200


def test_metrics_count_and_probes_do_not(suite, key):
    assert exhaust(suite, "/metrics", key=key) == [200] * CALLS
    assert get(suite, "/metrics", key)[0] == 429
    for path in ("/healthz", "/readyz"):
        answers = [get(suite, path, address="192.0.2.4") for _ in range(3 * CALLS)]
        assert {status for status, _, _ in answers} == {200} and "RateLimit-Limit" not in answers[-1][2]


def test_callbacks_of_meta_are_not_slowed(suite):
    statuses = {suite.request("POST", "/webhooks/whatsapp/nobody", b"{}", {"X-Forwarded-For": "192.0.2.5"})[0] for _ in range(3 * CALLS)}
    assert statuses == {404}


def test_a_reload_brings_another_limit(suite, key):
    exhaust(suite, "/api/v1/accounts", key=key)
    path = suite.directory / "ulak.conf"
    text = path.read_text()
    path.write_text(text.replace(f"rate_limit_calls={CALLS}", "rate_limit_calls=0"))
    suite.processes["api"].kill(1)
    wait_for(lambda: get(suite, "/api/v1/accounts", key)[0] == 200, describe="no limit")
    assert "RateLimit-Limit" not in get(suite, "/api/v1/accounts", key)[2]
    path.write_text(text)
    suite.processes["api"].kill(1)
    wait_for(lambda: "RateLimit-Limit" in get(suite, "/health", address="192.0.2.6")[2], describe="the limit again")
