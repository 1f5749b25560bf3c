/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Cleaner: the background jobs that keep a line's folder from growing without end.
 *
 *   message_cleanup  messages of a chat over max_messages_per_chat, oldest first; never one that is still to be sent
 *   media_cleanup    files older than media_max_age_days, then the least recently used over media_max_bytes; files without a row
 *   memory_cleanup   what came in more than 400 days ago is no longer remembered as seen; early statuses after a day
 *
 * A run does one after the other in small steps, soon after the start, then every ten minutes, and soon after a medium came or the
 * settings changed.
 * Main thread only.
 */
#pragma once

#include "connector/line-settings.h"
#include "connector/line-store.h"
#include "connector/media-folder.h"

G_BEGIN_DECLS

#define ULAK_TYPE_CLEANER (ulak_cleaner_get_type ())
G_DECLARE_FINAL_TYPE (UlakCleaner, ulak_cleaner, ULAK, CLEANER, GObject)

#define ULAK_CLEANER_SEEN_AGE_US (400 * G_TIME_SPAN_DAY)

/* Signal "job-done" (const char *job, const char *outcome, double seconds): outcome is success, error or skipped. */
UlakCleaner *ulak_cleaner_new (UlakLineStore *store, UlakMediaFolder *folder, UlakClock *clock);
void ulak_cleaner_apply_settings (UlakCleaner *self, const UlakLineSettings *settings); /* starts the timer */
void ulak_cleaner_run_soon (UlakCleaner *self); /* something came that may be over a limit */
void ulak_cleaner_stop (UlakCleaner *self);

G_END_DECLS
