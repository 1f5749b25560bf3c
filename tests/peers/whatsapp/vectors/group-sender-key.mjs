// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Sender keys: distribution messages, group messages in and out of order, and what must be refused.
import { proto } from '@whiskeysockets/baileys';
import {
  GroupCipher,
  GroupSessionBuilder,
  SenderKeyDistributionMessage,
  SenderKeyName,
} from '@whiskeysockets/baileys/lib/Signal/Group/index.js';
import { SenderChainKey } from '@whiskeysockets/baileys/lib/Signal/Group/sender-chain-key.js';
import { SenderKeyMessage } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-message.js';
import libsignal from 'libsignal';
import signalCrypto from 'libsignal/src/crypto.js';
import { begin, bytes } from './chance.mjs';
import { flip, hex, makePair, prefixed, writePair } from './keys.mjs';
import { PRODUCED_BY, write } from './file.mjs';
import { SignalStore } from './signal-store.mjs';
import { assertRefused, makeText, pad } from './texts.mjs';

const GROUP = '120363012345678901@g.us';
const SENDER = { jid: '123456789012345:3@lid', name: '123456789012345_1', device: 3 };
const NAME = new SenderKeyName(GROUP, new libsignal.ProtocolAddress(SENDER.name, SENDER.device));

const receive = async (skdm) => {
  const store = new SignalStore({ registrationId: 1 });
  await new GroupSessionBuilder(store).process(
    NAME,
    new SenderKeyDistributionMessage(null, null, null, null, skdm),
  );
  return new GroupCipher(store, NAME);
};

const check = async (vector) => {
  for (const order of vector.orders) {
    const cipher = await receive(Buffer.from(vector.skdm, 'hex'));
    for (const index of order) {
      const row = vector.messages[index];
      const wire = Buffer.from(row.ciphertext, 'hex');
      if (hex(await cipher.decrypt(wire)) !== row.padded)
        throw new Error('a group vector does not come back');
      await assertRefused(cipher.decrypt(wire), 'a message twice');
    }
  }
};

const wrap = (skdm) =>
  hex(
    proto.Message.encode({
      senderKeyDistributionMessage: { groupId: GROUP, axolotlSenderKeyDistributionMessage: skdm },
    }).finish(),
  );

// Every iteration, as our side sends; the group cipher of the package leaves out every other one.
const makeConsecutive = async () => {
  const keyId = bytes(4).readUInt32BE() >>> 1;
  const signing = makePair();
  const seed = bytes(32);
  const distribute = (chain) =>
    Buffer.from(
      new SenderKeyDistributionMessage(
        keyId,
        chain.getIteration(),
        chain.getSeed(),
        prefixed(signing.public),
      ).serialize(),
    );
  const chains = [new SenderChainKey(0, seed)];
  for (let i = 1; i < 6; i++) chains.push(chains[i - 1].getNext());
  const messages = chains.map((chain, i) => {
    const key = chain.getSenderMessageKey();
    const plain = makeText(`group message ${i}`);
    const padded = pad(plain, 1 + i);
    const sealed = signalCrypto.encrypt(key.getCipherKey(), padded, key.getIv());
    const wire = new SenderKeyMessage(keyId, i, sealed, signing.private).serialize();
    return { iteration: i, plaintext: hex(plain), padded: hex(padded), ciphertext: hex(wire) };
  });
  const steps = chains.map((chain, iteration) => {
    const key = chain.getSenderMessageKey();
    return {
      iteration,
      chain_key: hex(chain.getSeed()),
      message_seed: hex(key.getSeed()),
      iv: hex(key.getIv()),
      cipher_key: hex(key.getCipherKey()),
    };
  });
  const skdm = distribute(chains[0]);
  const bad = flip(Buffer.from(messages[1].ciphertext, 'hex'), messages[1].ciphertext.length * 4 - 300);
  await assertRefused((await receive(skdm)).decrypt(bad), 'a changed signature');
  const late = await receive(distribute(chains[3]));
  await assertRefused(
    late.decrypt(Buffer.from(messages[2].ciphertext, 'hex')),
    'a message from before the key',
  );
  await late.decrypt(Buffer.from(messages[3].ciphertext, 'hex'));
  return {
    name: 'consecutive iterations',
    group: GROUP,
    sender: SENDER,
    key_id: keyId,
    signing: writePair(signing),
    chain_key: hex(seed),
    skdm: hex(skdm),
    skdm_message_proto: wrap(skdm),
    skdm_at_iteration_3: hex(distribute(chains[3])),
    chain_steps: steps,
    messages,
    orders: [
      [0, 1, 2, 3, 4, 5],
      [2, 0, 5, 1, 4, 3],
    ],
    bad_signature: hex(bad),
  };
};

const makeByPackage = async () => {
  const store = new SignalStore({ registrationId: 1 });
  const skdm = await new GroupSessionBuilder(store).create(NAME);
  const cipher = new GroupCipher(store, NAME);
  const messages = [];
  for (let i = 0; i < 4; i++) {
    const plain = makeText(`by the package ${i}`);
    const padded = pad(plain, 16 - i);
    const wire = Buffer.from(await cipher.encrypt(padded));
    const { iteration } = new SenderKeyMessage(null, null, null, null, wire);
    messages.push({ iteration, plaintext: hex(plain), padded: hex(padded), ciphertext: hex(wire) });
  }
  return {
    name: 'every other iteration, as the package sends them',
    group: GROUP,
    sender: SENDER,
    key_id: skdm.getId(),
    skdm: hex(skdm.serialize()),
    skdm_message_proto: wrap(skdm.serialize()),
    messages,
    orders: [
      [0, 1, 2, 3],
      [3, 1, 0, 2],
    ],
  };
};

export const makeGroupSenderKey = async (folder) => {
  begin('group-sender-key');
  const vectors = [await makeConsecutive(), await makeByPackage()];
  for (const vector of vectors) await check(vector);
  write(folder, 'session/group-sender-key.json', {
    purpose: 'Sender keys: distribution messages and group messages',
    produced_by: PRODUCED_BY,
    schema: {
      vectors:
        'take skdm for (group, sender), then decrypt messages in each of orders, each time from the start; a second time each is refused as a duplicate, and bad_signature as invalid. With skdm_at_iteration_3 message 3 and later come out and earlier ones do not',
      wire: 'skdm = 33 || {1 id, 2 iteration, 3 chainKey, 4 signingKey (33)}; message = 33 || {1 id, 2 iteration, 3 ciphertext} || signature (64) over all before it',
    },
    checked: 'all messages were decrypted in every order and twice; the refusals were refused',
    vectors,
  });
};
