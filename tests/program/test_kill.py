# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""The heart: SIGKILL at random moments under two-way load, then every id is accounted for.

A customer's message must arrive at the receiver exactly under one id, in order within its chat; a program's send must reach the
Graph API, and the same Idempotency-Key must always mean the same message. The one allowed double: the Graph API has no
idempotency key, so a send of unknown outcome may be made twice; these are counted and printed, and each carries the same mark.

ULAK_KILLS (50) and ULAK_SEED choose how long and which; both are printed.
"""

import collections
import os
import random
import threading
import time


from tests.program.suite import wait_for

KILLS = int(os.environ.get("ULAK_KILLS", "50"))
SEED = int(os.environ.get("ULAK_SEED", str(random.SystemRandom().randrange(2**32))))
CHATS = [f"9053200000{n:02d}" for n in range(12)]
CONFIG = {"webhooks": {"backoff_ms": "50", "backoff_max_ms": "500", "attempts": "50", "concurrency": "8"},
          "whatsapp": {"unknown_wait_ms": "1500", "send_backoff_ms": "50", "send_backoff_max_ms": "500", "pair_burst": "1000", "pair_interval_ms": "1"}}
SETTLE_S = 180


class Load:
    """Both directions at once, until told to stop. Keeps what it asked for."""

    def __init__(self, suite, graph):
        self.suite, self.graph = suite, graph
        self.stop = threading.Event()
        self.inbound = collections.defaultdict(list)  # chat -> wamids in sending order
        self.outbound = {}                            # idempotency key -> ids answered
        self.threads = [threading.Thread(target=self._inbound), *(threading.Thread(target=self._outbound, args=(n,)) for n in range(4))]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def _inbound(self):
        chooser = random.Random(SEED + 1)
        while not self.stop.is_set():
            chat = chooser.choice(CHATS)
            self.inbound[chat] += self.graph.control("inbound", {"from": chat, "text": "in-{n}", "count": chooser.randrange(1, 4)})["ids"]
            time.sleep(0.03)

    def _outbound(self, worker):
        chooser = random.Random(SEED + 100 + worker)
        count = 0
        while not self.stop.is_set():
            key = f"key-{worker}-{count}"
            count += 1
            self.outbound[key] = set()
            document = {"to": chooser.choice(CHATS), "text": key}
            self._send_until_accepted(key, document)
            if chooser.random() < 0.2:
                self._send_until_accepted(key, document)  # a client that was not sure
            time.sleep(0.05)

    def _send_until_accepted(self, key, document):
        while True:
            status, answer, _ = self.suite.post("/api/v1/accounts/sales/messages", document, headers={"Idempotency-Key": key})
            if status == 202:
                self.outbound[key].add(answer["id"])
                return
            assert status in (0, 409, 500, 502, 503, 504), (status, answer)
            assert status != 409 or answer["code"] == "E_WRONG_STATE", answer
            time.sleep(0.05)


def kill_at_random(suite, kills):
    chooser = random.Random(SEED)
    counts = collections.Counter()
    for _ in range(kills):
        time.sleep(chooser.uniform(0.05, 0.6))
        name = chooser.choice(["api", "webhooks", "line-sales"])
        wait_for(suite.processes[name].is_running, 10, f"{name} is up again")
        suite.processes[name].kill()
        counts[name] += 1
    return counts


def received(receiver):
    events = [e["event"] for e in receiver.events() if e["status"] == 200]
    return [e for e in events if e["type"] == "message.received"]


def check_inbound(load, events):
    ids, order = collections.defaultdict(set), collections.defaultdict(list)
    for event in events:
        message = event["data"]["message"]
        if message["network_id"] not in ids:
            order[message["chat"]].append(message["network_id"])
        ids[message["network_id"]].add((event["id"], message["id"]))
    sent = [wamid for wamids in load.inbound.values() for wamid in wamids]
    lost = [wamid for wamid in sent if wamid not in ids]
    doubled = {wamid: pairs for wamid, pairs in ids.items() if len(pairs) > 1}
    assert lost == [], f"{len(lost)} of {len(sent)} inbound messages lost"
    assert doubled == {}, "an inbound message under two ids"
    for chat, wamids in load.inbound.items():
        assert order[chat] == wamids, f"order of {chat}"
    return len(sent), sum(len(v) for v in ids.values())


def check_outbound(load, graph):
    marks = collections.Counter(m["message"].get("biz_opaque_callback_data") for m in graph.state()["accepted"])
    many = {key: ids for key, ids in load.outbound.items() if len(ids) > 1}
    assert many == {}, "one Idempotency-Key under two ids"
    ids = {next(iter(found)) for found in load.outbound.values()}
    lost = [i for i in ids if i not in marks]
    assert lost == [], f"{len(lost)} of {len(ids)} sends never reached the Graph API"
    assert set(marks) <= ids, "a message reached the Graph API that nobody was told about"
    return len(ids), sum(count - 1 for count in marks.values())


def settled(load, graph, receiver):
    state = graph.state()
    marks = {m["message"].get("biz_opaque_callback_data") for m in state["accepted"]}
    wanted = {wamid for wamids in load.inbound.values() for wamid in wamids}
    got = {e["data"]["message"]["network_id"] for e in received(receiver)}
    return (state["queued_callbacks"] == 0 and wanted <= got
            and all(found and next(iter(found)) in marks for found in load.outbound.values()))


def test_random_kills_lose_nothing_and_double_no_id(suite, graph, receiver):
    graph.aim(suite.add_cloud_account("sales"))
    graph.control("config", {"statuses": ["sent", "delivered"]})
    receiver.trust(suite.add_webhook(f"{receiver.url}/hook")["secret"])
    with Load(suite, graph) as load:
        counts = kill_at_random(suite, KILLS)
    try:
        wait_for(lambda: settled(load, graph, receiver), SETTLE_S, "everything settled")
    except AssertionError:
        pass  # the checks below say what is missing
    inbound = check_inbound(load, received(receiver))
    outbound = check_outbound(load, graph)
    print(f"\nseed {SEED}: {sum(counts.values())} kills {dict(counts)}; inbound {inbound[0]} sent, 0 lost; "
          f"outbound {outbound[0]} accepted, 0 lost, {outbound[1]} sent twice after an unknown outcome")
    assert receiver.control("unverified") == []
