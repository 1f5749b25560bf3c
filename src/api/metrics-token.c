/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/metrics-token.h"

#include "core/log.h"

#include <string.h>

struct _UlakMetricsToken
{
  UlakSecretSource *source;  /* (owned) */
  GCancellable *cancellable; /* (owned): of the look-up under way */
  gulong changed_handler;
  char *name;                /* (owned) (nullable): of the secret that the setting refers to */
  UlakSecret *value;         /* (owned) (nullable) */
  gboolean is_set;
};

static void
found_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakSecret) value = ulak_secret_source_lookup_finish (ULAK_SECRET_SOURCE (source), result, &error);
  UlakMetricsToken *self = user_data;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_pointer (&self->value, ulak_secret_unref);
  self->value = g_steal_pointer (&value);
  if (error != NULL)
    ulak_log_warning (NULL, NULL, "The metrics token cannot be read, so GET /metrics is closed: %s", error->message);
}

static void
look_up (UlakMetricsToken *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();
  if (self->name != NULL)
    ulak_secret_source_lookup_async (self->source, self->name, self->cancellable, found_cb, self);
}

static void
changed_cb (G_GNUC_UNUSED UlakSecretSource *source, const char *name, gpointer user_data)
{
  UlakMetricsToken *self = user_data;

  if (self->name != NULL && (*name == '\0' || strcmp (name, self->name) == 0))
    look_up (self);
}

UlakMetricsToken *
ulak_metrics_token_new (UlakSecretSource *source, const UlakConfig *config)
{
  UlakMetricsToken *self = g_new0 (UlakMetricsToken, 1);

  self->source = g_object_ref (source);
  self->changed_handler = g_signal_connect (source, "changed", G_CALLBACK (changed_cb), self);
  ulak_metrics_token_set_config (self, config);
  return self;
}

void
ulak_metrics_token_free (UlakMetricsToken *self)
{
  if (self == NULL)
    return;

  g_signal_handler_disconnect (self->source, self->changed_handler);
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->source);
  g_clear_pointer (&self->value, ulak_secret_unref);
  g_free (self->name);
  g_free (self);
}

void
ulak_metrics_token_set_config (UlakMetricsToken *self, const UlakConfig *config)
{
  const char *setting = ulak_config_get_string (config, "api", "metrics_token");

  self->is_set = setting != NULL && *setting != '\0';
  g_clear_pointer (&self->value, ulak_secret_unref);
  g_free (self->name);
  self->name = self->is_set ? g_strdup (ulak_secret_reference_get_name (setting)) : NULL;
  if (self->is_set && self->name == NULL)
    self->value = ulak_secret_new (setting, strlen (setting));
  look_up (self);
}

gboolean
ulak_metrics_token_is_set (const UlakMetricsToken *self)
{
  return self->is_set;
}

gboolean
ulak_metrics_token_matches (const UlakMetricsToken *self, const char *given)
{
  g_autoptr (UlakSecret) other = ulak_secret_new (given, strlen (given));

  return self->value != NULL && ulak_secret_equals (self->value, other);
}
