// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// The handshake: the client's side by the package, the server's by a state of our own; both must come to the same keys.
import {
  aesDecryptGCM,
  aesEncryptGCM,
  encodeBinaryNode,
  hkdf,
  makeNoiseHandler,
  NOISE_WA_HEADER,
  proto,
  sha256,
} from '@whiskeysockets/baileys';
import { begin, bytes } from './chance.mjs';
import { makeAuthority, makeCases, makeChain } from './certificates.mjs';
import { makeLoginPayload, makeRow } from './client-payload.mjs';
import { PRODUCED_BY, write } from './file.mjs';
import { agree, hex, makePair, writePair } from './keys.mjs';
import { n } from './node-rows.mjs';

const NAME = Buffer.from('Noise_XX_25519_AESGCM_SHA256\0\0\0\0');
const PROLOGUE = Buffer.from(NOISE_WA_HEADER);
const ROOT = '142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b';
const silent = { child: () => silent, trace: () => {}, debug: () => {}, level: 'silent' };

const iv = (counter) => {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(counter, 8);
  return nonce;
};

class ServerState {
  constructor() {
    Object.assign(this, { hash: NAME, chain: NAME, key: NAME, counter: 0 });
  }

  mixHash(data) {
    this.hash = sha256(Buffer.concat([this.hash, data]));
  }

  mixKey(secret) {
    const made = Buffer.from(hkdf(secret, 64, { salt: this.chain, info: '' }));
    Object.assign(this, { chain: made.subarray(0, 32), key: made.subarray(32), counter: 0 });
  }

  seal(plain) {
    const sealed = aesEncryptGCM(plain, this.key, iv(this.counter++), this.hash);
    this.mixHash(sealed);
    return sealed;
  }

  open(sealed) {
    const plain = aesDecryptGCM(sealed, this.key, iv(this.counter++), this.hash);
    this.mixHash(sealed);
    return plain;
  }

  split() {
    const made = Buffer.from(hkdf(Buffer.alloc(0), 64, { salt: this.chain, info: '' }));
    return { client_to_server: made.subarray(0, 32), server_to_client: made.subarray(32) };
  }
}

const FRAMES = () => [
  [
    'client_to_server',
    encodeBinaryNode(
      n('iq', { to: '@s.whatsapp.net', id: '1.2-11', type: 'get', xmlns: 'w:p' }, [n('ping')]),
    ),
  ],
  ['client_to_server', encodeBinaryNode(n('presence', { type: 'available' }))],
  ['client_to_server', encodeBinaryNode(n('ib', {}, [n('offline_batch', { count: '100' })]))],
  ['server_to_client', encodeBinaryNode(n('success', { t: '1760000000', lid: '123456789012345@lid' }))],
  ['server_to_client', encodeBinaryNode(n('iq', { from: '@s.whatsapp.net', type: 'result', id: '12' }))],
  ['server_to_client', encodeBinaryNode(n('stream:error', { code: '515' }))],
];

const withLength = (payload) =>
  Buffer.concat([
    Buffer.from([payload.length >> 16, (payload.length >> 8) & 255, payload.length & 255]),
    payload,
  ]);

function sealFrames(transport) {
  const counters = { client_to_server: 0, server_to_client: 0 };
  return FRAMES().map(([dir, plain]) => {
    const counter = counters[dir]++;
    const frame = withLength(aesEncryptGCM(plain, transport[dir], iv(counter), Buffer.alloc(0)));
    return { dir, counter, plaintext: hex(plain), frame: hex(frame) };
  });
}

// The package sends and reads the same frames.
async function checkFrames(client, frames) {
  for (const { dir, plaintext, frame } of frames) {
    if (dir === 'client_to_server') {
      const sent = client.encodeFrame(Buffer.from(plaintext, 'hex'));
      if (!hex(sent).endsWith(frame)) throw new Error('the package sends another frame');
      continue;
    }
    let read;
    await client.decodeFrame(Buffer.from(frame, 'hex'), (node) => (read = node));
    if (hex(encodeBinaryNode(read)) !== plaintext) throw new Error('the package reads another frame');
  }
}

async function makeTranscript(name, routing) {
  const keys = {
    client_ephemeral: makePair(),
    client_static: makePair(),
    server_ephemeral: makePair(),
    server_static: makePair(),
  };
  const authority = makeAuthority();
  const chain = makeChain(authority, keys.server_static.public);
  const client = makeNoiseHandler({
    keyPair: keys.client_ephemeral,
    NOISE_HEADER: NOISE_WA_HEADER,
    logger: silent,
    routingInfo: routing,
  });
  const server = new ServerState();
  server.mixHash(PROLOGUE);
  server.mixHash(keys.client_ephemeral.public);
  server.mixHash(keys.server_ephemeral.public);
  server.mixKey(agree(keys.server_ephemeral, keys.client_ephemeral.public));
  const encryptedStatic = server.seal(keys.server_static.public);
  server.mixKey(agree(keys.server_static, keys.client_ephemeral.public));
  const hello = {
    serverHello: {
      ephemeral: keys.server_ephemeral.public,
      static: encryptedStatic,
      payload: server.seal(chain),
    },
  };
  const sealedStatic = client.processHandshake(hello, keys.client_static);
  const payload = Buffer.from(makeLoginPayload('15551234567:12@s.whatsapp.net', 'US'));
  const sealedPayload = client.encrypt(payload);
  if (hex(server.open(sealedStatic)) !== hex(keys.client_static.public))
    throw new Error('the static key does not come out');
  server.mixKey(agree(keys.server_ephemeral, keys.client_static.public));
  if (hex(server.open(sealedPayload)) !== hex(payload)) throw new Error('the payload does not come out');
  await client.finishInit();
  const transport = server.split();
  const frames = sealFrames(transport);
  const finish = { clientFinish: { static: sealedStatic, payload: sealedPayload } };
  const vector = {
    name,
    prologue: hex(PROLOGUE),
    routing_info: routing ? hex(routing) : null,
    keys: Object.fromEntries(
      Object.entries({ ...keys, test_root: authority.root, test_intermediate: authority.intermediate }).map(
        ([key, pair]) => [key, writePair(pair)],
      ),
    ),
    cert_chain: hex(chain),
    client_hello_proto: hex(
      proto.HandshakeMessage.encode({ clientHello: { ephemeral: keys.client_ephemeral.public } }).finish(),
    ),
    server_hello_proto: hex(proto.HandshakeMessage.encode(hello).finish()),
    client_payload_plain: hex(payload),
    encrypted_client_static: hex(sealedStatic),
    encrypted_client_payload: hex(sealedPayload),
    client_finish_proto: hex(proto.HandshakeMessage.encode(finish).finish()),
    transport_keys: {
      client_to_server: hex(transport.client_to_server),
      server_to_client: hex(transport.server_to_client),
    },
    intro: hex(client.encodeFrame(Buffer.alloc(0))).slice(
      0,
      2 * ((routing ? 7 + routing.length : 0) + PROLOGUE.length),
    ),
    frames,
  };
  return { vector, authority, keys, client };
}

async function makeChecked(name, routing) {
  const made = await makeTranscript(name, routing);
  const again = await replay(made.vector, routing);
  await checkFrames(again, made.vector.frames);
  return made;
}

// The intro above used up the first frame of its client: the frames are checked with one that did the same handshake again.
async function replay({ keys, server_hello_proto: hello }, routing) {
  const pair = ({ private: privateKey, public: publicKey }) => ({
    private: Buffer.from(privateKey, 'hex'),
    public: Buffer.from(publicKey, 'hex'),
  });
  const client = makeNoiseHandler({
    keyPair: pair(keys.client_ephemeral),
    NOISE_HEADER: NOISE_WA_HEADER,
    logger: silent,
    routingInfo: routing,
  });
  client.processHandshake(proto.HandshakeMessage.decode(Buffer.from(hello, 'hex')), pair(keys.client_static));
  client.encrypt(Buffer.from(makeLoginPayload('15551234567:12@s.whatsapp.net', 'US')));
  await client.finishInit();
  return client;
}

// The protobufs of the first transcript, for the tests of the codec.
export function describeHandshake(vector) {
  const { CertChain, HandshakeMessage } = proto;
  const { Details } = CertChain.NoiseCertificate;
  const chain = CertChain.decode(Buffer.from(vector.cert_chain, 'hex'));
  const wire = (member) => Buffer.from(vector[member], 'hex');
  return [
    makeRow(
      'handshake, first message of the client',
      'HandshakeMessage',
      HandshakeMessage,
      wire('client_hello_proto'),
    ),
    makeRow(
      'handshake, message of the server',
      'HandshakeMessage',
      HandshakeMessage,
      wire('server_hello_proto'),
    ),
    makeRow(
      'handshake, last message of the client',
      'HandshakeMessage',
      HandshakeMessage,
      wire('client_finish_proto'),
    ),
    makeRow('certificates of the server', 'CertChain', CertChain, wire('cert_chain')),
    makeRow('certificate, leaf', 'Details', Details, chain.leaf.details),
    makeRow('certificate, intermediate', 'Details', Details, chain.intermediate.details),
  ];
}

export async function makeNoise(folder) {
  begin('noise');
  const plain = await makeChecked('plain');
  const routed = await makeChecked('with routing info', bytes(16));
  write(folder, 'crypto/noise.json', {
    purpose: 'The Noise handshake, frames after it, and chains of certificates',
    produced_by: PRODUCED_BY,
    checked:
      'the client by makeNoiseHandler, the server by a state of its own: both came to the same keys and frames; each chain was judged again by the rules',
    production_root_public: ROOT,
    transcripts: [plain.vector, routed.vector],
    cert_cases: makeCases(plain.authority, plain.keys.server_static.public),
  });
  return plain.vector;
}
