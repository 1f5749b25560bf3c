/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Source: docs/protocol/sending.md, "What the server answers".
 */
#include "whatsapp/chat/verdicts.h"

#define HOUR_MS (60 * 60 * 1000)

static const struct
{
  guint from, to;
  UlakAckMeaning meaning;
} meanings[] = {
  { 400, 400, ULAK_ACK_OTHER_FORM }, { 421, 421, ULAK_ACK_NEW_GROUP }, { 429, 429, ULAK_ACK_LATER },
  { 463, 463, ULAK_ACK_STRANGER },   { 475, 475, ULAK_ACK_LIMITED },   { 479, 479, ULAK_ACK_NEW_DEVICES },
  { 500, 599, ULAK_ACK_LATER },
};

void
ulak_ack_read (const UlakNode *ack, UlakAck *ack_out)
{
  const char *text = ulak_node_get_attribute (ack, "error");
  guint64 code = 0, t = 0;

  *ack_out = (UlakAck){ .phash = ulak_node_get_attribute (ack, "phash"),
                        .refreshes_lid = g_strcmp0 (ulak_node_get_attribute (ack, "refresh_lid"), "true") == 0 };
  if (ulak_node_read_number (ack, "t", G_MAXINT64 / G_USEC_PER_SEC, &t, NULL))
    ack_out->timestamp_us = (gint64) t * G_USEC_PER_SEC;
  if (text == NULL)
    return;
  ulak_node_read_number (ack, "error", 999, &code, NULL);
  ack_out->code = (guint) code;
  ack_out->meaning = ULAK_ACK_REFUSED;
  for (gsize i = 0; i < G_N_ELEMENTS (meanings); i++)
    if (code >= meanings[i].from && code <= meanings[i].to)
      ack_out->meaning = meanings[i].meaning;
}

UlakSendResult *
ulak_send_result_refuse (const char *code, const char *message)
{
  UlakSendResult *result = ulak_send_result_new (ULAK_SEND_FAILED);

  result->error_code = g_strdup (code);
  result->error_message = g_strdup (message);
  return result;
}

UlakSendResult *
ulak_send_result_postpone (UlakSendScope scope, gint64 after_ms, const char *code, const char *message)
{
  UlakSendResult *result = ulak_send_result_new (ULAK_SEND_RETRY);

  result->scope = scope;
  result->retry_after_ms = after_ms;
  result->error_code = g_strdup (code);
  result->error_message = g_strdup (message);
  return result;
}

static UlakSendResult *
refuse_stranger (gint64 locked_until_us, gint64 now_us)
{
  UlakSendResult *result;

  if (locked_until_us > now_us)
    {
      result = ulak_send_result_postpone (ULAK_SEND_SCOPE_COLD, (locked_until_us - now_us) / 1000, "E_WA_TIME_LOCK",
                                          "WhatsApp lets this account start no new chats until a time that it has set");
      result->hold_reason = "time_lock";
      return result;
    }
  result = ulak_send_result_postpone (
      ULAK_SEND_SCOPE_RECIPIENT, HOUR_MS, "E_WA_STRANGER",
      "WhatsApp does not let this account write to somebody who has never written to it; it can once they write");
  result->hold_reason = "stranger";
  return result;
}

UlakSendResult *
ulak_ack_to_result (const UlakAck *ack, gint64 locked_until_us, gint64 now_us)
{
  UlakSendResult *result = NULL;

  switch (ack->meaning)
    {
    case ULAK_ACK_ACCEPTED:
      result = ulak_send_result_new (ULAK_SEND_ACCEPTED);
      result->timestamp_us = ack->timestamp_us;
      break;
    case ULAK_ACK_STRANGER:
      result = refuse_stranger (locked_until_us, now_us);
      break;
    case ULAK_ACK_LIMITED:
      result = ulak_send_result_postpone (ULAK_SEND_SCOPE_COLD, HOUR_MS, "E_WA_NEW_CHATS",
                                          "WhatsApp lets this account start no more new chats for now");
      result->hold_reason = "time_lock";
      break;
    case ULAK_ACK_LATER:
      result = ack->code == 429 ? ulak_send_result_postpone (ULAK_SEND_SCOPE_LINE, 60000, "E_WA_RATE",
                                                             "WhatsApp asks this line to send more slowly")
                                : ulak_send_result_postpone (ULAK_SEND_SCOPE_MESSAGE, 0, "E_WA_SERVER",
                                                             "WhatsApp cannot take the message now");
      break;
    case ULAK_ACK_OTHER_FORM:
      result = ulak_send_result_refuse ("E_WA_ADDRESSING", "WhatsApp refused the way the recipient was addressed");
      break;
    case ULAK_ACK_NEW_GROUP:
      result = ulak_send_result_refuse ("E_WA_ADDRESSING", "WhatsApp refused the way the group's members were addressed");
      break;
    case ULAK_ACK_NEW_DEVICES:
      result = ulak_send_result_refuse ("E_WA_DEVICES",
                                        "WhatsApp refused the message, also with the recipient's newest devices");
      break;
    case ULAK_ACK_REFUSED:
      result = ulak_send_result_refuse ("E_WA_REFUSED", "WhatsApp refused the message");
      break;
    }
  result->original_code = ack->code;
  return result;
}
