# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""What a linked line costs, beside a Baileys client at the same server in the same run.

    python3 -m tests.bench.linked [NAME...] [--messages N] [--lines N] [--rounds N]

NAME is one of receive, send, group, start, memory, history; all without one.

The server is the double of tests/peers/whatsapp, in a network without a way out; all reach it over TLS. Ours is the built
program (ULAK_BUILD) with its whole suite. Each side takes its turn, and the median over the rounds is shown. CPU time is
that of the process as the kernel counts it. Prints one line a figure and a JSON document at the end.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import statistics
import tempfile
import threading
import time
import uuid

from gi.repository import GLib

from tests.program.linked import Line, pn
from tests.program.loopback import loopback_only
from tests.program.peers import WhatsAppDouble
from tests.program.suite import Suite, wait_for

FRIEND = "15553330000"
SALES, WITH_FILES, IN_MEMORY = "15553330001", "15553330002", "15553330003"
LINES = [f"1555444{n:04d}" for n in range(400)]
CONFIG = {"pace": {"rate_limit_per_minute": "6000", "new_contact_interval_s": "0"}, "api": {"rate_limit_calls": "0"},
          "whatsapp": {"rate_per_second": "1000", "pair_interval_ms": "1", "pair_burst": "1000"}}
UNIT_ENVIRONMENT = {"MALLOC_ARENA_MAX": "1", "G_SLICE": "always-malloc"}  # as ulak-whatsapp@.service has it
IN_FLIGHT = 50
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_of(pid):
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    kib = {key: int(re.search(rf"^{key}:\s+(\d+)", rollup, re.M)[1]) for key in ("Pss", "Private_Clean", "Private_Dirty")}
    return {"private_mib": round((kib["Private_Clean"] + kib["Private_Dirty"]) / 1024, 2), "pss_mib": round(kib["Pss"] / 1024, 2)}


def percentiles(milliseconds):
    ordered = sorted(milliseconds)
    return {"p50_ms": round(ordered[len(ordered) // 2], 2), "p99_ms": round(ordered[int(len(ordered) * 0.99)], 2)}


def median_of(rounds):
    return {key: round(statistics.median(r[key] for r in rounds), 3) for key in rounds[0]}


class Bench:
    def __init__(self, stack, options):
        self.options = options
        self.double = stack.enter_context(WhatsAppDouble(journal=False))
        phones = [FRIEND, SALES, WITH_FILES, IN_MEMORY, *LINES]
        self.double.control("accounts", {"accounts": [{"phone": phone, "lid": f"3{phone}", "name": phone[-4:]} for phone in phones]})
        for phone in phones[1:]:
            self.double.control(f"accounts/{phone}", {"decrypt": False})
        self.folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ulak-bench-")))
        config = {name: dict(keys) for name, keys in CONFIG.items()}
        config["whatsapp"] |= {"server_url": self.double.places["wss_url"], "root_key": self.double.places["root_key"],
                               "media_ca_file": str(self.double.certificates)}
        self.suite = stack.enter_context(Suite(config=config, environment=UNIT_ENVIRONMENT))
        self.line = Line(self, "sales", SALES)
        self.line.link()
        self.clients = {}
        stack.callback(lambda: [client.stop() for client in self.clients.values()])
        for phone, store in ((WITH_FILES, "file"), (IN_MEMORY, "memory")):
            client = self.clients[phone] = self.double.foreign("--store", store, "--bench", url="wss_url", auth=self.folder / phone)
            client.link(lambda text, phone=phone: self.double.scan(phone, text))

    # --- who is measured ---

    def sides(self):
        yield "ulak", SALES, self.line.process.popen.pid
        for phone, name in ((WITH_FILES, "baileys, files"), (IN_MEMORY, "baileys, memory")):
            yield name, phone, self.clients[phone].popen.pid

    def friendship(self, phone):
        """A session in which the friend's messages need no pre-key any more."""
        self.double.control(f"accounts/{FRIEND}/send", {"to": pn(phone), "text": "hello"})
        if phone == SALES:
            self.line.send(FRIEND, text="hello")
        else:
            self.clients[phone].call("sendText", to=pn(FRIEND), text="hello", wait="ack")

    # --- receive ---

    def receive(self):
        figures = {}
        for name, phone, pid in self.sides():
            self.friendship(phone)
            figures[name] = median_of([self.receive_once(phone, pid) for _ in range(self.options.rounds)])
        ours = figures["ulak"]
        for name in figures:
            figures[name]["rate_ratio"] = round(ours["per_s"] / figures[name]["per_s"], 2)
            figures[name]["cpu_ratio"] = round(figures[name]["cpu_us"] / ours["cpu_us"], 2)
        return figures

    def receive_once(self, phone, pid):
        """Messages that wait at the server, handed out with 50 in flight, until each was acknowledged."""
        count, device = self.options.messages, pn(phone, 1)
        self.double.control(f"devices/{device}/hold", {})
        for _ in range(count // 500):
            self.double.control(f"accounts/{FRIEND}/burst", {"to": pn(phone), "text": "a message of a usual length, number #", "count": 500})
        assert self.double.control(f"devices/{device}")["queued"] == count
        before, start = cpu_s(pid), time.monotonic()
        self.double.control(f"devices/{device}/release", {"window": IN_FLIGHT})
        while self.double.control(f"devices/{device}")["queued"]:
            time.sleep(0.01)
        took = time.monotonic() - start
        return {"per_s": count / took, "cpu_us": (cpu_s(pid) - before) * 1e6 / count}

    # --- send ---

    def send(self):
        count = min(self.options.messages, 500)
        ours = [self.send_ours(FRIEND, n) for n in range(count)]
        figures = {"ulak, from the call to the ack": percentiles([acked for _, acked in ours]),
                   "ulak, from the bus to settled": percentiles([settled for settled, _ in ours])}
        for _, phone, _ in list(self.sides())[1:]:
            client = self.clients[phone]
            client.call("sendText", to=pn(FRIEND), text="first", wait="ack")
            times = [client.call("sendText", to=pn(FRIEND), text=f"number {n}", wait="ack")["milliseconds"] for n in range(count)]
            figures["baileys, " + ("files" if phone == WITH_FILES else "memory") + ", from the call to the ack"] = percentiles(times)
        return figures

    def answered(self):
        """Messages that the server has acknowledged so far, and the seconds from the call to there, as the line itself counts them."""
        text, = self.line.bus("Metrics", GLib.Variant("(a{sv})", ({},)), interface="org.ulak.Service1")
        samples = [re.search(rf'^wp_panel_message_pipeline_duration_seconds_{what}{{.*direction="outgoing".*}} (\S+)$', text, re.M)
                   for what in ("count", "sum")]
        return [float(sample[1]) if sample else 0 for sample in samples]

    def send_ours(self, to, n):
        """Milliseconds from the call on the bus until the line has it settled as sent, and those from the call, as it
        arrived in the line, until the server's acknowledgement did: what the clients beside it measure in themselves."""
        settled, bus = threading.Event(), f"org.ulak.Account.{self.line.account}"

        def changed(_connection, _sender, _path, _interface, _signal, parameters):
            if parameters.unpack()[1].get("QueueDepth") == 0:
                settled.set()
        watch = self.suite.connection.signal_subscribe(bus, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                                                       f"/org/ulak/account/{self.line.account}", "org.ulak.Account1", 0, changed)
        document = json.dumps({"to": to, "text": f"number {n}"})
        count, seconds = self.answered()
        start = time.monotonic()
        self.line.bus("Send", GLib.Variant("(ssa{sv})", (str(uuid.uuid4()), document, {})))
        assert settled.wait(20), "the line did not settle"
        took = (time.monotonic() - start) * 1000
        self.suite.connection.signal_unsubscribe(watch)
        count_now, seconds_now = self.answered()
        assert count_now == count + 1, "another message was sent meanwhile"
        return took, (seconds_now - seconds) * 1000

    # --- a group of 256 ---

    def group(self):
        members = LINES[:253]
        group = self.double.control("groups", {"by": SALES, "subject": "Everybody", "members": [FRIEND, WITH_FILES, *members]})["jid"]
        ours = [round(self.send_ours(group, n)[1], 1) for n in range(6)]
        client = self.clients[WITH_FILES]
        theirs = [round(client.call("sendText", to=group, text=f"number {n}", wait="ack")["milliseconds"], 1) for n in range(6)]
        return {"ulak": {"first_ms": ours[0], "next_ms": statistics.median(ours[1:])},
                "baileys, files": {"first_ms": theirs[0], "next_ms": statistics.median(theirs[1:])}}

    # --- start ---

    def start(self):
        ours = [self.start_ours() for _ in range(self.options.rounds * 3)]
        theirs = [self.start_theirs() for _ in range(self.options.rounds)]
        return {"ulak": {"median_ms": round(statistics.median(ours), 1)},
                "baileys, files": {"median_ms": round(statistics.median(theirs), 1)}}

    def start_ours(self):
        """From the fork to the state ready, as a program on the bus sees it."""
        ready = threading.Event()

        def changed(_connection, _sender, _path, _interface, _signal, parameters):
            if parameters.unpack()[1].get("State") == "ready":
                ready.set()
        self.line.process.stop()
        watch = self.suite.connection.signal_subscribe(None, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                                                       f"/org/ulak/account/{self.line.account}", "org.ulak.Account1", 0, changed)
        start = time.monotonic()
        self.line.process.start()
        assert ready.wait(30), "the line is not ready"
        took = (time.monotonic() - start) * 1000
        self.suite.connection.signal_unsubscribe(watch)
        return took

    def start_theirs(self):
        self.clients[WITH_FILES].stop()
        start = time.monotonic()
        client = self.clients[WITH_FILES] = self.double.foreign("--store", "file", "--bench", "--connect", url="wss_url", auth=self.folder / WITH_FILES)
        client.wait("connection", connection="open")
        return (time.monotonic() - start) * 1000

    # --- memory ---

    def memory(self):
        figures = {"a lone line": memory_of(self.line.process.popen.pid),
                   "baileys, files": memory_of(self.clients[WITH_FILES].popen.pid)}
        lines = [Line(self, f"line{n}", LINES[n]) for n in range(self.options.lines)]
        for line in lines:
            line.link()
        figures[f"{len(lines)} lines, all ready after a restart, s"] = self.restart(lines)
        figures[f"idle for {self.options.idle} s"] = self.idle(lines)
        for line in lines[20:]:
            line.process.stop()
        figures[f"one of {len(lines[:20])}"] = median_of([memory_of(line.process.popen.pid) for line in lines[:20]])
        for line in lines:
            line.process.stop()
        return figures

    def restart(self, lines):
        """Pairing leaves memory behind that a restart gives back; so does what is measured here."""
        for line in lines:
            line.process.stop()
        start = time.monotonic()
        for line in lines:
            line.process.start()
        for line in lines:
            line.wait_state("ready", 120)
        return round(time.monotonic() - start, 2)

    def idle(self, lines):
        before, start = sum(cpu_s(line.process.popen.pid) for line in lines), time.monotonic()
        time.sleep(self.options.idle)
        took = time.monotonic() - start
        share = (sum(cpu_s(line.process.popen.pid) for line in lines) - before) / took
        total = sum(memory_of(line.process.popen.pid)["pss_mib"] for line in lines)
        return {"lines": len(lines), "percent_of_a_core": round(100 * share, 2), "pss_mib": round(total, 1)}

    # --- history ---

    def history(self):
        """100,000 messages of 1,000 chats in one file of the phone."""
        chats = [{"id": pn(f"1555777{n:04d}"), "messages": [
            {"message": {"key": {"remoteJid": pn(f"1555777{n:04d}"), "fromMe": False, "id": f"H{n:04d}{m:04d}"}, "messageTimestamp": 1700000000 + m,
                         "message": {"conversation": f"message {m} of chat {n}, of about the length that they have"}}}
            for m in range(100)]} for n in range(1000)]
        pid = self.line.process.popen.pid
        pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")  # forgets the peak
        before, start = cpu_s(pid), time.monotonic()
        self.double.control(f"accounts/{SALES}/history", {"device": 1, "type": "RECENT", "data": {"conversations": chats}})
        last = "H09990099"
        wait_for(lambda: self.line.read(last), 300, "the last message of the history")
        status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        return {"messages": 100000, "seconds": round(time.monotonic() - start, 2), "cpu_s": round(cpu_s(pid) - before, 2),
                "peak_rss_mib": round(int(re.search(r"^VmHWM:\s+(\d+)", status, re.M)[1]) / 1024, 1)}


MEASURES = ("memory", "start", "receive", "send", "group", "history")


def main():
    parser = argparse.ArgumentParser(prog="python3 -m tests.bench.linked")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(MEASURES)}; all without one")
    parser.add_argument("--messages", type=int, default=5000, help="messages of one measurement")
    parser.add_argument("--lines", type=int, default=100, help="how many lines beside each other")
    parser.add_argument("--idle", type=int, default=60, help="seconds of doing nothing")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for name in options.names:
        if name not in MEASURES:
            parser.error(f"there is no benchmark ‘{name}’; allowed: {', '.join(MEASURES)}")
    results = {"cpus": os.cpu_count()}
    with loopback_only(), contextlib.ExitStack() as stack:
        bench = Bench(stack, options)
        for name in options.names or MEASURES:
            results[name] = getattr(bench, name)()
            print(f"{name}: {json.dumps(results[name])}", flush=True)
    print(json.dumps(results))


if __name__ == "__main__":
    main()
