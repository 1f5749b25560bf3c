#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Compares src/core/messages.h with data/catalog/ulak.catalog: each id has one entry and each entry one id.

Usage: catalog.py SOURCE-ROOT. Prints TAP.
"""
import pathlib
import re
import sys


def read_ids(root):
    text = (root / "src/core/messages.h").read_text()
    return re.findall(r'^#define (ULAK_MESSAGE_\w+) "([0-9a-f]*)"', text, re.M)


def read_entries(root):
    """(id, header fields, body) of each entry."""
    text = (root / "data/catalog/ulak.catalog").read_text()
    text = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for piece in re.split(r"^-- ", text, flags=re.M)[1:]:
        head, _, body = piece.partition("\n\n")
        message_id, *fields = head.splitlines()
        yield message_id.strip(), dict(field.split(": ", 1) for field in fields), body.strip()


def main():
    root = pathlib.Path(sys.argv[1])
    ids, entries = read_ids(root), list(read_entries(root))
    defined, explained = [value for _, value in ids], [entry[0] for entry in entries]
    used = "\n".join(path.read_text() for path in (root / "src").rglob("*.c"))
    checks = [
        ("ids are 32 hexadecimal digits and differ",
         [name for name, value in ids if not re.fullmatch("[0-9a-f]{32}", value) or defined.count(value) > 1]),
        ("each id has an entry", [name for name, value in ids if explained.count(value) != 1]),
        ("each entry has an id", [value for value in explained if value not in defined]),
        ("each entry has subject, source, documentation and what to do",
         [value for value, fields, body in entries
          if not {"Subject", "Defined-By", "Documentation"} <= set(fields) or len(body.split("\n\n")) < 2]),
        ("fields in subjects are ours",
         [value for value, fields, _ in entries if not all(
             field.startswith("ULAK_") for field in re.findall(r"@(\w+)@", fields.get("Subject", "")))]),
        ("the table is not empty", [] if ids else ["messages.h"]),
        ("no source spells an id itself", [name for name, value in ids if value in used]),
    ]
    print(f"1..{len(checks)}")
    for number, (name, faults) in enumerate(checks, 1):
        print("not ok" if faults else "ok", number, name)
        for fault in faults:
            print("#", fault)
    return 1 if any(faults for _, faults in checks) else 0


sys.exit(main())
