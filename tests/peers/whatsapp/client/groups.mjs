// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The Ulak authors
//
// Groups: what members and admins may do.
export function makeGroups(connection) {
  const sock = () => connection.sock;
  const change =
    (action) =>
    ({ group, members }) =>
      sock().groupParticipantsUpdate(group, members, action);
  const set =
    (setting) =>
    ({ group }) =>
      sock().groupSettingUpdate(group, setting);
  return {
    createGroup: ({ subject, members }) => sock().groupCreate(subject, members),
    readGroup: ({ group }) => sock().groupMetadata(group),
    listGroups: () => sock().groupFetchAllParticipating(),
    leaveGroup: ({ group }) => sock().groupLeave(group),
    setSubject: ({ group, subject }) => sock().groupUpdateSubject(group, subject),
    setDescription: ({ group, description }) => sock().groupUpdateDescription(group, description),
    addMembers: change('add'),
    removeMembers: change('remove'),
    promote: change('promote'),
    demote: change('demote'),
    readInvite: ({ group }) => sock().groupInviteCode(group),
    revokeInvite: ({ group }) => sock().groupRevokeInvite(group),
    describeInvite: ({ code }) => sock().groupGetInviteInfo(code),
    joinGroup: ({ code }) => sock().groupAcceptInvite(code),
    acceptInvite: ({ message }) => sock().groupAcceptInviteV4(message.key, message.invite),
    listJoinRequests: ({ group }) => sock().groupRequestParticipantsList(group),
    answerJoinRequests: ({ group, members, action }) =>
      sock().groupRequestParticipantsUpdate(group, members, action),
    setGroupTimer: ({ group, seconds }) => sock().groupToggleEphemeral(group, seconds),
    setMemberAddMode: ({ group, mode }) => sock().groupMemberAddMode(group, mode),
    setApprovalMode: ({ group, mode }) => sock().groupJoinApprovalMode(group, mode),
    announceOnly: set('announcement'),
    announceAll: set('not_announcement'),
    lockGroup: set('locked'),
    unlockGroup: set('unlocked'),
  };
}
