/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Device cipher: messages between this device and one other, by a Signal session.
 *
 * Sessions are kept by peer and device. After a merge of two peers a device may have two: the LID's is the first, the
 * other one its shadow, which is tried when the first does not fit, and takes its place when it does. Identities are
 * trusted on first use and may change, which is reported. Store's thread; see session.h.
 */
#pragma once

#include "whatsapp/session/decryption.h"
#include "whatsapp/session/peers.h"
#include "whatsapp/session/session.h"

G_BEGIN_DECLS

/* plain: padded. Without a session ciphertext_out->bytes is NULL: get a bundle. */
gboolean ulak_device_encrypt (UlakSession *session,
                              UlakDatabase *database,
                              const UlakPeerDevice *to,
                              UlakSpan plain,
                              gint64 now_us,
                              UlakCiphertext *ciphertext_out,
                              GError **error);

/* kind: PKMSG or MSG. device_identity: the <device-identity> beside a pkmsg, checked when it is there. */
gboolean ulak_device_decrypt (UlakSession *session,
                              UlakDatabase *database,
                              const UlakPeerDevice *from,
                              UlakCiphertextKind kind,
                              UlakSpan bytes,
                              UlakSpan device_identity,
                              gint64 now_us,
                              UlakDecryption *decryption_out,
                              GError **error);

/* A bundle, or the <keys> of a retry receipt, as read from the node: sizes need no check before. */
typedef struct
{
  guint32 registration_id;
  UlakSpan identity; /* 32 bytes */
  gboolean has_pre_key;
  guint32 pre_key_id;
  UlakSpan pre_key; /* 32 bytes */
  guint32 signed_pre_key_id;
  UlakSpan signed_pre_key;  /* 32 bytes */
  UlakSpan signature;       /* 64 bytes */
  UlakSpan device_identity; /* serialized ADVSignedDeviceIdentity; none for device 0 */
} UlakBundle;

typedef enum
{
  ULAK_BUNDLE_OK,
  ULAK_BUNDLE_MALFORMED,     /* a key of a wrong size or no point, an id out of range */
  ULAK_BUNDLE_BAD_SIGNATURE, /* the signed pre-key is not signed by the identity */
  ULAK_BUNDLE_BAD_DEVICE,    /* the device identity does not hold */
} UlakBundleOutcome;

/* Starts a session with to; an earlier one is archived in it. has_identity_changed_out: (nullable). */
gboolean ulak_device_process_bundle (UlakSession *session,
                                     UlakDatabase *database,
                                     const UlakPeerDevice *to,
                                     const UlakBundle *bundle,
                                     gint64 now_us,
                                     UlakBundleOutcome *outcome_out,
                                     gboolean *has_identity_changed_out,
                                     GError **error);

gboolean ulak_device_has_session (UlakDatabase *database,
                                  const UlakPeerDevice *device,
                                  gboolean *has_session_out,
                                  GError **error);
/* Of the n devices those without a session: *missing_out (element-type UlakPeerDevice), in the same order. */
gboolean ulak_device_list_without_session (UlakDatabase *database,
                                           const UlakPeerDevice *devices,
                                           gsize n_devices,
                                           GArray **missing_out,
                                           GError **error);
/* What the other side called itself when the session began; 0: no session. */
gboolean ulak_device_get_registration_id (UlakSession *session,
                                          UlakDatabase *database,
                                          const UlakPeerDevice *device,
                                          guint32 *registration_id_out,
                                          GError **error);
/* Both sessions of a device, or of all devices of a peer; identities stay. */
gboolean ulak_device_delete_session (UlakDatabase *database, const UlakPeerDevice *device, GError **error);
gboolean ulak_device_delete_sessions (UlakDatabase *database, gint64 peer, GError **error);

/* *identity_out is 32 raw bytes, all zero without one: then *has_identity_out is FALSE. */
gboolean ulak_device_get_identity (UlakDatabase *database,
                                   const UlakPeerDevice *device,
                                   guint8 identity_out[ULAK_CURVE_PUBLIC_BYTES],
                                   gboolean *has_identity_out,
                                   GError **error);
gboolean ulak_device_save_identity (UlakDatabase *database,
                                    const UlakPeerDevice *device,
                                    const guint8 identity[ULAK_CURVE_PUBLIC_BYTES],
                                    gint64 now_us,
                                    gboolean *has_changed_out,
                                    GError **error);

G_END_DECLS
