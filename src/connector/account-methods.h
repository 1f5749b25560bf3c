/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The methods of org.ulak.Account1, grouped by noun into account-*.c; account-adapter.c lists them. Nobody else includes it.
 */
#pragma once

#include "service/call.h"

/* line: the UlakLine. */
void ulak_account_send (UlakCall *call, gpointer line);
void ulak_account_get_message (UlakCall *call, gpointer line);
void ulak_account_list_chats (UlakCall *call, gpointer line);
void ulak_account_list_messages (UlakCall *call, gpointer line);

void ulak_account_mark_read (UlakCall *call, gpointer line);

void ulak_account_upload_media (UlakCall *call, gpointer line);
void ulak_account_open_media (UlakCall *call, gpointer line);

void ulak_account_get_link (UlakCall *call, gpointer line);
void ulak_account_link (UlakCall *call, gpointer line);
void ulak_account_logout (UlakCall *call, gpointer line);

void ulak_account_get_settings (UlakCall *call, gpointer line);
void ulak_account_set_settings (UlakCall *call, gpointer line);
void ulak_account_reconfigure (UlakCall *call, gpointer line);
