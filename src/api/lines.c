/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/lines.h"

#include "api/unit.h"
#include "core/id.h"
#include "core/names.h"

#include <string.h>

#define ACCOUNT_INTERFACE "org.ulak.Account1"
#define UNITS_TIMEOUT_MS 2000

typedef struct
{
  char *account;    /* (owned) */
  char *owner;      /* (owned) */
  char *state;      /* (owned): "starting" until the line has said it */
  char *last_error; /* (owned) */
  guint queue_depth;
  guint held;
} UlakLine;

struct _UlakLines
{
  GObject parent_instance;

  GDBusConnection *connection; /* (owned) */
  GCancellable *cancellable;   /* (owned): ends with us */
  GHashTable *lines;           /* (owned) (element-type utf8 UlakLine): those whose name is owned */
  GHashTable *units;           /* (owned) (element-type utf8 utf8): account to systemd's ActiveState */
  guint owner_id;
  guint properties_id;
};

enum
{
  CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UlakLines, ulak_lines, G_TYPE_OBJECT)

static void
line_free (UlakLine *line)
{
  g_free (line->account);
  g_free (line->owner);
  g_free (line->state);
  g_free (line->last_error);
  g_free (line);
}

static const char *
account_of_name (const char *name)
{
  const char *account = name + strlen (ULAK_BUS_NAME_ACCOUNT_PREFIX);

  return g_str_has_prefix (name, ULAK_BUS_NAME_ACCOUNT_PREFIX) && ulak_account_id_is_valid (account) ? account : NULL;
}

static void
replace_string (char **field, GVariant *properties, const char *name)
{
  const char *text;

  if (!g_variant_lookup (properties, name, "&s", &text))
    return;
  g_free (*field);
  *field = g_strdup (text);
}

static void
take_properties (UlakLines *self, UlakLine *line, GVariant *properties)
{
  g_autofree char *account = g_strdup (line->account);

  replace_string (&line->state, properties, "State");
  replace_string (&line->last_error, properties, "LastError");
  (void) g_variant_lookup (properties, "QueueDepth", "u", &line->queue_depth);
  (void) g_variant_lookup (properties, "HeldCount", "u", &line->held);
  g_signal_emit (self, signals[CHANGED], 0, account);
}

typedef struct
{
  UlakLines *self; /* (owned) */
  char *account;   /* (owned) */
  char *owner;     /* (owned) */
} Asked;

static void
asked_free (Asked *asked)
{
  g_object_unref (asked->self);
  g_free (asked->account);
  g_free (asked->owner);
  g_free (asked);
}

static void
got_all_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Asked *asked = user_data;
  UlakLine *line = g_hash_table_lookup (asked->self->lines, asked->account);
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  g_autoptr (GVariant) properties = reply == NULL ? NULL : g_variant_get_child_value (reply, 0);

  if (properties != NULL && line != NULL && strcmp (line->owner, asked->owner) == 0)
    take_properties (asked->self, line, properties);
  asked_free (asked);
}

static void
add_line (UlakLines *self, const char *account, const char *owner)
{
  g_autofree char *path = g_strconcat (ULAK_OBJECT_PATH_ACCOUNT_PREFIX, account, NULL);
  UlakLine *line = g_new0 (UlakLine, 1);
  Asked *asked = g_new0 (Asked, 1);

  line->account = g_strdup (account);
  line->owner = g_strdup (owner);
  line->state = g_strdup ("starting");
  line->last_error = g_strdup ("");
  g_hash_table_replace (self->lines, line->account, line);

  asked->self = g_object_ref (self);
  asked->account = g_strdup (account);
  asked->owner = g_strdup (owner);
  g_dbus_connection_call (self->connection, owner, path, "org.freedesktop.DBus.Properties", "GetAll",
                          g_variant_new ("(s)", ACCOUNT_INTERFACE), G_VARIANT_TYPE ("(a{sv})"),
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, UNITS_TIMEOUT_MS, self->cancellable, got_all_cb, asked);
}

static void
owner_changed_cb (G_GNUC_UNUSED GDBusConnection *connection,
                  G_GNUC_UNUSED const char *sender,
                  G_GNUC_UNUSED const char *path,
                  G_GNUC_UNUSED const char *interface,
                  G_GNUC_UNUSED const char *signal,
                  GVariant *parameters,
                  gpointer user_data)
{
  UlakLines *self = user_data;
  const char *name, *old_owner, *new_owner, *account;

  g_variant_get (parameters, "(&s&s&s)", &name, &old_owner, &new_owner);
  account = account_of_name (name);
  if (account == NULL)
    return;

  if (*new_owner != '\0')
    add_line (self, account, new_owner);
  else
    g_hash_table_remove (self->lines, account);
  g_signal_emit (self, signals[CHANGED], 0, account);
}

static void
properties_changed_cb (G_GNUC_UNUSED GDBusConnection *connection,
                       const char *sender,
                       const char *path,
                       G_GNUC_UNUSED const char *interface,
                       G_GNUC_UNUSED const char *signal,
                       GVariant *parameters,
                       gpointer user_data)
{
  UlakLines *self = user_data;
  g_autoptr (GVariant) properties = NULL;
  UlakLine *line;

  if (!g_str_has_prefix (path, ULAK_OBJECT_PATH_ACCOUNT_PREFIX)
      || !g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(sa{sv}as)")))
    return;
  line = g_hash_table_lookup (self->lines, path + strlen (ULAK_OBJECT_PATH_ACCOUNT_PREFIX));
  if (line == NULL || strcmp (line->owner, sender) != 0)
    return;
  properties = g_variant_get_child_value (parameters, 1);
  take_properties (self, line, properties);
}

UlakLines *
ulak_lines_new (GDBusConnection *connection)
{
  UlakLines *self = g_object_new (ULAK_TYPE_LINES, NULL);

  self->connection = g_object_ref (connection);
  self->owner_id = g_dbus_connection_signal_subscribe (
      connection, "org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged", "/org/freedesktop/DBus",
      "org.ulak.Account", G_DBUS_SIGNAL_FLAGS_MATCH_ARG0_NAMESPACE, owner_changed_cb, self, NULL);
  self->properties_id = g_dbus_connection_signal_subscribe (
      connection, NULL, "org.freedesktop.DBus.Properties", "PropertiesChanged", NULL, ACCOUNT_INTERFACE,
      G_DBUS_SIGNAL_FLAGS_NONE, properties_changed_cb, self, NULL);
  return self;
}

typedef struct
{
  char *account; /* (owned) */
  GTask *task;   /* (owned) */
} Owner;

/* The task of a start holds how many owners are still asked for. */
static void
start_step (GTask *task, int change)
{
  int n_open = GPOINTER_TO_INT (g_task_get_task_data (task)) + change;

  g_task_set_task_data (task, GINT_TO_POINTER (n_open), NULL);
  if (n_open == 0)
    g_task_return_boolean (task, TRUE);
}

static void
got_owner_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Owner *owner = user_data;
  UlakLines *self = g_task_get_source_object (owner->task);
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  const char *name;

  if (reply != NULL && !g_hash_table_contains (self->lines, owner->account))
    {
      g_variant_get (reply, "(&s)", &name);
      add_line (self, owner->account, name);
    }
  start_step (owner->task, -1);
  g_object_unref (owner->task);
  g_free (owner->account);
  g_free (owner);
}

static void
ask_owner (GTask *task, const char *name, const char *account)
{
  UlakLines *self = g_task_get_source_object (task);
  Owner *owner = g_new0 (Owner, 1);

  owner->task = g_object_ref (task);
  owner->account = g_strdup (account);
  start_step (task, 1);
  g_dbus_connection_call (self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                          "GetNameOwner", g_variant_new ("(s)", name), G_VARIANT_TYPE ("(s)"), G_DBUS_CALL_FLAGS_NONE,
                          UNITS_TIMEOUT_MS, NULL, got_owner_cb, owner);
}

static void
got_names_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  g_autoptr (GVariantIter) names = NULL;
  g_autoptr (GVariant) reply = NULL;
  GError *error = NULL;
  const char *name;

  reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  if (reply == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  start_step (task, 1);
  g_variant_get (reply, "(as)", &names);
  while (g_variant_iter_next (names, "&s", &name))
    if (account_of_name (name) != NULL)
      ask_owner (task, name, account_of_name (name));
  start_step (task, -1);
}

/** ulak_lines_start_async: finds the lines that are there already */
void
ulak_lines_start_async (UlakLines *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_lines_start_async);
  g_dbus_connection_call (self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                          "ListNames", NULL, G_VARIANT_TYPE ("(as)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, got_names_cb,
                          task);
}

gboolean
ulak_lines_start_finish (G_GNUC_UNUSED UlakLines *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

gboolean
ulak_lines_is_present (UlakLines *self, const char *account)
{
  return g_hash_table_contains (self->lines, account);
}

const char *
ulak_lines_get_owner (UlakLines *self, const char *account)
{
  UlakLine *line = g_hash_table_lookup (self->lines, account);

  return line == NULL ? NULL : line->owner;
}

GStrv
ulak_lines_list_present (UlakLines *self)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  GHashTableIter iter;
  const char *account;

  g_hash_table_iter_init (&iter, self->lines);
  while (g_hash_table_iter_next (&iter, (gpointer *) &account, NULL))
    g_strv_builder_add (builder, account);
  return g_strv_builder_end (builder);
}

gboolean
ulak_lines_is_coming (UlakLines *self, const char *account)
{
  const char *unit = g_hash_table_lookup (self->units, account);

  return unit != NULL && (strcmp (unit, "active") == 0 || strcmp (unit, "activating") == 0 || strcmp (unit, "reloading") == 0);
}

static const char *
state_of_unit (UlakLines *self, const char *account)
{
  const char *unit = g_hash_table_lookup (self->units, account);

  if (ulak_lines_is_coming (self, account))
    return "starting";
  return g_strcmp0 (unit, "failed") == 0 ? "failed" : "stopped";
}

void
ulak_lines_get_facts (UlakLines *self, const char *account, UlakLineFacts *facts_out)
{
  UlakLine *line = g_hash_table_lookup (self->lines, account);

  if (line == NULL)
    *facts_out = (UlakLineFacts){ state_of_unit (self, account), "", 0, 0 };
  else
    *facts_out = (UlakLineFacts){ line->state, line->last_error, line->queue_depth, line->held };
}

/* "ulak-whatsapp@sales.service": the account is the instance. */
static void
take_unit (UlakLines *self, const char *unit, const char *active_state)
{
  const char *instance = strchr (unit, '@'), *end = strrchr (unit, '.');
  g_autofree char *account = NULL;

  if (instance == NULL || end == NULL || end < instance)
    return;
  account = g_strndup (instance + 1, (gsize) (end - instance - 1));
  if (ulak_account_id_is_valid (account))
    g_hash_table_replace (self->units, g_steal_pointer (&account), g_strdup (active_state));
}

static void
got_units_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  UlakLines *self = g_task_get_source_object (task);
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  g_autoptr (GVariantIter) units = NULL;
  const char *unit, *active_state;

  g_hash_table_remove_all (self->units);
  if (reply != NULL)
    {
      g_variant_get (reply, "(a(ssssssouso))", &units);
      while (g_variant_iter_next (units, "(&s&s&s&s&s&s&ou&s&o)", &unit, NULL, NULL, &active_state, NULL, NULL, NULL, NULL, NULL, NULL))
        take_unit (self, unit, active_state);
    }
  g_task_return_boolean (task, TRUE);
}

void
ulak_lines_refresh_units_async (UlakLines *self, GAsyncReadyCallback callback, gpointer user_data)
{
  static const char *const states[] = { NULL };
  static const char *const patterns[] = { "ulak-whatsapp@*.service", "ulak-telegram@*.service", NULL };
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_lines_refresh_units_async);
  g_dbus_connection_call (self->connection, ULAK_SYSTEMD_NAME, ULAK_SYSTEMD_PATH, ULAK_SYSTEMD_MANAGER, "ListUnitsByPatterns",
                          g_variant_new ("(^as^as)", states, patterns), G_VARIANT_TYPE ("(a(ssssssouso))"),
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, UNITS_TIMEOUT_MS, NULL, got_units_cb, task);
}

void
ulak_lines_refresh_units_finish (G_GNUC_UNUSED UlakLines *self, GAsyncResult *result)
{
  (void) g_task_propagate_boolean (G_TASK (result), NULL);
}

/* A line that has come to an end stays up to say why; to start it again is to begin anew. */
static gboolean
has_ended (UlakLines *self, const char *account)
{
  static const char *const ends[] = { "failed", "outdated", "banned", "logged_out", NULL };
  const UlakLine *line = g_hash_table_lookup (self->lines, account);

  return line != NULL && g_strv_contains (ends, line->state);
}

static char *
unit_of (const char *network, const char *account)
{
  return g_strdup_printf ("ulak-%s@%s.service", network, account);
}

/** ulak_lines_start_unit_async: a unit that had failed too often is forgiven first; replies when the job is queued */
void
ulak_lines_start_unit_async (UlakLines *self,
                             const char *network,
                             const char *account,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autofree char *unit = unit_of (network, account);

  ulak_unit_start_async (self->connection, self, unit, has_ended (self, account), callback, user_data);
}

void
ulak_lines_stop_unit_async (UlakLines *self,
                            const char *network,
                            const char *account,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autofree char *unit = unit_of (network, account);

  ulak_unit_stop_async (self->connection, self, unit, callback, user_data);
}

gboolean
ulak_lines_unit_finish (G_GNUC_UNUSED UlakLines *self, GAsyncResult *result, GError **error)
{
  return ulak_unit_finish (result, error);
}

static void
ulak_lines_dispose (GObject *object)
{
  UlakLines *self = ULAK_LINES (object);

  g_cancellable_cancel (self->cancellable);
  if (self->owner_id != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->owner_id);
  if (self->properties_id != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->properties_id);
  self->owner_id = self->properties_id = 0;
  G_OBJECT_CLASS (ulak_lines_parent_class)->dispose (object);
}

static void
ulak_lines_finalize (GObject *object)
{
  UlakLines *self = ULAK_LINES (object);

  g_hash_table_unref (self->lines);
  g_hash_table_unref (self->units);
  g_clear_object (&self->connection);
  g_clear_object (&self->cancellable);
  G_OBJECT_CLASS (ulak_lines_parent_class)->finalize (object);
}

static void
ulak_lines_class_init (UlakLinesClass *class)
{
  G_OBJECT_CLASS (class)->dispose = ulak_lines_dispose;
  G_OBJECT_CLASS (class)->finalize = ulak_lines_finalize;
  signals[CHANGED] = g_signal_new ("changed", ULAK_TYPE_LINES, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                   G_TYPE_STRING);
}

static void
ulak_lines_init (UlakLines *self)
{
  self->cancellable = g_cancellable_new ();
  self->lines = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) line_free);
  self->units = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}
