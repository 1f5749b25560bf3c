/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Passkey assertion: the PublicKeyCredential, as JSON, by which the owner's browser or security key answers a challenge. Pure.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define ULAK_PASSKEY_JSON_MAX 65536 /* bytes: of an assertion, and of a challenge */

typedef struct
{
  guint epoch;           /* of the connection whose challenge it answers; the caller's */
  char *text;            /* (owned): as it came */
  GBytes *credential_id; /* (owned) */
} UlakPasskeyAssertion;

/* Errors: INVALID names the member that is not right. */
UlakPasskeyAssertion *ulak_passkey_assertion_parse (const char *text, GError **error);
void ulak_passkey_assertion_free (gpointer self);

G_END_DECLS
