// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Zlib streams that come out the same whatever zlib a Node was built with: runs are packed, other repeats are not looked for,
// since that is where the libraries differ.
import { constants, deflateSync } from 'node:zlib';

export const deflate = (bytes) => deflateSync(bytes, { strategy: constants.Z_RLE });
