# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""The peers themselves, proved with libraries that we did not write."""

import json
import subprocess

import pytest

from tests.peers.graph import schema, wire
from tests.program.peers import NODE, GraphPeer, Receiver, node_is_ready

pytestmark = pytest.mark.skipif(not node_is_ready(), reason="the npm packages of tests/peers/node are not installed")
NUMBER = {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"}


def test_a_foreign_client_is_served_by_the_graph_double_and_takes_its_callbacks():
    callback = wire.dump(wire.callback("1", [wire.value_of_messages(NUMBER, [wire.text_message("905321112233", "selam")],
                                                                    [wire.contact("905321112233", "Ayşe")])]))
    with GraphPeer() as graph:
        command = ["node", str(NODE / "graph-client.mjs"), graph.url, "test-token", "test-app-secret", NUMBER["phone_number_id"],
                   "905321112233", wire.sign(callback, "test-app-secret")]
        result = json.loads(subprocess.run(command, input=callback, capture_output=True, check=True, timeout=60).stdout)
        accepted = graph.state()["accepted"]
    assert [m["message"]["type"] for m in accepted] == ["text", "location", "reaction", "image"]
    assert result["text"]["messages"][0]["id"] == accepted[0]["id"]
    assert result["read_mark"] == {"success": True}
    assert result["content"] == "not really a picture"
    assert result["refused"]["error"]["code"] == 100
    assert result["received"] == {"from": "905321112233", "text": "selam"}


def test_a_callback_signed_with_another_secret_is_refused_by_the_foreign_client():
    callback = wire.dump(wire.callback("1", [wire.value_of_messages(NUMBER, [wire.text_message("905", "x")], [wire.contact("905", "A")])]))
    with GraphPeer() as graph:
        command = ["node", str(NODE / "graph-client.mjs"), graph.url, "test-token", "test-app-secret", NUMBER["phone_number_id"],
                   "905321112233", wire.sign(callback, "another")]
        assert subprocess.run(command, input=callback, capture_output=True, timeout=60, check=False).returncode != 0


def test_the_receiver_tells_good_signatures_from_bad_ones():
    signer = """import { Webhook } from 'standardwebhooks';
    const [url, secret] = process.argv.slice(1);
    const body = JSON.stringify({ id: 'e1' });
    const sign = (s) => ({ 'webhook-id': 'e1', 'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
      'webhook-signature': new Webhook(s).sign('e1', new Date(), body) });
    const good = await fetch(url + '/hook', { method: 'POST', body, headers: sign(secret) });
    const bad = await fetch(url + '/hook', { method: 'POST', body, headers: sign('whsec_' + btoa('another secret')) });
    console.log(good.status, bad.status);"""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    with Receiver() as receiver:
        receiver.trust(secret)
        done = subprocess.run(["node", "--input-type=module", "-e", signer, receiver.url, secret], cwd=NODE, capture_output=True, text=True,
                              check=True, timeout=30)
        assert done.stdout.split() == ["200", "401"]
        assert receiver.ids() == ["e1"]
        assert len(receiver.control("unverified")) == 1


@pytest.mark.skipif(schema.find() is None, reason="Meta's OpenAPI description is not beside the checkout")
def test_what_the_double_says_and_sends_fits_metas_description():
    judge = schema.Schema(schema.find())
    status = wire.status(wire.wamid(), "delivered", "905", opaque="mark")
    failed = wire.status(wire.wamid(), "failed", "905", errors=[{"code": 131026, "title": "Message undeliverable"}])
    for value in (wire.value_of_statuses(NUMBER, [status, failed]),
                  wire.value_of_messages(NUMBER, [wire.text_message("905", "x")], [wire.contact("905", "A")])):
        assert judge.fault("WebhookPayload", wire.callback("1", [value])) is None
    assert judge.fault("MessageResponsePayload", wire.accepted("905", wire.wamid())) is None
    assert judge.fault("Message", {"messaging_product": "whatsapp", "to": "905", "type": "text", "text": {"bodi": "x"}}) is not None
