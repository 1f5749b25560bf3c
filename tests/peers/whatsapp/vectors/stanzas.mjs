// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Stanzas as a server sends them, who the package takes for their chat and author, and its acknowledgements.
import { buildAckStanza, decodeMessageNode, extractAddressingContext } from '@whiskeysockets/baileys';
import { begin } from './chance.mjs';
import { PRODUCED_BY, write } from './file.mjs';
import { n } from './node-rows.mjs';
import { makeVector } from './nodes.mjs';
import { makeRows } from './stanza-rows.mjs';

const OWN = { pn: '15550001111:12@s.whatsapp.net', lid: '100000000000000:12@lid' };
const PARSE_ERROR = 487;

const OTHERS = [
  ['delivery receipt', n('receipt', { id: 'B1', from: '123456789012345:3@lid', t: '1760000000' })],
  [
    'read receipt in a group',
    n('receipt', {
      id: 'B2',
      from: '120363012345678901@g.us',
      participant: '123456789012345@lid',
      type: 'read',
      t: '1760000000',
    }),
  ],
  [
    'receipt from own device with recipient',
    n('receipt', {
      id: 'B3',
      from: '15550001111@s.whatsapp.net',
      recipient: '15551234567@s.whatsapp.net',
      type: 'sender',
    }),
  ],
  [
    'retry receipt',
    n('receipt', { id: 'B4', from: '123456789012345:3@lid', type: 'retry' }, [
      n('retry', { count: '1', id: 'B4', t: '1', v: '1' }),
    ]),
  ],
  [
    'notification encrypt',
    n('notification', { id: 'B5', from: '@s.whatsapp.net', type: 'encrypt' }, [n('count', { value: '7' })]),
  ],
  [
    'notification devices',
    n('notification', { id: 'B6', from: '15551234567@s.whatsapp.net', type: 'devices' }),
  ],
  [
    'notification w:gp2',
    n('notification', {
      id: 'B7',
      from: '120363012345678901@g.us',
      participant: '123456789012345@lid',
      type: 'w:gp2',
    }),
  ],
  [
    'notification companion_reg_refresh (before login)',
    n('notification', { id: 'B8', from: '@s.whatsapp.net', type: 'companion_reg_refresh' }, [
      n('companion_reg_refresh'),
    ]),
  ],
  ['call offer', n('call', { id: 'B9', from: '123456789012345@lid' }, [n('offer', { 'call-id': 'C' })])],
];

async function makeMessage([name, node]) {
  const { author, fullMessage } = decodeMessageNode(node, OWN.pn, OWN.lid);
  const { addressingMode, senderAlt = null } = extractAddressingContext(node);
  return {
    ...(await makeVector([name, node])),
    expected: {
      chat: fullMessage.key.remoteJid,
      from_me: fullMessage.key.fromMe,
      author,
      addressing_mode: addressingMode,
      sender_alt: senderAlt,
    },
    ack_when_one_is_due: buildAckStanza(node, undefined, OWN.pn),
    ack_with_error_487: buildAckStanza(node, PARSE_ERROR, OWN.pn),
  };
}

const makeOther = async ([name, node]) => ({
  ...(await makeVector([name, node])),
  ack: buildAckStanza(node),
});

export async function makeStanzas(folder) {
  begin('stanzas');
  const vectors = [];
  for (const row of makeRows()) vectors.push(await makeMessage(row));
  for (const row of OTHERS) vectors.push(await makeOther(row));
  write(folder, 'stanzas.json', { produced_by: PRODUCED_BY, own: OWN, vectors });
}
