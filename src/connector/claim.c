/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "connector/claim.h"

#include "connector/contact-book.h"
#include "connector/message-check.h"
#include "connector/sql.h"
#include "connector/stored-message.h"
#include "core/id.h"
#include "core/json.h"

#include <string.h>

static void
target_free (UlakOutboundTarget *self)
{
  if (self == NULL)
    return;
  g_free ((char *) self->id);
  g_free ((char *) self->network_id);
  g_free ((char *) self->chat);
  g_free ((char *) self->from);
  g_clear_pointer (&self->message, json_object_unref);
  g_free (self);
}

void
ulak_claim_free (UlakClaim *self)
{
  if (self == NULL)
    return;
  g_free (self->id);
  g_free (self->chat);
  g_free (self->reply_to_network_id);
  g_clear_pointer (&self->message, json_object_unref);
  g_clear_pointer (&self->contact, json_object_unref);
  target_free (self->reply_to);
  target_free (self->target);
  ulak_parcel_free (self->parcel);
  g_free (self);
}

/* --- what an outbound message is about --- */

static UlakOutboundTarget *
target_new (UlakDatabase *database, UlakStatement *row, GError **error)
{
  UlakOutboundTarget *self = g_new0 (UlakOutboundTarget, 1);

  self->id = g_strdup (ulak_statement_get_text (row, "id"));
  self->network_id = g_strdup (ulak_statement_get_text (row, "network_id"));
  self->chat = g_strdup (ulak_statement_get_text (row, "chat"));
  self->from = g_strdup (ulak_statement_get_text (row, "sender"));
  self->timestamp_us = ulak_statement_get_integer (row, "timestamp_us");
  self->message = ulak_stored_message_show (database, row, error);
  if (self->message != NULL)
    return self;
  target_free (self);
  return NULL;
}

static UlakOutboundTarget *
target_new_unknown (const char *network_id)
{
  UlakOutboundTarget *self = g_new0 (UlakOutboundTarget, 1);

  self->network_id = g_strdup (network_id);
  return self;
}

/* id: ours or the network's. One that is not stored here can still be named to the network, if it is not ours. */
static gboolean
find_target (UlakDatabase *database, const char *id, UlakOutboundTarget **target_out, GError **error)
{
  gboolean is_ours = ulak_id_is_valid (id);
  UlakStatement *row;

  if (!ulak_sql_find (database, is_ours ? ULAK_SQL ("message-find") : ULAK_SQL ("message-by-network-id"),
                      ULAK_BINDINGS (ULAK_TEXT (is_ours ? "id" : "network_id", id)), &row, error))
    return FALSE;
  if (row != NULL && !ulak_statement_is_null (row, "network_id"))
    {
      *target_out = target_new (database, row, error);
      return *target_out != NULL;
    }
  *target_out = is_ours ? NULL : target_new_unknown (id);
  return TRUE;
}

/* Clients may name the message that a reaction, an edit and the like are about by our id; the network knows only its own. */
static gboolean
resolve_target (UlakDatabase *database, UlakClaim *claim, GError **error)
{
  const char *kind = ulak_message_get_kind (claim->message);
  JsonObject *content = kind == NULL ? NULL : ulak_json_peek_object (claim->message, kind);
  const char *id = content == NULL ? NULL : ulak_json_peek_string (content, "message_id");

  if (id == NULL)
    return TRUE;
  if (!find_target (database, id, &claim->target, error))
    return FALSE;
  if (claim->target != NULL)
    json_object_set_string_member (content, "message_id", claim->target->network_id);
  return TRUE;
}

static gboolean
resolve_reply (UlakDatabase *database, UlakClaim *claim, const char *quoted_id, GError **error)
{
  const char *id = quoted_id != NULL ? quoted_id : claim->reply_to_network_id;

  if (id == NULL)
    return TRUE;
  if (!find_target (database, id, &claim->reply_to, error))
    return FALSE;
  if (claim->reply_to_network_id == NULL && claim->reply_to != NULL)
    claim->reply_to_network_id = g_strdup (claim->reply_to->network_id);
  return TRUE;
}

static gboolean
find_contact (UlakDatabase *database, UlakClaim *claim, GError **error)
{
  g_autofree char *person = NULL;

  if (!ulak_sql_get_text (database, ULAK_SQL ("chat-find"), ULAK_BINDINGS (ULAK_TEXT ("id", claim->chat)), "contact",
                          &person, error)
      || (person == NULL && !ulak_contact_book_find (database, claim->chat, &person, error)))
    return FALSE;
  if (person == NULL)
    return TRUE;
  claim->contact = ulak_contact_book_show (database, person, error);
  return claim->contact != NULL;
}

gboolean
ulak_claim_fill (UlakDatabase *database, UlakStatement *row, UlakClaim *claim, GError **error)
{
  static const UlakJsonLimits limits = { 2 * 1024 * 1024, 40, 40000, FALSE };
  const char *content = ulak_statement_get_text (row, "content");
  g_autofree char *quoted_id = g_strdup (ulak_statement_get_text (row, "quoted_id"));

  claim->sequence = ulak_statement_get_integer (row, "sequence");
  claim->id = g_strdup (ulak_statement_get_text (row, "id"));
  claim->chat = g_strdup (ulak_statement_get_text (row, "chat"));
  claim->tries = (guint) ulak_statement_get_integer (row, "tries");
  claim->accepted_us = ulak_statement_get_integer (row, "timestamp_us");
  claim->reply_to_network_id = g_strdup (ulak_statement_get_text (row, "quoted_network_id"));
  claim->message = ulak_json_parse_object (content, strlen (content), &limits, error);
  return claim->message != NULL && resolve_reply (database, claim, quoted_id, error)
         && resolve_target (database, claim, error) && find_contact (database, claim, error);
}

UlakOutbound
ulak_claim_show (const UlakClaim *claim, gboolean is_cold)
{
  return (UlakOutbound){
    .id = claim->id,
    .chat = claim->chat,
    .message = claim->message,
    .reply_to_network_id = claim->reply_to_network_id,
    .tries = claim->tries,
    .reply_to = claim->reply_to,
    .target = claim->target,
    .contact = claim->contact,
    .is_cold = is_cold,
    .accepted_us = claim->accepted_us,
    .parcel = claim->parcel,
  };
}
