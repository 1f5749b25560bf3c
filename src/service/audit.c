/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "service/audit.h"

struct _UlakAudit
{
  GQueue entries; /* (element-type UlakAuditEntry): oldest first */
};

static void
entry_free (UlakAuditEntry *entry)
{
  g_free (entry->who);
  g_free (entry->action);
  g_free (entry->target);
  g_free (entry->result);
  g_free (entry);
}

/* Cut to a bound and made valid UTF-8, since D-Bus accepts nothing else. */
static char *
bounded (const char *text)
{
  if (text == NULL)
    return g_strdup ("");
  return g_utf8_make_valid (text, (gssize) strnlen (text, ULAK_AUDIT_TEXT_MAX));
}

UlakAudit *
ulak_audit_new (void)
{
  UlakAudit *self = g_new0 (UlakAudit, 1);

  g_queue_init (&self->entries);
  return self;
}

void
ulak_audit_free (UlakAudit *self)
{
  if (self == NULL)
    return;

  g_queue_clear_full (&self->entries, (GDestroyNotify) entry_free);
  g_free (self);
}

/** ulak_audit_add: the oldest entry goes when there are too many; Returns: (transfer none): the new one, until the next comes */
const UlakAuditEntry *
ulak_audit_add (UlakAudit *self,
                gint64 time_us,
                const char *who,
                const char *action,
                const char *target,
                const char *result)
{
  UlakAuditEntry *entry = g_new0 (UlakAuditEntry, 1);

  entry->time_us = time_us;
  entry->who = bounded (who);
  entry->action = bounded (action);
  entry->target = bounded (target);
  entry->result = bounded (result);
  g_queue_push_tail (&self->entries, entry);
  if (self->entries.length > ULAK_AUDIT_MAX)
    entry_free (g_queue_pop_head (&self->entries));
  return entry;
}

/** ulak_audit_to_variant: Returns: (transfer floating): a(xssss), entries after @since_us, oldest first */
GVariant *
ulak_audit_to_variant (const UlakAudit *self, gint64 since_us)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(xssss)"));
  for (const GList *l = self->entries.head; l != NULL; l = l->next)
    {
      const UlakAuditEntry *entry = l->data;

      if (entry->time_us > since_us)
        g_variant_builder_add (&builder, "(xssss)", entry->time_us, entry->who, entry->action, entry->target,
                               entry->result);
    }
  return g_variant_builder_end (&builder);
}
