/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Signal context: what libsignal-protocol-c asks of its host, given by core and OpenSSL. For this room and
 * whatsapp/session.
 *
 * Random bytes, HMAC, SHA-512, AES in CBC and CTR with keys of 16, 24 and 32 bytes, and a recursive lock. The
 * library keeps its own X25519, which takes four times as long as OpenSSL's: what we agree on or generate ourselves
 * goes through curve.h.
 */
#pragma once

#include "core/random.h"

#include <signal_protocol.h>

signal_context *ulak_signal_context_new (UlakRandom *random);
