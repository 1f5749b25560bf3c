#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Checks docs/interop.md: each case that it names exists, with the parameter that it names.

Usage: interop.py SOURCE-ROOT. Prints TAP.
"""
import ast
import pathlib
import re
import sys


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
    checks = [
        ("each case that is named exists", [f"{module}: {case}" for module, case, _ in named if case not in cases.get(module, {})]),
        ("each parameter that is named exists", [f"{case}[{parameter}]" for module, case, parameter in named
                                                 if parameter and parameter not in cases.get(module, {}).get(case, {})]),
    ]
    print(f"1..{len(checks)}")
    for number, (name, wrong) in enumerate(checks, 1):
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}")
        for item in wrong:
            print(f"# {item}")
    return any(wrong for _, wrong in checks)


if __name__ == "__main__":
    sys.exit(main())
