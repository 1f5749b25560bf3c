/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Every protobuf of data/whatsapp/proto, as protobuf-c makes them, with g_autoptr() for those that stand alone: it
 * is for messages from ulak_protobuf_unpack(), which own what they point to. A message to send is a struct on the
 * stack that owns nothing.
 */
#pragma once

#include "whatsapp/codec/protobuf.h"

#include "whatsapp-adv.pb-c.h"
#include "whatsapp-app-state.pb-c.h"
#include "whatsapp-handshake.pb-c.h"
#include "whatsapp-history.pb-c.h"
#include "whatsapp-login.pb-c.h"
#include "whatsapp-media-retry.pb-c.h"
#include "whatsapp-message.pb-c.h"
#include "whatsapp-pairing.pb-c.h"
#include "whatsapp-verified-name.pb-c.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__HandshakeMessage, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__CertChain, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__CertChain__NoiseCertificate__Details, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__ClientPayload, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__DeviceProps, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__ADVSignedDeviceIdentityHMAC, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__ADVSignedDeviceIdentity, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__ADVDeviceIdentity, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__ADVSignedKeyIndexList, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__ADVKeyIndexList, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__Message, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__PollVoteMessage, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__ReactionMessage, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__LIDMigrationMappingSyncPayload, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__WebMessageInfo, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__EventResponseMessage, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__HistorySync, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__Conversation, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__Pushname, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__GlobalSettings, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__PastParticipants, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__PhoneNumberToLIDMapping, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__SyncdPatch, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__SyncdSnapshot, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__SyncdMutations, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__SyncdSnapshotRecovery, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__SyncActionData, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__ExternalBlobReference, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__ClientPairingProps, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__PrimaryEphemeralIdentity, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__EncryptedPairingRequest, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__PairingRequest, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__ProloguePayload, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__CompanionEphemeralIdentity, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__ServerErrorReceipt, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__MediaRetryNotification, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__VerifiedNameCertificate, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__VerifiedNameCertificate__Details, ulak_protobuf_free)
