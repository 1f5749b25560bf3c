/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Keys: who calls the HTTP API.
 *
 * A key is "ulak_<id>_<secret>": an id that is no secret, and 256 random bits. Only the BLAKE2b hash of the secret is kept; at
 * 256 bits of randomness a slow password hash would add nothing. All keys are held in memory (this process is their
 * only writer), so that a check never waits; it compares in constant time, for unknown ids too. When a key was last used is
 * written at most every five minutes.
 */
#pragma once

#include "api/gateway-store.h"
#include "core/clock.h"
#include "core/random.h"

G_BEGIN_DECLS

#define ULAK_KEYS_MAX 1000
#define ULAK_KEY_NAME_MAX 64

/* Who a request comes from. Users with a session are a later kind. */
typedef enum
{
  ULAK_PRINCIPAL_NOBODY,
  ULAK_PRINCIPAL_KEY,
} UlakPrincipalKind;

typedef struct
{
  UlakPrincipalKind kind;
  const char *id; /* (nullable): unowned, interned */
} UlakPrincipal;

#define ULAK_TYPE_KEYS (ulak_keys_get_type ())
G_DECLARE_FINAL_TYPE (UlakKeys, ulak_keys, ULAK, KEYS, GObject)

UlakKeys *ulak_keys_new (UlakGatewayStore *store, UlakClock *clock, UlakRandom *random);

void ulak_keys_load_async (UlakKeys *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_keys_load_finish (UlakKeys *self, GAsyncResult *result, GError **error);

gboolean ulak_keys_check (UlakKeys *self, const char *text, UlakPrincipal *principal_out);

void ulak_keys_add_async (UlakKeys *self, const char *name, GAsyncReadyCallback callback, gpointer user_data);
char *ulak_keys_add_finish (UlakKeys *self, GAsyncResult *result, char **id_out, GError **error);
void ulak_keys_remove_async (UlakKeys *self, const char *id, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_keys_remove_finish (UlakKeys *self, GAsyncResult *result, GError **error);
GVariant *ulak_keys_list (UlakKeys *self); /* a(ssxx), floating */
guint ulak_keys_count (UlakKeys *self);

G_END_DECLS
