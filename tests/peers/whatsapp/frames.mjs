// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Frames: a length of three bytes and the payload, in a stream whose cuts into WebSocket messages mean nothing. The first
// frame is led by the intro, which may carry routing information.

const INTRO = Buffer.from([0x57, 0x41, 0x06, 0x03]);
const ROUTED = Buffer.from([0x45, 0x44, 0x00, 0x01]);

export class FrameReader {
  constructor() {
    this.buffer = Buffer.alloc(0);
    this.hasIntro = false;
    this.routing = null;
  }

  // Returns the whole frames that these bytes complete.
  push(bytes) {
    this.buffer = this.buffer.length ? Buffer.concat([this.buffer, bytes]) : bytes;
    if (!this.hasIntro && !this.#takeIntro()) return [];
    const frames = [];
    while (this.buffer.length >= 3) {
      const size = this.buffer.readUIntBE(0, 3);
      if (this.buffer.length < size + 3) break;
      frames.push(this.buffer.subarray(3, size + 3));
      this.buffer = this.buffer.subarray(size + 3);
    }
    return frames;
  }

  #takeIntro() {
    let at = 0;
    if (this.buffer.length >= 4 && this.buffer.subarray(0, 4).equals(ROUTED)) {
      if (this.buffer.length < 7) return false;
      at = 7 + this.buffer.readUIntBE(4, 3);
    }
    if (this.buffer.length < at + 4) return false;
    if (!this.buffer.subarray(at, at + 4).equals(INTRO))
      throw new Error('the stream does not begin with the intro');
    this.routing = at ? Buffer.from(this.buffer.subarray(7, at)) : null;
    this.buffer = this.buffer.subarray(at + 4);
    this.hasIntro = true;
    return true;
  }
}

export function frame(payload) {
  if (payload.length >= 1 << 24) throw new RangeError('a frame holds less than 16 MiB');
  const out = Buffer.allocUnsafe(3 + payload.length);
  out.writeUIntBE(payload.length, 0, 3);
  payload.copy(out, 3);
  return out;
}
