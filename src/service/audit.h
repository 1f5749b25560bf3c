/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Audit: the last changes that somebody made through this process.
 *
 * Kept in memory, ULAK_AUDIT_MAX entries, so that Service1.Audit() answers at once; each entry is also written to the
 * journal, which is where they last: journalctl MESSAGE_ID of ULAK_MESSAGE_AUDIT. A program that has a database may keep them
 * there too: ulak_service_set_audit_func(), ulak_service_restore_audit(). Holds names, never a secret.
 */
#pragma once

#include <glib.h>

#define ULAK_AUDIT_MAX 1000
#define ULAK_AUDIT_TEXT_MAX 256 /* bytes of each text; longer ones are cut */

typedef struct _UlakAudit UlakAudit;

typedef struct
{
  gint64 time_us; /* wall clock */
  char *who;
  char *action;
  char *target;
  char *result;
} UlakAuditEntry;

/* Told of each new entry, its texts bounded. */
typedef void (*UlakAuditFunc) (const UlakAuditEntry *entry, gpointer user_data);

UlakAudit *ulak_audit_new (void);
void ulak_audit_free (UlakAudit *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakAudit, ulak_audit_free)

const UlakAuditEntry *ulak_audit_add (UlakAudit *self,
                                      gint64 time_us,
                                      const char *who,
                                      const char *action,
                                      const char *target,
                                      const char *result);
GVariant *ulak_audit_to_variant (const UlakAudit *self, gint64 since_us);
