/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Deadline: a cancellable of one's own, which the caller's cancels, and time.
 *
 * For work that ends differently when it is late and when nobody wants it any more. Main thread only.
 */
#pragma once

#include "core/clock.h"

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _UlakDeadline UlakDeadline;

UlakDeadline *ulak_deadline_new (UlakClock *clock, GCancellable *callers_or_null);
/* Nothing is cancelled by it any more; whoever has its cancellable keeps it. Not from a handler of the caller's cancellable. */
void ulak_deadline_free (UlakDeadline *self);

GCancellable *ulak_deadline_get_cancellable (UlakDeadline *self); /* (transfer none) */
/* wait_us: from now; takes the place of an earlier one. */
void ulak_deadline_set (UlakDeadline *self, gint64 wait_us);
void ulak_deadline_unset (UlakDeadline *self);
gboolean ulak_deadline_is_late (const UlakDeadline *self); /* it was time that cancelled */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakDeadline, ulak_deadline_free)

G_END_DECLS
