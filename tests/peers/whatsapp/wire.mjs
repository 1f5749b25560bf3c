// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Nodes: the binary codec and the protobufs of the package, and the few helpers every room of the double uses.

import './compat.mjs';
import zlib from 'node:zlib';
import * as constants from '@whiskeysockets/baileys/lib/WABinary/constants.js';
import { decodeDecompressedBinaryNode } from '@whiskeysockets/baileys/lib/WABinary/decode.js';
import { encodeBinaryNode } from '@whiskeysockets/baileys/lib/WABinary/encode.js';

export { proto } from '@whiskeysockets/baileys/WAProto/index.js';

export const SERVER = 's.whatsapp.net';
const INFLATED_MAX = 64 << 20;

export function encode(node) {
  return encodeBinaryNode(node);
}

export function decode(bytes) {
  const plain =
    bytes[0] & 2 ? zlib.inflateSync(bytes.subarray(1), { maxOutputLength: INFLATED_MAX }) : bytes.subarray(1);
  return decodeDecompressedBinaryNode(plain, constants);
}

export function node(tag, attrs, content) {
  return content === undefined ? { tag, attrs } : { tag, attrs, content };
}

export function child(parent, tag) {
  return Array.isArray(parent?.content) ? parent.content.find((c) => c.tag === tag) : undefined;
}

export function children(parent, tag) {
  if (!Array.isArray(parent?.content)) return [];
  return tag ? parent.content.filter((c) => c.tag === tag) : parent.content;
}

export function bytesOf(parent, tag) {
  const content = (tag ? child(parent, tag) : parent)?.content;
  if (typeof content === 'string') return Buffer.from(content, 'utf8');
  return content instanceof Uint8Array
    ? Buffer.from(content.buffer, content.byteOffset, content.length)
    : undefined;
}

export function textOf(parent, tag) {
  return bytesOf(parent, tag)?.toString('utf8');
}

export function numberOf(parent, tag) {
  const bytes = bytesOf(parent, tag);
  return bytes?.length ? bytes.readUIntBE(0, bytes.length) : undefined;
}

export function bigEndian(value, size) {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
}

export function now() {
  return Math.floor(Date.now() / 1000);
}

// --- JSON for the control side: bytes stand as {"base64": ...}, or {"hex": ...} on the way in ---

export function toJson(value) {
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') };
  if (typeof value === 'string' || value === undefined) return value;
  if (Array.isArray(value)) return value.map(toJson);
  return node(value.tag, value.attrs, toJson(value.content));
}

export function fromJson(value) {
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined;
  if (Array.isArray(value)) return value.map(fromJson);
  if (value.base64 !== undefined) return Buffer.from(value.base64, 'base64');
  if (value.hex !== undefined) return Buffer.from(value.hex, 'hex');
  return node(
    value.tag,
    Object.fromEntries(Object.entries(value.attrs ?? {}).map(([k, v]) => [k, String(v)])),
    fromJson(value.content),
  );
}

// --- addresses ---

export function parseJid(jid) {
  const at = jid.lastIndexOf('@');
  const server = at < 0 ? jid : jid.slice(at + 1);
  const [name, device] = (at < 0 ? '' : jid.slice(0, at)).split(':');
  return {
    user: name.split('.')[0],
    device: Number(device ?? 0),
    server: server === 'c.us' ? SERVER : server,
  };
}

export function formatJid(user, device, form) {
  return `${user}${device ? `:${device}` : ''}@${form === 'lid' ? 'lid' : SERVER}`;
}

export function formOf(jid) {
  return parseJid(jid).server === 'lid' ? 'lid' : 'pn';
}

export function isUser(jid) {
  const { server } = parseJid(jid);
  return server === 'lid' || server === SERVER;
}

export function bare(jid) {
  const { user, server } = parseJid(jid);
  return `${user}@${server}`;
}
