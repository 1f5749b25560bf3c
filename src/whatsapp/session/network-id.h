/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Network id: the id that a message of ours has on the network, made of our own id, so that a second try after a
 * crash is the same message for everybody. Pure; any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define ULAK_NETWORK_ID_LENGTH 22

typedef struct
{
  char text[ULAK_NETWORK_ID_LENGTH + 1]; /* "3EB0" and 18 hexadecimal digits in upper case */
} UlakNetworkId;

/* own_user: user part of our phone JID, without device. */
void ulak_network_id_make (UlakNetworkId *self, const char *own_user, const char *message_id);

G_END_DECLS
