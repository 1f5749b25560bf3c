#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Turns data/whatsapp/tokens.txt into the C table behind tokens.h.

Usage: token-table.py TOKENS.TXT OUTPUT.C. One block of text and arrays of offsets, so that no pointer has to be
relocated: the table stays in pages that all lines share.
"""
import re
import sys

TABLES = {"single": (1, 235), "double 0": (0, 255), "double 1": (0, 255), "double 2": (0, 255), "double 3": (0, 255)}


def read_tables(path):
    """The texts by section; ends with a message where a section is missing, out of order or incomplete."""
    tables, section = {}, None
    for number, line in enumerate(open(path, encoding="ascii"), 1):
        line = line.rstrip("\n")
        if not line or line.startswith("#"):
            continue
        head = re.fullmatch(r"\[(.+)\]", line)
        entry = re.fullmatch(r"(\d+) (\S+)", line)
        if head and head[1] in TABLES and head[1] not in tables:
            section = head[1]
            tables[section] = []
        elif entry and section and int(entry[1]) == TABLES[section][0] + len(tables[section]):
            tables[section].append(entry[2])
        else:
            sys.exit(f"{path}:{number}: ‘{line}’ is neither the next entry of [{section}] nor a new section")
    for section, (first, last) in TABLES.items():
        if len(tables.get(section, [])) != last - first + 1:
            sys.exit(f"{path}: [{section}] has {len(tables.get(section, []))} entries; it must have {last - first + 1}")
    return tables


def print_array(out, declaration, values):
    out.write(f"{declaration} = {{\n")
    for start in range(0, len(values), 16):
        out.write("  " + ", ".join(map(str, values[start:start + 16])) + ",\n")
    out.write("};\n\n")


def main():
    tables = read_tables(sys.argv[1])
    texts = [""] + [text for section in TABLES for text in tables[section]]
    if len(set(texts)) != len(texts):
        sys.exit(f"{sys.argv[1]}: a text stands in it twice")
    offsets, at = [], 0
    for text in texts:
        offsets.append(at)
        at += len(text) + 1
    with open(sys.argv[2], "w", encoding="ascii") as out:
        out.write('/* Made by token-table.py of data/whatsapp/tokens.txt. */\n#include "whatsapp/codec/token-table.h"\n\n')
        out.write("const char ulak_token_texts[] =\n")
        for text in texts:
            escaped = text.replace("\\", "\\\\").replace('"', '\\"')
            out.write(f'  "{escaped}\\0"\n')
        out.write(";\n\n")
        print_array(out, "const guint16 ulak_token_offsets[ULAK_N_TOKENS]", offsets)
        order = sorted(range(1, len(texts)), key=lambda number: texts[number].encode())
        print_array(out, "const guint16 ulak_token_order[ULAK_N_TOKENS - 1]", order)


main()
