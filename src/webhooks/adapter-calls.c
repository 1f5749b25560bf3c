/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "webhooks/adapter-calls.h"

#include "core/error.h"

/* --- a call whose answer comes later --- */

UlakPending *
ulak_pending_new (gpointer adapter, UlakCall *call, const char *action, const char *target)
{
  UlakPending *pending = g_new0 (UlakPending, 1);

  pending->adapter = g_object_ref (adapter);
  pending->parts = ulak_adapter_get_parts (adapter);
  pending->call = call;
  pending->action = action;
  pending->target = g_strdup (target);
  return pending;
}

static void
pending_free (UlakPending *pending)
{
  g_object_unref (pending->adapter);
  g_free (pending->target);
  g_free (pending);
}

static void
audit (UlakPending *pending, const char *result)
{
  if (pending->action != NULL)
    ulak_service_audit (pending->parts->service, ulak_call_get_who (pending->call), pending->action,
                        pending->target != NULL ? pending->target : "", result);
}

void
ulak_pending_answer (UlakPending *pending, GVariant *reply)
{
  audit (pending, "ok");
  ulak_call_return (pending->call, reply);
  pending_free (pending);
}

void
ulak_pending_refuse (UlakPending *pending, GError *error)
{
  const char *name = error->domain == ULAK_ERROR ? ulak_error_get_name ((UlakError) error->code)
                                                 : ulak_error_get_name (ULAK_ERROR_FAILED);

  audit (pending, name);
  ulak_call_fail (pending->call, error);
  pending_free (pending);
}

/* --- pages --- */

gboolean
ulak_adapter_check_limit (guint limit, guint max, GError **error)
{
  if (limit >= 1 && limit <= max)
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "limit: is %u; allowed are 1 to %u", limit, max);
  return FALSE;
}

gboolean
ulak_adapter_parse_cursor (const char *cursor, gint64 fallback, gint64 *number_out, GError **error)
{
  guint64 number;

  if (*cursor == '\0')
    {
      *number_out = fallback;
      return TRUE;
    }
  if (!g_ascii_string_to_unsigned (cursor, 10, 0, G_MAXINT64, &number, NULL))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "cursor: \"%.32s\" is not the next of a page", cursor);
      return FALSE;
    }
  *number_out = (gint64) number;
  return TRUE;
}
