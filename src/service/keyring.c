/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "service/keyring.h"

#include "core/error.h"
#include "core/log.h"
#include "core/messages.h"
#include "service/keyring-presence.h"
#include "service/keyring-probe.h"

#include <libsecret/secret.h>

#define ATTRIBUTE "name"

static const SecretSchema secret_schema = {
  "org.ulak.Secret",
  SECRET_SCHEMA_NONE,
  { { ATTRIBUTE, SECRET_SCHEMA_ATTRIBUTE_STRING }, { NULL, 0 } },
};

struct _UlakKeyring
{
  GObject parent_instance;

  UlakClock *clock; /* (owned) */
  UlakKeyringState state;
  gboolean is_present; /* known to be there; asked again after any error */
  char *ready_owner;   /* (owned) (nullable): the daemon that was last seen ready */
  char *faulty_owner;  /* (owned) (nullable): the daemon whose fault has settled */
};

G_DEFINE_FINAL_TYPE (UlakKeyring, ulak_keyring, G_TYPE_OBJECT)

/* Task data of an operation. The task's cancellable is the caller's; this one also falls at the deadline. */
typedef struct
{
  UlakKeyringAction action;
  char *name;           /* (owned) (nullable) */
  UlakSecret *value;    /* (owned) (nullable) */
  UlakClock *clock;     /* (owned) */
  GCancellable *stop;   /* (owned) */
  GCancellable *caller; /* (owned) (nullable) */
  gulong caller_handler;
  guint deadline;
  gboolean is_late;
  guint tries;
  guint settles;
  guint settle_timer;
  char *ready_owner; /* (owned) (nullable): the daemon that was ready before we asked */
} Operation;

static void attempt (GTask *task);
static void proceed (GTask *task);

static void
operation_end (Operation *operation)
{
  ulak_clock_clear_timer (operation->clock, &operation->deadline);
  ulak_clock_clear_timer (operation->clock, &operation->settle_timer);
  if (operation->caller != NULL && operation->caller_handler != 0)
    g_cancellable_disconnect (operation->caller, operation->caller_handler);
  operation->caller_handler = 0;
}

static void
operation_free (Operation *operation)
{
  operation_end (operation);
  g_free (operation->name);
  g_free (operation->ready_owner);
  g_clear_pointer (&operation->value, ulak_secret_unref);
  g_object_unref (operation->clock);
  g_object_unref (operation->stop);
  g_clear_object (&operation->caller);
  g_free (operation);
}

static void
ulak_keyring_dispose (GObject *object)
{
  g_clear_object (&ULAK_KEYRING (object)->clock);
  G_OBJECT_CLASS (ulak_keyring_parent_class)->dispose (object);
}

static void
ulak_keyring_finalize (GObject *object)
{
  g_free (ULAK_KEYRING (object)->ready_owner);
  g_free (ULAK_KEYRING (object)->faulty_owner);
  G_OBJECT_CLASS (ulak_keyring_parent_class)->finalize (object);
}

static void
ulak_keyring_class_init (UlakKeyringClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ulak_keyring_dispose;
  G_OBJECT_CLASS (klass)->finalize = ulak_keyring_finalize;
}

static void
ulak_keyring_init (UlakKeyring *self)
{
  self->state = ULAK_KEYRING_ABSENT;
}

UlakKeyring *
ulak_keyring_new (UlakClock *clock)
{
  UlakKeyring *self = g_object_new (ULAK_TYPE_KEYRING, NULL);

  self->clock = g_object_ref (clock);
  return self;
}

UlakKeyringState
ulak_keyring_get_state (UlakKeyring *self)
{
  return self->state;
}

/* What a state means for who asked; an error code of its own for each. */
static const struct
{
  UlakError code;
  const char *sentence;
} faults[] = {
  [ULAK_KEYRING_ABSENT] = { ULAK_ERROR_NOT_FOUND, "no keyring is installed" },
  [ULAK_KEYRING_READY] = { ULAK_ERROR_FAILED, "the keyring is ready" },
  [ULAK_KEYRING_LOCKED]
  = { ULAK_ERROR_LOCKED,
      "the keyring is locked: its master password is not the one its file was made with, or the file "
      "is damaged" },
  [ULAK_KEYRING_DAMAGED]
  = { ULAK_ERROR_DAMAGED,
      "the keyring has lost its canary: its file is missing, truncated or corrupt, restore it from a "
      "backup" },
  [ULAK_KEYRING_AWAY] = { ULAK_ERROR_UNAVAILABLE, "the keyring is installed and does not answer" },
};

const char *
ulak_keyring_state_describe (UlakKeyringState state)
{
  return faults[state].sentence;
}

static gboolean
is_fault (UlakKeyringState state)
{
  return state != ULAK_KEYRING_ABSENT && state != ULAK_KEYRING_READY;
}

static void
set_state (UlakKeyring *self, UlakKeyringState state)
{
  UlakKeyringState before = self->state;

  self->state = state;
  if (state == before)
    return;

  if (is_fault (state))
    ulak_log_warning (ULAK_MESSAGE_KEYRING_FAULT, NULL, "Secrets cannot be read: %s", faults[state].sentence);
  else if (is_fault (before))
    ulak_log_message (ULAK_MESSAGE_KEYRING_RECOVERED, NULL, "Secrets can be read again: %s", faults[state].sentence);
}

static void
return_state_error (GTask *task, UlakKeyringState state, const GError *cause)
{
  set_state (g_task_get_source_object (task), state);
  operation_end (g_task_get_task_data (task));
  g_task_return_new_error (task, ULAK_ERROR, (gint) faults[state].code, "%c%s%s%s",
                           g_ascii_toupper (faults[state].sentence[0]), faults[state].sentence + 1,
                           cause != NULL ? ": " : "", cause != NULL ? cause->message : "");
}

static void
return_missing (GTask *task)
{
  Operation *operation = g_task_get_task_data (task);

  set_state (g_task_get_source_object (task), ULAK_KEYRING_READY);
  operation_end (operation);
  g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "There is no secret ‘%s’ in the keyring",
                           operation->name);
}

static void
return_result (GTask *task, gpointer result, GDestroyNotify free_result)
{
  set_state (g_task_get_source_object (task), ULAK_KEYRING_READY);
  operation_end (g_task_get_task_data (task));
  g_task_return_pointer (task, result, free_result);
}

/* After any error: libsecret's session is dead for good, so a new one, twice; then the keyring counts as away. */
static void
retry (GTask *task, GError *error)
{
  Operation *operation = g_task_get_task_data (task);
  UlakKeyring *self = g_task_get_source_object (task);

  ulak_error_strip_remote (error);
  self->is_present = FALSE;
  if (operation->is_late)
    {
      g_clear_error (&error);
      error = g_error_new (ULAK_ERROR, ULAK_ERROR_TIMED_OUT, "no answer within %d ms", ULAK_KEYRING_DEADLINE_MS);
    }

  if (g_cancellable_is_cancelled (operation->caller))
    g_task_return_error (task, g_steal_pointer (&error));
  else if (operation->is_late || ++operation->tries >= ULAK_KEYRING_TRIES)
    return_state_error (task, ULAK_KEYRING_AWAY, error);
  else
    {
      secret_service_disconnect ();
      attempt (g_object_ref (task));
    }
  g_clear_error (&error);
}

static void
settle_cb (gpointer user_data)
{
  GTask *task = user_data;
  Operation *operation = g_task_get_task_data (task);

  operation->settle_timer = 0;
  proceed (task);
}

/* A fault that may be a daemon still opening its keyring: look again until it stays. */
static void
settle (GTask *task, const UlakKeyringProof *proof)
{
  UlakKeyring *self = g_task_get_source_object (task);
  Operation *operation = g_task_get_task_data (task);

  if (operation->settles++ < ULAK_KEYRING_SETTLE_TIMES && g_strcmp0 (proof->owner, self->faulty_owner) != 0)
    {
      operation->settle_timer = ulak_clock_add_timer (
          operation->clock, ULAK_KEYRING_SETTLE_MS * G_GINT64_CONSTANT (1000), settle_cb, g_object_ref (task));
      return;
    }

  g_free (self->faulty_owner);
  self->faulty_owner = g_strdup (proof->owner);
  return_state_error (task, proof->state, NULL);
}

static void
take_ready (UlakKeyring *self, const UlakKeyringProof *proof)
{
  g_free (self->ready_owner);
  self->ready_owner = g_strdup (proof->owner);
  g_clear_pointer (&self->faulty_owner, g_free);
}

static void
probed_after_nothing_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Operation *operation = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_auto (UlakKeyringProof) proof = { ULAK_KEYRING_READY, NULL };

  if (!ulak_keyring_probe_finish (result, &proof, &error))
    retry (task, g_steal_pointer (&error));
  else if (proof.state != ULAK_KEYRING_READY)
    settle (task, &proof);
  else if (g_strcmp0 (proof.owner, operation->ready_owner) == 0)
    return_missing (task);
  else
    {
      take_ready (g_task_get_source_object (task), &proof);
      proceed (g_steal_pointer (&task));
    }
}

/* A search may find several items of one name: any that is open serves. */
static UlakSecret *
take_secret (GList *items)
{
  for (GList *l = items; l != NULL; l = l->next)
    {
      g_autoptr (SecretValue) value = secret_item_get_secret (l->data);
      gsize size_bytes = 0;
      const char *bytes = value != NULL ? secret_value_get (value, &size_bytes) : NULL;

      if (bytes != NULL)
        return ulak_secret_new (bytes, size_bytes);
    }
  return NULL;
}

static void
looked_up_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Operation *operation = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autolist (SecretItem) items = secret_service_search_finish ((SecretService *) source, result, &error);
  g_autoptr (UlakSecret) secret = take_secret (items);

  if (error != NULL)
    retry (task, g_steal_pointer (&error));
  else if (secret != NULL)
    return_result (task, g_steal_pointer (&secret), (GDestroyNotify) ulak_secret_unref);
  else
    ulak_keyring_probe_async (operation->stop, probed_after_nothing_cb, g_steal_pointer (&task));
}

static void
listed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autolist (SecretItem) items = secret_service_search_finish ((SecretService *) source, result, &error);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  if (error != NULL)
    {
      retry (task, g_steal_pointer (&error));
      return;
    }

  for (GList *l = items; l != NULL; l = l->next)
    {
      g_autoptr (GHashTable) attributes = secret_item_get_attributes (l->data);
      const char *name = g_hash_table_lookup (attributes, ATTRIBUTE);

      if (name != NULL)
        g_ptr_array_add (names, g_strdup (name));
    }
  g_ptr_array_add (names, NULL);
  g_ptr_array_set_free_func (names, NULL);
  return_result (task, g_ptr_array_free (g_steal_pointer (&names), FALSE), (GDestroyNotify) g_strfreev);
}

static void
stored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (!secret_service_store_finish ((SecretService *) source, result, &error))
    retry (task, error != NULL ? g_steal_pointer (&error)
                               : g_error_new (ULAK_ERROR, ULAK_ERROR_FAILED, "the keyring did not store the item"));
  else
    return_result (task, GINT_TO_POINTER (TRUE), NULL);
}

static void
cleared_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Operation *operation = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (secret_service_clear_finish ((SecretService *) source, result, &error))
    return_result (task, GINT_TO_POINTER (TRUE), NULL);
  else if (error != NULL)
    retry (task, g_steal_pointer (&error));
  else
    ulak_keyring_probe_async (operation->stop, probed_after_nothing_cb, g_steal_pointer (&task));
}

static SecretValue *
to_secret_value (const UlakSecret *secret)
{
  gsize size_bytes;
  const guint8 *bytes = ulak_secret_get_bytes (secret, &size_bytes);
  gboolean is_text = g_utf8_validate_len ((const char *) bytes, size_bytes, NULL);

  return secret_value_new ((const char *) bytes, (gssize) size_bytes,
                           is_text ? "text/plain" : "application/octet-stream");
}

static void
act (GTask *task)
{
  Operation *operation = g_task_get_task_data (task);
  UlakKeyring *self = g_task_get_source_object (task);
  GCancellable *stop = operation->stop;
  g_autoptr (GHashTable) attributes = NULL;
  g_autofree char *label = g_strconcat ("Ulak: ", operation->name, NULL);
  g_autoptr (SecretValue) value = NULL;

  attributes = operation->name != NULL ? secret_attributes_build (&secret_schema, ATTRIBUTE, operation->name, NULL)
                                       : g_hash_table_new (g_str_hash, g_str_equal);
  g_free (operation->ready_owner);
  operation->ready_owner = g_strdup (self->ready_owner);
  switch (operation->action)
    {
    case ULAK_KEYRING_LOOKUP:
      secret_service_search (NULL, &secret_schema, attributes, SECRET_SEARCH_ALL | SECRET_SEARCH_LOAD_SECRETS, stop,
                             looked_up_cb, task);
      break;
    case ULAK_KEYRING_LIST:
      secret_service_search (NULL, &secret_schema, attributes, SECRET_SEARCH_ALL, stop, listed_cb, task);
      break;
    case ULAK_KEYRING_STORE:
      value = to_secret_value (operation->value);
      secret_service_store (NULL, &secret_schema, attributes, SECRET_COLLECTION_DEFAULT, label, value, stop,
                            stored_cb, task);
      break;
    case ULAK_KEYRING_CLEAR:
      secret_service_clear (NULL, &secret_schema, attributes, stop, cleared_cb, task);
      break;
    }
}

/* A store into a truncated keyring would silently begin a second one, so changes and lists ask for the canary first. */
static void
probed_before_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_auto (UlakKeyringProof) proof = { ULAK_KEYRING_READY, NULL };

  if (!ulak_keyring_probe_finish (result, &proof, &error))
    retry (task, g_steal_pointer (&error));
  else if (proof.state != ULAK_KEYRING_READY)
    settle (task, &proof);
  else
    {
      take_ready (g_task_get_source_object (task), &proof);
      act (g_steal_pointer (&task));
    }
}

static void
proceed (GTask *task)
{
  Operation *operation = g_task_get_task_data (task);

  if (operation->action == ULAK_KEYRING_LOOKUP)
    act (task);
  else
    ulak_keyring_probe_async (operation->stop, probed_before_cb, task);
}

static void
got_presence_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakKeyring *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;

  if (!ulak_keyring_presence_ask_finish (result, &self->is_present, &error))
    retry (task, g_steal_pointer (&error));
  else if (!self->is_present)
    return_state_error (task, ULAK_KEYRING_ABSENT, NULL);
  else
    proceed (g_steal_pointer (&task));
}

/* task: (transfer full), as in every step. */
static void
attempt (GTask *task)
{
  Operation *operation = g_task_get_task_data (task);
  UlakKeyring *self = g_task_get_source_object (task);

  if (self->is_present)
    proceed (task);
  else
    ulak_keyring_presence_ask_async (operation->stop, got_presence_cb, task);
}

static void
deadline_cb (gpointer user_data)
{
  Operation *operation = user_data;

  operation->deadline = 0;
  operation->is_late = TRUE;
  g_cancellable_cancel (operation->stop);
}

static void
caller_cancelled_cb (GCancellable *caller G_GNUC_UNUSED, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

/**
 * ulak_keyring_do_async:
 *
 * Errors: NOT_FOUND (no such secret, or no keyring: ulak_keyring_get_state() tells), LOCKED, DAMAGED, UNAVAILABLE
 */
void
ulak_keyring_do_async (UlakKeyring *self,
                       UlakKeyringAction action,
                       const char *name,
                       UlakSecret *value,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Operation *operation = g_new0 (Operation, 1);

  operation->action = action;
  operation->name = g_strdup (name);
  operation->value = value != NULL ? ulak_secret_ref (value) : NULL;
  operation->clock = g_object_ref (self->clock);
  operation->stop = g_cancellable_new ();
  operation->caller = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  operation->deadline = ulak_clock_add_timer (self->clock, ULAK_KEYRING_DEADLINE_MS * G_GINT64_CONSTANT (1000),
                                              deadline_cb, operation);
  g_task_set_source_tag (task, ulak_keyring_do_async);
  g_task_set_task_data (task, operation, (GDestroyNotify) operation_free);
  if (cancellable != NULL)
    operation->caller_handler = g_cancellable_connect (cancellable, G_CALLBACK (caller_cancelled_cb),
                                                       g_object_ref (operation->stop), g_object_unref);
  attempt (task);
}

/** ulak_keyring_lookup_finish: Returns: (transfer full): the secret */
UlakSecret *
ulak_keyring_lookup_finish (UlakKeyring *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/** ulak_keyring_list_finish: Returns: (transfer full): names, in no order */
char **
ulak_keyring_list_finish (UlakKeyring *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

gboolean
ulak_keyring_change_finish (UlakKeyring *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_pointer (G_TASK (result), error) != NULL;
}
