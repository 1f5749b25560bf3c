/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Payload: what we say of ourselves at the end of the handshake, as a new device or as one that is linked. Pure.
 *
 * Source: docs/protocol/connection.md, "Who we say we are".
 */
#pragma once

#include "whatsapp/codec/jid.h"
#include "whatsapp/crypto/curve.h"

G_BEGIN_DECLS

#define ULAK_DEVICE_NAME_MAX 64 /* bytes; arbitrary, phones cut it anyway */

typedef struct
{
  guint32 primary;
  guint32 secondary;
  guint32 tertiary;
} UlakClientVersion;

gboolean ulak_client_version_parse (const char *text, UlakClientVersion *version_out, GError **error);

/* What the phone is told about the device and asked to send. */
typedef struct
{
  const char *name;
  gboolean wants_full_history;
  guint history_days;    /* 0: not said */
  guint history_size_mb; /* 0: not said */
} UlakDeviceWishes;

/* Public halves of what a new device brings along. */
typedef struct
{
  guint32 registration_id;
  guint32 signed_pre_key_id;
  guint8 identity[ULAK_CURVE_PUBLIC_BYTES];
  guint8 signed_pre_key[ULAK_CURVE_PUBLIC_BYTES];
  guint8 signature[ULAK_CURVE_SIGNATURE_BYTES];
} UlakRegistration;

GBytes *ulak_payload_register (const UlakClientVersion *version, const UlakDeviceWishes *wishes, const UlakRegistration *keys);
GBytes *ulak_payload_log_in (const UlakClientVersion *version, const UlakJid *own, const char *push_name_or_null, GError **error);

G_END_DECLS
