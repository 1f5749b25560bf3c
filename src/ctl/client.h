/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Client: the suite as the command line sees it, over the system bus.
 *
 * The command line is one process for one question, so its calls block. Every call carries a fresh request id, which
 * --verbose prints, so that the services' journals can be searched for it.
 */
#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

typedef struct _UlakClient UlakClient;

typedef struct
{
  const char *bus_name;
  const char *object_path;
  const char *interface;
} UlakClientTarget;

UlakClient *ulak_client_new (GError **error);
void ulak_client_free (UlakClient *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakClient, ulak_client_free)

GDBusConnection *ulak_client_get_connection (UlakClient *self);
GVariant *ulak_client_make_options (UlakClient *self);
char *ulak_client_make_id (UlakClient *self);

extern const UlakClientTarget ulak_client_api;
extern const UlakClientTarget ulak_client_webhooks;

GVariant *ulak_client_call (UlakClient *self,
                            const UlakClientTarget *target,
                            const char *method,
                            GVariant *parameters,
                            GError **error);
GVariant *ulak_client_call_line (UlakClient *self,
                                 const char *account,
                                 const char *method,
                                 GVariant *parameters,
                                 GUnixFDList *fds,
                                 GError **error);
GVariant *ulak_client_call_with_fds (UlakClient *self,
                                     const UlakClientTarget *target,
                                     const char *method,
                                     GVariant *parameters,
                                     GUnixFDList *fds_in,
                                     GUnixFDList **fds_out,
                                     GError **error);
char *ulak_client_list_all (UlakClient *self,
                            const UlakClientTarget *target,
                            const char *account_or_null,
                            const char *method,
                            const char *first_argument_or_null,
                            guint limit,
                            GError **error);
