// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Nodes: every form of the wire. Rows are made anew each time, since the bytes in them come from chance.
import { bytes } from './chance.mjs';
import { unhex as hexed } from './keys.mjs';

export const n = (tag, attrs = {}, content = undefined) =>
  content === undefined ? { tag, attrs } : { tag, attrs, content };

const items = (count) => Array.from({ length: count }, (_, i) => n('item', { id: String(i) }));
const manyAttributes = (count) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, `v${i}`]));

export const makeRows = () => [
  ['tag only, single token', n('iq')],
  ['tag only, double token dict 0', n('read-self')],
  ['tag raw (not in dictionary)', n('Zz_custom-tag')],
  ['active', n('active')],
  ['one attr single/single', n('presence', { type: 'available' })],
  ['presence with push name', n('presence', { name: 'Ana María 😀', type: 'available' })],
  [
    'keepalive ping',
    n('iq', { to: '@s.whatsapp.net', type: 'get', xmlns: 'w:p', id: '1234.5678-1' }, [n('ping')]),
  ],
  ['iq result to server', n('iq', { to: 's.whatsapp.net', type: 'result', id: '12' })],
  ['attr nibble odd', n('receipt', { id: '123' })],
  ['attr nibble even', n('receipt', { id: '1234' })],
  ['attr nibble with dash and dot', n('receipt', { id: '12-3.4' })],
  ['attr nibble single digit', n('receipt', { id: '7' })],
  ['attr nibble long odd 127', n('receipt', { id: '1'.repeat(127) })],
  ['attr nibble 126', n('receipt', { id: '9'.repeat(126) })],
  ['attr hex upper even', n('receipt', { id: '3EB0ABCDEF' })],
  ['attr hex upper odd', n('receipt', { id: '3EB0ABCDE' })],
  ['attr hex one letter', n('receipt', { id: 'A' })],
  ['attr hex 22 chars (message id)', n('receipt', { id: '3EB0C767D9EF4A1B2C3D4E' })],
  ['attr lower-case hex stays raw', n('receipt', { id: '3eb0abcdef' })],
  ['attr numeric 128 chars is raw (over packed max 127)', n('receipt', { id: '1'.repeat(128) })],
  ['attr hex 128 chars is raw', n('receipt', { id: 'AB'.repeat(64) })],
  ['attr with mixed dash and hex is raw', n('receipt', { id: 'AB-12' })],
  ['jid pn user', n('receipt', { to: '15551234567@s.whatsapp.net', id: 'A1' })],
  ['jid pn user short', n('receipt', { to: '1@s.whatsapp.net', id: 'A1' })],
  ['jid lid user', n('receipt', { to: '123456789012345@lid', id: 'A1' })],
  ['jid group', n('receipt', { to: '120363012345678901@g.us', id: 'A1' })],
  ['jid old style group', n('receipt', { to: '15551234567-1577836800@g.us', id: 'A1' })],
  ['jid status broadcast', n('receipt', { to: 'status@broadcast', id: 'A1' })],
  ['jid newsletter', n('receipt', { to: '120363987654321098@newsletter', id: 'A1' })],
  ['jid call', n('receipt', { to: '15551234567@call', id: 'A1' })],
  ['jid bot', n('receipt', { to: '867051314767696@bot', id: 'A1' })],
  ['jid legacy c.us', n('receipt', { to: '16505361212@c.us', id: 'A1' })],
  ['jid non numeric user', n('receipt', { to: 'someuser@s.whatsapp.net', id: 'A1' })],
  ['jid pn device 1', n('receipt', { to: '15551234567:1@s.whatsapp.net', id: 'A1' })],
  ['jid pn device 99', n('receipt', { to: '15551234567:99@s.whatsapp.net', id: 'A1' })],
  ['jid pn device 255', n('receipt', { to: '15551234567:255@s.whatsapp.net', id: 'A1' })],
  ['jid lid device 3', n('receipt', { to: '123456789012345:3@lid', id: 'A1' })],
  ['jid hosted device 99', n('receipt', { to: '15551234567:99@hosted', id: 'A1' })],
  ['jid hosted lid device 99', n('receipt', { to: '123456789012345:99@hosted.lid', id: 'A1' })],
  ['jid odd server raw', n('receipt', { to: 'abc@example.test', id: 'A1' })],
  ['string content token', n('status', {}, 'available')],
  ['string content nibble', n('contact', {}, '15551234567')],
  ['string content raw text', n('body', {}, 'hello world')],
  ['string content +phone', n('contact', {}, '+15551234567')],
  ['bytes content empty', n('ref', {}, hexed(''))],
  ['bytes content 1', n('type', {}, hexed('05'))],
  ['bytes content 32', n('identity', {}, bytes(32))],
  ['bytes content 255', n('enc', { v: '2', type: 'msg' }, bytes(255))],
  ['bytes content 256 (BINARY_20)', n('enc', { v: '2', type: 'pkmsg' }, bytes(256))],
  ['bytes content 4096', n('enc', { v: '2', type: 'skmsg' }, bytes(4096))],
  ['bytes content that looks like ascii digits stays bytes', n('registration', {}, hexed('31323334'))],
  ['empty children list', n('list', {}, [])],
  ['attr undefined and null are skipped', n('message', { id: 'A', type: null })],
  ['list 255 children', n('list', {}, items(255))],
  ['list 256 children (LIST_16)', n('list', {}, items(256))],
  ['128 attributes (node list size 257 -> LIST_16)', n('iq', manyAttributes(128))],
  ['attr value 255 utf-8 bytes', n('iq', { name: 'é'.repeat(127) + 'x' })],
  ['attr value 256 bytes (BINARY_20)', n('iq', { name: 'é'.repeat(128) })],
  [
    'deep nesting',
    n('iq', { xmlns: 'encrypt', type: 'set', to: '@s.whatsapp.net', id: '55.66-7' }, [
      n('registration', {}, hexed('00001f2e')),
      n('type', {}, hexed('05')),
      n('identity', {}, bytes(32)),
      n('list', {}, [
        n('key', {}, [n('id', {}, hexed('000001')), n('value', {}, bytes(32))]),
        n('key', {}, [n('id', {}, hexed('000002')), n('value', {}, bytes(32))]),
      ]),
      n('skey', {}, [n('id', {}, hexed('000001')), n('value', {}, bytes(32)), n('signature', {}, bytes(64))]),
    ]),
  ],
  [
    'ack message',
    n('ack', {
      id: '3EB0C767D9EF4A1B2C3D4E',
      to: '120363012345678901@g.us',
      class: 'message',
      participant: '123456789012345:3@lid',
      type: 'text',
    }),
  ],
  ['delivery receipt', n('receipt', { id: '3EB0C767D9EF4A1B2C3D4E', to: '15551234567@s.whatsapp.net' })],
  [
    'read receipt with list',
    n(
      'receipt',
      {
        id: '3EB0C767D9EF4A1B2C3D4E',
        to: '120363012345678901@g.us',
        participant: '123456789012345@lid',
        type: 'read',
        t: '1760000000',
      },
      [
        n('list', {}, [
          n('item', { id: '3EB0000000000000000001' }),
          n('item', { id: '3EB0000000000000000002' }),
        ]),
      ],
    ),
  ],
  [
    'retry receipt',
    n('receipt', { id: '3EB0C767D9EF4A1B2C3D4E', type: 'retry', to: '123456789012345:3@lid' }, [
      n('retry', { count: '1', id: '3EB0C767D9EF4A1B2C3D4E', t: '1760000000', v: '1', error: '0' }),
      n('registration', {}, hexed('00001f2e')),
    ]),
  ],
  [
    'dm message',
    n(
      'message',
      {
        id: '3EB0C767D9EF4A1B2C3D4E',
        to: '123456789012345@lid',
        type: 'text',
        peer_recipient_pn: '15551234567@s.whatsapp.net',
      },
      [
        n('participants', {}, [
          n('to', { jid: '123456789012345@lid' }, [n('enc', { v: '2', type: 'pkmsg' }, bytes(180))]),
          n('to', { jid: '123456789012345:12@lid' }, [n('enc', { v: '2', type: 'msg' }, bytes(90))]),
        ]),
        n('device-identity', {}, bytes(150)),
      ],
    ),
  ],
  [
    'group message',
    n(
      'message',
      {
        id: '3EB0C767D9EF4A1B2C3D4E',
        to: '120363012345678901@g.us',
        type: 'text',
        addressing_mode: 'lid',
        phash: '2:abcdEFGH',
      },
      [n('enc', { v: '2', type: 'skmsg' }, bytes(150))],
    ),
  ],
  [
    'usync devices query',
    n('iq', { to: '@s.whatsapp.net', xmlns: 'usync', type: 'get', id: '1.2-3' }, [
      n('usync', { sid: '1.2-4', mode: 'query', last: 'true', index: '0', context: 'message' }, [
        n('query', {}, [n('devices', { version: '2' }), n('lid')]),
        n('list', {}, [n('user', { jid: '15551234567@s.whatsapp.net' })]),
      ]),
    ]),
  ],
  ['offline batch', n('ib', {}, [n('offline_batch', { count: '100' })])],
  ['chatstate composing', n('chatstate', { to: '123456789012345@lid' }, [n('composing')])],
  [
    'chatstate recording',
    n('chatstate', { to: '123456789012345@lid' }, [n('composing', { media: 'audio' })]),
  ],
  ['pair-device result', n('iq', { to: '@s.whatsapp.net', type: 'result', id: '2089470023' })],
  [
    'success',
    n('success', {
      t: '1760000000',
      props: '30',
      companion_enc_static: 'x',
      lid: '123456789012345:12@lid',
      status: 'active',
    }),
  ],
  ['stream error 515', n('stream:error', { code: '515' })],
  ['stream conflict', n('stream:error', {}, [n('conflict', { type: 'replaced' })])],
  ['failure 401', n('failure', { reason: '401', location: 'rva' })],
  [
    'media_conn query',
    n('iq', { id: '9.9-9', xmlns: 'w:m', type: 'set', to: '@s.whatsapp.net' }, [n('media_conn')]),
  ],
  ['digits that are dictionary tokens use the token: 200', n('error', { code: '200' })],
  ['digits that are dictionary tokens use the token: 404', n('error', { code: '404' })],
];

// Encodings that the package reads and never writes.
export const DECODED = [
  ['FB_JID attr', '00f8031906f6ff8312345f0005cc'],
  ['INTEROP_JID attr', '00f8031906f5ff8312345f00050007fc07696e7465726f70'],
  ['BINARY_32 content', '00f80219fe00000003010203'],
  ['BINARY_20 with small length', '00f80219fd000003010203'],
  ['BINARY_20 high nibble is masked', '00f80219fdf00003010203'],
  ['LIST_16 with small length', '00f9000119'],
  ['AD_JID device 0', '00f8031906f70000ff8312345f'],
  ['JID_PAIR with LIST_EMPTY user', '00f8031906fa0003'],
  ['attr value LIST_EMPTY is the empty string', '00f803190600'],
  ['content LIST_EMPTY', '00f8021900'],
];

// What the package writes and we do not: an attribute without a value, a device 0.
export const WRITTEN_OTHERWISE = [
  ['jid device 0 written explicitly', n('receipt', { to: '15551234567:0@s.whatsapp.net', id: 'A1' })],
  ['empty attr value', n('iq', { id: '1', name: '' })],
];

export const MALFORMED = [
  ['truncated node', '00f80319'],
  ['empty list at top', '0000'],
  ['tag is not a list', '00fc026971'],
  ['binary length past the end', '00f80219fc100102'],
  ['dictionary tag with nothing after', '00f801ec'],
];
