// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Around an account: presence, receipts, profile, blocks, look-ups, calls, app state, history, logging out.
export function makeAccount(connection, kept) {
  const sock = () => connection.sock;
  const keysOf = (messages) => messages.map((message) => kept.get(message).key);
  const lastOf = (messages) =>
    (messages ?? []).map((message) => {
      const { key, messageTimestamp } = kept.get(message);
      return { key, messageTimestamp };
    });
  const modify =
    (make) =>
    ({ chat, ...more }) =>
      sock().chatModify(make(more), chat);
  return {
    setPresence: ({ presence, chat }) => sock().sendPresenceUpdate(presence, chat), // available, composing, recording, paused
    subscribePresence: ({ user }) => sock().presenceSubscribe(user),
    readMessages: ({ messages }) => sock().readMessages(keysOf(messages)),
    sendReceipt: ({ chat, participant, ids, type }) => sock().sendReceipt(chat, participant, ids, type),
    setName: ({ name }) => sock().updateProfileName(name),
    setAbout: ({ text }) => sock().updateProfileStatus(text),
    readAbout: ({ users }) => sock().fetchStatus(...users),
    setPicture: ({ of, file }) => sock().updateProfilePicture(of, file),
    removePicture: ({ of }) => sock().removeProfilePicture(of),
    readPicture: ({ of, size = 'preview' }) => sock().profilePictureUrl(of, size),
    listBlocked: () => sock().fetchBlocklist(),
    block: ({ user }) => sock().updateBlockStatus(user, 'block'),
    unblock: ({ user }) => sock().updateBlockStatus(user, 'unblock'),
    lookUp: ({ numbers }) => sock().onWhatsApp(...numbers),
    rejectCall: ({ call, from }) => sock().rejectCall(call, from),
    archive: modify(({ is_archived: archive = true, last }) => ({ archive, lastMessages: lastOf(last) })),
    mute: modify(({ until_ms: mute = null }) => ({ mute })),
    pinChat: modify(({ is_pinned: pin = true }) => ({ pin })),
    markRead: modify(({ is_read: markRead = true, last }) => ({ markRead, lastMessages: lastOf(last) })),
    deleteChat: modify(({ last }) => ({ delete: true, lastMessages: lastOf(last) })),
    clearChat: modify(({ last }) => ({ clear: true, lastMessages: lastOf(last) })),
    star: ({ chat, messages, is_starred: isStarred = true }) =>
      sock().star(
        chat,
        keysOf(messages).map(({ id, fromMe }) => ({ id, fromMe })),
        isStarred,
      ),
    deleteForMe: ({ chat, message }) => {
      const { key, messageTimestamp } = kept.get(message);
      return sock().chatModify(
        { deleteForMe: { key, timestamp: messageTimestamp, deleteMedia: false } },
        chat,
      );
    },
    setContact: ({ user, name }) =>
      sock().addOrEditContact(user, { fullName: name, saveOnPrimaryAddressbook: true }),
    resyncAppState: ({ collections, is_initial: isInitial = false }) =>
      sock().resyncAppState(collections, isInitial),
    askHistory: ({ oldest, count = 50 }) => {
      const { key, messageTimestamp } = kept.get(oldest);
      return sock().fetchMessageHistory(count, key, messageTimestamp);
    },
    logOut: () => sock().logout(),
  };
}
