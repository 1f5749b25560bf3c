/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Cloud watch: whether the line's number and token are good, as states of the line.
 *
 * HTTP has no connection whose end could be seen, so the watch asks Graph for the phone number: at the start, every
 * 5 minutes while it is ready, with growing pauses while Graph is away, every 5 minutes and when the secret changes while
 * the token is bad. Sends tell it what they met. A state that only an operator can end (banned, failed by policy) is
 * final until the line starts anew. It reports states and never touches the line itself. Main thread only.
 */
#pragma once

#include "core/random.h"
#include "whatsapp/cloud/cloud-call.h"

G_BEGIN_DECLS

#define ULAK_CLOUD_WATCH_INTERVAL_MS 300000

typedef void (*UlakCloudWatchFunc) (UlakLineState state,
                                    const char *error_code_or_null,
                                    const char *why,
                                    gpointer user_data);

#define ULAK_TYPE_CLOUD_WATCH (ulak_cloud_watch_get_type ())
G_DECLARE_FINAL_TYPE (UlakCloudWatch, ulak_cloud_watch, ULAK, CLOUD_WATCH, GObject)

UlakCloudWatch *ulak_cloud_watch_new (UlakClock *clock,
                                      UlakRandom *random,
                                      UlakCloudWatchFunc report,
                                      gpointer user_data);
void ulak_cloud_watch_start (UlakCloudWatch *self, UlakGraphClient *client, const char *phone_number_id);
void ulak_cloud_watch_stop (UlakCloudWatch *self);
void ulak_cloud_watch_note (UlakCloudWatch *self, const UlakJudgement *judgement);
void ulak_cloud_watch_token_changed (UlakCloudWatch *self);

G_END_DECLS
