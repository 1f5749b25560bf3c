/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/linked/linked-account.h"

#include "whatsapp/media/media-client.h"
#include "whatsapp/social/presence.h"

#define EARLY_MAX 1000 /* stanzas */

struct _UlakLinkedAccount
{
  UlakLinkedAccountOptions parts;
  gboolean is_known; /* the chat knows who we are */
  GQueue early;      /* (element-type UlakNode) (owned): stanzas that came before that */
};

/* --- reading it --- */

typedef struct
{
  UlakSeal *seal;               /* unowned */
  UlakCredentials *credentials; /* (owned) (nullable): out */
} Reading;

static void
reading_free (gpointer data)
{
  Reading *self = data;

  g_clear_pointer (&self->credentials, ulak_credentials_unref);
  g_free (self);
}

static gboolean
read_run (UlakDatabase *database, gpointer data, GError **error)
{
  Reading *self = data;

  g_clear_pointer (&self->credentials, ulak_credentials_unref);
  return ulak_credentials_load (database, self->seal, &self->credentials, error);
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  Reading *reading = ulak_store_finish (ULAK_STORE (source), result, &error);

  if (reading == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  if (reading->credentials != NULL && ulak_credentials_is_linked (reading->credentials))
    g_task_set_task_data (task, ulak_credentials_ref (reading->credentials), (GDestroyNotify) ulak_credentials_unref);
  g_task_return_boolean (task, TRUE);
}

void
ulak_linked_account_load_async (UlakLinkedAccount *self, GObject *owner, GAsyncReadyCallback callback, gpointer user_data)
{
  Reading *reading = g_new0 (Reading, 1);
  GTask *task = g_task_new (owner, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_linked_account_load_async);
  reading->seal = self->parts.seal;
  ulak_store_read_async (self->parts.store, read_run, reading, reading_free, read_cb, task);
}

gboolean
ulak_linked_account_load_finish (GAsyncResult *result, UlakCredentials **credentials_out, GError **error)
{
  UlakCredentials *credentials = g_task_get_task_data (G_TASK (result));

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;
  *credentials_out = credentials == NULL ? NULL : ulak_credentials_ref (credentials);
  return TRUE;
}

/* --- stanzas --- */

static gboolean
take_stanza (UlakLink *link G_GNUC_UNUSED, UlakNode *node, gpointer user_data)
{
  UlakLinkedAccount *self = user_data;

  if (self->is_known)
    ulak_chat_take_stanza (self->parts.chat, node);
  else if (g_queue_get_length (&self->early) < EARLY_MAX)
    g_queue_push_tail (&self->early, ulak_node_ref (node));
  return TRUE;
}

/* Who is online and who types passes: nothing is lost when we do not know yet who we are. */
static gboolean
take_presence (UlakLink *link G_GNUC_UNUSED, UlakNode *node, gpointer user_data)
{
  UlakLinkedAccount *self = user_data;

  if (self->is_known)
    ulak_presence_take (self->parts.chat, node);
  return TRUE;
}

static void
take_early (UlakLinkedAccount *self)
{
  UlakNode *node;

  while ((node = g_queue_pop_head (&self->early)) != NULL)
    {
      ulak_chat_take_stanza (self->parts.chat, node);
      ulak_node_unref (node);
    }
}

void
ulak_linked_account_watch (UlakLinkedAccount *self, UlakLink *link)
{
  static const char *const lasting[] = { "message", "receipt", "notification", "call" };

  for (gsize i = 0; i < G_N_ELEMENTS (lasting); i++)
    ulak_link_add_handler (link, lasting[i], NULL, take_stanza, self);
  ulak_link_add_handler (link, "presence", NULL, take_presence, self);
  ulak_link_add_handler (link, "chatstate", NULL, take_presence, self);
}

/* --- who we are --- */

void
ulak_linked_account_use (UlakLinkedAccount *self, UlakCredentials *credentials)
{
  g_autoptr (UlakSession) session = ulak_session_new (credentials, self->parts.random);
  const UlakJid *lid = ulak_credentials_get_lid (credentials);
  UlakMe me = { .phone = *ulak_credentials_get_jid (credentials) };
  UlakJid user = me.phone;

  if (lid != NULL)
    me.lid = *lid;
  user.device = 0;
  ulak_chat_set_account (self->parts.chat, session, &me);
  ulak_chat_set_migration (self->parts.chat, ulak_credentials_get_lid_migration (credentials));
  ulak_media_client_set_own_user (self->parts.media, &user);
  self->is_known = TRUE;
  take_early (self);
}

void
ulak_linked_account_drop_early (UlakLinkedAccount *self)
{
  g_queue_clear_full (&self->early, (GDestroyNotify) ulak_node_unref);
}

void
ulak_linked_account_forget (UlakLinkedAccount *self)
{
  self->is_known = FALSE;
  ulak_linked_account_drop_early (self);
}

UlakLinkedAccount *
ulak_linked_account_new (const UlakLinkedAccountOptions *options)
{
  UlakLinkedAccount *self = g_new0 (UlakLinkedAccount, 1);

  self->parts = *options;
  g_queue_init (&self->early);
  return self;
}

void
ulak_linked_account_free (UlakLinkedAccount *self)
{
  ulak_linked_account_drop_early (self);
  g_free (self);
}
