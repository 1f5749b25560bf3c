/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Fake secrets: a table in memory behind UlakSecretSource. Include as "unit/fakes/secrets.h".
 *
 * Answers come from an idle callback, as a real source's would. While a fault is set every look-up fails with it.
 */
#pragma once

#include "core/error.h"
#include "core/secret-source.h"

G_BEGIN_DECLS

#define ULAK_TYPE_FAKE_SECRETS (ulak_fake_secrets_get_type ())
G_DECLARE_FINAL_TYPE (UlakFakeSecrets, ulak_fake_secrets, ULAK, FAKE_SECRETS, GObject)

UlakFakeSecrets *ulak_fake_secrets_new (void);
void ulak_fake_secrets_set (UlakFakeSecrets *self, const char *name, const char *text);
void ulak_fake_secrets_set_bytes (UlakFakeSecrets *self, const char *name, const void *bytes, gsize size_bytes);
void ulak_fake_secrets_remove (UlakFakeSecrets *self, const char *name);
void ulak_fake_secrets_set_fault (UlakFakeSecrets *self, UlakError code);
void ulak_fake_secrets_clear_fault (UlakFakeSecrets *self);
guint ulak_fake_secrets_count_lookups (UlakFakeSecrets *self);

G_END_DECLS
