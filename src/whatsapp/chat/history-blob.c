/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/chat/history-blob.h"

#include "connector/sql.h"
#include "core/json.h"
#include "whatsapp/chat/history.h"

#define SQL(name) "/org/ulak/sql/whatsapp/" name ".sql"
#define KEEP_US ((gint64) 90 * G_TIME_SPAN_DAY) /* rows of what is done */

void
ulak_history_blob_free (UlakHistoryBlob *self)
{
  g_clear_pointer (&self->inline_bytes, g_bytes_unref);
  g_clear_pointer (&self->reference, ulak_media_reference_free);
  g_free (self);
}

/* --- noting --- */

static gboolean
copy_32 (gboolean has_bytes, const ProtobufCBinaryData *bytes, guint8 out[32])
{
  if (!has_bytes || bytes->len != 32)
    return FALSE;
  memcpy (out, bytes->data, 32);
  return TRUE;
}

/* (transfer full) (nullable): JSON text; NULL: it names no file that could be fetched. */
static char *
describe_file (const Wa__HistorySyncNotification *notification)
{
  g_autoptr (UlakMediaReference) reference = ulak_media_reference_new ();
  g_autoptr (JsonObject) json = NULL;

  reference->kind = ULAK_MEDIA_KIND_HISTORY;
  reference->is_encrypted = TRUE;
  reference->summary.plain_size_bytes = notification->has_file_length && notification->file_length > 0
                                            ? notification->file_length
                                            : ULAK_MEDIA_SIZE_UNKNOWN;
  if (!copy_32 (notification->has_media_key, &notification->media_key, reference->media_key.bytes)
      || !copy_32 (notification->has_file_sha256, &notification->file_sha256, reference->summary.plain_sha256)
      || !copy_32 (notification->has_file_enc_sha256, &notification->file_enc_sha256, reference->summary.encrypted_sha256)
      || notification->direct_path == NULL || *notification->direct_path != '/')
    return NULL;
  reference->direct_path = g_strdup (notification->direct_path);
  json = ulak_media_reference_write (reference);
  return ulak_json_print_object (json);
}

gboolean
ulak_history_note (UlakDatabase *database,
                   const Wa__HistorySyncNotification *notification,
                   const char *message_id,
                   gint64 now_us,
                   GError **error)
{
  const ProtobufCBinaryData *payload = &notification->initial_hist_bootstrap_inline_payload;
  gboolean is_inline = notification->has_initial_hist_bootstrap_inline_payload && payload->len > 0;
  g_autofree char *reference = is_inline ? NULL : describe_file (notification);
  UlakSpan inline_span = is_inline ? ULAK_SPAN (payload->data, payload->len) : ULAK_SPAN_NONE;
  guint8 digest[ULAK_SHA256_BYTES];
  UlakStatement *statement;

  if (!is_inline && reference == NULL)
    return TRUE;
  if (is_inline)
    ulak_sha256 (&inline_span, 1, digest);
  else
    memcpy (digest, notification->file_enc_sha256.data, sizeof digest);
  if (!ulak_sql_run (database, SQL ("history-forget"), ULAK_BINDINGS (ULAK_INTEGER ("before_us", now_us - KEEP_US)), error))
    return FALSE;
  statement = ulak_database_statement (database, SQL ("history-note"), error);
  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_text (statement, "message_id", message_id);
  ulak_statement_bind_bytes (statement, "digest", digest, sizeof digest);
  ulak_statement_bind_integer (statement, "sync_type", notification->has_sync_type ? (gint64) notification->sync_type : 0);
  ulak_statement_bind_integer (statement, "progress", MIN (notification->progress, 100));
  ulak_statement_bind_bytes (statement, "inline_bytes", inline_span.bytes, inline_span.size_bytes);
  ulak_statement_bind_text (statement, "reference", reference);
  ulak_statement_bind_integer (statement, "now_us", now_us);
  return ulak_statement_run (statement, error);
}

/* --- rows --- */

static UlakHistoryBlob *
read_row (UlakStatement *row)
{
  const char *reference = ulak_statement_get_text (row, "reference");
  g_autoptr (JsonObject) json = NULL;
  UlakHistoryBlob *blob = g_new0 (UlakHistoryBlob, 1);
  const void *bytes;
  gsize size;

  blob->id = ulak_statement_get_integer (row, "id");
  blob->sync_type = ulak_statement_get_integer (row, "sync_type");
  blob->progress = (guint) ulak_statement_get_integer (row, "progress");
  blob->pass = ulak_statement_get_integer (row, "pass") == 0 ? ULAK_HISTORY_PASS_PEOPLE : ULAK_HISTORY_PASS_MESSAGES;
  blob->done = (guint64) ulak_statement_get_integer (row, "done_items");
  if (!ulak_statement_is_null (row, "inline_bytes"))
    {
      bytes = ulak_statement_get_bytes (row, "inline_bytes", &size);
      blob->inline_bytes = g_bytes_new (bytes, size);
      return blob;
    }
  json = reference == NULL ? NULL
                           : ulak_json_parse_object (reference, strlen (reference), &ULAK_JSON_LIMITS_EVENT, NULL);
  blob->reference = json == NULL ? NULL : ulak_media_reference_read (json, NULL);
  return blob;
}

gboolean
ulak_history_blob_find_next (UlakDatabase *database, UlakHistoryBlob **blob_out, GError **error)
{
  UlakStatement *row;

  if (!ulak_sql_find (database, SQL ("history-next"), ULAK_BINDINGS (), &row, error))
    return FALSE;
  *blob_out = row == NULL ? NULL : read_row (row);
  return TRUE;
}

gboolean
ulak_history_blob_advance (UlakDatabase *database, gint64 id, UlakHistoryPass pass, guint64 done, GError **error)
{
  return ulak_sql_run (database, SQL ("history-advance"),
                       ULAK_BINDINGS (ULAK_INTEGER ("id", id), ULAK_INTEGER ("pass", (gint64) pass),
                                      ULAK_INTEGER ("done_items", (gint64) done)),
                       error);
}

gboolean
ulak_history_blob_end (UlakDatabase *database, gint64 id, UlakHistoryBlobState state, GError **error)
{
  return ulak_sql_run (database, SQL ("history-end"),
                       ULAK_BINDINGS (ULAK_INTEGER ("id", id), ULAK_INTEGER ("state", (gint64) state)), error);
}
