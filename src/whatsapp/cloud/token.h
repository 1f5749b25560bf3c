/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Token: the access token of a line, looked up when it is needed and kept until it is refused or changed.
 *
 * Many calls that need it at once share one look-up. A token that cannot stand in a header is treated as missing.
 */
#pragma once

#include "core/secret-source.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

#define ULAK_TYPE_TOKEN (ulak_token_get_type ())
G_DECLARE_FINAL_TYPE (UlakToken, ulak_token, ULAK, TOKEN, GObject)

UlakToken *ulak_token_new (UlakSecretSource *source, const char *name);
void ulak_token_get_async (UlakToken *self,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
UlakSecret *ulak_token_get_finish (UlakToken *self, GAsyncResult *result, GError **error);
void ulak_token_forget (UlakToken *self, UlakSecret *refused_or_null);
void ulak_token_put_on (UlakSecret *secret, SoupMessageHeaders *headers);
const char *ulak_token_error_code (const GError *error);

G_END_DECLS
