/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/peer.h"

#include "core/error.h"
#include "core/names.h"

#define TIMEOUT_MS 20000 /* below the 25 s after which people's own bus calls end */

void
ulak_peer_reply_free (UlakPeerReply *self)
{
  if (self == NULL)
    return;

  g_variant_unref (self->values);
  g_clear_object (&self->fds);
  g_free (self);
}

static void
set_error (GError **error, UlakError code, const char *sentence)
{
  g_clear_error (error);
  g_set_error_literal (error, ULAK_ERROR, (int) code, sentence);
}

/* What the bus itself says, in our words. */
static void
translate_bus_error (GError **error, gboolean is_line)
{
  static const struct
  {
    GDBusError bus;
    UlakError line, service;
    const char *line_sentence, *service_sentence;
  } table[] = {
    { G_DBUS_ERROR_SERVICE_UNKNOWN, ULAK_ERROR_WRONG_STATE, ULAK_ERROR_UNAVAILABLE, "The line is stopped",
      "ulak-webhooks is not running" },
    { G_DBUS_ERROR_NAME_HAS_NO_OWNER, ULAK_ERROR_WRONG_STATE, ULAK_ERROR_UNAVAILABLE, "The line is stopped",
      "ulak-webhooks is not running" },
    { G_DBUS_ERROR_NO_REPLY, ULAK_ERROR_UNAVAILABLE, ULAK_ERROR_UNAVAILABLE, "The line went away during the call",
      "ulak-webhooks went away during the call" },
    { G_DBUS_ERROR_UNKNOWN_METHOD, ULAK_ERROR_UNSUPPORTED, ULAK_ERROR_UNAVAILABLE, "This line cannot do that",
      "ulak-webhooks is not ready" },
    { G_DBUS_ERROR_UNKNOWN_INTERFACE, ULAK_ERROR_UNSUPPORTED, ULAK_ERROR_UNAVAILABLE, "This line cannot do that",
      "ulak-webhooks is not ready" },
    { G_DBUS_ERROR_UNKNOWN_OBJECT, ULAK_ERROR_UNAVAILABLE, ULAK_ERROR_UNAVAILABLE, "The line is not ready",
      "ulak-webhooks is not ready" },
    { G_DBUS_ERROR_ACCESS_DENIED, ULAK_ERROR_NOT_ALLOWED, ULAK_ERROR_NOT_ALLOWED, "The bus does not allow the call",
      "The bus does not allow the call" },
    { G_DBUS_ERROR_LIMITS_EXCEEDED, ULAK_ERROR_FULL, ULAK_ERROR_FULL, "The bus is at its limit",
      "The bus is at its limit" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    if ((*error)->code == (int) table[i].bus)
      {
        set_error (error, is_line ? table[i].line : table[i].service,
                   is_line ? table[i].line_sentence : table[i].service_sentence);
        return;
      }
  set_error (error, ULAK_ERROR_UNAVAILABLE, is_line ? "The line cannot be reached" : "ulak-webhooks cannot be reached");
}

static void
translate_error (GError **error, gboolean is_line)
{
  ulak_error_strip_remote (*error);
  if ((*error)->domain == ULAK_ERROR || g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    set_error (error, ULAK_ERROR_TIMED_OUT, is_line ? "The line did not answer in time" : "ulak-webhooks did not answer in time");
  else if ((*error)->domain == G_DBUS_ERROR)
    translate_bus_error (error, is_line);
  else
    set_error (error, ULAK_ERROR_UNAVAILABLE, "The bus connection is broken");
}

static GVariant *
complete_options (GVariant *extra, const UlakContext *context)
{
  g_autoptr (GVariant) usual = g_variant_ref_sink (ulak_context_to_options (context));
  g_autoptr (GVariant) more = extra == NULL ? NULL : g_variant_ref_sink (extra);
  GVariantBuilder builder;
  GVariantIter iter;
  GVariant *entry;

  if (more == NULL)
    return g_steal_pointer (&usual);
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_iter_init (&iter, more);
  while ((entry = g_variant_iter_next_value (&iter)) != NULL)
    {
      g_variant_builder_add_value (&builder, entry);
      g_variant_unref (entry);
    }
  g_variant_iter_init (&iter, usual);
  while ((entry = g_variant_iter_next_value (&iter)) != NULL)
    {
      g_variant_builder_add_value (&builder, entry);
      g_variant_unref (entry);
    }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* The arguments with the options as their last one. */
static GVariant *
complete_arguments (const UlakPeerCall *call, const UlakContext *context)
{
  g_autoptr (GVariant) arguments = call->arguments == NULL ? NULL : g_variant_ref_sink (call->arguments);
  g_autoptr (GVariant) options = complete_options (call->options, context);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_TUPLE);
  for (gsize i = 0; arguments != NULL && i < g_variant_n_children (arguments); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (arguments, i);

      g_variant_builder_add_value (&builder, child);
    }
  g_variant_builder_add_value (&builder, options);
  return g_variant_builder_end (&builder);
}

static void
called_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  gboolean is_line = GPOINTER_TO_INT (g_task_get_task_data (task));
  g_autoptr (GUnixFDList) fds = NULL;
  GError *error = NULL;
  UlakPeerReply *reply;
  GVariant *values
      = g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source), &fds, result, &error);

  if (values == NULL)
    {
      translate_error (&error, is_line);
      g_task_return_error (task, error);
      return;
    }
  reply = g_new0 (UlakPeerReply, 1);
  reply->values = values;
  reply->fds = g_steal_pointer (&fds);
  g_task_return_pointer (task, reply, (GDestroyNotify) ulak_peer_reply_free);
}

/** ulak_peer_call_async: @call: strings are only used during the call; @context: (nullable) */
void
ulak_peer_call_async (GDBusConnection *connection,
                      const UlakPeerCall *call,
                      const UlakContext *context,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  gboolean is_line = call->account != NULL;
  g_autofree char *name = is_line ? g_strconcat (ULAK_BUS_NAME_ACCOUNT_PREFIX, call->account, NULL) : g_strdup (ULAK_BUS_NAME_WEBHOOKS);
  g_autofree char *path = is_line ? g_strconcat (ULAK_OBJECT_PATH_ACCOUNT_PREFIX, call->account, NULL) : g_strdup (ULAK_OBJECT_PATH_WEBHOOKS);
  const char *usual_interface = is_line ? "org.ulak.Account1" : "org.ulak.Webhooks1";
  g_autoptr (GUnixFDList) fds = call->has_fd ? g_unix_fd_list_new_from_array (&call->fd, 1) : NULL;

  (void) ulak_error_quark (); /* the names of our errors are known to GDBus only after this */
  g_task_set_source_tag (task, ulak_peer_call_async);
  g_task_set_task_data (task, GINT_TO_POINTER (is_line), NULL);
  g_dbus_connection_call_with_unix_fd_list (
      connection, name, path, call->interface == NULL ? usual_interface : call->interface, call->method,
      complete_arguments (call, context), G_VARIANT_TYPE (call->reply_type),
      is_line ? G_DBUS_CALL_FLAGS_NO_AUTO_START : G_DBUS_CALL_FLAGS_NONE,
      (int) (call->timeout_ms == 0 ? TIMEOUT_MS : call->timeout_ms), fds, cancellable, called_cb, task);
}

UlakPeerReply *
ulak_peer_call_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
