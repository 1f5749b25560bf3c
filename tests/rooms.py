#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Compares the #includes of src/ with the diagram of docs/architecture.md, so that the picture cannot rot.

Usage: rooms.py SOURCE-ROOT. Prints TAP: one test for each rule, with the lines that break it.
"""
import pathlib
import re
import sys

# A room and the rooms it may include besides itself.
BELOW = {
    "core": set(),
    "bus": {"core"},
    "store": {"core"},
    "service": {"bus", "store", "core"},
    "connector": {"service", "bus", "store", "core"},
    "whatsapp": {"connector", "service", "bus", "store", "core"},
    "webhooks": {"service", "bus", "store", "core"},
    "api": {"service", "bus", "store", "core"},
    "ctl": {"bus", "core"},
}

# The rooms inside src/whatsapp: what each may include of the others, and whether it is pure (core only, no I/O).
# Files that lie in src/whatsapp itself are the wiring, which may include them all and which none of them includes.
INNER = {
    "codec": (set(), True),
    "crypto": (set(), True),
    "session": ({"codec", "crypto"}, False),
    "link": ({"session", "codec", "crypto"}, False),
    "media": ({"link", "session", "codec", "crypto"}, False),
    "chat": ({"media", "link", "session", "codec", "crypto"}, False),
    "social": ({"chat", "media", "link", "session", "codec", "crypto"}, False),
    "linked": ({"social", "chat", "media", "link", "session", "codec", "crypto"}, False),
    "cloud": (set(), False),
}

# Headers made by the build lie beside the objects: ulak-bus.h, ROOM-sql.h of a room's queries, protobufs of whatsapp/codec.
GENERATED = re.compile(r"ulak-(bus)\.h|([a-z]+)(?:-([a-z]+))?(?:-[a-z]+)?-sql\.h|(whatsapp)-[a-z-]+\.pb-c\.h")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
COMMENT = re.compile(r"/\*.*?\*/", re.S)
CRYPTO = re.compile(r"openssl/|signal/|(curve|group_(cipher|session_builder)|key_helper|protocol|ratchet|sender_key\w*|session_\w+"
                    r"|signal_protocol\w*)\.h$")
CLOCK = re.compile(r"\b(g_get_real_time|g_get_monotonic_time|g_get_current_time|g_date_time_new_now\w*|g_timer_\w+"
                   r"|g_timeout_\w+|clock_gettime|gettimeofday|time)[ \t]*\(")
# ulakctl only waits for its user, and tests drive it as a process: it has no time to inject.
MAY_WAIT = {"ctl": "g_timeout_"}


def room_of(include):
    """The room of a quoted include, with its inner room or None."""
    parts = include.split("/")
    made = GENERATED.fullmatch(include)
    if made:
        return made[1] or made[2] or made[4], "codec" if made[4] else made[3]
    if len(parts) == 3 and parts[0] == "whatsapp":
        return parts[0], parts[1]
    return (parts[0], None) if len(parts) == 2 else (None, None)


def check_rooms(path, text):
    room = path.parts[0]
    for kind, include in INCLUDE.findall(text):
        target, _ = room_of(include)
        if kind == "<":
            continue
        if target is None or target not in BELOW:
            yield f'includes "{include}", which is not of the form "room/name.h"'
        elif target != room and target not in BELOW.get(room, set()):
            yield f'includes "{include}"; {room} may include {", ".join(sorted(BELOW.get(room, set()))) or "nothing"}'


def check_inner_rooms(path, text):
    if path.parts[0] != "whatsapp" or len(path.parts) < 3:
        return
    inner = path.parts[1]
    if inner not in INNER:
        yield f"lies in the unknown inner room {inner}"
        return
    allowed, is_pure = INNER[inner]
    for kind, include in INCLUDE.findall(text):
        target, target_inner = room_of(include)
        if kind == "<":
            continue
        if target == "whatsapp" and target_inner is None:
            yield f'includes "{include}" of the wiring above it'
        elif target == "whatsapp" and target_inner != inner and target_inner not in allowed:
            yield f'includes "{include}"; {inner} may include {", ".join(sorted(allowed)) or "none of its siblings"}'
        elif is_pure and target not in ("whatsapp", "core"):
            yield f'includes "{include}"; {inner} is pure and may include core only'


def check_sqlite(path, text):
    if path.parts[0] != "store" and any(include == "sqlite3.h" for _, include in INCLUDE.findall(text)):
        yield "includes sqlite3.h; only store knows the engine"


def check_crypto(path, text):
    inner = path.parts[1] if path.parts[0] == "whatsapp" else None
    for _, include in INCLUDE.findall(text):
        if CRYPTO.match(include) and inner != "crypto" and (inner != "session" or include.startswith("openssl/")):
            yield f"includes {include}; only whatsapp/crypto knows OpenSSL, and only it and whatsapp/session libsignal"


def check_clock(path, text):
    if path.as_posix() == "core/clock-system.c":
        return
    for name in CLOCK.findall(COMMENT.sub("", text)):
        if not name.startswith(MAY_WAIT.get(path.parts[0], "\0")):
            yield f"calls {name}; only core/clock-system.c reads a clock"


RULES = {
    "a room includes only rooms below it": check_rooms,
    "inside whatsapp the arrows go one way": check_inner_rooms,
    "only store includes sqlite3.h": check_sqlite,
    "only whatsapp/crypto includes headers of OpenSSL and libsignal": check_crypto,
    "only core/clock-system.c reads a clock": check_clock,
}

# What each rule must find in a source tree that breaks it, so that a rule that checks nothing is noticed.
BAD = [
    (check_rooms, "core/x.c", '#include "bus/y.h"\n'),
    (check_rooms, "api/x.c", '#include "webhooks/y.h"\n'),
    (check_rooms, "ctl/x.c", '#include "store/y.h"\n'),
    (check_rooms, "core/x.c", '#include "x.h"\n'),
    (check_inner_rooms, "whatsapp/cloud/x.c", '#include "whatsapp/link/y.h"\n'),
    (check_inner_rooms, "whatsapp/codec/x.c", '#include "store/store.h"\n'),
    (check_inner_rooms, "whatsapp/link/x.c", '#include "whatsapp/line.h"\n'),
    (check_inner_rooms, "whatsapp/crypto/x.c", '#include "whatsapp-message.pb-c.h"\n'),
    (check_sqlite, "webhooks/x.c", "#include <sqlite3.h>\n"),
    (check_crypto, "whatsapp/link/x.c", "#include <openssl/evp.h>\n"),
    (check_crypto, "whatsapp/chat/x.c", "#include <session_cipher.h>\n"),
    (check_clock, "api/x.c", "a = g_get_monotonic_time ();\n"),
    (check_clock, "api/x.c", "g_timeout_add (5, cb, NULL);\n"),
]


def main():
    src = pathlib.Path(sys.argv[1]) / "src"
    files = {path.relative_to(src): path.read_text() for path in sorted(src.rglob("*.[ch]"))}
    print(f"1..{len(RULES) + 1}")
    failed = False

    for number, (name, check) in enumerate(RULES.items(), 1):
        faults = [f"src/{path} {fault}" for path, text in files.items() for fault in check(path, text)]
        failed |= bool(faults)
        print("not ok" if faults else "ok", number, name)
        for fault in faults:
            print("#", fault)

    blind = [bad for check, bad, text in BAD if not list(check(pathlib.Path(bad), text))]
    failed |= bool(blind) or not files
    print("not ok" if blind or not files else "ok", len(RULES) + 1, "each rule sees what breaks it", *blind)
    return 1 if failed else 0


sys.exit(main())
