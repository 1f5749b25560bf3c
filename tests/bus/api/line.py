# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""A line that keeps what it is told in a file and does what that file's neighbours say: the API's other side.

line.py ACCOUNT FOLDER. Every call is appended to FOLDER/calls as one line of JSON. FOLDER/fail-METHOD holds the name of
an error that METHOD answers with, once for each line in it.
"""

import json
import os
import pathlib
import sys

from gi.repository import Gio, GLib

ROOT = pathlib.Path(__file__).resolve().parents[3]
XML = ("Account1", "Service1", "WhatsAppCloud1")


class Line:
    def __init__(self, account, folder):
        self.account, self.folder, self.messages = account, pathlib.Path(folder), {}
        self.connection = Gio.bus_get_sync(Gio.BusType.SYSTEM, None)
        for name in XML:
            node = Gio.DBusNodeInfo.new_for_xml((ROOT / f"data/dbus/org.ulak.{name}.xml").read_text())
            self.connection.register_object(f"/org/ulak/account/{account}", node.interfaces[0], self.call, self.get, None)
        Gio.bus_own_name_on_connection(self.connection, f"org.ulak.Account.{account}", Gio.BusNameOwnerFlags.NONE, None, None)

    def get(self, _connection, _sender, _path, _interface, name):
        values = {"Version": ("u", 1), "Account": ("s", self.account), "Network": ("s", "whatsapp"), "Backend": ("s", "cloud"),
                  "State": ("s", "ready"), "LastError": ("s", ""), "QueueDepth": ("u", 3), "HeldCount": ("u", 1), "Release": ("s", "0")}
        return GLib.Variant(*values[name])

    def take_failure(self, method):
        path = self.folder / f"fail-{method}"
        lines = path.read_text().splitlines() if path.exists() else []
        if not lines:
            return None
        path.write_text("".join(line + "\n" for line in lines[1:]))
        return lines[0]

    def call(self, _connection, _sender, _path, _interface, method, parameters, invocation):
        arguments = parameters.unpack()
        if method == "UploadMedia":
            fd = invocation.get_message().get_unix_fd_list().get(arguments[0])
            with os.fdopen(fd, "rb") as content:
                data = content.read()
            (self.folder / "uploaded").write_bytes(data)
            arguments = (len(data), *arguments[1:])
        if method == "Receive":
            arguments = (bytes(arguments[0]).decode(), *arguments[1:])
        with open(self.folder / "calls", "a", encoding="utf-8") as calls:
            calls.write(json.dumps([method, arguments]) + "\n")
        failure = self.take_failure(method)
        if failure == "exit":
            os._exit(9)
        if failure is not None:
            invocation.return_dbus_error(failure, "to: as the test wants it")
            return
        getattr(self, method)(invocation, *arguments)

    def Send(self, invocation, message_id, message, _options):
        self.messages.setdefault(message_id, message)
        invocation.return_value(GLib.Variant("(s)", ("pending",)))

    def GetMessage(self, invocation, message_id, _options):
        if message_id not in self.messages:
            invocation.return_dbus_error("org.ulak.Error.NotFound", "There is no such message")
            return
        invocation.return_value(GLib.Variant("(s)", (json.dumps({"id": message_id}),)))

    def ListChats(self, invocation, cursor, limit, _options):
        page = [{"id": str(n)} for n in range(3)][int(cursor or 0):][:limit]
        following = int(cursor or 0) + limit
        invocation.return_value(GLib.Variant("(ss)", (json.dumps(page), str(following) if following < 3 else "")))

    def MarkRead(self, invocation, *_arguments):
        invocation.return_value(None)

    Reconfigure = Receive = Logout = MarkRead

    def UploadMedia(self, invocation, *_arguments):
        invocation.return_value(GLib.Variant("(s)", ("media-1",)))

    def OpenMedia(self, invocation, _media_id, _options):
        path = self.folder / "uploaded"
        fds = Gio.UnixFDList.new()
        with open(path, "rb") as content:
            handle = fds.append(content.fileno())
        attributes = {"mime-type": GLib.Variant("s", "image/png"), "size-bytes": GLib.Variant("t", path.stat().st_size),
                      "sha256": GLib.Variant("s", ""), "file-name": GLib.Variant("s", "a b.png")}
        invocation.return_value_with_unix_fd_list(GLib.Variant("(ha{sv})", (handle, attributes)), fds)

    def Link(self, invocation, *_arguments):
        invocation.return_dbus_error("org.ulak.Error.Unsupported", "A cloud line is linked by its settings")

    def GetSettings(self, invocation, _options):
        invocation.return_value(GLib.Variant("(s)", ('{"ghost_mode":false}',)))

    def SetSettings(self, invocation, changes, _options):
        invocation.return_value(GLib.Variant("(s)", (changes,)))

    def Health(self, invocation, _options):
        invocation.return_value(GLib.Variant("(sa(sss))", ("healthy", [("line", "healthy", "")])))

    def Metrics(self, invocation, _options):
        invocation.return_value(GLib.Variant("(s)", (f"# TYPE ulak_queue_depth gauge\nulak_queue_depth{{account=\"{self.account}\"}} 3\n",)))


if __name__ == "__main__":
    Line(sys.argv[1], sys.argv[2])
    GLib.MainLoop().run()
