/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Methods for the passkey that WhatsApp may want of whoever links the line.
 */
#include "whatsapp/social/whatsapp-methods.h"

static void
passkey_answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;

  if (ulak_link_answer_passkey_finish (ULAK_LINK (source), result, &error))
    ulak_call_return (user_data, NULL);
  else
    ulak_call_fail (user_data, error);
}

void
ulak_whatsapp_answer_passkey (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);
  const char *assertion;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &assertion, NULL);
  ulak_link_answer_passkey_async (parts->link, assertion, passkey_answered_cb, call);
}

static void
passkey_confirmed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;

  if (ulak_link_confirm_passkey_finish (ULAK_LINK (source), result, &error))
    ulak_call_return (user_data, NULL);
  else
    ulak_call_fail (user_data, error);
}

void
ulak_whatsapp_confirm_passkey (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);

  ulak_link_confirm_passkey_async (parts->link, passkey_confirmed_cb, call);
}
