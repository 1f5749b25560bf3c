// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// The answering side of Noise_XX_25519_AESGCM_SHA256, and the two ciphers that come out of it.

import crypto from 'node:crypto';
import { agree, makePair } from './curve.mjs';
import { proto } from './wire.mjs';

const NAME = Buffer.from('Noise_XX_25519_AESGCM_SHA256\0\0\0\0');
const PROLOGUE = Buffer.from([0x57, 0x41, 0x06, 0x03]);
const NONE = Buffer.alloc(0);
const TAG_SIZE = 16;

function hash(...parts) {
  return crypto.createHash('sha256').update(Buffer.concat(parts)).digest();
}

function expand(input, salt) {
  const out = Buffer.from(crypto.hkdfSync('sha256', input, salt, NONE, 64));
  return [out.subarray(0, 32), out.subarray(32)];
}

// One direction: a key and a counter that never goes back.
export class Cipher {
  constructor(key) {
    this.key = crypto.createSecretKey(key);
    this.counter = 0;
    this.iv = Buffer.alloc(12);
  }

  #next() {
    this.iv.writeUInt32BE(this.counter, 8);
    this.counter += 1;
    return this.iv;
  }

  seal(plain, aad) {
    const cipher = crypto.createCipheriv('aes-256-gcm', this.key, this.#next());
    if (aad) cipher.setAAD(aad);
    const first = cipher.update(plain);
    cipher.final();
    return Buffer.concat([first, cipher.getAuthTag()]);
  }

  open(sealed, aad) {
    if (sealed.length < TAG_SIZE) throw new Error('a sealed frame is shorter than its tag');
    const decipher = crypto.createDecipheriv('aes-256-gcm', this.key, this.#next(), {
      authTagLength: TAG_SIZE,
    });
    if (aad) decipher.setAAD(aad);
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_SIZE));
    const plain = decipher.update(sealed.subarray(0, sealed.length - TAG_SIZE));
    decipher.final();
    return plain;
  }
}

export class Responder {
  constructor(certificate) {
    this.certificate = certificate;
    this.h = NAME;
    this.ck = NAME;
    this.cipher = new Cipher(NAME);
    this.#mixHash(PROLOGUE);
  }

  #mixHash(data) {
    this.h = hash(this.h, data);
  }

  #mixKey(secret) {
    const [ck, k] = expand(secret, this.ck);
    this.ck = ck;
    this.cipher = new Cipher(k);
  }

  #seal(plain) {
    const sealed = this.cipher.seal(plain, this.h);
    this.#mixHash(sealed);
    return sealed;
  }

  #open(sealed) {
    const plain = this.cipher.open(sealed, this.h);
    this.#mixHash(sealed);
    return plain;
  }

  // Takes the client's first frame, returns ours.
  hello(frame) {
    const { clientHello } = proto.HandshakeMessage.decode(frame);
    if (clientHello?.ephemeral?.length !== 32) throw new Error('the client hello has no ephemeral key');
    this.theirs = Buffer.from(clientHello.ephemeral);
    this.ours = makePair();
    this.#mixHash(this.theirs);
    this.#mixHash(this.ours.public);
    this.#mixKey(agree(this.ours.private, this.theirs));
    const key = this.#seal(this.certificate.static.public);
    this.#mixKey(agree(this.certificate.static.private, this.theirs));
    const payload = this.#seal(this.certificate.bytes());
    return Buffer.from(
      proto.HandshakeMessage.encode({
        serverHello: { ephemeral: this.ours.public, static: key, payload },
      }).finish(),
    );
  }

  // Takes the client's second frame, returns its static key, its payload and the two ciphers.
  finish(frame) {
    const { clientFinish } = proto.HandshakeMessage.decode(frame);
    if (!clientFinish?.static || !clientFinish.payload) throw new Error('the client finish lacks its parts');
    const key = this.#open(Buffer.from(clientFinish.static));
    this.#mixKey(agree(this.ours.private, key));
    const payload = proto.ClientPayload.decode(this.#open(Buffer.from(clientFinish.payload)));
    const [incoming, outgoing] = expand(NONE, this.ck);
    return { key, payload, incoming: new Cipher(incoming), outgoing: new Cipher(outgoing) };
  }
}
