# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Runs the double: python3 -m tests.peers.graph [--port N] [--schema]. Prints its URL on one line."""

import argparse
import asyncio

from tests.peers.graph.double import Graph


def make_schema():
    """Needs python3-yaml and python3-jsonschema, which the double alone does not."""
    from tests.peers.graph import schema

    path = schema.find()
    return schema.Schema(path) if path else None


async def serve(options):
    graph = Graph(token=options.token, app_secret=options.app_secret, verify_token=options.verify_token,
                  phone_number_id=options.phone_number_id, schema=make_schema() if options.schema else None)
    for pair in options.callback:
        number, url = pair.split("=", 1)
        graph.callback_urls[number] = url
    await graph.start(port=options.port)
    print(f"http://127.0.0.1:{graph.port}", flush=True)
    await asyncio.Event().wait()


def main():
    parser = argparse.ArgumentParser(prog="python3 -m tests.peers.graph", description="A double of Meta's Graph API on loopback.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default="test-token")
    parser.add_argument("--app-secret", default="test-app-secret")
    parser.add_argument("--verify-token", default="test-verify")
    parser.add_argument("--phone-number-id", default="106540352242922")
    parser.add_argument("--callback", action="append", default=[], metavar="PHONE_NUMBER_ID=URL")
    parser.add_argument("--schema", action="store_true", help="check every document against Meta's OpenAPI description, if it is present")
    try:
        asyncio.run(serve(parser.parse_args()))
    except KeyboardInterrupt:
        pass


main()
