/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Node codec: the plaintext of a frame, one byte of flags and a node, to a tree and back.
 *
 * Frames are taken apart without a copy of their contents: the tree keeps the bytes it came from.
 * What is decoded encodes to a frame that decodes to an equal tree.
 */
#pragma once

#include "whatsapp/codec/node.h"

#define ULAK_NODE_FRAME_MAX 16777199 /* bytes of a plaintext; with its tag of 16 the length fits three bytes */

UlakNode *ulak_node_decode (GBytes *frame, GError **error);
UlakNode *ulak_node_decode_head (GBytes *frame, GError **error);
GBytes *ulak_node_encode (const UlakNode *node, GError **error);
