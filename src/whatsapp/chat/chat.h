/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Chat: the messages of a linked line, in and out, without a loss.
 *
 * In: a stanza becomes one batch of the line's store. Decryption, the ratchet, the rows and the events are one transaction;
 * only once it is durable a receipt or ack leaves, in the order in which the stanzas came. A commit that fails answers
 * nothing: the server brings the stanza again. Out: what is encrypted and the plaintext that a retry will ask for are durable
 * before the first byte leaves.
 *
 * Stanzas are taken from the link by ulak_chat_take_stanza(), in order; each is held at the link until it is answered, which
 * bounds how many are under way. Other parts of the room (groups, history, app state, calls) join in by handlers. Owned by
 * the linked backend. Main thread only, unless said otherwise.
 */
#pragma once

#include "connector/line.h"
#include "core/clock.h"
#include "core/random.h"
#include "whatsapp/chat/address.h"
#include "whatsapp/chat/wire.h"
#include "whatsapp/codec/protobufs.h"
#include "whatsapp/media/media-client.h"
#include "whatsapp/session/session.h"

G_BEGIN_DECLS

#define ULAK_TYPE_CHAT (ulak_chat_get_type ())
G_DECLARE_FINAL_TYPE (UlakChat, ulak_chat, ULAK, CHAT, GObject)

typedef struct
{
  UlakLine *line; /* unowned, outlives the chat */
  UlakWire *wire;
  UlakMediaClient *media; /* (nullable): without it no files are sent */
  UlakClock *clock;
  UlakRandom *random; /* the system's, except in tests; used on the store's thread, too */
} UlakChatOptions;

UlakChat *ulak_chat_new (const UlakChatOptions *options);

/* The account, and who we are in it. Before the first stanza, and again after pairing or when the server tells our LID.
 * Nothing is sent or taken without it. */
void ulak_chat_set_account (UlakChat *self, UlakSession *session, const UlakMe *me);

/* A <message>, <receipt>, <notification> or <call> of the link: always taken, and always acknowledged. The backend passes on
 * what the link's handlers for these tags get. */
void ulak_chat_take_stanza (UlakChat *self, const UlakNode *stanza);

/* The link is online, or no longer: answers to stanzas of an old connection are not sent on a new one. */
void ulak_chat_connected (UlakChat *self);
void ulak_chat_disconnected (UlakChat *self);

/* Whether we show ourselves as online; delivery receipts say `inactive` otherwise. FALSE at first. */
void ulak_chat_set_available (UlakChat *self, gboolean is_available);
/* No read receipts, no typing. FALSE at first. */
void ulak_chat_set_ghost (UlakChat *self, gboolean is_ghost);
/* The account's privacy setting `readreceipts` is `none`: only our own devices learn what was read. FALSE at first. */
void ulak_chat_set_hides_reading (UlakChat *self, gboolean hides_reading);
/* Whether our account's 1:1 chats are addressed by LID, when the server's property 9435 or the pairing says it; UNKNOWN at
 * first, then by what the credentials of the account say. What the chat finds out itself it saves there. */
void ulak_chat_set_migration (UlakChat *self, UlakLidMigration migration);

/* As UlakBackend.new_parcel() and send_async(). */
UlakParcel *ulak_chat_new_parcel (UlakChat *self);
void ulak_chat_send_async (UlakChat *self,
                           const UlakOutbound *outbound,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
UlakSendResult *ulak_chat_send_finish (UlakChat *self, GAsyncResult *result);
/* As UlakBackend.mark_messages_async(): nothing leaves in ghost mode. Errors: INVALID, WRONG_STATE (not connected), FULL. */
void ulak_chat_mark_messages_async (UlakChat *self,
                                    const UlakReadMark *mark,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
gboolean ulak_chat_mark_messages_finish (UlakChat *self, GAsyncResult *result, GError **error);

/* A message to our own phone (device 0): key requests, history on demand. message: an unpadded Message, of content-write.h.
 * priority: "high" or "high_force". Finishes when the server has it. Errors: UNAVAILABLE, TIMED_OUT, REMOTE, WRONG_STATE. */
void ulak_chat_send_peer_async (UlakChat *self,
                                GBytes *message,
                                const char *priority,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
gboolean ulak_chat_send_peer_finish (UlakChat *self, GAsyncResult *result, GError **error);

/* Waits until everything under way is answered or given up; nothing is taken after this. */
void ulak_chat_stop_async (UlakChat *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_chat_stop_finish (UlakChat *self, GAsyncResult *result, GError **error);

/* --- handlers: what others do with stanzas, in the same transaction --- */

/* On the store's writer thread, in the transaction of the stanza; may run twice, must not touch main-thread objects. inbound:
 * items are added to it by ulak_inbound_add_*(). An error fails the commit, and nothing is acknowledged: what is wrong with
 * the stanza itself is no error but logged and let go. */
typedef gboolean (*UlakStanzaWork) (UlakDatabase *database,
                                    UlakInbound *inbound,
                                    const UlakNode *stanza,
                                    gpointer data,
                                    GError **error);
/* On the main thread, after the commit, right before the ack leaves. */
typedef void (*UlakStanzaDone) (UlakChat *self, const UlakNode *stanza, gpointer data);

/* tag: "notification" or "receipt" (type: its type), or "call" (type: ""). Before the first stanza. One handler each beside the
 * room's own, which runs first. work, done: either may be NULL. data lives as long as the chat does. */
void ulak_chat_handle (UlakChat *self,
                       const char *tag,
                       const char *type,
                       UlakStanzaWork work,
                       UlakStanzaDone done,
                       gpointer data);

/* Protocol messages of our own phone (device 0), checked to be so. Before the first stanza. work runs on the store's thread as
 * above; done after the commit; either may be NULL. protocol lives during the call only; done gets the type. History
 * notifications (ulak_history_note()), key shares (ulak_app_state_keep_keys()), mappings of LIDs and placeholders that the phone
 * answers are stored by the chat itself: for them done tells that there is something new. */
typedef gboolean (*UlakProtocolWork) (UlakDatabase *database,
                                      UlakInbound *inbound,
                                      const UlakNode *stanza,
                                      const Wa__ProtocolMessage *protocol,
                                      gpointer data,
                                      GError **error);
typedef void (*UlakProtocolDone) (UlakChat *self, Wa__ProtocolMessage__Type type, gpointer data);

void ulak_chat_handle_protocol (UlakChat *self,
                                Wa__ProtocolMessage__Type type,
                                UlakProtocolWork work,
                                UlakProtocolDone done,
                                gpointer data);

UlakLine *ulak_chat_get_line (UlakChat *self);
UlakWire *ulak_chat_get_wire (UlakChat *self);
UlakClock *ulak_chat_get_clock (UlakChat *self);
UlakRandom *ulak_chat_get_random (UlakChat *self);
const UlakMe *ulak_chat_get_me (UlakChat *self);
/* Whether direct chats are addressed by LID, as far as we know. */
gboolean ulak_chat_is_lid (UlakChat *self);

G_END_DECLS
