/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/context.h"

#include <string.h>

#define REQUEST_ID_MAX 64
#define TRACEPARENT_LENGTH 55

UlakContext *
ulak_context_new (const char *request_id, const char *traceparent)
{
  UlakContext *self = g_new0 (UlakContext, 1);

  self->request_id = g_strdup (request_id);
  self->traceparent = g_strdup (traceparent);
  return self;
}

/**
 * ulak_context_make:
 *
 * For a call that no request led to, so that it too can be found in both journals.
 *
 * Returns: (transfer full): a context with a request id of its own
 */
UlakContext *
ulak_context_make (UlakClock *clock, UlakRandom *random)
{
  g_autofree char *id = ulak_id_new (clock, random);

  return ulak_context_new (id, NULL);
}

UlakContext *
ulak_context_copy (const UlakContext *self)
{
  return ulak_context_new (self->request_id, self->traceparent);
}

void
ulak_context_free (UlakContext *self)
{
  if (self == NULL)
    return;

  g_free (self->request_id);
  g_free (self->traceparent);
  g_free (self);
}

/**
 * ulak_context_from_options:
 * @options: (nullable): the last argument of a method call, a{sv}
 *
 * Values of a wrong form are ignored: a bad trace header must not fail a good call.
 *
 * Returns: (transfer full) (nullable): the caller's context, or %NULL if it sent no usable request id
 */
UlakContext *
ulak_context_from_options (GVariant *options)
{
  const char *request_id = NULL, *traceparent = NULL;

  if (options == NULL || !g_variant_lookup (options, "request-id", "&s", &request_id)
      || !ulak_request_id_is_valid (request_id))
    return NULL;
  if (g_variant_lookup (options, "traceparent", "&s", &traceparent) && !ulak_traceparent_is_valid (traceparent))
    traceparent = NULL;
  return ulak_context_new (request_id, traceparent);
}

/**
 * ulak_context_to_options:
 * @self: (nullable): a context
 *
 * Returns: (transfer floating): an a{sv} for the last argument of a method call; empty without a context
 */
GVariant *
ulak_context_to_options (const UlakContext *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  if (self != NULL)
    g_variant_builder_add (&builder, "{sv}", "request-id", g_variant_new_string (self->request_id));
  if (self != NULL && self->traceparent != NULL)
    g_variant_builder_add (&builder, "{sv}", "traceparent", g_variant_new_string (self->traceparent));
  return g_variant_builder_end (&builder);
}

/** ulak_context_make_options: Returns: (transfer floating): ulak_context_make() as an a{sv} */
GVariant *
ulak_context_make_options (UlakClock *clock, UlakRandom *random)
{
  g_autoptr (UlakContext) context = ulak_context_make (clock, random);

  return ulak_context_to_options (context);
}

gboolean
ulak_request_id_is_valid (const char *text)
{
  gsize i;

  for (i = 0; text[i] != '\0' && i <= REQUEST_ID_MAX; i++)
    if (!g_ascii_isalnum (text[i]) && strchr ("._-", text[i]) == NULL)
      return FALSE;
  return i > 0 && i <= REQUEST_ID_MAX;
}

/** ulak_traceparent_is_valid: Source: W3C Trace Context, section 3.2; version 00 with non-zero ids */
gboolean
ulak_traceparent_is_valid (const char *text)
{
  if (strlen (text) != TRACEPARENT_LENGTH || !g_str_has_prefix (text, "00-") || text[35] != '-'
      || text[52] != '-')
    return FALSE;
  for (gsize i = 3; i < TRACEPARENT_LENGTH; i++)
    if (i != 35 && i != 52 && !g_ascii_isdigit (text[i]) && (text[i] < 'a' || text[i] > 'f'))
      return FALSE;
  return strspn (text + 3, "0") < 32 && strspn (text + 36, "0") < 16;
}
