// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Protobufs and nodes as JSON: enum values by name, numbers as numbers, bytes as {"hex"}.
const isBytes = (value) => value instanceof Uint8Array;

const walk = (value, change) => {
  const changed = change(value);
  if (changed !== undefined) return changed;
  if (Array.isArray(value)) return value.map((item) => walk(item, change));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, walk(item, change)]));
};

const writeBytes = (value) => (isBytes(value) ? { hex: Buffer.from(value).toString('hex') } : undefined);

const isWritten = (value) =>
  value !== null && typeof value === 'object' && Object.keys(value).join() === 'hex';

const readBytes = (value) => {
  if (isBytes(value)) return value;
  return isWritten(value) ? Buffer.from(value.hex, 'hex') : undefined;
};

export const toPlain = (value) => walk(value, writeBytes);
export const fromPlain = (value) => walk(value, readBytes);

// What the bytes say, only the fields that they hold.
export const decodeFields = (type, bytes) =>
  toPlain(type.toObject(type.decode(bytes), { enums: String, longs: Number, bytes: Buffer }));

export const encodeFields = (type, fields) =>
  Buffer.from(type.encode(type.fromObject(fromPlain(fields))).finish());
