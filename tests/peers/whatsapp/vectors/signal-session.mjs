// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Pairwise sessions: messages to a device of ours whose keys are known, a conversation with every ratchet key, and what
// must be refused. Everything is decrypted again here before it is written.
import libsignal from 'libsignal';
import protobufs from 'libsignal/src/protobufs.js';
import { begin, takePrivates } from './chance.mjs';
import { flip, hex } from './keys.mjs';
import { PRODUCED_BY, write } from './file.mjs';
import { SignalStore } from './signal-store.mjs';
import { assertRefused, makeText, pad } from './texts.mjs';

const RECEIVER = { name: '100000000000000_1', device: 0 };
const SENDER = { name: '123456789012345_1', device: 3 };
const SENDER_JID = '123456789012345:3@lid';

const address = ({ name, device }) => new libsignal.ProtocolAddress(name, device);
const cipherOf = (store, peer) => new libsignal.SessionCipher(store, address(peer));

const decrypt = (store, { wa_type: type, ciphertext }, peer = SENDER) => {
  const cipher = cipherOf(store, peer);
  const wire = Buffer.from(ciphertext, 'hex');
  return type === 'pkmsg' ? cipher.decryptPreKeyWhisperMessage(wire) : cipher.decryptWhisperMessage(wire);
};

const encrypt = async (store, text, padding, peer = RECEIVER) => {
  const plain = makeText(text);
  const padded = pad(plain, padding);
  const { type, body } = await cipherOf(store, peer).encrypt(padded);
  return {
    wa_type: type === 3 ? 'pkmsg' : 'msg',
    plaintext: hex(plain),
    padded: hex(padded),
    ciphertext: hex(body),
  };
};

const open = (store, bundle, peer = RECEIVER) =>
  new libsignal.SessionBuilder(store, address(peer)).initOutgoing(bundle);

const assertSame = (found, padded) => {
  if (hex(found) !== padded) throw new Error('a session vector does not come back');
};

const parse = (wire) => {
  const message = protobufs.PreKeyWhisperMessage.decode(wire.subarray(1));
  return {
    version_byte: hex(wire.subarray(0, 1)),
    registrationId: message.registrationId,
    preKeyId: message.preKeyId || null,
    signedPreKeyId: message.signedPreKeyId,
    baseKey: hex(message.baseKey),
    identityKey: hex(message.identityKey),
    message: hex(message.message),
  };
};

const makeSession = async (name, preKeyId, order) => {
  const receiver = new SignalStore({
    registrationId: 2222,
    signedId: 7,
    preKeyIds: preKeyId ? [preKeyId] : [],
  });
  const sender = new SignalStore({ registrationId: 1111 });
  await open(sender, receiver.bundle(preKeyId));
  const messages = [];
  for (let index = 0; index < order.length; index++) {
    messages.push({ index, ...(await encrypt(sender, `${name} #${index}`, 1 + (index % 16))) });
  }
  const check = receiver.fresh();
  for (const index of order) assertSame(await decrypt(check, messages[index]), messages[index].padded);
  return {
    receiver,
    vector: {
      name,
      receiver: { ...receiver.describe(preKeyId), lid_address: RECEIVER },
      sender: {
        identity_public: hex(sender.identity.public),
        registration_id: sender.registrationId,
        address: SENDER,
        jid: SENDER_JID,
      },
      decrypt_order: order,
      messages,
      first_message_parsed: parse(Buffer.from(messages[0].ciphertext, 'hex')),
    },
  };
};

// Who speaks, how often. Each change of speaker is a step of the ratchet.
const TURNS = [
  ['alice', 2],
  ['bob', 3],
  ['alice', 1],
  ['bob', 1],
  ['alice', 2],
  ['bob', 2],
];

const makeConversation = async (preKeyId) => {
  const sides = {
    alice: { store: new SignalStore({ registrationId: 1111 }), peer: RECEIVER, privates: [] },
    bob: {
      store: new SignalStore({ registrationId: 2222, signedId: 7, preKeyIds: [preKeyId] }),
      peer: SENDER,
      privates: [],
    },
  };
  const { alice, bob } = sides;
  const described = { alice: alice.store.describe(), bob: bob.store.describe(preKeyId) };
  takePrivates();
  await open(alice.store, bob.store.bundle(preKeyId));
  alice.privates.push(...takePrivates());
  const transcript = [];
  for (const [speaker, count] of TURNS) {
    const listener = speaker === 'alice' ? 'bob' : 'alice';
    for (let i = 0; i < count; i++) {
      const row = {
        from: speaker,
        ...(await encrypt(sides[speaker].store, `${speaker} ${transcript.length}`, 1, sides[speaker].peer)),
      };
      assertSame(await decrypt(sides[listener].store, row, sides[listener].peer), row.padded);
      const made = takePrivates();
      sides[listener].privates.push(...made);
      transcript.push({ ...row, made_by_listener: made.map(hex) });
    }
  }
  return {
    name: 'a conversation with all ratchet keys',
    alice: { ...described.alice, address: SENDER, privates_made: alice.privates.map(hex) },
    bob: { ...described.bob, address: RECEIVER, privates_made: bob.privates.map(hex) },
    transcript,
  };
};

const withSignedId = (wire, id) => {
  const message = protobufs.PreKeyWhisperMessage.decode(wire.subarray(1));
  message.signedPreKeyId = id;
  return Buffer.concat([wire.subarray(0, 1), protobufs.PreKeyWhisperMessage.encode(message).finish()]);
};

// The last bit of the inner MAC; identity, registration and signed key stand behind it in the outer message.
const withBadMac = (wire) => {
  const message = protobufs.PreKeyWhisperMessage.decode(wire.subarray(1));
  message.message = flip(message.message, message.message.length * 8 - 1);
  return Buffer.concat([wire.subarray(0, 1), protobufs.PreKeyWhisperMessage.encode(message).finish()]);
};

const makeNegatives = async ({ receiver, vector }) => {
  const wire = Buffer.from(vector.messages[0].ciphertext, 'hex');
  const rows = [
    {
      name: 'MAC of the inner message changed',
      ciphertext: hex(withBadMac(wire)),
      libsignal_protocol_c: 'SG_ERR_INVALID_MESSAGE',
      expect: 'invalid message (retry reason 4 or 7)',
    },
    {
      name: 'unknown signed pre-key id',
      ciphertext: hex(withSignedId(wire, 9)),
      libsignal_protocol_c: 'SG_ERR_INVALID_KEY_ID',
      expect: 'invalid key id (retry reason 3)',
    },
    {
      name: 'one-time key already deleted',
      ciphertext: hex(wire),
      without_prekey: true,
      libsignal_protocol_c: 'SG_ERR_INVALID_KEY_ID',
      expect: 'invalid key id (retry reason 3)',
    },
    {
      name: 'same message twice',
      ciphertext: hex(wire),
      after_first_success: true,
      libsignal_protocol_c: 'SG_ERR_DUPLICATE_MESSAGE',
      expect: 'duplicate: acknowledge, do not ask for a retry',
    },
  ];
  for (const row of rows) {
    const store = receiver.fresh();
    if (row.without_prekey) store.preKeys.clear();
    if (row.after_first_success) await decrypt(store, vector.messages[0]);
    await assertRefused(decrypt(store, { wa_type: 'pkmsg', ciphertext: row.ciphertext }), row.name);
  }
  return rows.map((row) => ({ receiver_of: vector.name, ...row }));
};

export const makeSignalSession = async (folder) => {
  begin('signal-session');
  const inOrder = await makeSession('pkmsg with one-time key, in order', 31, [0, 1, 2, 3]);
  const sessions = [
    inOrder,
    await makeSession('pkmsg with one-time key, out of order', 32, [3, 0, 5, 1, 4, 2]),
    await makeSession('pkmsg without one-time key', undefined, [0, 1]),
  ];
  write(folder, 'session/signal-session.json', {
    purpose:
      'Signal sessions between two devices: decryption with all keys of the receiver, a conversation, refusals',
    produced_by: { ...PRODUCED_BY, signal_package: 'libsignal 6' },
    schema: {
      sessions:
        'the receiver has every private key; messages[i].ciphertext is the content of <enc>; decrypted in decrypt_order under the address of the sender they give padded',
      conversations:
        'privates_made: the private keys that a side draws, in this order; with them the ciphertexts come out byte for byte. made_by_listener: those drawn while that message was decrypted',
      negatives: 'what must fail, and as what',
    },
    checked:
      'every message was decrypted in its order and every negative was refused by the package that made it',
    sessions: sessions.map(({ vector }) => vector),
    conversations: [await makeConversation(33)],
    negatives: await makeNegatives(inOrder),
  });
};
