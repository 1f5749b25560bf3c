/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "connector/account-errand.h"

#include "core/json.h"

UlakErrand *
ulak_errand_new (UlakCall *call, UlakLine *line)
{
  UlakErrand *self = g_new0 (UlakErrand, 1);

  self->call = call;
  self->line = g_object_ref (line);
  return self;
}

void
ulak_errand_free (UlakErrand *self)
{
  g_object_unref (self->line);
  g_clear_pointer (&self->document, json_object_unref);
  g_free (self);
}

void
ulak_errand_finish (UlakErrand *self, gboolean is_done, GError *error)
{
  if (is_done)
    ulak_call_return (self->call, NULL);
  else
    ulak_call_fail (self->call, error);
}

void
ulak_errand_return_json (UlakCall *call, JsonObject *object)
{
  g_autofree char *text = ulak_json_print_object (object);

  ulak_call_return (call, g_variant_new ("(s)", text));
}
