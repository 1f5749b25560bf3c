/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What a line is told to be: its account document, which chooses the backend, and its settings over those of the configuration.
 */
#include "connector/line-parts.h"

#include "core/error.h"
#include "core/json.h"

gint64
ulak_line_config_integer (UlakLine *self, const char *group, const char *key)
{
  return ulak_config_get_integer (ulak_service_get_config (self->service), group, key);
}

/* Networks that sell their messages set a pace of their own; one that is meant for people is used with care. */
static gboolean
is_linked (UlakLine *self)
{
  return g_str_equal (ULAK_BACKEND_GET_CLASS (self->backend)->get_name (self->backend), "linked");
}

void
ulak_line_read_defaults (UlakLine *self)
{
  const char *quiet_hours = ulak_config_get_string (ulak_service_get_config (self->service), "pace", "quiet_hours");

  ulak_line_settings_init (&self->defaults);
  self->defaults.rate_per_second = ulak_line_config_integer (self, "whatsapp", "rate_per_second");
  self->defaults.pair_interval_ms = ulak_line_config_integer (self, "whatsapp", "pair_interval_ms");
  self->defaults.pair_burst = ulak_line_config_integer (self, "whatsapp", "pair_burst");
  if (quiet_hours != NULL)
    ulak_hours_parse (quiet_hours, &self->defaults.quiet_hours);
  if (!is_linked (self))
    return;
  self->defaults.rate_per_minute = ulak_line_config_integer (self, "pace", "rate_limit_per_minute");
  self->defaults.new_contact_interval_s = ulak_line_config_integer (self, "pace", "new_contact_interval_s");
}

void
ulak_line_apply_settings (UlakLine *self, JsonObject *values)
{
  ulak_line_settings_apply (&self->settings, &self->defaults, values);
  ulak_send_queue_apply_settings (self->queue, &self->settings);
  if (ULAK_BACKEND_GET_CLASS (self->backend)->apply_settings != NULL)
    ULAK_BACKEND_GET_CLASS (self->backend)->apply_settings (self->backend, &self->settings);
  ulak_cleaner_apply_settings (self->cleaner, &self->settings);
}

gboolean
ulak_line_check_document (UlakLine *self, JsonObject *document, GError **error)
{
  const char *id = ulak_json_peek_string (document, "id");
  const char *network = ulak_json_peek_string (document, "network");
  const char *backend = ulak_json_peek_string (document, "backend");

  if (g_strcmp0 (id, ulak_line_get_account (self)) != 0 || g_strcmp0 (network, self->network) != 0)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "The account document is not that of ‘%s’ on %s",
                   ulak_line_get_account (self), self->network);
      return FALSE;
    }
  if (backend == NULL)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "backend: is required");
      return FALSE;
    }
  if (self->backend == NULL
      || g_str_equal (backend, ULAK_BACKEND_GET_CLASS (self->backend)->get_name (self->backend)))
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE,
               "The backend of a running line cannot be changed: stop and start it");
  return FALSE;
}

gboolean
ulak_line_use_document (UlakLine *self, JsonObject *document, GError **error)
{
  if (!ulak_line_check_document (self, document, error))
    return FALSE;
  if (self->backend == NULL)
    {
      self->backend = self->factory (self, ulak_json_peek_string (document, "backend"), error);
      if (self->backend == NULL)
        return FALSE;
      ulak_media_library_set_backend (self->library, self->backend);
    }
  if (!ULAK_BACKEND_GET_CLASS (self->backend)->configure (self->backend, document, error))
    return FALSE;
  json_object_ref (document);
  g_clear_pointer (&self->document, json_object_unref);
  self->document = document;
  return TRUE;
}
