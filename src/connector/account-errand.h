/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Errand: a call of org.ulak.Account1 whose answer comes later, with what the answer needs.
 */
#pragma once

#include "connector/line.h"
#include "service/call.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct
{
  UlakCall *call;       /* ends with the answer */
  UlakLine *line;       /* (owned) */
  JsonObject *document; /* (owned) (nullable): of the account */
} UlakErrand;

UlakErrand *ulak_errand_new (UlakCall *call, UlakLine *line);
void ulak_errand_free (UlakErrand *self);

/* For calls whose only answer is success. error: (transfer full), unless is_done. */
void ulak_errand_finish (UlakErrand *self, gboolean is_done, GError *error);

/* The answer of methods that return one document. */
void ulak_errand_return_json (UlakCall *call, JsonObject *object);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakErrand, ulak_errand_free)

G_END_DECLS
