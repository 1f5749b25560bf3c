/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Line: everything about an account that does not depend on its network.
 *
 * Owns the line's store (messages, chats, media, settings, outbox), the outbound queue with its pace and holds, the
 * outbox pump to ulak-webhooks, the state, and org.ulak.Account1 on the bus. A program makes one with its backend and is
 * otherwise only wiring (src/whatsapp/main.c).
 *
 * Is an UlakDaemon: ulak_service_main() runs it.
 */
#pragma once

#include "connector/backend.h"
#include "connector/inbound.h"
#include "connector/state.h"
#include "core/secret-source.h"
#include "service/service.h"

G_BEGIN_DECLS

#define ULAK_TYPE_LINE (ulak_line_get_type ())
G_DECLARE_FINAL_TYPE (UlakLine, ulak_line, ULAK, LINE, UlakDaemon)

/* Called when the account document is known; picks by its "backend". (transfer full); NULL with UNSUPPORTED. The backend
 * may keep line unowned: the line outlives it. */
typedef UlakBackend *(*UlakBackendFactory) (UlakLine *line, const char *backend, GError **error);

UlakLine *ulak_line_new (UlakService *service, const char *network, UlakBackendFactory factory);
/* Before it starts: those of ulak_line_migrations in their order, among those of the network's own tables; new ones at the end. */
void ulak_line_set_migrations (UlakLine *self, const char *const *migrations);

/* For UlakServiceSpec: the line's database, DATA_DIR/accounts/ACCOUNT/NETWORK.db, and its migrations. */
char *ulak_line_make_database_path (const UlakConfig *config, const char *network, const char *account);
extern const char *const ulak_line_migrations[];

/* For backends. */
UlakService *ulak_line_get_service (UlakLine *self);
const char *ulak_line_get_account (UlakLine *self);
UlakSecretSource *ulak_line_get_secrets (UlakLine *self); /* through ulak-api: only this account's own */
UlakStore *ulak_line_get_store (UlakLine *self);          /* for the linked backend's session tables */

void ulak_line_set_state (UlakLine *self, UlakLineState state, const char *error_code_or_null, const char *why);
UlakLineState ulak_line_get_state (UlakLine *self);

/* What Link and GetLink answer: {"method": "qr"|"code"|"passkey", "qr"|"code"|"challenge", "expires_at"}; NULL when there is
 * nothing to show. The line adds "state". A new document is told by account.link, without what lets people in. */
void ulak_line_set_link (UlakLine *self, JsonObject *link_or_null);
/* Whether mark-read, presence and the like may leave. */
const UlakLineSettings *ulak_line_get_settings (UlakLine *self);
/* Something that the backend waited for is there (a token, a device list): what it held is looked at again. */
void ulak_line_retry_held (UlakLine *self, const char *reason);

void ulak_line_commit_inbound_async (UlakLine *self, UlakInbound *inbound /* (transfer full) */, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_line_commit_inbound_finish (UlakLine *self, GAsyncResult *result, GError **error);

/* The local file of an uploaded medium, and the network's handle for it, if one is known and still good. */
typedef struct
{
  char *mime_type;
  char *file_name;
  char *path;              /* readable by this process */
  goffset size_bytes;
  char *network_handle;    /* (nullable) */
} UlakMediaFile;

void ulak_media_file_free (UlakMediaFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakMediaFile, ulak_media_file_free)

void ulak_line_find_media_async (UlakLine *self, const char *media_id, GAsyncReadyCallback callback, gpointer user_data);
UlakMediaFile *ulak_line_find_media_finish (UlakLine *self, GAsyncResult *result, GError **error);
void ulak_line_keep_media_handle (UlakLine *self, const char *media_id, const char *network_handle, gint64 valid_until_us);

/* One try of a background job, for wp_panel_background_job_*. */
void ulak_line_count_job (UlakLine *self, const char *job, const char *outcome, double seconds);

/* Exports a further interface on the line's object, such as org.ulak.WhatsAppCloud1. */
gboolean ulak_line_export (UlakLine *self, GDBusInterfaceSkeleton *skeleton, GError **error);

G_END_DECLS
