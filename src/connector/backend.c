/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The base class of backends holds nothing; this file also owns the result of one try to send.
 */
#include "connector/backend.h"

G_DEFINE_ABSTRACT_TYPE (UlakBackend, ulak_backend, G_TYPE_OBJECT)

static void
ulak_backend_class_init (UlakBackendClass *klass G_GNUC_UNUSED)
{
}

static void
ulak_backend_init (UlakBackend *self G_GNUC_UNUSED)
{
}

/** ulak_send_result_new: Returns: (transfer full): a result with nothing but its outcome */
UlakSendResult *
ulak_send_result_new (UlakSendOutcome outcome)
{
  UlakSendResult *self = g_new0 (UlakSendResult, 1);

  self->outcome = outcome;
  return self;
}

void
ulak_send_result_free (UlakSendResult *self)
{
  if (self == NULL)
    return;
  g_free (self->network_id);
  g_free (self->recipient);
  g_free (self->error_code);
  g_free (self->error_message);
  g_free (self->original_details);
  g_free (self);
}
