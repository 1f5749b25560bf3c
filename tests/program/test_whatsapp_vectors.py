# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""The vectors of WhatsApp's protocol: made again from the npm package, and read by the unit tests that read those in the tree.

A fresh seed draws other keys, texts and signatures each time, so what passes here does not pass by knowing the files.
"""

import filecmp
import json
import os
import secrets
import subprocess

import pytest

from tests.program.peers import ROOT, WHATSAPP, whatsapp_is_ready
from tests.program.suite import BUILD

DATA = ROOT / "tests" / "data" / "whatsapp"
UNIT = ROOT / "tests" / "unit" / "whatsapp"
# Each program has the name of its file; those that read vectors say so in it.
READERS = sorted(path.stem for path in UNIT.glob("*.c")
                 if all(word in path.read_text() for word in ("vectors_load", "\nmain (int")))
PROGRAMS = [path for path in (BUILD / "tests" / "unit" / "whatsapp" / f"test-whatsapp-{name}" for name in READERS) if path.exists()]

pytestmark = [
    pytest.mark.skipif(not whatsapp_is_ready(), reason="the npm packages of tests/peers/whatsapp are not installed"),
    pytest.mark.skipif(not PROGRAMS, reason=f"the unit tests are not built in {BUILD}"),
]


def make(folder, seed):
    subprocess.run(["node", WHATSAPP / "make-vectors.mjs", folder, seed], cwd=ROOT, check=True, timeout=120)
    return folder


def run(program, folder):
    environment = {**os.environ, "ULAK_WHATSAPP_VECTORS": str(folder), "G_TEST_SRCDIR": str(ROOT / "tests" / "unit"),
                   "G_DEBUG": "fatal-warnings"}
    if "ASAN_OPTIONS" in environment:  # tests/leaks.supp is by frame
        environment["ASAN_OPTIONS"] += ":fast_unwind_on_malloc=0"
    return subprocess.run([program, "--tap"], env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    seed = os.environ.get("ULAK_VECTORS_SEED", secrets.token_hex(8))
    print(f"ULAK_VECTORS_SEED={seed}")
    return make(tmp_path_factory.mktemp("vectors") / "fresh", seed)


def test_vectors_in_the_tree_are_what_the_script_makes(tmp_path):
    made = make(tmp_path / "ulak", "ulak")
    files = sorted(path.relative_to(DATA) for path in DATA.rglob("*.json"))

    assert files == sorted(path.relative_to(made) for path in made.rglob("*.json"))
    assert [str(name) for name in files if not filecmp.cmp(DATA / name, made / name, shallow=False)] == []


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_unit_tests_pass_over_fresh_vectors(program, fresh):
    result = run(program, fresh)

    assert result.returncode == 0, result.stdout + result.stderr


def test_a_wrong_vector_is_noticed(fresh, tmp_path):
    """Else the two tests above could read files that are never looked at."""
    subprocess.run(["cp", "-r", fresh, tmp_path / "wrong"], check=True)
    path = tmp_path / "wrong" / "padding.json"
    document = json.loads(path.read_text())
    document["valid"][0]["padded"] = document["valid"][1]["padded"]
    path.write_text(json.dumps(document))

    assert run(BUILD / "tests" / "unit" / "whatsapp" / "test-whatsapp-codec-padding", tmp_path / "wrong").returncode != 0
