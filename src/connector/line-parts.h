/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Line parts: the inside of a line, for the files that together are the line: line.c (what backends call), line-life.c (start
 * and end), line-document.c (what it is told to be), line-health.c (what operators see), account-*.c (the bus).
 */
#pragma once

#include "connector/account-adapter.h"
#include "connector/cleaner.h"
#include "connector/line-settings.h"
#include "connector/line-store.h"
#include "connector/line.h"
#include "connector/media-library.h"
#include "connector/outbox-pump.h"
#include "connector/send-queue.h"
#include "connector/remote-secrets.h"

struct _UlakLine
{
  UlakDaemon parent_instance;

  UlakService *service; /* unowned, outlives us */
  char *network;        /* (owned) */
  UlakBackendFactory factory;
  const char *const *migrations; /* (nullable) (static) */
  JsonObject *link;              /* (owned) (nullable): what Link answers, without the state */

  UlakLineState state;
  char *error_code; /* (owned) (nullable) */
  char *why;        /* (owned) (nullable) */

  UlakLineStore *store; /* (owned), as all below: made at start, in this order */
  UlakMediaFolder *folder;
  UlakMediaLibrary *library;
  UlakSendQueue *queue;
  UlakOutboxPump *pump;
  UlakCleaner *cleaner;
  UlakRemoteSecrets *secrets;
  UlakBackend *backend;
  UlakAccountAdapter *adapter;
  GPtrArray *exports;        /* (element-type GDBusInterfaceSkeleton): of the backend */
  JsonObject *document;      /* the account document */
  UlakLineSettings defaults; /* of the configuration */
  UlakLineSettings settings;

  guint writing;  /* notes on their way to the database that nobody waits for */
  GTask *closing; /* (owned) (nullable): the drain, once only notes and the outbox are left */
};

void ulak_line_life_init (UlakDaemonClass *klass);
void ulak_line_check_health (UlakDaemon *line, UlakHealth *health);
void ulak_line_refresh_metrics (UlakDaemon *line);

gint64 ulak_line_config_integer (UlakLine *self, const char *group, const char *key);
/* Of the configuration, for the settings that nobody set. */
void ulak_line_read_defaults (UlakLine *self);

/* A note was written. */
void ulak_line_note_written (UlakLine *self);
/* Takes settings that are in the database into use. */
void ulak_line_apply_settings (UlakLine *self, JsonObject *values);
/* Whether it is this line's and may be taken by a running backend. Errors: INVALID, WRONG_STATE. */
gboolean ulak_line_check_document (UlakLine *self, JsonObject *document, GError **error);
/* An account document that is in the database. Errors: the backend's own; WRONG_STATE for another backend or network. */
gboolean ulak_line_use_document (UlakLine *self, JsonObject *document, GError **error);
