/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Inbox: callback bodies on their way from the store to their lines.
 *
 * Per account one body at a time, in the order in which they came; the next goes out only after the line has replied, that
 * is committed. Bodies of a stopped line wait until its bus name is there again. A line that is full or away is asked again
 * with backoff; a body that it calls invalid is set aside and the next one goes. A repeat after a crash is harmless: the line
 * knows what it has. It counts what waits, in the gauge ulak_inbox_rows: read once at the start, then kept with each body that
 * comes and goes. Nothing is handed over before that.
 */
#pragma once

#include "api/gateway-store.h"
#include "api/lines.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "core/random.h"

G_BEGIN_DECLS

/* Hands one body to a line; the program's asks the bus, tests' do not. */
typedef void (*UlakInboxDeliver) (const char *account,
                                  const UlakInboxRow *row,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data,
                                  gpointer deliver_data);
typedef gboolean (*UlakInboxDeliverFinish) (GAsyncResult *result, GError **error);
typedef gboolean (*UlakInboxIsPresent) (const char *account, gpointer deliver_data);

typedef struct
{
  UlakInboxDeliver deliver;
  UlakInboxDeliverFinish deliver_finish;
  UlakInboxIsPresent is_present;
  gpointer data; /* unowned, outlives the inbox */
} UlakInboxPeer;

#define ULAK_TYPE_INBOX (ulak_inbox_get_type ())
G_DECLARE_FINAL_TYPE (UlakInbox, ulak_inbox, ULAK, INBOX, GObject)

UlakInbox *ulak_inbox_new (UlakGatewayStore *store,
                           UlakClock *clock,
                           UlakRandom *random,
                           UlakMetrics *metrics,
                           const UlakInboxPeer *peer);
UlakInbox *ulak_inbox_new_for_bus (UlakGatewayStore *store,
                                   UlakClock *clock,
                                   UlakRandom *random,
                                   UlakMetrics *metrics,
                                   GDBusConnection *connection,
                                   UlakLines *lines);

/* To be called once; then bodies go out. */
void ulak_inbox_load_async (UlakInbox *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_inbox_load_finish (UlakInbox *self, GAsyncResult *result, GError **error);

/* One more body is in the store for this account. */
void ulak_inbox_added (UlakInbox *self, const char *account);
/* The account was removed, and its bodies with it. */
void ulak_inbox_forget (UlakInbox *self, const char *account);
/* Looks whether there is something for this account. */
void ulak_inbox_wake (UlakInbox *self, const char *account);
/* No further body is handed over. */
void ulak_inbox_stop (UlakInbox *self);

G_END_DECLS
