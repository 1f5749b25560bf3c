/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What a call came to: a plain value.
 */
#include "whatsapp/cloud/graph-client.h"

void
ulak_graph_answer_free (UlakGraphAnswer *self)
{
  if (self == NULL)
    return;

  g_free (self->why);
  g_free (self->retry_after);
  g_clear_pointer (&self->json, json_object_unref);
  g_free (self);
}

/** ulak_graph_answer_is_success: Returns: %TRUE if a 2xx with a JSON object without an error came */
gboolean
ulak_graph_answer_is_success (const UlakGraphAnswer *self)
{
  return self->fault == ULAK_GRAPH_FAULT_NONE && self->status >= 200 && self->status < 300 && self->json != NULL
         && !json_object_has_member (self->json, "error");
}
