/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Sizes and signatures are judged by whatsapp/session; here it is only found where things stand.
 */
#include "whatsapp/chat/fetch-store.h"

#include "core/error.h"
#include "core/log.h"
#include "whatsapp/chat/groups.h"
#include "whatsapp/chat/people.h"
#include "whatsapp/session/device-cipher.h"
#include "whatsapp/session/device-lists.h"
#include "whatsapp/session/group-cipher.h"

/* --- bundles --- */

gboolean
ulak_node_read_big_endian (const UlakNode *parent, const char *tag, guint32 *value_out)
{
  const UlakNode *node = ulak_node_get_child (parent, tag);
  gsize size_bytes = 0;
  const guint8 *bytes = node == NULL ? NULL : ulak_node_get_bytes (node, &size_bytes);
  guint32 value = 0;

  if (bytes == NULL || size_bytes == 0 || size_bytes > sizeof value)
    return FALSE;
  for (gsize i = 0; i < size_bytes; i++)
    value = value << 8 | bytes[i];
  *value_out = value;
  return TRUE;
}

static UlakSpan
read_span (const UlakNode *parent, const char *tag)
{
  const UlakNode *node = ulak_node_get_child (parent, tag);
  gsize size_bytes = 0;
  const guint8 *bytes = node == NULL ? NULL : ulak_node_get_bytes (node, &size_bytes);

  return bytes == NULL ? ULAK_SPAN_NONE : ULAK_SPAN (bytes, size_bytes);
}

gboolean
ulak_bundle_read (const UlakNode *node, UlakBundle *bundle_out)
{
  const UlakNode *key = ulak_node_get_child (node, "key");
  const UlakNode *skey = ulak_node_get_child (node, "skey");
  UlakBundle bundle = { .identity = read_span (node, "identity") };

  if (skey == NULL || !ulak_node_read_big_endian (skey, "id", &bundle.signed_pre_key_id))
    return FALSE;
  ulak_node_read_big_endian (node, "registration", &bundle.registration_id);
  bundle.signed_pre_key = read_span (skey, "value");
  bundle.signature = read_span (skey, "signature");
  bundle.has_pre_key = key != NULL && ulak_node_read_big_endian (key, "id", &bundle.pre_key_id);
  if (bundle.has_pre_key)
    bundle.pre_key = read_span (key, "value");
  bundle.device_identity = read_span (node, "device-identity");
  *bundle_out = bundle;
  return TRUE;
}

static gboolean
store_bundle (UlakFetchStore *self, UlakDatabase *database, const UlakNode *user, GError **error)
{
  UlakPeerDevice device;
  UlakBundle bundle;
  UlakBundleOutcome outcome = ULAK_BUNDLE_OK;
  gboolean has_session = FALSE, has_changed = FALSE;
  UlakJid jid;

  if (!ulak_node_read_jid (user, "jid", &jid, NULL) || !ulak_jid_is_user (&jid))
    return TRUE;
  if (!ulak_peers_resolve_device (database, &jid, self->view.now_us, &device, error))
    return FALSE;
  if (ulak_node_get_child (user, "error") != NULL)
    return ulak_devices_forget (database, device.peer, error); /* it is gone: the list is an old one */
  if (self->kind == ULAK_FETCH_BUNDLES && !ulak_device_has_session (database, &device, &has_session, error))
    return FALSE;
  if (has_session || !ulak_bundle_read (user, &bundle))
    return TRUE;
  if (!ulak_device_process_bundle (self->view.session, database, &device, &bundle, self->view.now_us, &outcome,
                                   &has_changed, error)
      || (has_changed && !ulak_group_forget_holder (database, NULL, &device, error)))
    return FALSE;
  if (outcome != ULAK_BUNDLE_OK)
    {
      g_autofree char *masked = ulak_log_mask_number (jid.user);

      ulak_log_info (NULL, "The keys of device %u of %s were refused (%d)", jid.device, masked, (int) outcome);
    }
  return TRUE;
}

/* --- device lists --- */

static void
read_devices (const UlakNode *user, GArray *devices, UlakDevicesAnswer *answer)
{
  const UlakNode *node = ulak_node_get_child (user, "devices");
  const UlakNode *list = node == NULL ? NULL : ulak_node_get_child (node, "device-list");

  for (const UlakNode *child = list == NULL ? NULL : ulak_node_get_first (list); child != NULL;
       child = ulak_node_get_next (child))
    {
      UlakListedDevice device = { 0 };
      guint64 id = 0, key_index = 0;

      if (!ulak_node_is (child, "device") || !ulak_node_read_number (child, "id", G_MAXUINT16, &id, NULL))
        continue;
      device.device = (guint16) id;
      device.has_key_index = ulak_node_get_attribute (child, "key-index") != NULL
                             && ulak_node_read_number (child, "key-index", G_MAXUINT32, &key_index, NULL);
      device.key_index = (guint32) key_index;
      device.is_hosted = g_strcmp0 (ulak_node_get_attribute (child, "is_hosted"), "true") == 0;
      if (devices->len < 4 * ULAK_DEVICES_MAX)
        g_array_append_val (devices, device);
    }
  answer->devices = (UlakListedDevice *) (void *) devices->data;
  answer->n_devices = devices->len;
  answer->key_index_list = node == NULL ? ULAK_SPAN_NONE : read_span (node, "key-index-list");
}

static gboolean
meet_user (UlakFetchStore *self, UlakDatabase *database, const UlakNode *user, const UlakJid *jid, UlakPeer *peer, GError **error)
{
  const UlakNode *node = ulak_node_get_child (user, "lid");
  UlakJid lid = { 0 };

  if (node == NULL || !ulak_node_read_jid (node, "val", &lid, NULL) || !ulak_jid_is_lid (&lid) || ulak_jid_is_lid (jid))
    lid = (UlakJid){ 0 };
  return ulak_people_meet (database, jid, &lid, self->view.now_us, peer, error);
}

static gboolean
store_devices (UlakFetchStore *self, UlakDatabase *database, const UlakNode *user, GError **error)
{
  g_autoptr (GArray) devices = g_array_new (FALSE, TRUE, sizeof (UlakListedDevice));
  UlakDevicesAnswer answer = { 0 };
  UlakDevicesChange change = { 0 };
  UlakPeer peer;
  UlakJid jid, other;

  if (!ulak_node_read_jid (user, "jid", &jid, NULL) || !ulak_jid_is_user (&jid))
    return TRUE;
  if (!meet_user (self, database, user, &jid, &peer, error))
    return FALSE;
  read_devices (user, devices, &answer);
  if (!ulak_devices_apply (database, &peer, &answer, self->view.now_us, &change, error))
    return FALSE;
  if (change.n_devices == 0
      && (ulak_jid_is_lid (&jid) ? ulak_peer_get_phone_jid (&peer, 0, &other)
                                 : ulak_peer_get_lid_jid (&peer, 0, &other)))
    g_ptr_array_add (self->other_forms, ulak_jid_print (&other));
  return TRUE;
}

/* --- the work --- */

static gboolean
store_list (UlakFetchStore *self,
            UlakDatabase *database,
            const UlakNode *parent,
            gboolean (*store) (UlakFetchStore *, UlakDatabase *, const UlakNode *, GError **),
            GError **error)
{
  const UlakNode *list = parent == NULL ? NULL : ulak_node_get_child (parent, "list");

  for (const UlakNode *user = list == NULL ? NULL : ulak_node_get_first (list); user != NULL;
       user = ulak_node_get_next (user))
    if (ulak_node_is (user, "user") && !store (self, database, user, error))
      return FALSE;
  return TRUE;
}

static gboolean
store_group (UlakFetchStore *self, UlakDatabase *database, GError **error)
{
  const UlakNode *group = ulak_node_read_child (self->answer, "group", error);

  return group != NULL && ulak_groups_put (database, group, self->view.now_us, NULL, error);
}

gboolean
ulak_fetch_store_run (UlakDatabase *database, gpointer data, GError **error)
{
  UlakFetchStore *self = data;

  g_ptr_array_set_size (self->other_forms, 0);
  switch (self->kind)
    {
    case ULAK_FETCH_DEVICES:
      return store_list (self, database, ulak_node_get_child (self->answer, "usync"), store_devices, error);
    case ULAK_FETCH_BUNDLES:
    case ULAK_FETCH_NEW_BUNDLES:
      return store_list (self, database, self->answer, store_bundle, error);
    case ULAK_FETCH_GROUP:
      return store_group (self, database, error);
    }
  g_return_val_if_reached (FALSE);
}

UlakFetchStore *
ulak_fetch_store_new (UlakChat *chat, UlakFetchKind kind, const UlakNode *answer)
{
  UlakFetchStore *self = g_new0 (UlakFetchStore, 1);

  self->kind = kind;
  self->answer = ulak_node_ref (answer);
  ulak_chat_view_init (&self->view, chat);
  self->other_forms = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
ulak_fetch_store_free (gpointer data)
{
  UlakFetchStore *self = data;

  ulak_chat_view_clear (&self->view);
  g_ptr_array_unref (self->other_forms);
  ulak_node_unref (self->answer);
  g_free (self);
}
