# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Our requests, judged by Meta's own OpenAPI description where it is present (tests/peers/graph/schema.py says where)."""

import json
import subprocess

import pytest

from tests.peers.graph import check, schema
from tests.program.suite import BUILD

DUMP = BUILD / "tests/program/graph-request-dump"
MEDIA = {"1003383421387256": {}}
TO = "905321112233"
BUTTONS = [{"id": "yes", "title": "Yes"}, {"id": "no", "title": "No"}]
ROWS = [{"id": "1", "title": "One", "description": "The first"}, {"id": "2", "title": "Two"}]
ADDRESS = {"street": "1 Hacker Way", "city": "Menlo Park", "state": "CA", "zip": "94025", "country": "United States",
           "country_code": "us", "type": "WORK"}
CONTACT = {"name": {"formatted_name": "John Smith", "first_name": "John", "last_name": "Smith"}, "org": {"company": "A", "title": "B"},
           "phones": [{"phone": "+1 650 555 1234", "type": "HOME", "wa_id": "16505551234"}], "birthday": "2012-08-18",
           "emails": [{"email": "a@example.com", "type": "WORK"}], "urls": [{"url": "https://a.example", "type": "WORK"}],
           "addresses": [ADDRESS]}
TEMPLATE = {"name": "order", "language": "en_US", "components": [
    {"type": "header", "parameters": [{"type": "image", "image": {"media_id": "m"}}]},
    {"type": "body", "parameters": [{"type": "text", "text": "John"}, {"type": "date_time", "date_time": {"fallback_value": "today"}},
                                    {"type": "currency", "currency": {"fallback_value": "$1", "code": "USD", "amount_1000": 1000}}]}]}
DOCUMENTS = {
    "text": {"text": "Merhaba"},
    "text with preview": {"text": {"body": "https://a.example", "preview_url": True}},
    "reply": {"text": "Yes", "reply_to": "wamid.gBGGSFcCNEOPAgkO_KJ55r4w_ww"},
    "image by link": {"image": {"link": "https://a.example/a.png", "caption": "c"}},
    "image by upload": {"image": {"media_id": "m"}},
    "video": {"video": {"media_id": "m", "caption": "c"}},
    "audio": {"audio": {"media_id": "m"}},
    "document": {"document": {"media_id": "m", "file_name": "a.pdf", "caption": "c"}},
    "sticker": {"sticker": {"media_id": "m"}},
    "location": {"location": {"latitude": 41.0082, "longitude": 28.9784, "name": "n", "address": "a"}},
    "contacts": {"contacts": [CONTACT]},
    "reaction": {"reaction": {"message_id": "wamid.gBGG", "emoji": "\U0001f44d"}},
    "reaction taken back": {"reaction": {"message_id": "wamid.gBGG", "emoji": ""}},
    "buttons": {"interactive": {"type": "button", "body": "b", "footer": "f", "header": {"text": "h"}, "buttons": BUTTONS}},
    "buttons with an image": {"interactive": {"type": "button", "body": "b", "header": {"image": {"media_id": "m"}}, "buttons": BUTTONS}},
    "list": {"interactive": {"type": "list", "body": "b", "button": "Open", "sections": [{"title": "s", "rows": ROWS}]}},
    "template": {"template": {"name": "hello_world", "language": "en_US"}},
    "template with parameters": {"template": TEMPLATE},
}


def dump(*documents):
    lines = "".join(json.dumps(document) + "\n" for document in documents)
    result = subprocess.run([DUMP], input=lines, capture_output=True, text=True, timeout=20, check=True)
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture(scope="module")
def description():
    path = schema.find()
    if path is None or not path.exists():
        pytest.skip("Meta's OpenAPI description is not beside this checkout; ULAK_META_OPENAPI names it elsewhere")
    return schema.Schema(path)


pytestmark = pytest.mark.skipif(not DUMP.exists(), reason=f"not built: {DUMP}")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_requests_have_the_shape_of_metas_description(description, name):
    [body] = dump({"to": TO, **DOCUMENTS[name]})
    assert description.fault("Message", body) is None


@pytest.mark.parametrize("name", DOCUMENTS)
def test_requests_are_taken_by_the_double(name):
    [body] = dump({"to": TO, **DOCUMENTS[name]})
    assert check.check_message(body, MEDIA) is None


def test_read_marks_have_the_shape_of_metas_description(description):
    plain, typing = dump({"read": "wamid.gBGG"}, {"read": "wamid.gBGG", "typing": True})
    assert description.fault("MarkMessageRequestPayload", plain) is None
    assert typing == {**plain, "typing_indicator": {"type": "text"}}


def test_the_judge_refuses_what_is_wrong(description):
    [body] = dump({"to": TO, "text": "x"})
    assert description.fault("Message", {**body, "text": {"body": 5}}) is not None
    assert description.fault("Message", {**body, "texte": 1}) is not None
