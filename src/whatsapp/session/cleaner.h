/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Cleaner: takes the steps of clean-up.h every hour, from the main thread, with a pause between them so that messages
 * come first.
 */
#pragma once

#include "core/clock.h"
#include "store/store.h"

G_BEGIN_DECLS

#define ULAK_SESSION_CLEANER_FIRST_US (10 * G_TIME_SPAN_MINUTE)
#define ULAK_SESSION_CLEANER_EVERY_US G_TIME_SPAN_HOUR
#define ULAK_SESSION_CLEANER_PAUSE_US G_TIME_SPAN_SECOND

typedef struct _UlakSessionCleaner UlakSessionCleaner;

/* Begins ten minutes later; freeing it ends it, and a step that is under way is the last. */
UlakSessionCleaner *ulak_session_cleaner_new (UlakStore *store, UlakClock *clock);
void ulak_session_cleaner_free (UlakSessionCleaner *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakSessionCleaner, ulak_session_cleaner_free)

G_END_DECLS
