/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Log: structured entries for the journal.
 *
 * Every entry has a level, a domain (the room, from G_LOG_DOMAIN), a sentence, and fields named in core/names.h.
 * Entries that an operator acts on carry a MESSAGE_ID of core/messages.h, each explained in data/catalog/.
 * Phone numbers pass through ulak_log_mask_number(); message texts, tokens and keys are never logged.
 * Under systemd the writer speaks the journal's protocol; elsewhere it writes one line to standard error.
 *
 * Levels: debug for us; info for milestones; message for start, stop and state changes; warning when someone should
 * look; critical for our own bugs.
 */
#pragma once

#include <glib.h>

#define ULAK_FIELDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

#define ulak_log_debug(fields, ...) \
  ulak_log_full (G_LOG_DOMAIN, G_LOG_LEVEL_DEBUG, NULL, (fields), __VA_ARGS__)
#define ulak_log_info(fields, ...) \
  ulak_log_full (G_LOG_DOMAIN, G_LOG_LEVEL_INFO, NULL, (fields), __VA_ARGS__)
#define ulak_log_message(message_id, fields, ...) \
  ulak_log_full (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, (message_id), (fields), __VA_ARGS__)
#define ulak_log_warning(message_id, fields, ...) \
  ulak_log_full (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, (message_id), (fields), __VA_ARGS__)
#define ulak_log_critical(message_id, fields, ...) \
  ulak_log_full (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, (message_id), (fields), __VA_ARGS__)

void ulak_log_full (const char *domain,
                    GLogLevelFlags level,
                    const char *message_id,
                    const char *const *fields,
                    const char *format,
                    ...) G_GNUC_PRINTF (5, 6);

void ulak_log_set_account (const char *account);

typedef void (*UlakLogSink) (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data);

void ulak_log_init (void);
void ulak_log_set_debug (gboolean enabled);
void ulak_log_set_sink (UlakLogSink sink, gpointer user_data);

char *ulak_log_mask_number (const char *number);
