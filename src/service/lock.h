/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Lock: one process at a time for one set of files.
 *
 * An flock(2) on a file beside the data, so that it guards what must be guarded even when two buses are about. The kernel
 * drops it with the process, however that ends; the file stays.
 */
#pragma once

#include <glib.h>

typedef struct _UlakLock UlakLock;

UlakLock *ulak_lock_take (const char *directory, const char *program, GError **error);
void ulak_lock_free (UlakLock *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakLock, ulak_lock_free)
