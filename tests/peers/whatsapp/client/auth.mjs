// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Where the client keeps its keys: the package's own folder of files behind its own cache, or memory that forgets all.
import { initAuthCreds, makeCacheableSignalKeyStore, useMultiFileAuthState } from '@whiskeysockets/baileys';

function makeMemoryKeys() {
  const kept = new Map();
  const listOf = (type) => kept.get(type) ?? kept.set(type, new Map()).get(type);
  return {
    get: (type, ids) =>
      Object.fromEntries(ids.map((id) => [id, listOf(type).get(id)]).filter(([, value]) => value)),
    set: (changes) => {
      for (const [type, values] of Object.entries(changes)) {
        for (const [id, value] of Object.entries(values)) {
          if (value) listOf(type).set(id, value);
          else listOf(type).delete(id);
        }
      }
    },
    clear: () => kept.clear(),
  };
}

// The package writes its files in place: who exits in the middle of that leaves half a file behind. settle() waits.
class Pending {
  #running = new Set();

  track(call) {
    return async (...args) => {
      const running = Promise.resolve(call(...args));
      this.#running.add(running);
      try {
        return await running;
      } finally {
        this.#running.delete(running);
      }
    };
  }

  async settle() {
    while (this.#running.size > 0) await Promise.allSettled([...this.#running]);
  }
}

export async function openAuth({ store, auth, logger }) {
  if (store === 'memory') {
    return { state: { creds: initAuthCreds(), keys: makeMemoryKeys() }, save: () => {}, settle: () => {} };
  }
  const { state, saveCreds } = await useMultiFileAuthState(auth);
  const pending = new Pending();
  const keys = { ...state.keys, set: pending.track(state.keys.set) };
  return {
    state: { creds: state.creds, keys: makeCacheableSignalKeyStore(keys, logger) },
    save: pending.track(saveCreds),
    settle: () => pending.settle(),
  };
}
