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
#include "whatsapp-handshake.pb-c.h"
#include "whatsapp-login.pb-c.h"
#include "whatsapp-message.pb-c.h"

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
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__LIDMigrationMappingSyncPayload, ulak_protobuf_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__WebMessageInfo, ulak_protobuf_free)
