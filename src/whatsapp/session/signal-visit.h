/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Signal visit: one call into libsignal on the rows of one device or one sender key. Inside this room only.
 *
 * The library asks for records and hands changed ones back while it works; what it hands back is kept here and
 * written by ulak_signal_visit_apply() only when the call succeeded. So a message that does not decrypt changes
 * nothing, and a fault of the database met inside a callback is told from a fault of the message: it is in error.
 */
#pragma once

#include "whatsapp/session/decryption.h"
#include "whatsapp/session/peers.h"
#include "whatsapp/session/session.h"

#include <signal_protocol.h>

#define ULAK_SLOT_FIRST 0
#define ULAK_SLOT_SHADOW 1
/* Of a session; the largest that two honest devices made in tests had 182 KB. */
#define ULAK_SESSION_RECORD_MAX_BYTES 524288

typedef struct
{
  UlakSession *session;
  UlakDatabase *database;
  UlakPeerDevice device;
  const char *group; /* (nullable): a visit to a sender key */
  guint slot;
  gint64 now_us;

  char name[24]; /* decimal peer id: libsignal keeps the pointer */
  signal_protocol_address address;
  signal_protocol_sender_key_name sender;

  GError *error; /* (owned): a fault of the database */
  gboolean is_loaded;
  GBytes *record; /* (owned) (nullable): as it is now */
  gboolean is_changed;
  gboolean has_new_identity;
  guint8 identity[ULAK_CURVE_PUBLIC_BYTES];
  guint32 used_pre_key;          /* 0: none */
  gboolean has_identity_changed; /* after apply: another key than the one that was known */
} UlakSignalVisit;

void ulak_signal_visit_init (UlakSignalVisit *self,
                             UlakSession *session,
                             UlakDatabase *database,
                             const UlakPeerDevice *device,
                             const char *group,
                             gint64 now_us);
void ulak_signal_visit_clear (UlakSignalVisit *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakSignalVisit, ulak_signal_visit_clear)

/* Looks at another slot, forgetting what an earlier call left. */
void ulak_signal_visit_restart (UlakSignalVisit *self, guint slot);
/* *record_out: (transfer none) (nullable) */
gboolean ulak_signal_visit_load (UlakSignalVisit *self, GBytes **record_out, GError **error);
gboolean ulak_signal_visit_apply (UlakSignalVisit *self, GError **error);
/* Around each call into the library. */
void ulak_signal_visit_enter (UlakSignalVisit *self);
void ulak_signal_visit_leave (UlakSignalVisit *self);
/* What a result of the library means. FALSE: not the message is at fault, but the database. */
gboolean ulak_signal_visit_judge (UlakSignalVisit *self, int result, UlakDecryptOutcome *outcome_out, GError **error);

/* Of the session, for the callbacks and for those who call the library. */
signal_context *ulak_session_get_context (UlakSession *self);
signal_protocol_store_context *ulak_session_get_stores (UlakSession *self);
UlakRandom *ulak_session_get_random (UlakSession *self);
void ulak_session_set_visit (UlakSession *self, UlakSignalVisit *visit);
UlakSignalVisit *ulak_session_get_visit (UlakSession *self);
void ulak_signal_stores_install (signal_protocol_store_context *stores, UlakSession *session);

/* signal-decrypt.c */
typedef int (*UlakSignalDecryptFunc) (UlakSignalVisit *visit, gpointer data, signal_buffer **plain_out);

gboolean ulak_signal_decrypt (UlakSignalVisit *visit,
                              guint slot,
                              UlakSignalDecryptFunc run,
                              gpointer data,
                              UlakDecryption *decryption_out,
                              GError **error);
GBytes *ulak_signal_take_plain (signal_buffer *buffer);

/* device-sessions.c */
gboolean ulak_device_read_state (UlakSession *session,
                                 UlakDatabase *database,
                                 const UlakPeerDevice *device,
                                 guint32 *registration_id_out,
                                 GBytes **base_key_out,
                                 GError **error);
