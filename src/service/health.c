/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Health: a list of checks in the order in which they were added; the worst decides.
 */
#include "service/health.h"

typedef struct
{
  char *name;
  UlakHealthStatus status;
  char *sentence; /* "" when healthy */
} Check;

struct _UlakHealth
{
  GArray *checks; /* (owned) (element-type Check) */
};

static const char *const status_names[] = {
  [ULAK_HEALTH_HEALTHY] = "healthy",
  [ULAK_HEALTH_DEGRADED] = "degraded",
  [ULAK_HEALTH_UNHEALTHY] = "unhealthy",
};

static void
check_clear (gpointer data)
{
  Check *check = data;

  g_free (check->name);
  g_free (check->sentence);
}

UlakHealth *
ulak_health_new (void)
{
  UlakHealth *self = g_new0 (UlakHealth, 1);

  self->checks = g_array_new (FALSE, TRUE, sizeof (Check));
  g_array_set_clear_func (self->checks, check_clear);
  return self;
}

void
ulak_health_free (UlakHealth *self)
{
  if (self == NULL)
    return;

  g_array_unref (self->checks);
  g_free (self);
}

/**
 * ulak_health_add:
 * @name: the dependency, a word such as "database"
 * @format: a sentence for people that names no phone number and no secret; "" when healthy
 */
void
ulak_health_add (UlakHealth *self, const char *name, UlakHealthStatus status, const char *format, ...)
{
  Check check = { g_strdup (name), status, NULL };
  va_list args;

  g_return_if_fail (name != NULL && status <= ULAK_HEALTH_UNHEALTHY);

  va_start (args, format);
  check.sentence = g_strdup_vprintf (format, args);
  va_end (args);
  g_array_append_val (self->checks, check);
}

/** ulak_health_get_overall: Returns: the worst status among the checks; healthy without any */
UlakHealthStatus
ulak_health_get_overall (const UlakHealth *self)
{
  UlakHealthStatus worst = ULAK_HEALTH_HEALTHY;

  for (guint i = 0; i < self->checks->len; i++)
    worst = MAX (worst, g_array_index (self->checks, Check, i).status);
  return worst;
}

/** ulak_health_status_to_string: Returns: the word used on the bus and in /health */
const char *
ulak_health_status_to_string (UlakHealthStatus status)
{
  g_return_val_if_fail (status < G_N_ELEMENTS (status_names), "unhealthy");

  return status_names[status];
}

/** ulak_health_status_from_string: Returns: the status; unhealthy for a word that is not known */
UlakHealthStatus
ulak_health_status_from_string (const char *text)
{
  for (guint i = 0; i < G_N_ELEMENTS (status_names); i++)
    if (g_strcmp0 (text, status_names[i]) == 0)
      return i;
  return ULAK_HEALTH_UNHEALTHY;
}

/** ulak_health_to_variant: Returns: (transfer floating): a(sss): name, status, sentence */
GVariant *
ulak_health_to_variant (const UlakHealth *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sss)"));
  for (guint i = 0; i < self->checks->len; i++)
    {
      const Check *check = &g_array_index (self->checks, Check, i);

      g_variant_builder_add (&builder, "(sss)", check->name, status_names[check->status], check->sentence);
    }
  return g_variant_builder_end (&builder);
}
