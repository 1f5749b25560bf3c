/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The options are checked before polkit is asked, so that a misspelt call never makes a person authenticate, and
 * whether the service serves is checked again afterwards, since a person may take a minute.
 */
#include "service/call.h"

#include "core/id.h"
#include "core/log.h"
#include "core/names.h"
#include "service/authority-private.h"
#include "service/service-private.h"

struct _UlakCall
{
  UlakService *service;              /* (owned) */
  GDBusMethodInvocation *invocation; /* (owned), consumed by the reply */
  GVariant *options;                 /* (owned) */
  UlakContext *context;              /* (owned) */
  char *who;                         /* (owned) */
  UlakCallHandler handler;
  GObject *self; /* (owned) */
  gboolean is_change;
};

static const UlakCallOption common_options[] = {
  { "request-id", "s" },
  { "traceparent", "s" },
  { NULL, NULL },
};

static void
call_free (UlakCall *self)
{
  g_clear_object (&self->service);
  g_clear_object (&self->self);
  g_clear_pointer (&self->options, g_variant_unref);
  g_clear_pointer (&self->context, ulak_context_free);
  g_free (self->who);
  g_free (self);
}

static const UlakCallOption *
find_option (const UlakCallOption *table, const char *key)
{
  for (; table != NULL && table->key != NULL; table++)
    if (g_str_equal (table->key, key))
      return table;
  return NULL;
}

static char *
list_allowed (const UlakCallOption *extra)
{
  g_autoptr (GString) text = g_string_new ("request-id, traceparent");

  for (; extra != NULL && extra->key != NULL; extra++)
    g_string_append_printf (text, ", %s", extra->key);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
check_options (GVariant *options, const UlakCallOption *extra, GError **error)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_iter_init (&iter, options);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      g_autoptr (GVariant) owned = value;
      const UlakCallOption *option = find_option (common_options, key);

      if (option == NULL)
        option = find_option (extra, key);
      if (option == NULL)
        {
          g_autofree char *allowed = list_allowed (extra);

          g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "Option ‘%.64s’ is not known; allowed are %s", key,
                       allowed);
          return FALSE;
        }
      if (!g_variant_is_of_type (owned, G_VARIANT_TYPE (option->type)))
        {
          g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "Option ‘%s’ has type ‘%.64s’; it takes ‘%s’", key,
                       g_variant_get_type_string (owned), option->type);
          return FALSE;
        }
    }
  return TRUE;
}

static UlakContext *
make_context (UlakService *service, GVariant *options)
{
  UlakContext *context = ulak_context_from_options (options);
  g_autofree char *request_id = NULL;
  const char *traceparent = NULL;

  if (context != NULL)
    return context;

  request_id = ulak_id_new (ulak_service_get_clock (service), ulak_service_get_random (service));
  if (g_variant_lookup (options, "traceparent", "&s", &traceparent) && !ulak_traceparent_is_valid (traceparent))
    traceparent = NULL;
  return ulak_context_new (request_id, traceparent);
}

static gboolean
check_serving (UlakService *service, GError **error)
{
  if (ulak_service_is_serving (service))
    return TRUE;

  g_set_error (error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "%s is %s; try again soon",
               ulak_service_get_program (service), ulak_service_is_draining (service) ? "stopping" : "starting");
  return FALSE;
}

/* A change that somebody asked for by name. Reads, and what lines do of themselves, are too many to tell. */
static gboolean
is_change (const char *action, GVariant *options)
{
  g_autoptr (UlakContext) context = ulak_context_from_options (options);

  return context != NULL && action != ULAK_ACTION_ANYONE && !g_str_equal (action, ULAK_ACTION_MESSAGE_READ)
         && !g_str_has_prefix (action, ULAK_ACTION_OR_LINE (""));
}

/* What a request did in this service is found by its id. */
static void
log_call (const UlakCall *self)
{
  const char *method = g_dbus_method_invocation_get_method_name (self->invocation);
  gboolean is_wanted = self->is_change && ulak_config_get_boolean (ulak_service_get_config (self->service), "ulak", "log_requests");

  ulak_log_full (G_LOG_DOMAIN, is_wanted ? G_LOG_LEVEL_INFO : G_LOG_LEVEL_DEBUG, NULL,
                 ULAK_FIELDS (ULAK_FIELD_REQUEST_ID, self->context->request_id, ULAK_FIELD_TRACEPARENT,
                              self->context->traceparent, ULAK_FIELD_METHOD, method),
                 "%s is called by %s", method, self->who);
}

static void
authorised_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakCall *self = user_data;
  g_autoptr (GError) error = NULL;

  self->who = ulak_authority_describe (ULAK_AUTHORITY (source), ulak_call_get_sender (self));
  log_call (self);
  if (!ulak_authority_check_finish (ULAK_AUTHORITY (source), result, &error)
      || !check_serving (self->service, &error))
    ulak_call_fail (self, g_steal_pointer (&error));
  else
    self->handler (self, self->self);
}

/**
 * ulak_call_begin:
 * @invocation: (transfer full): as the generated skeleton hands it over
 * @options_index: which parameter is the a{sv}; another type there is a programmer mistake
 * @self: (transfer none): referenced until the call ends
 */
void
ulak_call_begin (UlakService *service,
                 GDBusMethodInvocation *invocation,
                 const char *action,
                 guint options_index,
                 const UlakCallOption *extra,
                 UlakCallHandler handler,
                 GObject *self)
{
  UlakCall *call = g_new0 (UlakCall, 1);
  g_autoptr (GError) error = NULL;

  call->service = g_object_ref (service);
  call->invocation = invocation;
  call->options = g_variant_get_child_value (g_dbus_method_invocation_get_parameters (invocation), options_index);
  call->handler = handler;
  call->self = g_object_ref (self);
  g_assert (g_variant_is_of_type (call->options, G_VARIANT_TYPE_VARDICT));

  if (!check_serving (service, &error) || !check_options (call->options, extra, &error))
    {
      ulak_call_fail (call, g_steal_pointer (&error));
      return;
    }

  call->is_change = is_change (action, call->options);
  call->context = make_context (service, call->options);
  ulak_authority_check_async (ulak_service_get_authority (service), invocation, action, authorised_cb, call);
}

const UlakContext *
ulak_call_get_context (const UlakCall *self)
{
  return self->context;
}

GVariant *
ulak_call_get_parameters (const UlakCall *self)
{
  return g_dbus_method_invocation_get_parameters (self->invocation);
}

GVariant *
ulak_call_get_options (const UlakCall *self)
{
  return self->options;
}

const char *
ulak_call_get_who (const UlakCall *self)
{
  return self->who;
}

const char *
ulak_call_get_sender (const UlakCall *self)
{
  return g_dbus_method_invocation_get_sender (self->invocation);
}

/** ulak_call_take_fd: Errors: INVALID when the message carries no such descriptor, FAILED when it cannot be copied */
int
ulak_call_take_fd (UlakCall *self, GVariant *handle, GError **error)
{
  GUnixFDList *fds = g_dbus_message_get_unix_fd_list (g_dbus_method_invocation_get_message (self->invocation));
  gint32 index = g_variant_get_handle (handle);
  g_autoptr (GError) local_error = NULL;
  int fd;

  if (fds == NULL || index < 0 || index >= g_unix_fd_list_get_length (fds))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "The message carries no descriptor with index %d", index);
      return -1;
    }

  fd = g_unix_fd_list_get (fds, index, &local_error);
  if (fd < 0)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_FAILED, "Cannot take the descriptor: %s", local_error->message);
  return fd;
}

/**
 * ulak_call_check_line_async:
 * @account: an account id that the call is about
 *
 * Whether the caller is the line of that account, or a service of the suite.
 */
void
ulak_call_check_line_async (UlakCall *self, const char *account, GAsyncReadyCallback callback, gpointer user_data)
{
  ulak_authority_check_line_async (ulak_service_get_authority (self->service), ulak_call_get_sender (self), account,
                                   callback, user_data);
}

/** ulak_call_check_line_finish: Errors: NOT_ALLOWED */
gboolean
ulak_call_check_line_finish (GAsyncResult *result, GError **error)
{
  return ulak_authority_check_line_finish (result, error);
}

/** ulak_call_return: @reply: (transfer floating) (nullable): the tuple of the out arguments; ends and frees the call */
void
ulak_call_return (UlakCall *self, GVariant *reply)
{
  g_dbus_method_invocation_return_value (g_steal_pointer (&self->invocation), reply);
  call_free (self);
}

void
ulak_call_return_with_fd (UlakCall *self, GVariant *reply, int fd)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new_from_array (&fd, 1);

  g_dbus_method_invocation_return_value_with_unix_fd_list (g_steal_pointer (&self->invocation), reply, fds);
  call_free (self);
}

/**
 * ulak_call_fail:
 * @error: (transfer full): what happened
 *
 * Our own errors keep their name, errors that came over the bus keep theirs, all others become org.ulak.Error.Failed, so
 * that no caller depends on the names of our libraries.
 */
void
ulak_call_fail (UlakCall *self, GError *error)
{
  g_autoptr (GError) owned = error;
  g_autofree char *remote_name = g_dbus_error_get_remote_error (owned);
  GDBusMethodInvocation *invocation = g_steal_pointer (&self->invocation);

  ulak_error_strip_remote (owned);
  if (owned->domain == ULAK_ERROR)
    g_dbus_method_invocation_return_gerror (invocation, owned);
  else if (remote_name != NULL)
    g_dbus_method_invocation_return_dbus_error (invocation, remote_name, owned->message);
  else
    g_dbus_method_invocation_return_dbus_error (invocation, ulak_error_get_name (ULAK_ERROR_FAILED), owned->message);
  call_free (self);
}

/** ulak_call_refuse: as ulak_call_fail(), with an error made of @code and @format */
void
ulak_call_refuse (UlakCall *self, UlakError code, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  ulak_call_fail (self, g_error_new_valist (ULAK_ERROR, (gint) code, format, arguments));
  va_end (arguments);
}
