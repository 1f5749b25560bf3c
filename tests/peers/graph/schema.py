# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Meta's published OpenAPI description as a judge, where it is present.

The file is reference data and not part of the project: ULAK_META_OPENAPI names it, or it is looked for beside the
checkout. Without it the double still checks shapes by hand (check.py) and tests say that the description was absent.

The description of v23.0 cannot be used as it stands; three faults are mended on loading, and nothing else:
- `allOf` of common properties with a closed object (`additionalProperties: false`) refuses every document, because each half
  refuses the other's properties: such pairs are merged into one object.
- the inbound messages refer to the outbound ones of the same name: the ones meant end in _1 or _2.
- biz_opaque_callback_data and the typing indicator are in Meta's prose and missing here.
"""

import os
import pathlib

import jsonschema
import yaml

INBOUND = {"text": "TextMessage_2", "reaction": "ReactionMessage_1", "audio": "AudioMessage_1", "document": "DocumentMessage_1",
           "image": "ImageMessage_1", "sticker": "StickerMessage_1", "video": "VideoMessage_1", "location": "LocationMessage_1",
           "contacts": "ContactSharingMessage", "unsupported": "UnsupportedMessage", "unknown": "UnsupportedMessage",
           "button": "ButtonMessage", "interactive": "InteractiveMessageReply", "order": "OrderMessage"}
OPAQUE = {"biz_opaque_callback_data": {"type": "string", "maxLength": 512}}
REF = "#/components/schemas/"


def find():
    named = os.environ.get("ULAK_META_OPENAPI")
    if named:
        return pathlib.Path(named)
    root = pathlib.Path(__file__).resolve().parents[3]
    found = sorted((root.parent / "shared" / "whatsapp-cloud").glob("business-messaging-api_*.yaml"))
    return found[-1] if found else None


class Schema:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            document = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        self.schemas = document["components"]["schemas"]
        self._mend()
        self.resolver = jsonschema.RefResolver("", {"components": {"schemas": self.schemas}})

    def _mend(self):
        self.schemas["BaseMessageProperties"]["properties"].update(OPAQUE)
        for name in set(INBOUND.values()):
            self.schemas[name] = self._merge(self.schemas[name], "BaseMessageProperties_1")
        for name, schema in list(self.schemas.items()):
            if name not in INBOUND.values() and "allOf" in schema:
                self.schemas[name] = self._merge(schema, None)
        inbound = [{"if": {"properties": {"type": {"const": kind}}}, "then": {"$ref": REF + name}} for kind, name in INBOUND.items()]
        self.schemas["IncomingMessage"] = {"type": "object", "required": ["type"], "allOf": inbound,
                                           "properties": {"type": {"enum": list(INBOUND)}}}

    def _merge(self, schema, base):
        merged = {"type": "object", "properties": {}, "required": []}
        for part in schema.get("allOf", [schema]):
            if "$ref" in part:
                name = part["$ref"].removeprefix(REF)
                part = self._merge(self.schemas[base if base and name.startswith("BaseMessageProperties") else name], base)
            merged["properties"].update(part.get("properties", {}))
            merged["required"] += part.get("required", [])
            if part.get("additionalProperties") is False:
                merged["additionalProperties"] = False
        return merged

    def fault(self, name, document):
        """None, or what is wrong with the document by the schema of that name."""
        if name == "Message" and document.get("type", "text") in MESSAGE_OF_TYPE:
            name = MESSAGE_OF_TYPE[document.get("type", "text")]
        validator = jsonschema.Draft202012Validator({"$ref": REF + name}, resolver=self.resolver)
        error = jsonschema.exceptions.best_match(validator.iter_errors(document))
        return None if error is None else f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"


MESSAGE_OF_TYPE = {kind: kind.capitalize() + "Message" for kind in ("text", "audio", "document", "image", "location", "video",
                                                                    "sticker", "reaction", "interactive", "template", "contacts")}
