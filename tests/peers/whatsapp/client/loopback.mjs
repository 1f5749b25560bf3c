// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Loopback: no socket of this process goes anywhere else. Names that the package has built in (web.whatsapp.com for the
// socket, mmg.whatsapp.net for files) are led to the double by --map NAME=127.0.0.1:PORT, before anybody asks a resolver;
// ‘*’ stands for every name. It is a guard against mistakes of a test; run it in a network namespace all the same.
import net from 'node:net';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

export function readMap(texts) {
  const map = new Map();
  for (const text of texts) {
    const [, name, host, port] = /^([^=]+)=(.+):(\d+)$/.exec(text) ?? [];
    if (!name || !LOOPBACK.test(host)) throw new Error(`--map ${text}: expected NAME=LOOPBACK-ADDRESS:PORT`);
    map.set(name, { host, port: Number(port) });
  }
  return map;
}

// The three forms that node itself uses: [options, callback], options, (port, host).
function findOptions(args) {
  if (Array.isArray(args[0])) return args[0][0];
  if (args[0] !== null && typeof args[0] === 'object') return args[0];
  return null;
}

export function stayOnLoopback(map) {
  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function connectToLoopback(...args) {
    const options = findOptions(args);
    const isPath = options ? Boolean(options.path) : typeof args[0] === 'string' && !/^\d+$/.test(args[0]);
    if (isPath) return connect.apply(this, args);
    const host = (options ? options.host : args[1]) ?? 'localhost';
    const target = map.get(host) ?? (LOOPBACK.test(host) ? null : map.get('*'));
    if (target && options) Object.assign(options, target);
    if (target && !options) args.splice(0, 2, target.port, target.host);
    if (target || LOOPBACK.test(host)) return connect.apply(this, args);
    process.nextTick(() =>
      this.destroy(new Error(`${host} is not on this machine, and no --map leads it here`)),
    );
    return this;
  };
}
