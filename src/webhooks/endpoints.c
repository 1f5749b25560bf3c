/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "webhooks/endpoints.h"

#include "core/error.h"
#include "core/id.h"
#include "webhooks/endpoint-row.h"

typedef enum
{
  CHANGE_ADD,
  CHANGE_UPDATE,
  CHANGE_ROTATE,
  CHANGE_DISABLE,
  CHANGE_REMOVE,
} ChangeKind;

typedef struct
{
  GTask *task; /* (owned) */
  ChangeKind kind;
  char *id;           /* (owned) (nullable) */
  JsonObject *fields; /* (owned) (nullable) */
  char *reason;       /* (owned) (nullable) */
  guint grace_s;
  UlakEndpoint *endpoint; /* (owned) (nullable): what it will be */
} Change;

struct _UlakEndpoints
{
  GObject parent_instance;

  UlakWebhookStore *store; /* (owned) */
  UlakClock *clock;        /* (owned) */
  UlakRandom *random;      /* (owned) */
  UlakSeal *seal;          /* (owned) (nullable) */
  GPtrArray *all;          /* (owned) (element-type UlakEndpoint): replaced, never changed */
  GQueue *changes;         /* (owned) (element-type Change): the first is under way */
  guint max_endpoints;
  gboolean allow_private;
};

G_DEFINE_FINAL_TYPE (UlakEndpoints, ulak_endpoints, G_TYPE_OBJECT)

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void
change_free (Change *change)
{
  g_clear_object (&change->task);
  g_free (change->id);
  g_clear_pointer (&change->fields, json_object_unref);
  g_free (change->reason);
  ulak_endpoint_unref (change->endpoint);
  g_free (change);
}

static void
ulak_endpoints_finalize (GObject *object)
{
  UlakEndpoints *self = ULAK_ENDPOINTS (object);

  g_clear_object (&self->store);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  g_clear_pointer (&self->seal, ulak_seal_free);
  g_clear_pointer (&self->all, g_ptr_array_unref);
  g_queue_free_full (self->changes, (GDestroyNotify) change_free);
  G_OBJECT_CLASS (ulak_endpoints_parent_class)->finalize (object);
}

static void
ulak_endpoints_class_init (UlakEndpointsClass *class)
{
  G_OBJECT_CLASS (class)->finalize = ulak_endpoints_finalize;
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 1, G_TYPE_INT64);
}

static void
ulak_endpoints_init (UlakEndpoints *self)
{
  self->all = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_endpoint_unref);
  self->changes = g_queue_new ();
  self->max_endpoints = 1000;
}

UlakEndpoints *
ulak_endpoints_new (UlakWebhookStore *store, UlakClock *clock, UlakRandom *random)
{
  UlakEndpoints *self = g_object_new (ULAK_TYPE_ENDPOINTS, NULL);

  self->store = g_object_ref (store);
  self->clock = g_object_ref (clock);
  self->random = g_object_ref (random);
  return self;
}

void
ulak_endpoints_set_limits (UlakEndpoints *self, guint max_endpoints, gboolean allow_private)
{
  self->max_endpoints = max_endpoints;
  self->allow_private = allow_private;
}

gboolean
ulak_endpoints_has_seal (UlakEndpoints *self)
{
  return self->seal != NULL;
}

/**
 * ulak_endpoints_count_unreadable:
 * @self: the endpoints
 *
 * Returns: how many cannot sign, because their secret cannot be opened
 */
guint
ulak_endpoints_count_unreadable (UlakEndpoints *self)
{
  guint count = 0;

  for (guint i = 0; i < self->all->len; i++)
    count += ((UlakEndpoint *) g_ptr_array_index (self->all, i))->secret == NULL;
  return count;
}

static void
replace_all (UlakEndpoints *self, GPtrArray *all)
{
  g_ptr_array_unref (self->all);
  self->all = all;
}

/* Puts a value in the place of the one with its row, or at the end; NULL takes it out. */
static void
replace_one (UlakEndpoints *self, gint64 row, UlakEndpoint *endpoint)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_endpoint_unref);
  gboolean is_placed = endpoint == NULL;

  for (guint i = 0; i < self->all->len; i++)
    {
      UlakEndpoint *old = g_ptr_array_index (self->all, i);

      if (old->row != row)
        g_ptr_array_add (all, ulak_endpoint_ref (old));
      else if (endpoint != NULL)
        g_ptr_array_add (all, ulak_endpoint_ref (endpoint));
      is_placed = is_placed || old->row == row;
    }
  if (!is_placed)
    g_ptr_array_add (all, ulak_endpoint_ref (endpoint));
  replace_all (self, all);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0, row);
}

/**
 * ulak_endpoints_set_seal:
 * @self: the endpoints
 * @seal: (transfer full): opens and closes their secrets
 */
void
ulak_endpoints_set_seal (UlakEndpoints *self, UlakSeal *seal)
{
  g_autoptr (GPtrArray) before = g_ptr_array_ref (self->all);

  g_clear_pointer (&self->seal, ulak_seal_free);
  self->seal = seal;
  for (guint i = 0; i < before->len; i++)
    {
      g_autoptr (UlakEndpoint) endpoint = ulak_endpoint_copy (g_ptr_array_index (before, i));

      ulak_endpoint_open (endpoint, self->seal, self->allow_private);
      replace_one (self, endpoint->row, endpoint);
    }
}

static void
loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakEndpoints *self = g_task_get_source_object (task);
  GError *error = NULL;
  GPtrArray *rows = ulak_webhook_store_list_endpoints_finish (ULAK_WEBHOOK_STORE (source), result, &error);
  GPtrArray *all;

  if (rows == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  all = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_endpoint_unref);
  for (guint i = 0; i < rows->len; i++)
    g_ptr_array_add (all, ulak_endpoint_from_row (g_ptr_array_index (rows, i), self->seal, self->allow_private));
  replace_all (self, all);
  g_task_return_boolean (task, TRUE);
}

void
ulak_endpoints_load_async (UlakEndpoints *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_endpoints_load_async);
  ulak_webhook_store_list_endpoints_async (self->store, loaded_cb, task);
}

gboolean
ulak_endpoints_load_finish (UlakEndpoints *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

GPtrArray *
ulak_endpoints_get_all (UlakEndpoints *self)
{
  return self->all;
}

UlakEndpoint *
ulak_endpoints_find_row (UlakEndpoints *self, gint64 row)
{
  for (guint i = 0; i < self->all->len; i++)
    if (((UlakEndpoint *) g_ptr_array_index (self->all, i))->row == row)
      return g_ptr_array_index (self->all, i);
  return NULL;
}

UlakEndpoint *
ulak_endpoints_find (UlakEndpoints *self, const char *id, GError **error)
{
  for (guint i = 0; i < self->all->len; i++)
    if (g_str_equal (((UlakEndpoint *) g_ptr_array_index (self->all, i))->id, id))
      return g_ptr_array_index (self->all, i);
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "There is no endpoint \"%.64s\"", id);
  return NULL;
}

static gboolean
apply_fields (UlakEndpoints *self, UlakEndpoint *endpoint, JsonObject *fields, GError **error)
{
  g_autoptr (UlakIssues) issues = ulak_issues_new ();

  ulak_endpoint_apply (endpoint, fields, self->allow_private, issues);
  if (ulak_issues_count (issues) > 0)
    return ulak_issues_to_error (issues, error);
  if (json_object_has_member (fields, "headers"))
    ulak_endpoint_seal_headers (endpoint, self->seal);
  return TRUE;
}

static gboolean
prepare_add (UlakEndpoints *self, Change *change, GError **error)
{
  g_autofree char *id = ulak_id_new (self->clock, self->random);

  if (self->all->len >= self->max_endpoints)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_FULL, "There are %u endpoints; [webhooks] endpoints_max allows %u",
                   self->all->len, self->max_endpoints);
      return FALSE;
    }
  change->endpoint = ulak_endpoint_new (id, ulak_clock_get_wall_us (self->clock));
  ulak_endpoint_renew_secret (change->endpoint, self->seal, self->random);
  return apply_fields (self, change->endpoint, change->fields, error);
}

static void
prepare_rotate (UlakEndpoints *self, Change *change)
{
  UlakEndpoint *endpoint = change->endpoint;

  g_clear_pointer (&endpoint->old_secret, ulak_secret_unref);
  g_clear_pointer (&endpoint->sealed_old_secret, g_bytes_unref);
  endpoint->old_secret_until_us = 0;
  if (change->grace_s > 0)
    {
      endpoint->old_secret = g_steal_pointer (&endpoint->secret);
      endpoint->sealed_old_secret = g_steal_pointer (&endpoint->sealed_secret);
      endpoint->old_secret_until_us = ulak_clock_get_wall_us (self->clock) + change->grace_s * (gint64) G_USEC_PER_SEC;
    }
  ulak_endpoint_renew_secret (endpoint, self->seal, self->random);
}

static gboolean
prepare (UlakEndpoints *self, Change *change, GError **error)
{
  UlakEndpoint *old;

  if (self->seal == NULL && change->kind != CHANGE_REMOVE)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE,
                   "Endpoints cannot be changed before the master key is there: see health, check \"secrets\"");
      return FALSE;
    }
  if (change->kind == CHANGE_ADD)
    return prepare_add (self, change, error);
  old = ulak_endpoints_find (self, change->id, error);
  if (old == NULL)
    return FALSE;
  change->endpoint = ulak_endpoint_copy (old);
  if (change->kind == CHANGE_UPDATE)
    return apply_fields (self, change->endpoint, change->fields, error);
  if (change->kind == CHANGE_ROTATE)
    prepare_rotate (self, change);
  if (change->kind == CHANGE_DISABLE)
    {
      change->endpoint->is_enabled = FALSE;
      g_free (change->endpoint->disabled_reason);
      change->endpoint->disabled_reason = g_strdup (change->reason);
    }
  return TRUE;
}

static void run_next (UlakEndpoints *self);

static void
end_change (UlakEndpoints *self, GError *error)
{
  Change *change = g_queue_pop_head (self->changes);

  if (error != NULL)
    g_task_return_error (change->task, error);
  else
    g_task_return_pointer (change->task, ulak_endpoint_ref (change->endpoint), (GDestroyNotify) ulak_endpoint_unref);
  change_free (change);
  run_next (self);
}

static void
put_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakEndpoints) self = user_data;
  Change *change = g_queue_peek_head (self->changes);
  GError *error = NULL;
  gint64 row = ulak_webhook_store_put_endpoint_finish (ULAK_WEBHOOK_STORE (source), result, &error);

  if (row != 0)
    {
      change->endpoint->row = row;
      replace_one (self, row, change->endpoint);
    }
  end_change (self, error);
}

static void
removed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakEndpoints) self = user_data;
  Change *change = g_queue_peek_head (self->changes);
  GError *error = NULL;

  if (ulak_webhook_store_remove_endpoint_finish (ULAK_WEBHOOK_STORE (source), result, &error))
    replace_one (self, change->endpoint->row, NULL);
  end_change (self, error);
}

static void
run_next (UlakEndpoints *self)
{
  Change *change = g_queue_peek_head (self->changes);
  GError *error = NULL;

  if (change == NULL)
    return;
  if (!prepare (self, change, &error))
    end_change (self, error);
  else if (change->kind == CHANGE_REMOVE)
    ulak_webhook_store_remove_endpoint_async (self->store, change->endpoint->row, removed_cb, g_object_ref (self));
  else
    ulak_webhook_store_put_endpoint_async (self->store, ulak_endpoint_to_row (change->endpoint), put_cb, g_object_ref (self));
}

static void
push_change (UlakEndpoints *self, Change *change, ChangeKind kind, GAsyncReadyCallback callback, gpointer user_data)
{
  change->kind = kind;
  change->task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (change->task, push_change);
  g_queue_push_tail (self->changes, change);
  if (g_queue_get_length (self->changes) == 1)
    run_next (self);
}

/**
 * ulak_endpoints_add_async:
 * @self: the endpoints
 * @document: an endpoint document
 *
 * Errors: %ULAK_ERROR_INVALID with issues, %ULAK_ERROR_FULL, %ULAK_ERROR_UNAVAILABLE.
 */
void
ulak_endpoints_add_async (UlakEndpoints *self, JsonObject *document, GAsyncReadyCallback callback, gpointer user_data)
{
  Change *change = g_new0 (Change, 1);

  change->fields = json_object_ref (document);
  push_change (self, change, CHANGE_ADD, callback, user_data);
}

/**
 * ulak_endpoints_update_async:
 * @self: the endpoints
 * @id: which
 * @changes: the fields that become different
 *
 * Errors: %ULAK_ERROR_NOT_FOUND, %ULAK_ERROR_INVALID with issues, %ULAK_ERROR_UNAVAILABLE.
 */
void
ulak_endpoints_update_async (UlakEndpoints *self,
                             const char *id,
                             JsonObject *changes,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  Change *change = g_new0 (Change, 1);

  change->id = g_strdup (id);
  change->fields = json_object_ref (changes);
  push_change (self, change, CHANGE_UPDATE, callback, user_data);
}

/**
 * ulak_endpoints_rotate_async:
 * @self: the endpoints
 * @id: which
 * @grace_s: how long the old secret still signs beside the new one, seconds; at once forgotten when 0
 *
 * A second rotation within the grace ends the first old secret's: two sign at most.
 */
void
ulak_endpoints_rotate_async (UlakEndpoints *self,
                             const char *id,
                             guint grace_s,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  Change *change = g_new0 (Change, 1);

  change->id = g_strdup (id);
  change->grace_s = grace_s;
  push_change (self, change, CHANGE_ROTATE, callback, user_data);
}

void
ulak_endpoints_disable_async (UlakEndpoints *self,
                              const char *id,
                              const char *reason,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  Change *change = g_new0 (Change, 1);

  change->id = g_strdup (id);
  change->reason = g_strdup (reason);
  push_change (self, change, CHANGE_DISABLE, callback, user_data);
}

void
ulak_endpoints_remove_async (UlakEndpoints *self, const char *id, GAsyncReadyCallback callback, gpointer user_data)
{
  Change *change = g_new0 (Change, 1);

  change->id = g_strdup (id);
  push_change (self, change, CHANGE_REMOVE, callback, user_data);
}

UlakEndpoint *
ulak_endpoints_change_finish (UlakEndpoints *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, push_change), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
