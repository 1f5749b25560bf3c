/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Account control: what can be done to an account, for HTTP and bus alike.
 *
 * Each operation commits first, then tells systemd or the line, leaves an entry in the audit trail, and ends with the account's
 * document; a removal ends with a warning or none. Errors: INVALID, NOT_FOUND, EXISTS, FULL, UNAVAILABLE, TIMED_OUT.
 */
#pragma once

#include "api/api.h"
#include "core/context.h"

typedef enum
{
  ULAK_ACCOUNT_ADD,    /* text: the document */
  ULAK_ACCOUNT_UPDATE, /* text: the changes */
  ULAK_ACCOUNT_START,  /* wanted from now on */
  ULAK_ACCOUNT_STOP,   /* not wanted any more */
  ULAK_ACCOUNT_REMOVE, /* stopped, forgotten, its folder renamed */
  ULAK_ACCOUNT_SHOW,
} UlakAccountAction;

void ulak_account_control_async (UlakApi *api,
                                 UlakAccountAction action,
                                 const char *id,
                                 const char *text,
                                 const char *who,
                                 const UlakContext *context,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
char *ulak_account_control_finish (GAsyncResult *result, GError **error); /* (transfer full): the document */
/* For ULAK_ACCOUNT_REMOVE. warning_out: (transfer full) (nullable): the account is gone, but its folder stays. */
gboolean ulak_account_control_finish_removal (GAsyncResult *result, char **warning_out, GError **error);

/* A page of accounts by id, as a JSON array. */
void ulak_account_control_list_async (UlakApi *api, const char *cursor, guint limit, GAsyncReadyCallback callback, gpointer user_data);
char *ulak_account_control_list_finish (GAsyncResult *result, char **next_out, GError **error);

/* Asks systemd for the units of all wanted lines. */
void ulak_account_control_start_wanted_async (UlakApi *api, GAsyncReadyCallback callback, gpointer user_data);
guint ulak_account_control_start_wanted_finish (GAsyncResult *result);
