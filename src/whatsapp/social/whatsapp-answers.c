/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/social/whatsapp-answers.h"

void
ulak_whatsapp_return_text (UlakCall *call, const char *text)
{
  ulak_call_return (call, g_variant_new ("(s)", text));
}

void
ulak_whatsapp_text_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  g_autofree char *text = ulak_question_ask_finish (result, &error);

  if (text == NULL)
    ulak_call_fail (user_data, error);
  else
    ulak_whatsapp_return_text (user_data, text);
}

void
ulak_whatsapp_done_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  g_auto (GStrv) texts = ulak_question_ask_all_finish (result, &error);

  if (texts == NULL)
    ulak_call_fail (user_data, error);
  else
    ulak_call_return (user_data, NULL);
}

void
ulak_whatsapp_ask (UlakCall *call, UlakQuestion *question, GAsyncReadyCallback callback, GError **error)
{
  if (question == NULL)
    ulak_call_fail (call, g_steal_pointer (error));
  else
    ulak_question_ask_async (question, callback, call);
}

void
ulak_whatsapp_boolean_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    ulak_call_return (user_data, NULL);
  else
    ulak_call_fail (user_data, error);
}

void
ulak_whatsapp_ask_all (UlakCall *call, GPtrArray *questions)
{
  if (questions->len > 0)
    {
      ulak_question_ask_all_async (questions, ulak_whatsapp_done_cb, call);
      return;
    }
  g_ptr_array_unref (questions);
  ulak_call_return (call, NULL);
}
