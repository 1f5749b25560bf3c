/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Signal context: what libsignal-protocol-c asks of its host, given by core and OpenSSL. Inside this room only.
 *
 * It has random bytes and HMAC, which are what signing needs and the least that the library takes.
 */
#pragma once

#include "core/random.h"

#include <signal_protocol.h>

signal_context *ulak_signal_context_new (UlakRandom *random);
