/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Linked account: who a line is, and the door that stanzas come in by.
 *
 * The chat cannot read a stanza before it knows whose it is; those that come earlier wait here in order. What does not fit comes
 * again at the next login, since nobody acknowledged it. Main thread only.
 */
#pragma once

#include "whatsapp/chat/chat.h"
#include "whatsapp/link/link.h"
#include "whatsapp/session/credentials.h"

G_BEGIN_DECLS

typedef struct _UlakLinkedAccount UlakLinkedAccount;

typedef struct
{
  UlakStore *store;       /* unowned, as all */
  UlakSeal *seal;
  UlakRandom *random;
  UlakChat *chat;
  UlakMediaClient *media;
} UlakLinkedAccountOptions;

UlakLinkedAccount *ulak_linked_account_new (const UlakLinkedAccountOptions *options);
void ulak_linked_account_free (UlakLinkedAccount *self);

/* Stanzas of the link go through the account from now on. link: outlives it. */
void ulak_linked_account_watch (UlakLinkedAccount *self, UlakLink *link);

/* The credentials as they are in the database now; *credentials_out is NULL when the line is not linked. owner: keeps the account;
 * it is kept until the callback. Errors: DAMAGED; those of the store. */
void ulak_linked_account_load_async (UlakLinkedAccount *self, GObject *owner, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_linked_account_load_finish (GAsyncResult *result, UlakCredentials **credentials_out, GError **error);

/* This is who the line is: what waits goes in. */
void ulak_linked_account_use (UlakLinkedAccount *self, UlakCredentials *credentials);
/* The line is nobody now, or somebody else: what waits was not for it. */
void ulak_linked_account_forget (UlakLinkedAccount *self);
/* The connection is lost: what waits comes again. */
void ulak_linked_account_drop_early (UlakLinkedAccount *self);

G_END_DECLS
