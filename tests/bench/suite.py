# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""The suite's first figures, each beside what the machine can do in the same run.

    python3 -m tests.bench.suite [NAME...] [--seconds N] [--rounds N]

NAME is one of latency, deliveries, sends, memory, commits; all without one.

Runs the built programs (ULAK_BUILD) on a private bus, with peers on loopback. Prints one line a figure and a JSON document at
the end. Peers and the suite take turns within each round, and the median over the rounds is shown: this machine's speed
drifts, ratios of one run do not.
"""

import argparse
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import tempfile
import threading
import time
import uuid

from gi.repository import GLib

from tests.peers.graph import wire
from tests.peers.graph.double import post_callback
from tests.program.peers import GraphPeer, Receiver
from tests.program.suite import BUILD, PHONE_NUMBER_ID, Suite, wait_for

BENCH = BUILD / "tests" / "bench"
CONCURRENCY = 16
CONFIG = {"webhooks": {"concurrency": str(CONCURRENCY), "max_in_flight": "64"}, "whatsapp": {"queue_max": "100000"},
          "api": {"rate_limit_calls": "1000000"}}
SEND_LUA = """wrk.method = "POST"
wrk.headers["Authorization"] = "Bearer {key}"
wrk.headers["Content-Type"] = "application/json"
local n = 0
request = function()
  n = n + 1
  return wrk.format(nil, "/api/v1/accounts/sales/messages", nil, '{{"to":"9053' .. string.format("%08d", n % 5000) .. '","text":"bench"}}')
end
"""


class Program:
    """A bench program that prints a port on its first line."""

    def __init__(self, name):
        self.popen = subprocess.Popen([str(BENCH / name)], stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{int(self.popen.stdout.readline())}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.popen.terminate()
        self.popen.wait(10)

    def answered(self):
        self.popen.send_signal(signal.SIGUSR1)
        return int(self.popen.stdout.readline())


def wrk(url, clients, seconds, script=None):
    """Requests a second and p50/p99 in ms; every answer must be 2xx."""
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--latency", *(["-s", script] if script else []), url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in text, text
    units = {"us": 0.001, "ms": 1.0, "s": 1000.0}
    quantile = {q: float(v) * units[u] for q, v, u in re.findall(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s)", text, re.M)}
    return {"per_s": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), "p50_ms": quantile["50"], "p99_ms": quantile["99"]}


def bench_sends(suite, seconds):
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SEND_LUA.format(key=suite.key))
        script.flush()
        return wrk(suite.url, 64, seconds, script.name)


def bench_hello(seconds):
    with Program("bare-hello") as server:
        return wrk(server.url, 64, seconds)


def bench_commits():
    """Durable commits of the store engine and of raw SQLite, as tests/bench/store-commits prints them."""
    return subprocess.run([str(BENCH / "store-commits")], capture_output=True, text=True, check=True).stdout.strip()


def bench_deliveries(suite, concurrency, count):
    """Events submitted at once until the sink has answered them all; every accept and every outcome is durable."""
    with Program("sink") as sink:
        endpoint = suite.add_webhook(f"{sink.url}/hook", events=["presence.updated"])["id"]
        events = [(str(uuid.uuid4()), "presence.updated", int(time.time() * 1e6), f"chat-{n % 256}", b'{"text":"' + b"x" * 900 + b'"}')
                  for n in range(count)]
        # Built before the clock runs: Python takes longer to pack a batch than the service to commit it.
        batches = [GLib.Variant("(sa(ssxsay)a{sv})", ("sales", events[first:first + 500], {})) for first in range(0, count, 500)]
        start = time.monotonic()
        for batch in batches:
            suite.call("org.ulak.Webhooks1", "/org/ulak/webhooks", "org.ulak.Webhooks1", "Submit", batch)
        submitted = time.monotonic()
        wait_for(lambda: sink.answered() >= count, 300, "all deliveries")
        end = time.monotonic()
        suite.request("DELETE", f"/api/v1/webhooks/{endpoint}")
        bare = json.loads(subprocess.run([str(BENCH / "bare-posts"), sink.url, str(concurrency), "3"], capture_output=True, text=True, check=True).stdout)
    return {"per_s": count / (end - start), "submits_per_s": count / (submitted - start), "bare_per_s": bare["per_s"],
            "ratio": count / (end - start) / bare["per_s"]}


def bench_latency(suite, receiver, count):
    """From the moment Meta's callback is posted to the moment its webhook arrives, at 50 a second."""
    url = f"{suite.url}/webhooks/whatsapp/sales"
    number = {"display_phone_number": "15550783881", "phone_number_id": PHONE_NUMBER_ID}
    posted = {}

    def post(n):
        message = wire.text_message(f"9053100{n % 50:05d}", "latency")
        body = wire.dump(wire.callback("100200300", [wire.value_of_messages(number, [message], [wire.contact(message["from"], "A")])]))
        posted[message["id"]] = time.time() * 1000
        assert post_callback(url, body, "test-app-secret") == 200

    for n in range(count):
        threading.Thread(target=post, args=(n,)).start()
        time.sleep(0.02)

    def arrived():
        return {e["event"]["data"]["message"]["network_id"]: e["at"] for e in receiver.events() if e["event"]["type"] == "message.received"}
    wait_for(lambda: len(set(arrived()) & set(posted)) == count, 60, "every webhook")
    at = arrived()
    delays = sorted(at[i] - posted[i] for i in posted)
    return {"p50_ms": delays[count // 2], "p99_ms": delays[int(count * 0.99)]}


def memory(suite):
    figures = {}
    for name, process in suite.processes.items():
        pid = process.popen.pid
        rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        kib = {key: int(re.search(rf"^{key}:\s+(\d+)", rollup, re.M)[1]) for key in ("Pss", "Private_Clean", "Private_Dirty")}
        figures[name] = {"private_mib": round((kib["Private_Clean"] + kib["Private_Dirty"]) / 1024, 1), "pss_mib": round(kib["Pss"] / 1024, 1)}
    return figures


def measure_latency(suite, receiver, options):
    endpoint = suite.add_webhook(f"{receiver.url}/hook", events=["message.received"])
    receiver.trust(endpoint["secret"])
    figures = bench_latency(suite, receiver, 100 * options.seconds)
    suite.request("DELETE", f"/api/v1/webhooks/{endpoint['id']}")
    return {"callback_to_webhook": figures}


def measure_deliveries(suite, _receiver, options):
    rounds = [bench_deliveries(suite, CONCURRENCY, 5000) for _ in range(options.rounds)]
    return {f"deliveries, {CONCURRENCY} in flight": medians(rounds)}


def measure_sends(suite, _receiver, options):
    sends, hello = [], []
    for _ in range(options.rounds):
        hello.append(bench_hello(options.seconds))
        sends.append(bench_sends(suite, options.seconds))
    figures = {"durable 202 sends, 64 clients": medians(sends), "bare libsoup hello": medians(hello)}
    figures["durable 202 sends, 64 clients"]["ratio"] = round(median(sends, "per_s") / median(hello, "per_s"), 3)
    return figures


def measure_memory(suite, _receiver, _options):
    return {"memory": memory(suite)}


def measure_commits(_suite, _receiver, _options):
    print(bench_commits(), flush=True)
    return {}


MEASURES = {"memory": measure_memory, "latency": measure_latency, "deliveries": measure_deliveries, "sends": measure_sends,
            "commits": measure_commits}


def median(rounds, key):
    return statistics.median(r[key] for r in rounds)


def medians(rounds):
    return {key: round(median(rounds, key), 2) for key in rounds[0]}


def main():
    parser = argparse.ArgumentParser(prog="python3 -m tests.bench.suite")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(MEASURES)}; all without one")
    parser.add_argument("--seconds", type=int, default=5, help="length of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for name in options.names:
        if name not in MEASURES:
            parser.error(f"there is no benchmark ‘{name}’; allowed: {', '.join(MEASURES)}")
    results = {"cpus": os.cpu_count()}

    with GraphPeer() as graph, Receiver() as receiver, Suite(config=CONFIG, graph_url=graph.url) as suite:
        graph.aim(suite.add_cloud_account("sales"))
        for name in options.names or MEASURES:
            for title, figures in MEASURES[name](suite, receiver, options).items():
                results[title] = figures
                print(f"{title}: {figures}", flush=True)
        if not options.names:
            results["memory after load"] = memory(suite)
            print("memory after load:", results["memory after load"])
    print(json.dumps(results))


if __name__ == "__main__":
    main()
