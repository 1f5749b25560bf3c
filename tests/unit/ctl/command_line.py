# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""The command line's own manners: usage, exit codes, help, completion. No bus."""

import os
import subprocess
import sys
import unittest

ULAKCTL = os.environ["ULAKCTL"]
NO_BUS = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent/bus", "LC_ALL": "C.UTF-8"}


def run(*arguments):
    return subprocess.run([ULAKCTL, *arguments], env=NO_BUS, capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)


class CommandLine(unittest.TestCase):
    def test_help_names_every_command_that_completion_knows(self):
        listed = run("--help").stdout
        for line in run("--complete").stdout.splitlines():
            noun, verb, *_ = line.split(" ")
            self.assertIn(f"  {noun}" + ("" if verb == "-" else f" {verb}"), listed)

    def test_wrong_words_exit_2_and_say_what_is_allowed(self):
        for arguments, text in ((("frobnicate",), "unknown command"), (("account", "frob"), "no command"),
                                (("account", "list", "--frob"), "Unknown option --frob"), (("send", "sales"), "Usage:"),
                                (("chats", "sales", "--limit"), "needs a value"), (("tail", "--no-follow=yes"), "takes no value"),
                                (("--frob",), "unknown option")):
            done = run(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn(text, done.stderr)

    def test_without_a_bus_the_exit_code_is_5_and_the_sentence_says_so(self):
        done = run("status")
        self.assertEqual(done.returncode, 5)
        self.assertIn("Cannot reach the system bus", done.stderr)

    def test_a_wrong_configuration_exits_78_and_names_file_group_and_key(self):
        path = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"ulakctl-test-{os.getpid()}.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write("[webhooks]\nattempts=900\n")
        try:
            done = run("config", "check", "--config", path)
        finally:
            os.unlink(path)
        self.assertEqual(done.returncode, 78)
        for word in ("webhooks/attempts", path, "900", "1 to 50"):
            self.assertIn(word, done.stderr)

    def test_version_and_command_help(self):
        self.assertRegex(run("--version").stdout, r"^ulakctl \d+\.\d+\.\d+")
        self.assertIn("--phone-number-id=ID", run("account", "add", "--help").stdout)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
