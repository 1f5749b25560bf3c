/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Asking the phone for a file that the hosts no longer have.
 *
 * The request is a row before it leaves, so an answer that comes after a restart is understood, too, and the next download
 * finds the new place. A phone that is off answers when it is on: a download waits ANSWER_WAIT_S and then says "later".
 * A message is asked for at most once in ASK_AGAIN_S.
 */
#include "whatsapp/media/client-private.h"

#include "core/error.h"
#include "whatsapp/codec/protobufs.h"

#include "whatsapp-media-sql.h"

#define ANSWER_WAIT_S 30
#define ASK_AGAIN_S 300
#define KEEP_S ((gint64) 30 * 24 * 60 * 60)
#define NONCE_BYTES 12
#define SEALED_MAX_BYTES 65536

/* One message that somebody waits for. */
struct _Asked
{
  UlakMediaClient *client; /* unowned: owns this */
  char *message_id;        /* (owned) */
  GPtrArray *tasks;        /* (owned) (element-type GTask) */
  guint timer;
};

void
ulak_media_register_sql (void)
{
  static gsize is_registered;

  if (!g_once_init_enter (&is_registered))
    return;
  ulak_whatsapp_media_sql_register_resource ();
  g_once_init_leave (&is_registered, 1);
}

void
ulak_media_asked_free (UlakMediaAsked *self)
{
  ulak_clock_clear_timer (self->client->clock, &self->timer);
  g_ptr_array_unref (self->tasks);
  g_free (self->message_id);
  g_free (self);
}

/* --- the place that is known --- */

typedef struct
{
  guint8 encrypted_sha256[ULAK_SHA256_BYTES];
  char *path; /* (owned) (nullable): out */
} PathWork;

static void
path_work_free (gpointer data)
{
  PathWork *self = data;

  g_free (self->path);
  g_free (self);
}

static gboolean
path_run (UlakDatabase *database, gpointer data, GError **error)
{
  PathWork *self = data;
  UlakStatement *row = ulak_database_statement (database, ULAK_MEDIA_SQL ("media-request-path"), error);
  gboolean has_row;

  if (row == NULL)
    return FALSE;
  ulak_statement_bind_bytes (row, "file_enc_sha256", self->encrypted_sha256, ULAK_SHA256_BYTES);
  if (!ulak_statement_step (row, &has_row, error))
    return FALSE;
  g_free (self->path);
  self->path = has_row ? g_strdup (ulak_statement_get_text (row, "direct_path")) : NULL;
  return TRUE;
}

static void
path_read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  PathWork *work = ulak_store_finish (ULAK_STORE (source), result, NULL);

  g_task_return_pointer (task, work == NULL ? NULL : g_steal_pointer (&work->path), g_free);
}

void
ulak_media_client_find_path_async (UlakMediaClient *self,
                                   const UlakMediaReference *reference,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  PathWork *work;

  g_task_set_source_tag (task, ulak_media_client_find_path_async);
  if (!reference->is_encrypted || reference->message_id == NULL)
    {
      g_task_return_pointer (task, NULL, NULL);
      return;
    }
  work = g_new0 (PathWork, 1);
  memcpy (work->encrypted_sha256, reference->summary.encrypted_sha256, ULAK_SHA256_BYTES);
  ulak_store_read_async (self->store, path_run, work, path_work_free, path_read_cb, g_steal_pointer (&task));
}

char *
ulak_media_client_find_path_finish (UlakMediaClient *self, GAsyncResult *result)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

/* --- those who wait --- */

static UlakMediaAsked *
find_asked (UlakMediaClient *self, const char *message_id)
{
  for (guint i = 0; i < self->asked->len; i++)
    if (g_str_equal (((UlakMediaAsked *) g_ptr_array_index (self->asked, i))->message_id, message_id))
      return g_ptr_array_index (self->asked, i);
  return NULL;
}

/* @path: what they get; NULL: the error. */
static void
answer (UlakMediaClient *self, const char *message_id, const char *path, UlakError code, const char *why)
{
  UlakMediaAsked *asked = find_asked (self, message_id);
  g_autoptr (GPtrArray) tasks = NULL;

  if (asked == NULL)
    return;
  tasks = g_ptr_array_ref (asked->tasks);
  g_ptr_array_remove (self->asked, asked);
  for (guint i = 0; i < tasks->len; i++)
    if (path != NULL)
      g_task_return_pointer (g_ptr_array_index (tasks, i), g_strdup (path), g_free);
    else
      g_task_return_new_error (g_ptr_array_index (tasks, i), ULAK_ERROR, code, "%s", why);
}

static void
late_cb (gpointer user_data)
{
  UlakMediaAsked *asked = user_data;
  g_autofree char *message_id = g_strdup (asked->message_id);

  asked->timer = 0;
  answer (asked->client, message_id, NULL, ULAK_ERROR_UNAVAILABLE,
          "The medium is gone from the network; the phone was asked to send it again and did not answer yet");
}

static UlakMediaAsked *
add_asked (UlakMediaClient *self, const char *message_id)
{
  UlakMediaAsked *asked = g_new0 (UlakMediaAsked, 1);

  asked->client = self;
  asked->message_id = g_strdup (message_id);
  asked->tasks = g_ptr_array_new_with_free_func (g_object_unref);
  asked->timer = ulak_clock_add_timer (self->clock, ANSWER_WAIT_S * G_USEC_PER_SEC, late_cb, asked);
  g_ptr_array_add (self->asked, asked);
  return asked;
}

/* --- asking --- */

typedef struct
{
  UlakMediaReference *reference; /* (owned) */
  gint64 now_us;
  gboolean is_new; /* out: it is to be asked for now */
} AskWork;

static void
ask_work_free (gpointer data)
{
  AskWork *self = data;

  ulak_media_reference_free (self->reference);
  g_free (self);
}

static gboolean
find_request (UlakDatabase *database, const char *id, UlakStatement **row_out, GError **error)
{
  UlakStatement *row = ulak_database_statement (database, ULAK_MEDIA_SQL ("media-request-find"), error);
  gboolean has_row;

  if (row == NULL)
    return FALSE;
  ulak_statement_bind_text (row, "message_id", id);
  if (!ulak_statement_step (row, &has_row, error))
    return FALSE;
  *row_out = has_row ? row : NULL;
  return TRUE;
}

static gboolean
forget_old (UlakDatabase *database, gint64 now_us, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, ULAK_MEDIA_SQL ("media-request-forget"), error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "before_us", now_us - KEEP_S * G_USEC_PER_SEC);
  return ulak_statement_run (statement, error);
}

static gboolean
put_request (UlakDatabase *database, const AskWork *self, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, ULAK_MEDIA_SQL ("media-request-put"), error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_text (statement, "message_id", self->reference->message_id);
  ulak_statement_bind_bytes (statement, "file_enc_sha256", self->reference->summary.encrypted_sha256, ULAK_SHA256_BYTES);
  ulak_statement_bind_bytes (statement, "media_key", self->reference->media_key.bytes, ULAK_KEY_BYTES);
  ulak_statement_bind_integer (statement, "now_us", self->now_us);
  return ulak_statement_run (statement, error);
}

static gboolean
ask_run (UlakDatabase *database, gpointer data, GError **error)
{
  AskWork *self = data;
  UlakStatement *row;

  if (!find_request (database, self->reference->message_id, &row, error))
    return FALSE;
  self->is_new = row == NULL || !ulak_statement_is_null (row, "answered_us")
                 || self->now_us - ulak_statement_get_integer (row, "asked_us") > ASK_AGAIN_S * G_USEC_PER_SEC;
  if (!self->is_new)
    return TRUE;
  return forget_old (database, self->now_us, error) && put_request (database, self, error);
}

static void
add_question (UlakMediaClient *self, UlakNodeBuilder *receipt, const UlakMediaReference *reference)
{
  Wa__ServerErrorReceipt question = WA__SERVER_ERROR_RECEIPT__INIT;
  g_autoptr (GBytes) plain = NULL, sealed = NULL, nonce = NULL;

  question.stanza_id = reference->message_id;
  plain = ulak_protobuf_pack (&question);
  sealed = ulak_media_retry_seal (&reference->media_key, reference->message_id, self->key_random, ulak_span_of (plain),
                                  &nonce);
  ulak_node_builder_open (receipt, "encrypt");
  ulak_node_builder_open (receipt, "enc_p");
  ulak_node_builder_set_bytes (receipt, g_bytes_get_data (sealed, NULL), g_bytes_get_size (sealed));
  ulak_node_builder_close (receipt);
  ulak_node_builder_open (receipt, "enc_iv");
  ulak_node_builder_set_bytes (receipt, g_bytes_get_data (nonce, NULL), g_bytes_get_size (nonce));
  ulak_node_builder_close (receipt);
  ulak_node_builder_close (receipt);
}

static void
add_jid (UlakNodeBuilder *builder, const char *name, const char *text)
{
  UlakJid jid;

  if (text != NULL && ulak_jid_parse (text, &jid, NULL))
    ulak_node_builder_add_jid (builder, name, &jid);
}

static UlakNode *
make_receipt (UlakMediaClient *self, const UlakMediaReference *reference, GError **error)
{
  g_autoptr (UlakNodeBuilder) receipt = ulak_node_builder_new ("receipt");

  ulak_node_builder_add_text (receipt, "id", reference->message_id);
  add_jid (receipt, "to", self->own_user);
  ulak_node_builder_add_text (receipt, "type", "server-error");
  add_question (self, receipt, reference);
  ulak_node_builder_open (receipt, "rmr");
  add_jid (receipt, "jid", reference->chat);
  ulak_node_builder_add_text (receipt, "from_me", reference->is_from_me ? "true" : "false");
  add_jid (receipt, "participant", reference->participant);
  ulak_node_builder_close (receipt);
  return ulak_node_builder_end (receipt, error);
}

static void
asked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakMediaClient) self = user_data;
  g_autoptr (GError) error = NULL;
  AskWork *work = ulak_store_finish (ULAK_STORE (source), result, &error);
  g_autoptr (UlakNode) receipt = NULL;

  if (work == NULL)
    {
      g_debug ("A request for a medium cannot be kept: %s", error->message);
      return;
    }
  if (!work->is_new)
    return;
  receipt = make_receipt (self, work->reference, &error);
  if (receipt == NULL || !self->port.send (self->port.owner, receipt, &error))
    answer (self, work->reference->message_id, NULL, ULAK_ERROR_UNAVAILABLE,
            "The medium is gone from the network, and the phone cannot be asked for it now");
}

void
ulak_media_client_ask_async (UlakMediaClient *self,
                             const UlakMediaReference *reference,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  UlakMediaAsked *asked;
  AskWork *work;

  g_task_set_source_tag (task, ulak_media_client_ask_async);
  if (!reference->is_encrypted || reference->message_id == NULL || reference->chat == NULL || self->own_user == NULL)
    {
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "The medium is gone from the network");
      g_object_unref (task);
      return;
    }
  asked = find_asked (self, reference->message_id);
  if (asked != NULL)
    {
      g_ptr_array_add (asked->tasks, task);
      return;
    }
  g_ptr_array_add (add_asked (self, reference->message_id)->tasks, task);
  work = g_new0 (AskWork, 1);
  work->reference = ulak_media_reference_copy (reference);
  work->now_us = ulak_clock_get_wall_us (self->clock);
  ulak_store_write_async (self->store, ask_run, work, ask_work_free, asked_cb, g_object_ref (self));
}

char *
ulak_media_client_ask_finish (UlakMediaClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- the answer of the phone --- */

static UlakSpan
get_child_bytes (const UlakNode *node, const char *tag, gsize min_bytes, gsize max_bytes)
{
  const UlakNode *child = node == NULL ? NULL : ulak_node_get_child (node, tag);
  gsize size = 0;
  const guint8 *bytes = child == NULL ? NULL : ulak_node_read_bytes (child, min_bytes, max_bytes, &size, NULL);

  return ULAK_SPAN (bytes, bytes == NULL ? 0 : size);
}

/* (transfer full) (nullable): none that is genuine and says success. */
static char *
open_answer (const UlakNode *notification, const char *id, const UlakKey *media_key)
{
  const UlakNode *encrypted = ulak_node_get_child (notification, "encrypt");
  UlakSpan sealed = get_child_bytes (encrypted, "enc_p", 1, SEALED_MAX_BYTES);
  UlakSpan nonce = get_child_bytes (encrypted, "enc_iv", NONCE_BYTES, NONCE_BYTES);
  g_autoptr (GBytes) plain = NULL;
  g_autoptr (Wa__MediaRetryNotification) said = NULL;

  if (sealed.bytes == NULL || nonce.bytes == NULL)
    return NULL;
  plain = ulak_media_retry_open (media_key, id, nonce, sealed, NULL);
  if (plain == NULL)
    return NULL;
  said = ulak_protobuf_unpack (&wa__media_retry_notification__descriptor, g_bytes_get_data (plain, NULL),
                               g_bytes_get_size (plain), NULL);
  if (said == NULL || said->result != WA__MEDIA_RETRY_NOTIFICATION__RESULT_TYPE__SUCCESS || said->direct_path == NULL
      || *said->direct_path != '/' || strlen (said->direct_path) > ULAK_MEDIA_PATH_MAX
      || (said->stanza_id != NULL && !g_str_equal (said->stanza_id, id)))
    return NULL;
  return g_strdup (said->direct_path);
}

static gboolean
keep_path (UlakDatabase *database, const char *id, const char *path_or_null, guint64 answered_s, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, ULAK_MEDIA_SQL ("media-request-answer"), error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_text (statement, "message_id", id);
  ulak_statement_bind_text (statement, "direct_path", path_or_null);
  ulak_statement_bind_integer (statement, "answered_us", (gint64) answered_s * G_USEC_PER_SEC);
  return ulak_statement_run (statement, error);
}

/**
 * ulak_media_retry_keep:
 * @notification: of type mediaretry
 *
 * Keeps where the phone put the file, in the transaction that takes the notification. What is no answer to a request of
 * ours changes nothing and is no error. Store's thread.
 */
gboolean
ulak_media_retry_keep (UlakDatabase *database, const UlakNode *notification, GError **error)
{
  const char *id = ulak_node_get_attribute (notification, "id");
  UlakStatement *row;
  g_auto (UlakKey) media_key = { 0 };
  g_autofree char *path = NULL;
  const void *key_bytes;
  guint64 answered_s = 0;
  gsize size = 0;

  if (id == NULL)
    return TRUE;
  if (!find_request (database, id, &row, error))
    return FALSE;
  key_bytes = row == NULL ? NULL : ulak_statement_get_bytes (row, "media_key", &size);
  if (key_bytes == NULL || size != ULAK_KEY_BYTES)
    return TRUE;
  ulak_key_set (&media_key, key_bytes, size);
  ulak_node_read_number (notification, "t", G_MAXUINT32, &answered_s, NULL);
  path = open_answer (notification, id, &media_key);
  return keep_path (database, id, path, answered_s, error);
}

typedef struct
{
  char *message_id; /* (owned) */
  char *path;       /* (owned) (nullable): out */
  gboolean is_answered;
} KeptWork;

static void
kept_work_free (gpointer data)
{
  KeptWork *self = data;

  g_free (self->message_id);
  g_free (self->path);
  g_free (self);
}

static gboolean
kept_run (UlakDatabase *database, gpointer data, GError **error)
{
  KeptWork *self = data;
  UlakStatement *row;

  g_clear_pointer (&self->path, g_free);
  if (!find_request (database, self->message_id, &row, error))
    return FALSE;
  self->is_answered = row != NULL && !ulak_statement_is_null (row, "answered_us");
  self->path = self->is_answered ? g_strdup (ulak_statement_get_text (row, "direct_path")) : NULL;
  return TRUE;
}

static void
kept_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakMediaClient) self = user_data;
  KeptWork *work = ulak_store_finish (ULAK_STORE (source), result, NULL);

  /* Without a row those who wait are told by their timer. */
  if (work != NULL && work->is_answered)
    answer (self, work->message_id, work->path, ULAK_ERROR_NOT_FOUND,
            "The medium is gone from the network, and the phone does not have it either");
}

/** ulak_media_client_retry_kept: tells those who wait, after the commit with ulak_media_retry_keep() */
void
ulak_media_client_retry_kept (UlakMediaClient *self, const UlakNode *notification)
{
  const char *id = ulak_node_get_attribute (notification, "id");
  KeptWork *work;

  if (id == NULL || find_asked (self, id) == NULL)
    return;
  work = g_new0 (KeptWork, 1);
  work->message_id = g_strdup (id);
  ulak_store_read_async (self->store, kept_run, work, kept_work_free, kept_cb, g_object_ref (self));
}
