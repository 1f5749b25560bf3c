// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Proves the Graph double with a client we did not write: whatsapp-api-js, unmodified. It knows only Meta's own address, so
// the fetch it is given aims that at the double; nothing leaves this machine.
//
//   node graph-client.mjs GRAPH_URL TOKEN APP_SECRET PHONE_NUMBER_ID RECIPIENT
//
// prints one JSON line with what the library made of the double's answers, and of a callback body on standard input whose
// signature is the last argument.

import { webcrypto } from 'node:crypto';
import { WhatsAppAPI } from 'whatsapp-api-js';
import { Text, Image, Location, Reaction } from 'whatsapp-api-js/messages';

globalThis.crypto ??= webcrypto; // Debian 12's Node has it, but not as a global

const [graph, token, appSecret, number, recipient, signature] = process.argv.slice(2);
const toDouble = (url, init) => fetch(String(url).replace('https://graph.facebook.com', graph), init);
const api = new WhatsAppAPI({ token, appSecret, webhookVerifyToken: 'unused', v: 'v23.0', ponyfill: { fetch: toDouble } });

async function read(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

const text = await api.sendMessage(number, recipient, new Text('hello'), undefined, 'mark-1');
const place = await api.sendMessage(number, recipient, new Location(28.9, 41.0, 'Office', 'Istanbul'));
const reaction = await api.sendMessage(number, recipient, new Reaction(text.messages[0].id, '👍'));
const read_mark = await api.markAsRead(number, text.messages[0].id, 'text');
const form = new FormData();
form.set('file', new Blob([Buffer.from('not really a picture')], { type: 'image/png' }), 'a.png');
const uploaded = await api.uploadMedia(number, form);
const media = await api.retrieveMedia(uploaded.id);
const content = await (await api.fetchMedia(media.url)).text();
const picture = await api.sendMessage(number, recipient, new Image(uploaded.id, true, 'caption'));
const refused = await api.sendMessage(number, recipient, new Image('424242', true));

let received = null;
api.on.message = ({ from, message }) => { received = { from, text: message.text?.body }; };
const body = await read(process.stdin);
if (body) await api.post(JSON.parse(body), body, signature);

console.log(JSON.stringify({ text, place, reaction, read_mark, uploaded, media, content, picture, refused, received }));
