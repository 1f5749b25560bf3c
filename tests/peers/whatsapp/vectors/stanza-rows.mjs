// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Stanzas as a server sends them: who is who in each kind of chat.
import { bytes } from './chance.mjs';
import { n } from './node-rows.mjs';

export const makeRows = () => [
  [
    'direct message, LID addressed',
    n(
      'message',
      {
        id: 'A1',
        from: '123456789012345@lid',
        sender_pn: '15551234567@s.whatsapp.net',
        addressing_mode: 'lid',
        type: 'text',
        t: '1760000000',
        notify: 'Ana',
      },
      [n('enc', { v: '2', type: 'msg' }, bytes(40))],
    ),
  ],
  [
    'direct message, PN addressed, from a companion',
    n(
      'message',
      {
        id: 'A2',
        from: '15551234567:3@s.whatsapp.net',
        sender_lid: '123456789012345@lid',
        type: 'text',
        t: '1760000000',
        notify: 'Ana',
      },
      [n('enc', { v: '2', type: 'msg' }, bytes(40))],
    ),
  ],
  [
    'own message from the phone to a contact (device sent)',
    n(
      'message',
      {
        id: 'A3',
        from: '15550001111@s.whatsapp.net',
        recipient: '15551234567@s.whatsapp.net',
        type: 'text',
        t: '1760000000',
      },
      [n('enc', { v: '2', type: 'msg' }, bytes(40))],
    ),
  ],
  [
    'own message from the phone, LID addressed',
    n(
      'message',
      {
        id: 'A4',
        from: '100000000000000@lid',
        recipient: '123456789012345@lid',
        peer_recipient_pn: '15551234567@s.whatsapp.net',
        addressing_mode: 'lid',
        type: 'text',
        t: '1760000000',
      },
      [n('enc', { v: '2', type: 'msg' }, bytes(40))],
    ),
  ],
  [
    'peer message from the own phone',
    n(
      'message',
      { id: 'A5', from: '15550001111@s.whatsapp.net', category: 'peer', type: 'text', t: '1760000000' },
      [n('enc', { v: '2', type: 'msg' }, bytes(40))],
    ),
  ],
  [
    'group message, LID mode',
    n(
      'message',
      {
        id: 'A6',
        from: '120363012345678901@g.us',
        participant: '123456789012345:3@lid',
        participant_pn: '15551234567@s.whatsapp.net',
        addressing_mode: 'lid',
        type: 'text',
        t: '1760000000',
        notify: 'Ana',
      },
      [n('enc', { v: '2', type: 'msg' }, bytes(40))],
    ),
  ],
  [
    'group message, PN mode',
    n(
      'message',
      {
        id: 'A7',
        from: '120363012345678901@g.us',
        participant: '15551234567@s.whatsapp.net',
        participant_lid: '123456789012345@lid',
        addressing_mode: 'pn',
        type: 'media',
        t: '1760000000',
      },
      [n('enc', { v: '2', type: 'msg' }, bytes(40))],
    ),
  ],
  [
    'own group message from another own device',
    n(
      'message',
      {
        id: 'A8',
        from: '120363012345678901@g.us',
        participant: '100000000000000@lid',
        addressing_mode: 'lid',
        type: 'text',
        t: '1760000000',
      },
      [n('enc', { v: '2', type: 'msg' }, bytes(40))],
    ),
  ],
  [
    'status update',
    n(
      'message',
      {
        id: 'A9',
        from: 'status@broadcast',
        participant: '15551234567@s.whatsapp.net',
        type: 'media',
        t: '1760000000',
      },
      [n('enc', { v: '2', type: 'msg' }, bytes(40))],
    ),
  ],
  [
    'newsletter post',
    n(
      'message',
      { id: 'AA', from: '120363987654321098@newsletter', server_id: '105', type: 'text', t: '1760000000' },
      [n('enc', { v: '2', type: 'msg' }, bytes(40))],
    ),
  ],
  [
    'offline message with a retry count',
    n('message', { id: 'AB', from: '123456789012345@lid', offline: '3', type: 'text', t: '1750000000' }, [
      n('enc', { v: '2', type: 'msg' }, bytes(40)),
    ]),
  ],
];
