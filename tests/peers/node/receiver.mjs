// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// A webhook receiver that verifies every request with the npm package `standardwebhooks`, unmodified.
//
//   node receiver.mjs [--port N] [--secret whsec_...]...
//
// prints {"url": ...} on one line. POST /hook (or any other path) is verified against the secrets known; what came is kept in order
// and listed by GET /_control/events. Faults: POST /_control/faults {"times", "status", "headers", "delay_ms",
// "cut": "before"|"body", "match": "text in the body"}; times -1 is for ever, DELETE clears. Secrets may be added later:
// POST /_control/secrets {"path": "/hook", "secret": "whsec_..."}.

import http from 'node:http';
import { Webhook } from 'standardwebhooks';

const options = { port: 0, secrets: [] };
for (let i = 2; i < process.argv.length; i += 2) {
  if (process.argv[i] === '--port') options.port = Number(process.argv[i + 1]);
  if (process.argv[i] === '--secret') options.secrets.push({ path: '', secret: process.argv[i + 1] });
}

const events = [];
const unverified = [];
let faults = [];

function verify(path, headers, body) {
  const failures = [];
  for (const { path: wanted, secret } of options.secrets) {
    if (!path.startsWith(wanted)) continue;
    try {
      return { event: new Webhook(secret).verify(body, headers) };
    } catch (error) {
      failures.push(error.message);
    }
  }
  return { failure: failures.join('; ') || 'no secret for this path' };
}

function takeFault(path, body) {
  const fault = faults.find((f) => f.times !== 0 && path.startsWith(f.path ?? '') && body.includes(f.match ?? ''));
  if (fault && fault.times > 0) fault.times -= 1;
  return fault;
}

async function readBody(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

function answer(response, status, document, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(document));
}

async function receive(request, response) {
  const body = await readBody(request);
  const fault = takeFault(request.url, body);
  const { event, failure } = verify(request.url, request.headers, body);
  const entry = {
    at: Date.now(), path: request.url, id: request.headers['webhook-id'], headers: request.headers,
    status: fault?.status ?? (failure ? 401 : 200), event, failure,
  };
  if (fault?.cut === 'before') entry.status = 0;
  (failure ? unverified : events).push(entry);
  if (fault?.delay_ms) await new Promise((done) => setTimeout(done, fault.delay_ms));
  if (fault?.cut === 'before') return request.socket.resetAndDestroy();
  if (fault?.cut === 'body') {
    response.writeHead(entry.status, { 'content-length': 1000 });
    response.write('half');
    return setTimeout(() => request.socket.resetAndDestroy(), 5);
  }
  return answer(response, entry.status, { ok: entry.status === 200 }, fault?.headers);
}

async function control(request, response) {
  const name = request.url.slice('/_control/'.length).split('?')[0];
  const document = request.method === 'POST' ? JSON.parse(await readBody(request)) : null;
  if (name === 'faults' && request.method === 'POST') faults.push(document);
  else if (name === 'faults' && request.method === 'DELETE') faults = [];
  else if (name === 'secrets') options.secrets.push({ path: document.path ?? '', secret: document.secret });
  else if (name === 'events' && request.method === 'DELETE') { events.length = 0; unverified.length = 0; }
  else if (name === 'events') return answer(response, 200, events);
  else if (name === 'ids') return answer(response, 200, events.filter((e) => e.status >= 200 && e.status < 300).map((e) => e.id));
  else if (name === 'unverified') return answer(response, 200, unverified);
  else return answer(response, 404, { error: `unknown control call ${name}` });
  return answer(response, 200, {});
}

const server = http.createServer((request, response) => {
  const work = request.url.startsWith('/_control/') ? control : receive;
  work(request, response).catch((error) => answer(response, 500, { error: error.message }));
});
server.keepAliveTimeout = 60000;
server.listen(options.port, '127.0.0.1', () => console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })));
