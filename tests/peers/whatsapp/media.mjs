// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// The media host: encrypted files, put by clients or by phones, given out whole or in ranges, and taken away when a test
// says so. What was taken away can be put back under a new path.

import crypto from 'node:crypto';

const INFOS = {
  image: 'Image',
  video: 'Video',
  audio: 'Audio',
  document: 'Document',
  sticker: 'Image',
  'md-msg-hist': 'History',
  'md-app-state': 'App State',
  'thumbnail-link': 'Link Thumbnail',
  'thumbnail-image': 'Image Thumbnail',
  'thumbnail-video': 'Video Thumbnail',
  'thumbnail-document': 'Document Thumbnail',
  'sticker-pack': 'Sticker Pack',
};
const MAC_SIZE = 10;

export function encryptMedia(kind, plain, mediaKey = crypto.randomBytes(32)) {
  const keys = Buffer.from(
    crypto.hkdfSync('sha256', mediaKey, Buffer.alloc(0), `WhatsApp ${INFOS[kind]} Keys`, 112),
  );
  const [iv, cipherKey, macKey] = [keys.subarray(0, 16), keys.subarray(16, 48), keys.subarray(48, 80)];
  const cipher = crypto.createCipheriv('aes-256-cbc', cipherKey, iv);
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  const mac = crypto.createHmac('sha256', macKey).update(iv).update(body).digest().subarray(0, MAC_SIZE);
  const file = Buffer.concat([body, mac]);
  const hash = (bytes) => crypto.createHash('sha256').update(bytes).digest();
  return {
    file,
    fields: { mediaKey, fileSha256: hash(plain), fileEncSha256: hash(file), fileLength: plain.length },
  };
}

export function decryptMedia(kind, file, mediaKey) {
  const keys = Buffer.from(
    crypto.hkdfSync('sha256', mediaKey, Buffer.alloc(0), `WhatsApp ${INFOS[kind]} Keys`, 112),
  );
  const [iv, cipherKey, macKey] = [keys.subarray(0, 16), keys.subarray(16, 48), keys.subarray(48, 80)];
  const body = file.subarray(0, file.length - MAC_SIZE);
  const mac = crypto.createHmac('sha256', macKey).update(iv).update(body).digest().subarray(0, MAC_SIZE);
  if (!mac.equals(file.subarray(file.length - MAC_SIZE)))
    throw new Error('the MAC of the media does not verify');
  const decipher = crypto.createDecipheriv('aes-256-cbc', cipherKey, iv);
  return Buffer.concat([decipher.update(body), decipher.final()]);
}

export class Media {
  constructor(server) {
    this.server = server;
    this.files = new Map();
    this.auth = crypto.randomBytes(16).toString('base64url');
    this.requests = [];
    this.fault = null;
    this.version = 0;
  }

  // Files are found by the part of their path before the query.
  #store(kind, file) {
    const token = crypto.createHash('sha256').update(file).digest('base64url');
    const path = `/v/t62.${++this.version}-24/${token}.enc`;
    this.files.set(path, { kind, file, gone: null });
    return { path, token };
  }

  #directPath(path) {
    return `${path}?ccb=11-4&oh=01_double&oe=7FFFFFFF&_nc_sid=5e03e0`;
  }

  // Encrypts and keeps; returns the fields that go into a message.
  put(kind, plain, { mediaKey } = {}) {
    const { file, fields } = encryptMedia(kind, plain, mediaKey);
    return { ...fields, directPath: this.#directPath(this.#store(kind, file).path) };
  }

  // As it is: pictures of profiles are not encrypted.
  putPlain(kind, bytes) {
    return this.#directPath(this.#store(kind, bytes).path);
  }

  find(directPath) {
    return this.files.get(directPath.split('?')[0]);
  }

  remove(directPath, status = 410) {
    const entry = this.find(directPath);
    if (!entry) throw new RangeError('there is no such file');
    entry.gone = status;
  }

  restore(directPath) {
    const entry = this.find(directPath ?? '');
    return entry ? this.#directPath(this.#store(entry.kind, entry.file).path) : null;
  }

  connection(connection, iq) {
    const hostname = `127.0.0.1:${this.server.ports.media}`;
    connection.result(iq, [
      {
        tag: 'media_conn',
        attrs: {
          auth: this.auth,
          ttl: `${this.server.options.media_ttl_s}`,
          auth_ttl: '21600',
          max_buckets: '12',
        },
        content: [{ tag: 'host', attrs: { hostname, type: 'primary' } }],
      },
    ]);
  }

  async serve(request, response) {
    const url = new URL(request.url, 'http://media');
    const entry = {
      method: request.method,
      path: url.pathname,
      range: request.headers.range,
      origin: request.headers.origin,
    };
    if (this.server.journal.enabled) this.requests.push(entry);
    if (this.requests.length > 2000) this.requests.splice(0, 1000);
    const fault = this.#takeFault(request.method);
    if (fault?.cut === 'before') request.destroy();
    else if (fault?.status) response.writeHead(fault.status, fault.headers).end();
    else if (request.method === 'POST') await this.#upload(request, response, url, entry);
    else if (request.method === 'GET') this.#download(request, response, url, fault);
    else if (request.method === 'DELETE') response.writeHead(200).end('{}');
    else response.writeHead(405).end();
  }

  #takeFault(method) {
    const fault = this.fault;
    if (!fault || (fault.method && fault.method !== method)) return null;
    fault.times = (fault.times ?? 1) - 1;
    if (fault.times <= 0) this.fault = null;
    return fault;
  }

  async #upload(request, response, url, entry) {
    const [, mms, kind, token] = url.pathname.split('/');
    if (mms !== 'mms' || url.searchParams.get('auth') !== this.auth) return response.writeHead(401).end();
    const parts = [];
    for await (const part of request) parts.push(part);
    const file = Buffer.concat(parts);
    const wanted = decodeURIComponent(token).replace(/=+$/, '');
    const stored = this.#store(kind, file);
    entry.size = file.length;
    if (stored.token !== wanted)
      return response
        .writeHead(400, { 'content-type': 'application/json' })
        .end(JSON.stringify({ error: 'the token is not the hash of the body' }));
    const directPath = this.#directPath(stored.path);
    return response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ url: `https://mmg.whatsapp.net${directPath}`, direct_path: directPath }));
  }

  #download(request, response, url, fault) {
    const entry = this.files.get(url.pathname);
    if (!entry || entry.gone) return response.writeHead(entry?.gone ?? 404).end();
    let { file } = entry;
    if (fault?.garble) file = Buffer.from(file.map((b, i) => (i === file.length >> 1 ? b ^ 1 : b)));
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const [start, end] = range
      ? [Number(range[1]), range[2] ? Math.min(Number(range[2]), file.length - 1) : file.length - 1]
      : [0, file.length - 1];
    if (range && start >= file.length)
      return response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end();
    const body = file.subarray(start, end + 1);
    const headers = {
      'content-type': 'application/octet-stream',
      'content-length': body.length,
      'accept-ranges': 'bytes',
      ...(range && { 'content-range': `bytes ${start}-${end}/${file.length}` }),
    };
    response.writeHead(range ? 206 : 200, headers);
    if (fault?.cut === 'body')
      return response.write(body.subarray(0, body.length >> 1), () => response.destroy());
    return response.end(body);
  }
}
