# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""What runs is what data/dbus/*.xml says: nothing is missing, nothing is added, every Version is there."""

import xml.etree.ElementTree as ElementTree

import pytest
from gi.repository import GLib

from tests.program.suite import ROOT

OBJECTS = [("org.ulak.Api1", "/org/ulak/api", ("org.ulak.Api1", "org.ulak.Service1")),
           ("org.ulak.Webhooks1", "/org/ulak/webhooks", ("org.ulak.Webhooks1", "org.ulak.Service1")),
           ("org.ulak.Account.sales", "/org/ulak/account/sales", ("org.ulak.Account1", "org.ulak.WhatsAppCloud1", "org.ulak.Service1"))]


def members(interface):
    """Everything of an interface that a client can see, in a form that compares."""
    found = set()
    for method in interface.findall("method") + interface.findall("signal"):
        arguments = [(a.get("name"), a.get("type"), a.get("direction", "in")) for a in method.findall("arg")]
        if method.tag == "signal":
            arguments = [(name, kind, "out") for name, kind, _ in arguments]
        found.add((method.tag, method.get("name"), tuple(arguments)))
    for prop in interface.findall("property"):
        found.add(("property", prop.get("name"), prop.get("type"), prop.get("access")))
    return found


def written(name):
    return members(ElementTree.parse(ROOT / "data" / "dbus" / f"{name}.xml").getroot().find("interface"))


@pytest.fixture(scope="module")
def line(suite, graph):
    graph.aim(suite.add_cloud_account("sales"))


@pytest.mark.parametrize("bus_name, path, names", OBJECTS, ids=[o[0] for o in OBJECTS])
def test_a_running_object_offers_exactly_what_is_written(suite, line, bus_name, path, names):
    text = suite.call(bus_name, path, "org.freedesktop.DBus.Introspectable", "Introspect", None)[0]
    interfaces = {i.get("name"): i for i in ElementTree.fromstring(text).findall("interface")}
    assert {n for n in interfaces if n.startswith("org.ulak.")} == set(names)
    for name in names:
        assert members(interfaces[name]) == written(name), name
        version = suite.call(bus_name, path, "org.freedesktop.DBus.Properties", "Get", GLib.Variant("(ss)", (name, "Version")))[0]
        assert version == 1, name


def test_an_option_that_is_not_known_is_heard(suite, line):
    with pytest.raises(GLib.Error, match="org.ulak.Error.Invalid"):
        suite.call("org.ulak.Api1", "/org/ulak/api", "org.ulak.Api1", "ListKeys", GLib.Variant("(a{sv})", ({"reqest-id": GLib.Variant("s", "x")},)))
