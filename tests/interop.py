#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Checks docs/interop.md: each case that it names exists, and each case of the interop tests is one that it names.

Usage: interop.py SOURCE-ROOT. Prints TAP.
"""
import ast
import pathlib
import re
import sys

# Modules whose cases all say something of what is promised; others may be named.
WHOLE = ("test_linked_messages", "test_linked_groups", "test_linked_media", "test_linked_around", "test_linked_past")
# Cases of those about faults that no promise names.
BESIDE = {"test_names_and_types_of_strangers_do_no_harm", "test_one_upload_is_sent_to_many", "test_a_host_that_stumbles_is_asked_again",
          "test_an_upload_that_was_refused_is_tried_again", "test_profile_pictures_are_seen", "test_a_star_is_seen_on_every_device"}


def read_parameters(module, function):
    """Names of parameters that stand as text in the module: of lists, and of tables of the module by their keys."""
    tables = {target.id: node.value for node in module.body if isinstance(node, ast.Assign) for target in node.targets if isinstance(target, ast.Name)}
    found = set()
    for decorator in function.decorator_list:
        if not isinstance(decorator, ast.Call) or not ast.unparse(decorator.func).endswith("parametrize"):
            continue
        values = decorator.args[1]
        values = tables.get(values.id, values) if isinstance(values, ast.Name) else values
        items = values.keys if isinstance(values, ast.Dict) else getattr(values, "elts", [])
        found |= {str(item.value) for item in items if isinstance(item, ast.Constant)}
    return found


def read_cases(root):
    """module -> case -> its parameters"""
    found = {}
    for path in sorted((root / "tests/program").glob("test_link*.py")):
        module = ast.parse(path.read_text())
        found[path.stem] = {node.name: read_parameters(module, node) for node in module.body
                            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}
    return found


def read_page(root):
    """(module, case, parameter or "") of each that is named."""
    module = None
    for word, parameter, colon in re.findall(r"\b(test_\w+)(?:\[([^\]]+)\])?(:?)", (root / "docs/interop.md").read_text()):
        if colon:
            module = word
        else:
            yield module, word, parameter


def main():
    root = pathlib.Path(sys.argv[1])
    cases, named = read_cases(root), list(read_page(root))
    shown = {case for _, case, _ in named}
    checks = [
        ("each case that is named exists", [f"{module}: {case}" for module, case, _ in named if case not in cases.get(module, {})]),
        ("each parameter that is named exists", [f"{case}[{parameter}]" for module, case, parameter in named
                                                 if parameter and parameter not in cases.get(module, {}).get(case, {})]),
        ("each case of the interop tests is named", [f"{module}: {case}" for module in WHOLE for case in cases[module] if case not in shown | BESIDE]),
        ("no case is kept beside that is named or gone", [case for case in BESIDE if case in shown or not any(case in cases[module] for module in WHOLE)]),
    ]
    print(f"1..{len(checks)}")
    for number, (name, wrong) in enumerate(checks, 1):
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}")
        for item in wrong:
            print(f"# {item}")
    return any(wrong for _, wrong in checks)


if __name__ == "__main__":
    sys.exit(main())
