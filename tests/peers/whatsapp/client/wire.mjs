// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// The wire to the test: JSON lines. Bytes are {"base64": "..."} both ways, 64-bit numbers are numbers, what is undefined is
// left out. Standard output carries nothing but these lines, so what libraries print goes to standard error.
import readline from 'node:readline';

console.log = console.info = console.debug = console.error;

const isLong = (value) =>
  typeof value === 'object' && typeof value.low === 'number' && typeof value.high === 'number';

export function toWire(value) {
  if (value === null || value === undefined) return value;
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') };
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'function') return undefined;
  if (typeof value !== 'object') return value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Error)
    return { message: value.message, code: value.output?.statusCode ?? value.code, data: toWire(value.data) };
  if (isLong(value))
    return value.unsigned
      ? Number(BigInt.asUintN(64, (BigInt(value.high) << 32n) | BigInt(value.low >>> 0)))
      : Number((BigInt(value.high) << 32n) | BigInt(value.low >>> 0));
  if (value instanceof Map) return toWire(Object.fromEntries(value));
  if (value instanceof Set) return toWire([...value]);
  if (Array.isArray(value)) return value.map(toWire);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, toWire(item)]));
}

export function fromWire(value) {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(fromWire);
  const names = Object.keys(value);
  if (names.length === 1 && names[0] === 'base64') return Buffer.from(value.base64, 'base64');
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fromWire(item)]));
}

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

export const tell = (event, data) => print({ event, data: toWire(data) });

async function answer(line, calls) {
  let id = null;
  try {
    const { id: number, call, ...parameters } = JSON.parse(line);
    id = number ?? null;
    if (!Object.hasOwn(calls, call)) throw new Error(`there is no call ‘${call}’`);
    print({ id, result: toWire(await calls[call](fromWire(parameters))) ?? null });
  } catch (error) {
    print({ id, error: toWire(error) });
  }
}

// Calls run side by side, as in a program; a test that wants an order waits for the answer.
export async function serve(calls) {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (line.trim()) answer(line, calls);
  }
}
