/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The order: who is it (peers.c), is it one of ours, then polkit. Questions to polkit may wait for a person, so each
 * uid has a bounded number of them open.
 */
#include "service/authority-private.h"

#include "core/error.h"
#include "core/names.h"
#include "service/peers.h"

#include <polkit/polkit.h>
#include <pwd.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define BUS_NAME "org.freedesktop.DBus"
#define BUS_PATH "/org/freedesktop/DBus"
#define ASK_TIMEOUT_MS 10000 /* the bus daemon itself answers; more than this and it hangs */
#define UNIT_PATH "/org/freedesktop/systemd1/unit"
#define INTERACTION_REQUIRED "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"

struct _UlakAuthority
{
  GObject parent_instance;

  GDBusConnection *connection; /* (owned) */
  UlakPeers *peers;            /* (owned) */
  PolkitAuthority *polkit;     /* (owned) (nullable): after the first question; it finds polkit again by itself */
  GPtrArray *waiting;          /* (owned) (nullable) (element-type GTask): while libpolkit is being made */
  GArray *suite_uids;          /* (owned) (element-type uid_t) */
  uid_t line_uid;              /* ULAK_NO_UID: none */
  GHashTable *lines;           /* (owned) (element-type utf8 utf8): unique name, which comes only once, -> account */
  GHashTable *pending;         /* (owned): uid -> open questions to polkit */
};

G_DEFINE_FINAL_TYPE (UlakAuthority, ulak_authority, G_TYPE_OBJECT)

typedef struct
{
  char *sender; /* (owned) (nullable) */
  char *action; /* (owned) (nullable) */
  gboolean is_for_lines;
  PolkitCheckAuthorizationFlags flags;
  uid_t uid;
  gboolean is_pending; /* counted in UlakAuthority.pending */
} Check;

static void
check_free (Check *check)
{
  g_free (check->sender);
  g_free (check->action);
  g_free (check);
}

static void
ulak_authority_dispose (GObject *object)
{
  UlakAuthority *self = ULAK_AUTHORITY (object);

  g_clear_object (&self->connection);
  g_clear_object (&self->peers);
  g_clear_object (&self->polkit);
  G_OBJECT_CLASS (ulak_authority_parent_class)->dispose (object);
}

static void
ulak_authority_finalize (GObject *object)
{
  UlakAuthority *self = ULAK_AUTHORITY (object);

  g_array_unref (self->suite_uids);
  g_hash_table_unref (self->pending);
  g_hash_table_unref (self->lines);
  G_OBJECT_CLASS (ulak_authority_parent_class)->finalize (object);
}

static void
ulak_authority_class_init (UlakAuthorityClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ulak_authority_dispose;
  G_OBJECT_CLASS (klass)->finalize = ulak_authority_finalize;
}

static void
ulak_authority_init (UlakAuthority *self)
{
  self->suite_uids = g_array_new (FALSE, FALSE, sizeof (uid_t));
  self->pending = g_hash_table_new (NULL, NULL);
  self->lines = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

/**
 * ulak_authority_new_for_uids:
 * @uids: the users whose calls are allowed without asking anybody
 * @line_uid: the user that lines run as, or %ULAK_NO_UID
 */
UlakAuthority *
ulak_authority_new_for_uids (GDBusConnection *connection, const uid_t *uids, gsize n_uids, uid_t line_uid)
{
  UlakAuthority *self = g_object_new (ULAK_TYPE_AUTHORITY, NULL);

  self->connection = g_object_ref (connection);
  self->peers = ulak_peers_new (connection);
  g_array_append_vals (self->suite_uids, uids, (guint) n_uids);
  self->line_uid = line_uid;
  return self;
}

static uid_t
find_uid (const char *user)
{
  const struct passwd *found = getpwnam (user);

  return found != NULL ? found->pw_uid : ULAK_NO_UID;
}

/**
 * ulak_authority_new:
 * @connection: the system bus
 *
 * Ours are the services' user, where there is one, and the user we run as, unless we are a line: then our user is that of
 * all other lines too. Looks users up once, so make it before the main loop turns.
 */
UlakAuthority *
ulak_authority_new (GDBusConnection *connection)
{
  uid_t line_uid = find_uid (ULAK_USER_LINES);
  uid_t services_uid = find_uid (ULAK_USER_SERVICES);
  uid_t uids[2];
  gsize n_uids = 0;

  if (services_uid != ULAK_NO_UID)
    uids[n_uids++] = services_uid;
  if (geteuid () != line_uid)
    uids[n_uids++] = geteuid ();
  return ulak_authority_new_for_uids (connection, uids, n_uids, line_uid);
}

char *
ulak_authority_describe (UlakAuthority *self, const char *sender)
{
  uid_t uid;

  if (!ulak_peers_peek_uid (self->peers, sender, &uid))
    return g_strdup ("uid:?");
  return g_strdup_printf ("uid:%u", (guint) uid);
}

static gboolean
is_suite (UlakAuthority *self, uid_t uid)
{
  for (guint i = 0; i < self->suite_uids->len; i++)
    if (g_array_index (self->suite_uids, uid_t, i) == uid)
      return TRUE;
  return FALSE;
}

static gboolean
charge (UlakAuthority *self, Check *check)
{
  gpointer key = GUINT_TO_POINTER (check->uid);
  guint open = GPOINTER_TO_UINT (g_hash_table_lookup (self->pending, key));

  if (open >= ULAK_AUTHORITY_MAX_PENDING_PER_UID)
    return FALSE;

  g_hash_table_replace (self->pending, key, GUINT_TO_POINTER (open + 1));
  check->is_pending = TRUE;
  return TRUE;
}

static void
release (UlakAuthority *self, Check *check)
{
  gpointer key = GUINT_TO_POINTER (check->uid);
  guint open = GPOINTER_TO_UINT (g_hash_table_lookup (self->pending, key));

  if (!check->is_pending)
    return;

  check->is_pending = FALSE;
  if (open > 1)
    g_hash_table_replace (self->pending, key, GUINT_TO_POINTER (open - 1));
  else
    g_hash_table_remove (self->pending, key);
}

static void
refuse (GTask *task, const Check *check)
{
  g_task_return_new_error (
      task, ULAK_ERROR, ULAK_ERROR_NOT_ALLOWED, "uid %u may not do this: it needs %s", (guint) check->uid,
      g_strcmp0 (check->action, ULAK_ACTION_SUITE_ONLY) == 0 ? "to be a service of the suite" : check->action);
}

static void
return_challenge (GTask *task, const Check *check)
{
  g_autofree char *sentence
      = g_strdup_printf ("%s needs a person to authenticate, and the call did not allow to ask one", check->action);

  g_task_return_error (task, g_dbus_error_new_for_dbus_error (INTERACTION_REQUIRED, sentence));
}

static void
polkit_answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakAuthority *self = g_task_get_source_object (task);
  Check *check = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (PolkitAuthorizationResult) answer = NULL;

  release (self, check);
  answer = polkit_authority_check_authorization_finish (POLKIT_AUTHORITY (source), result, &error);
  if (answer == NULL)
    g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_NOT_ALLOWED, "polkit does not answer, so %s is refused: %s",
                             check->action, error->message);
  else if (polkit_authorization_result_get_is_authorized (answer))
    g_task_return_boolean (task, TRUE);
  else if (polkit_authorization_result_get_is_challenge (answer))
    return_challenge (task, check);
  else
    refuse (task, check);
}

static void
ask_polkit (GTask *task)
{
  UlakAuthority *self = g_task_get_source_object (task);
  Check *check = g_task_get_task_data (task);
  g_autoptr (PolkitSubject) subject = polkit_system_bus_name_new (check->sender);

  polkit_authority_check_authorization (self->polkit, subject, check->action, NULL, check->flags, NULL,
                                        polkit_answered_cb, task);
}

static void
return_no_polkit (GTask *task, const GError *error)
{
  Check *check = g_task_get_task_data (task);

  release (g_task_get_source_object (task), check);
  g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_NOT_ALLOWED, "polkit cannot be reached, so %s is refused: %s",
                           check->action, error->message);
}

static void
got_polkit_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakAuthority) self = user_data;
  g_autoptr (GPtrArray) waiting = g_steal_pointer (&self->waiting);
  g_autoptr (GError) error = NULL;

  self->polkit = polkit_authority_get_finish (result, &error);
  for (guint i = 0; i < waiting->len; i++)
    if (self->polkit != NULL)
      ask_polkit (g_object_ref (waiting->pdata[i]));
    else
      return_no_polkit (waiting->pdata[i], error);
}

/* libpolkit is made in a thread that blocks; a dozen at once never came to an end (polkit 122), so it is made once. */
static void
ask_polkit_when_there (UlakAuthority *self, GTask *task)
{
  if (self->polkit != NULL)
    {
      ask_polkit (task);
      return;
    }

  if (self->waiting == NULL)
    {
      self->waiting = g_ptr_array_new_with_free_func (g_object_unref);
      polkit_authority_get_async (NULL, got_polkit_cb, g_object_ref (self));
    }
  g_ptr_array_add (self->waiting, task);
}

static void
got_uid_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakAuthority *self = g_task_get_source_object (task);
  Check *check = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  gboolean is_known = ulak_peers_lookup_uid_finish (ULAK_PEERS (source), result, &check->uid, &error);

  if (check->action == ULAK_ACTION_ANYONE)
    g_task_return_boolean (task, TRUE);
  else if (!is_known)
    g_task_return_error (task, g_steal_pointer (&error));
  else if (is_suite (self, check->uid) || (check->is_for_lines && check->uid == self->line_uid))
    g_task_return_boolean (task, TRUE);
  else if (g_strcmp0 (check->action, ULAK_ACTION_SUITE_ONLY) == 0)
    refuse (task, check);
  else if (!charge (self, check))
    g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_FULL,
                             "uid %u has %d calls waiting for authorisation already", (guint) check->uid,
                             ULAK_AUTHORITY_MAX_PENDING_PER_UID);
  else
    ask_polkit_when_there (self, g_steal_pointer (&task));
}

static PolkitCheckAuthorizationFlags
flags_of (GDBusMethodInvocation *invocation)
{
  GDBusMessageFlags flags = g_dbus_message_get_flags (g_dbus_method_invocation_get_message (invocation));

  return (flags & G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION) != 0
             ? POLKIT_CHECK_AUTHORIZATION_FLAGS_ALLOW_USER_INTERACTION
             : POLKIT_CHECK_AUTHORIZATION_FLAGS_NONE;
}

/**
 * ulak_authority_check_async:
 * @invocation: (transfer none): the call to be authorised; only its sender and flags are read
 * @action: (nullable): a polkit action of core/names.h, %ULAK_ACTION_ANYONE or %ULAK_ACTION_SUITE_ONLY; or one of them, not
 *   %ULAK_ACTION_ANYONE, in ULAK_ACTION_OR_LINE()
 *
 * Any number of checks may run at once.
 */
void
ulak_authority_check_async (UlakAuthority *self,
                            GDBusMethodInvocation *invocation,
                            const char *action,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  Check *check = g_new0 (Check, 1);

  check->sender = g_strdup (g_dbus_method_invocation_get_sender (invocation));
  check->is_for_lines = action != NULL && g_str_has_prefix (action, ULAK_ACTION_OR_LINE (""));
  check->action = g_strdup (check->is_for_lines ? action + strlen (ULAK_ACTION_OR_LINE ("")) : action);
  check->flags = flags_of (invocation);
  check->uid = (uid_t) -1;
  g_task_set_source_tag (task, ulak_authority_check_async);
  g_task_set_task_data (task, check, (GDestroyNotify) check_free);
  ulak_peers_lookup_uid_async (self->peers, check->sender, got_uid_cb, g_steal_pointer (&task));
}

/**
 * ulak_authority_check_finish:
 *
 * Returns: %TRUE if the call may go on. Errors: NOT_ALLOWED, FULL, or the D-Bus error
 *   org.freedesktop.DBus.Error.InteractiveAuthorizationRequired (g_dbus_error_get_remote_error() names it)
 */
gboolean
ulak_authority_check_finish (UlakAuthority *self G_GNUC_UNUSED, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* The units that lines run in, up to the account. */
static const char *const line_units[] = { "ulak-whatsapp@", "ulak-telegram@" };

typedef struct
{
  char *sender;  /* (owned) */
  char *account; /* (owned) */
} LineCheck;

static LineCheck *
line_check_new (const char *sender, const char *account)
{
  LineCheck *self = g_new0 (LineCheck, 1);

  self->sender = g_strdup (sender);
  self->account = g_strdup (account);
  return self;
}

static void
line_check_free (LineCheck *self)
{
  g_free (self->sender);
  g_free (self->account);
  g_free (self);
}

static void
refuse_line (GTask *task)
{
  g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_NOT_ALLOWED, "A line may do this for its own account only");
}

static void
accept_line (GTask *task)
{
  UlakAuthority *self = g_task_get_source_object (task);
  const LineCheck *check = g_task_get_task_data (task);

  if (g_hash_table_size (self->lines) >= ULAK_PEERS_MAX)
    g_hash_table_remove_all (self->lines);
  g_hash_table_replace (self->lines, g_strdup (check->sender), g_strdup (check->account));
  g_task_return_boolean (task, TRUE);
}

/* The unit that the process belongs to, by systemd's word, is that of a line of this account. */
static void
got_unit_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  const LineCheck *check = g_task_get_task_data (task);
  gboolean is_own = FALSE;

  for (gsize i = 0; reply != NULL && i < G_N_ELEMENTS (line_units); i++)
    {
      g_autofree char *unit = g_strconcat (line_units[i], check->account, ".service", NULL);
      g_autofree char *name = NULL;
      const char *path;

      g_variant_get (reply, "(&o)", &path);
      is_own = is_own || (sd_bus_path_decode (path, UNIT_PATH, &name) > 0 && g_str_equal (name, unit));
    }
  if (is_own)
    accept_line (task);
  else
    refuse_line (task);
}

static void
got_process_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  guint32 pid;

  if (reply == NULL)
    {
      refuse_line (task);
      return;
    }
  g_variant_get (reply, "(u)", &pid);
  g_dbus_connection_call (G_DBUS_CONNECTION (source), "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                          "org.freedesktop.systemd1.Manager", "GetUnitByPID", g_variant_new ("(u)", pid),
                          G_VARIANT_TYPE ("(o)"), G_DBUS_CALL_FLAGS_NONE, ASK_TIMEOUT_MS, NULL, got_unit_cb,
                          g_steal_pointer (&task));
}

static void
got_owner_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  const LineCheck *check = g_task_get_task_data (task);
  const char *owner = NULL;

  if (reply != NULL)
    g_variant_get (reply, "(&s)", &owner);
  if (g_strcmp0 (owner, check->sender) != 0)
    {
      refuse_line (task);
      return;
    }
  g_dbus_connection_call (G_DBUS_CONNECTION (source), BUS_NAME, BUS_PATH, BUS_NAME, "GetConnectionUnixProcessID",
                          g_variant_new ("(s)", check->sender), G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE,
                          ASK_TIMEOUT_MS, NULL, got_process_cb, g_steal_pointer (&task));
}

/**
 * ulak_authority_check_line_async:
 * @sender: the caller, already checked
 * @account: the account that the call is about; text from outside
 *
 * All lines run as one user, and one that was taken over could own the name of another that is stopped. So the caller must
 * own the account's name and be a process of the account's unit, by the word of systemd. Asked once per connection: a line
 * calls for every batch of events.
 */
void
ulak_authority_check_line_async (UlakAuthority *self,
                                 const char *sender,
                                 const char *account,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autofree char *name = g_strconcat (ULAK_BUS_NAME_ACCOUNT_PREFIX, account, NULL);
  uid_t uid;

  g_task_set_source_tag (task, ulak_authority_check_line_async);
  g_task_set_task_data (task, line_check_new (sender, account), (GDestroyNotify) line_check_free);
  if ((ulak_peers_peek_uid (self->peers, sender, &uid) && is_suite (self, uid))
      || g_strcmp0 (g_hash_table_lookup (self->lines, sender), account) == 0)
    g_task_return_boolean (task, TRUE);
  else
    g_dbus_connection_call (self->connection, BUS_NAME, BUS_PATH, BUS_NAME, "GetNameOwner", g_variant_new ("(s)", name),
                            G_VARIANT_TYPE ("(s)"), G_DBUS_CALL_FLAGS_NONE, ASK_TIMEOUT_MS, NULL, got_owner_cb,
                            g_steal_pointer (&task));
}

/** ulak_authority_check_line_finish: Errors: NOT_ALLOWED */
gboolean
ulak_authority_check_line_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
