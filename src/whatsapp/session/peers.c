/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Finding is one look-up by the form of the JID; learning is a table of cases in the order of what each side has.
 */
#include "whatsapp/session/peers.h"

#include "whatsapp/session/query.h"

#include <string.h>

#define SEEN_STEP_US G_TIME_SPAN_DAY

UlakPeerForm
ulak_peer_form_of (const UlakJid *jid)
{
  switch (jid->server)
    {
    case ULAK_JID_SERVER_PHONE:
    case ULAK_JID_SERVER_LEGACY:
    case ULAK_JID_SERVER_HOSTED:
      return ULAK_PEER_FORM_PHONE;
    case ULAK_JID_SERVER_LID:
    case ULAK_JID_SERVER_HOSTED_LID:
      return ULAK_PEER_FORM_LID;
    case ULAK_JID_SERVER_GROUP:
    case ULAK_JID_SERVER_BROADCAST:
    case ULAK_JID_SERVER_NEWSLETTER:
    case ULAK_JID_SERVER_BOT:
    case ULAK_JID_SERVER_CALL:
    case ULAK_JID_SERVER_MESSENGER:
    case ULAK_JID_SERVER_INTEROP:
    case ULAK_JID_SERVER_OTHER:
      return ULAK_PEER_FORM_OTHER;
    }
  g_return_val_if_reached (ULAK_PEER_FORM_OTHER);
}

static const char *const find_queries[] = {
  [ULAK_PEER_FORM_PHONE] = ULAK_QUERY ("peer-by-phone"),
  [ULAK_PEER_FORM_LID] = ULAK_QUERY ("peer-by-lid"),
  [ULAK_PEER_FORM_OTHER] = ULAK_QUERY ("peer-by-other"),
};

static void
read_peer (UlakStatement *row, UlakPeer *peer_out)
{
  *peer_out = (UlakPeer){ 0 };
  if (row == NULL)
    return;
  peer_out->id = ulak_statement_get_integer (row, "id");
  if (!ulak_statement_is_null (row, "phone"))
    g_strlcpy (peer_out->phone, ulak_statement_get_text (row, "phone"), sizeof peer_out->phone);
  if (!ulak_statement_is_null (row, "lid"))
    g_strlcpy (peer_out->lid, ulak_statement_get_text (row, "lid"), sizeof peer_out->lid);
}

static gboolean
find_one (UlakDatabase *database, const char *query, const UlakBinding *bindings, UlakPeer *peer_out, GError **error)
{
  UlakStatement *row;

  if (!ulak_sql_find (database, query, bindings, &row, error))
    return FALSE;
  read_peer (row, peer_out);
  return TRUE;
}

/* How a peer of no known form is called. */
static char *
other_name (const UlakJid *jid)
{
  UlakJid account = ulak_jid_get_account (jid);

  return ulak_jid_print (&account);
}

gboolean
ulak_peers_find (UlakDatabase *database, const UlakJid *jid, UlakPeer *peer_out, GError **error)
{
  UlakPeerForm form = ulak_peer_form_of (jid);
  g_autofree char *other = form == ULAK_PEER_FORM_OTHER ? other_name (jid) : NULL;

  return find_one (database, find_queries[form], ULAK_BINDINGS (ULAK_TEXT ("value", other != NULL ? other : jid->user)),
                   peer_out, error);
}

gboolean
ulak_peers_get (UlakDatabase *database, gint64 id, UlakPeer *peer_out, GError **error)
{
  return find_one (database, ULAK_QUERY ("peer-by-id"), ULAK_BINDINGS (ULAK_INTEGER ("id", id)), peer_out, error);
}

gboolean
ulak_peers_get_own (UlakDatabase *database, UlakPeer *peer_out, GError **error)
{
  return find_one (database, ULAK_QUERY ("peer-own"), ULAK_BINDINGS (), peer_out, error);
}

static gboolean
insert (UlakDatabase *database,
        const char *phone,
        const char *lid,
        const char *other,
        gint64 now_us,
        UlakPeer *peer_out,
        GError **error)
{
  if (!ulak_sql_run (database, ULAK_QUERY ("peer-insert"),
                     ULAK_BINDINGS (ULAK_TEXT ("phone", phone), ULAK_TEXT ("lid", lid), ULAK_TEXT ("other", other),
                                    ULAK_INTEGER ("now_us", now_us)),
                     error))
    return FALSE;
  *peer_out = (UlakPeer){ .id = ulak_database_get_last_rowid (database) };
  g_strlcpy (peer_out->phone, phone != NULL ? phone : "", sizeof peer_out->phone);
  g_strlcpy (peer_out->lid, lid != NULL ? lid : "", sizeof peer_out->lid);
  return TRUE;
}

/* Peers that nobody heard of for long are cleaned up, with their sessions. */
static gboolean
touch (UlakDatabase *database, const UlakPeer *peer, gint64 now_us, GError **error)
{
  return ulak_sql_run (database, ULAK_QUERY ("peer-touch"),
                       ULAK_BINDINGS (ULAK_INTEGER ("id", peer->id), ULAK_INTEGER ("now_us", now_us),
                                      ULAK_INTEGER ("before_us", now_us - SEEN_STEP_US)),
                       error);
}

gboolean
ulak_peers_resolve (UlakDatabase *database, const UlakJid *jid, gint64 now_us, UlakPeer *peer_out, GError **error)
{
  UlakPeerForm form = ulak_peer_form_of (jid);
  g_autofree char *other = form == ULAK_PEER_FORM_OTHER ? other_name (jid) : NULL;

  if (!ulak_peers_find (database, jid, peer_out, error))
    return FALSE;
  if (peer_out->id == 0)
    return insert (database, form == ULAK_PEER_FORM_PHONE ? jid->user : NULL,
                   form == ULAK_PEER_FORM_LID ? jid->user : NULL, other, now_us, peer_out, error);
  return touch (database, peer_out, now_us, error);
}

gboolean
ulak_peers_resolve_device (UlakDatabase *database,
                           const UlakJid *jid,
                           gint64 now_us,
                           UlakPeerDevice *device_out,
                           GError **error)
{
  UlakPeer peer;

  if (!ulak_peers_resolve (database, jid, now_us, &peer, error))
    return FALSE;
  *device_out = (UlakPeerDevice){ peer.id, jid->device };
  return TRUE;
}

static gboolean
set_name (UlakDatabase *database, gint64 id, UlakPeerForm form, const char *user, GError **error)
{
  if (form == ULAK_PEER_FORM_PHONE)
    return ulak_sql_run (database, ULAK_QUERY ("peer-set-phone"),
                         ULAK_BINDINGS (ULAK_INTEGER ("id", id), ULAK_TEXT ("phone", user)), error);
  return ulak_sql_run (database, ULAK_QUERY ("peer-set-lid"),
                       ULAK_BINDINGS (ULAK_INTEGER ("id", id), ULAK_TEXT ("lid", user)), error);
}

/* In this order. What finds no place with the other peer goes with the one that ends. */
static const char *const merge_queries[] = {
  ULAK_QUERY ("merge-sessions-first"),
  ULAK_QUERY ("merge-sessions-shadow"),
  ULAK_QUERY ("merge-sessions-second"),
  ULAK_QUERY ("merge-sender-keys-first"),
  ULAK_QUERY ("merge-sender-keys-shadow"),
  ULAK_QUERY ("merge-sender-keys-second"),
  ULAK_QUERY ("merge-sender-key-memory"),
  ULAK_QUERY ("merge-identities"),
  ULAK_QUERY ("merge-devices"),
  ULAK_QUERY ("merge-device-lists"),
  ULAK_QUERY ("merge-tokens"),
  ULAK_QUERY ("merge-group-members"),
  ULAK_QUERY ("merge-retries-served"),
  ULAK_QUERY ("merge-retry-counts"),
  ULAK_QUERY ("merge-own"),
};

static gboolean
merge (UlakDatabase *database, gint64 from, gint64 into, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (merge_queries); i++)
    if (!ulak_sql_run (database, merge_queries[i],
                       ULAK_BINDINGS (ULAK_INTEGER ("from_peer", from), ULAK_INTEGER ("into_peer", into)), error))
      return FALSE;
  return ulak_sql_run (database, ULAK_QUERY ("peer-delete"), ULAK_BINDINGS (ULAK_INTEGER ("id", from)), error);
}

/* The phone's peer gives its number away: whole, when it is nothing but that number. */
static gboolean
take_phone (UlakDatabase *database, const UlakPeer *by_phone, gint64 into, GError **error)
{
  if (by_phone->id == 0)
    return TRUE;
  if (by_phone->lid[0] != '\0' || into == 0)
    return set_name (database, by_phone->id, ULAK_PEER_FORM_PHONE, NULL, error);
  return merge (database, by_phone->id, into, error);
}

static gboolean
join (UlakDatabase *database,
      const UlakPeer *by_phone,
      const UlakPeer *by_lid,
      const UlakJid *phone,
      const UlakJid *lid,
      gint64 now_us,
      UlakPeer *peer_out,
      GError **error)
{
  if (by_lid->id == 0 && by_phone->id != 0 && by_phone->lid[0] == '\0')
    return set_name (database, by_phone->id, ULAK_PEER_FORM_LID, lid->user, error)
           && ulak_peers_get (database, by_phone->id, peer_out, error);
  if (!take_phone (database, by_phone, by_lid->id, error))
    return FALSE;
  if (by_lid->id == 0)
    return insert (database, phone->user, lid->user, NULL, now_us, peer_out, error);
  return set_name (database, by_lid->id, ULAK_PEER_FORM_PHONE, phone->user, error)
         && ulak_peers_get (database, by_lid->id, peer_out, error);
}

/* Who we are is said when we are linked and when we log in, and by nobody else: whoever could join their name to ours would be
 * believed like our own phone. */
static gboolean
is_about_us (UlakDatabase *database,
             const UlakPeer *by_phone,
             const UlakPeer *by_lid,
             gboolean *is_out,
             GError **error)
{
  UlakPeer own;

  if (!ulak_peers_get_own (database, &own, error))
    return FALSE;
  *is_out = own.id != 0 && (own.id == by_phone->id || own.id == by_lid->id);
  return TRUE;
}

static gboolean
is_mapping (const UlakJid *phone, const UlakJid *lid)
{
  return ulak_peer_form_of (phone) == ULAK_PEER_FORM_PHONE && ulak_peer_form_of (lid) == ULAK_PEER_FORM_LID
         && phone->user[0] != '\0' && lid->user[0] != '\0';
}

gboolean
ulak_peers_learn (UlakDatabase *database,
                  const UlakJid *phone,
                  const UlakJid *lid,
                  gint64 now_us,
                  UlakPeer *peer_out,
                  gboolean *is_news_out,
                  GError **error)
{
  UlakPeer by_phone = { 0 }, peer = { 0 };
  gboolean is_news = FALSE;

  if (is_mapping (phone, lid))
    {
      if (!ulak_peers_find (database, phone, &by_phone, error) || !ulak_peers_find (database, lid, &peer, error))
        return FALSE;
      is_news = by_phone.id == 0 || by_phone.id != peer.id;
    }
  if (is_news)
    {
      UlakPeer by_lid = peer;
      gboolean is_ours;

      if (!is_about_us (database, &by_phone, &by_lid, &is_ours, error))
        return FALSE;
      if (is_ours)
        {
          peer = (UlakPeer){ 0 };
          is_news = FALSE;
        }
      else if (!join (database, &by_phone, &by_lid, phone, lid, now_us, &peer, error))
        return FALSE;
    }
  if (peer.id != 0 && !touch (database, &peer, now_us, error))
    return FALSE;

  if (peer_out != NULL)
    *peer_out = peer;
  if (is_news_out != NULL)
    *is_news_out = is_news;
  return TRUE;
}

/* Whoever had one of our names before has it no longer. */
static gboolean
take_name (UlakDatabase *database, gint64 own, UlakPeerForm form, const UlakJid *jid, GError **error)
{
  UlakPeer holder;

  return ulak_peers_find (database, jid, &holder, error)
         && (holder.id == 0 || holder.id == own || set_name (database, holder.id, form, NULL, error))
         && set_name (database, own, form, jid->user, error);
}

/* What is known of us stays with us, above all the key of our phone; nothing of whoever had the name comes along. */
static gboolean
rename_own (UlakDatabase *database, gint64 own, const UlakJid *phone, const UlakJid *lid, GError **error)
{
  return take_name (database, own, ULAK_PEER_FORM_PHONE, phone, error)
         && (lid->user[0] == '\0' || take_name (database, own, ULAK_PEER_FORM_LID, lid, error));
}

gboolean
ulak_peers_put_own (UlakDatabase *database,
                    const UlakJid *phone,
                    const UlakJid *lid,
                    gint64 now_us,
                    UlakPeer *peer_out,
                    GError **error)
{
  UlakPeer own;

  if (!ulak_peers_get_own (database, &own, error))
    return FALSE;
  if (own.id != 0)
    return rename_own (database, own.id, phone, lid, error) && ulak_peers_get (database, own.id, peer_out, error);
  if (lid->user[0] != '\0' && !ulak_peers_learn (database, phone, lid, now_us, peer_out, NULL, error))
    return FALSE;
  if (lid->user[0] == '\0' && !ulak_peers_resolve (database, phone, now_us, peer_out, error))
    return FALSE;
  return ulak_sql_run (database, ULAK_QUERY ("peer-set-own"), ULAK_BINDINGS (ULAK_INTEGER ("id", peer_out->id)), error);
}

gboolean
ulak_peers_forget_mapping (UlakDatabase *database, const UlakJid *jid, GError **error)
{
  UlakPeer peer, own;

  if (!ulak_peers_find (database, jid, &peer, error) || !ulak_peers_get_own (database, &own, error))
    return FALSE;
  return peer.id == own.id || peer.phone[0] == '\0' || peer.lid[0] == '\0'
         || set_name (database, peer.id, ULAK_PEER_FORM_PHONE, NULL, error);
}

gboolean
ulak_peers_list_mapped (UlakDatabase *database, gint64 after_id, guint limit, GArray **peers_out, GError **error)
{
  g_autoptr (GArray) peers = g_array_new (FALSE, FALSE, sizeof (UlakPeer));
  UlakStatement *rows;
  gboolean has_row;

  g_return_val_if_fail (limit >= 1 && limit <= ULAK_PEERS_PAGE_MAX, FALSE);

  rows = ulak_sql_query (database, ULAK_QUERY ("peers-mapped"),
                         ULAK_BINDINGS (ULAK_INTEGER ("after_id", after_id), ULAK_INTEGER ("limit", limit)), error);
  if (rows == NULL)
    return FALSE;
  while (ulak_statement_step (rows, &has_row, error))
    {
      UlakPeer peer;

      if (!has_row)
        {
          *peers_out = g_steal_pointer (&peers);
          return TRUE;
        }
      read_peer (rows, &peer);
      g_array_append_val (peers, peer);
    }
  return FALSE;
}

static gboolean
make_jid (const char *user, UlakJidServer server, const char *server_name, guint16 device, UlakJid *jid_out)
{
  if (user[0] == '\0')
    return FALSE;
  *jid_out = (UlakJid){ .server = server, .device = device };
  g_strlcpy (jid_out->server_name, server_name, sizeof jid_out->server_name);
  g_strlcpy (jid_out->user, user, sizeof jid_out->user);
  return TRUE;
}

gboolean
ulak_peer_get_lid_jid (const UlakPeer *self, guint16 device, UlakJid *jid_out)
{
  return make_jid (self->lid, ULAK_JID_SERVER_LID, "lid", device, jid_out);
}

gboolean
ulak_peer_get_phone_jid (const UlakPeer *self, guint16 device, UlakJid *jid_out)
{
  return make_jid (self->phone, ULAK_JID_SERVER_PHONE, "s.whatsapp.net", device, jid_out);
}
