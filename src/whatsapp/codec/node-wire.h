/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The first bytes of everything in a binary node, for node-decode.c and node-encode.c. Source:
 * docs/protocol/nodes.md.
 */
#pragma once

#define ULAK_WIRE_FLAG_DEFLATED 0x02

#define ULAK_WIRE_PACKED_MAX 127 /* characters */
#define ULAK_WIRE_PACKED_ODD 0x80
#define ULAK_WIRE_PACKED_FILLER 15
#define ULAK_WIRE_NIBBLES "0123456789-."
#define ULAK_WIRE_HEX "0123456789ABCDEF"
#define ULAK_WIRE_BINARY_20_MAX 0xfffff

typedef enum
{
  ULAK_WIRE_LIST_EMPTY = 0,
  /* 1 to 235 are tokens, 236 to 239 dictionaries of tokens */
  ULAK_WIRE_DICTIONARY_0 = 236,
  ULAK_WIRE_DICTIONARY_3 = 239,
  ULAK_WIRE_INTEROP_JID = 245,
  ULAK_WIRE_MESSENGER_JID = 246,
  ULAK_WIRE_DEVICE_JID = 247,
  ULAK_WIRE_LIST_8 = 248,
  ULAK_WIRE_LIST_16 = 249,
  ULAK_WIRE_JID_PAIR = 250,
  ULAK_WIRE_HEX_8 = 251,
  ULAK_WIRE_BINARY_8 = 252,
  ULAK_WIRE_BINARY_20 = 253,
  ULAK_WIRE_BINARY_32 = 254,
  ULAK_WIRE_NIBBLE_8 = 255,
} UlakWireTag;
