/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/linked/linking.h"

#include "core/error.h"

#include <string.h>

#define WAIT_US (15 * G_USEC_PER_SEC) /* below what ulak-api waits for a call */
#define WAITERS_MAX 64
#define PHONE_DIGITS_MIN 7
#define PHONE_DIGITS_MAX 15 /* E.164 */

struct _UlakLinking
{
  UlakClock *clock;   /* (owned) */
  GPtrArray *waiters; /* (owned) (element-type Waiter) */
  char *why;          /* (owned) (nullable): what is in the way */
  gboolean is_over;   /* there will be no link */
};

typedef struct
{
  UlakLinking *linking;
  GTask *task; /* (owned) (nullable): answered */
  char *phone;
  gboolean has_asked; /* the code is being requested */
  guint timer;
} Waiter;

static void
waiter_free (gpointer data)
{
  Waiter *self = data;

  ulak_clock_clear_timer (self->linking->clock, &self->timer);
  g_clear_object (&self->task);
  g_free (self->phone);
  g_free (self);
}

UlakLinking *
ulak_linking_new (UlakClock *clock)
{
  UlakLinking *self = g_new0 (UlakLinking, 1);

  self->clock = g_object_ref (clock);
  self->waiters = g_ptr_array_new_with_free_func (waiter_free);
  return self;
}

void
ulak_linking_free (UlakLinking *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->waiters);
  g_object_unref (self->clock);
  g_free (self->why);
  g_free (self);
}

char *
ulak_linking_read_phone (const char *text, GError **error)
{
  g_autoptr (GString) digits = g_string_new (NULL);
  const char *rest = *text == '+' ? text + 1 : text;

  for (; *rest != '\0' && digits->len <= PHONE_DIGITS_MAX; rest++)
    if (g_ascii_isdigit (*rest))
      g_string_append_c (digits, *rest);
    else if (strchr (" -()", *rest) == NULL)
      break;
  if (*rest == '\0' && digits->len >= PHONE_DIGITS_MIN && digits->len <= PHONE_DIGITS_MAX && digits->str[0] != '0')
    return g_string_free (g_steal_pointer (&digits), FALSE);
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID,
               "phone: must be the account's number with its country code, %d to %d digits and no 0 first", PHONE_DIGITS_MIN,
               PHONE_DIGITS_MAX);
  return NULL;
}

static void
set_why (UlakLinking *self, const char *why)
{
  g_free (self->why);
  self->why = g_strdup (why);
}

/* error: (transfer full) (nullable) */
static void
answer (Waiter *waiter, GError *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&waiter->task);

  g_ptr_array_remove_fast (waiter->linking->waiters, waiter);
  if (error == NULL)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
timed_out_cb (gpointer user_data)
{
  Waiter *waiter = user_data;

  waiter->timer = 0;
  answer (waiter, g_error_new (ULAK_ERROR, ULAK_ERROR_TIMED_OUT, "%s; look again, the line goes on trying",
                               waiter->linking->why != NULL ? waiter->linking->why
                                                            : "WhatsApp's server gave nothing to link with yet"));
}

/* Who asked may be gone when the code comes. */
typedef struct
{
  UlakLinking *linking;
  GTask *task; /* (owned): of the waiter */
} Request;

static Waiter *
find_waiter (UlakLinking *self, GTask *task)
{
  for (guint i = 0; i < self->waiters->len; i++)
    if (((Waiter *) g_ptr_array_index (self->waiters, i))->task == task)
      return g_ptr_array_index (self->waiters, i);
  return NULL;
}

static void
requested_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Request *request = user_data;
  g_autoptr (GTask) task = request->task;
  GError *error = NULL;
  g_autofree char *code = ulak_link_request_code_finish (ULAK_LINK (source), result, &error);
  Waiter *waiter = find_waiter (request->linking, task);

  if (waiter != NULL)
    answer (waiter, error); /* a new code was told by the state before */
  else
    g_clear_error (&error);
}

static void
request_code (Waiter *waiter, UlakLink *link)
{
  Request *request = g_new0 (Request, 1);

  waiter->has_asked = TRUE;
  request->linking = waiter->linking;
  request->task = g_object_ref (waiter->task);
  ulak_link_request_code_async (link, waiter->phone, requested_cb, request);
}

static gboolean
wants_code (const Waiter *waiter)
{
  return *waiter->phone != '\0';
}

/* Whoever asked first for this phone asks for all. */
static gboolean
is_asked_for (const Waiter *waiter)
{
  GPtrArray *waiters = waiter->linking->waiters;

  for (guint i = 0; i < waiters->len; i++)
    {
      const Waiter *other = g_ptr_array_index (waiters, i);

      if (other->has_asked && strcmp (other->phone, waiter->phone) == 0)
        return TRUE;
    }
  return FALSE;
}

static void
follow_one (Waiter *waiter, UlakLink *link, UlakLinkPhase phase, const char *why)
{
  switch (phase)
    {
    case ULAK_LINK_QR:
      if (!wants_code (waiter))
        answer (waiter, NULL);
      else if (!is_asked_for (waiter))
        request_code (waiter, link);
      return;
    case ULAK_LINK_CODE:
    case ULAK_LINK_PASSKEY:
    case ULAK_LINK_PAIRED:
    case ULAK_LINK_ONLINE:
    case ULAK_LINK_READY:
      answer (waiter, NULL);
      return;
    case ULAK_LINK_ENDED:
      answer (waiter, g_error_new_literal (ULAK_ERROR, ULAK_ERROR_WRONG_STATE,
                                           why != NULL ? why : "The connection to WhatsApp has come to an end"));
      return;
    case ULAK_LINK_STOPPED:
    case ULAK_LINK_CONNECTING:
    case ULAK_LINK_DISCONNECTED:
      return;
    }
}

void
ulak_linking_follow (UlakLinking *self, UlakLink *link, const UlakLinkState *state)
{
  g_autoptr (GPtrArray) waiters = g_ptr_array_copy (self->waiters, NULL, NULL);

  if (state->phase != ULAK_LINK_CONNECTING)
    set_why (self, state->phase == ULAK_LINK_DISCONNECTED && state->outcome != NULL ? state->outcome->message : NULL);
  g_ptr_array_set_free_func (waiters, NULL);
  for (guint i = 0; i < waiters->len; i++)
    follow_one (g_ptr_array_index (waiters, i), link, state->phase,
                state->outcome == NULL ? NULL : state->outcome->message);
}

static void
fail_all (UlakLinking *self, UlakError code, const char *why)
{
  while (self->waiters->len > 0)
    answer (g_ptr_array_index (self->waiters, 0), g_error_new_literal (ULAK_ERROR, (gint) code, why));
}

void
ulak_linking_fail (UlakLinking *self, const char *why)
{
  fail_all (self, ULAK_ERROR_UNAVAILABLE, why);
}

void
ulak_linking_explain (UlakLinking *self, const char *why)
{
  set_why (self, why);
}

void
ulak_linking_give_up (UlakLinking *self, const char *why)
{
  set_why (self, why);
  self->is_over = TRUE;
  fail_all (self, ULAK_ERROR_WRONG_STATE, why);
}

static gboolean
may_wait (UlakLinking *self, GError **error)
{
  if (!self->is_over && self->waiters->len < WAITERS_MAX)
    return TRUE;
  if (self->is_over)
    g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, self->why);
  else
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_FULL, "%d callers wait for a QR or a code already", WAITERS_MAX);
  return FALSE;
}

/* A code that is shown may be another's, and a QR is behind it. */
static void
begin (Waiter *waiter, UlakLink *link)
{
  UlakLinkPhase phase = link == NULL ? ULAK_LINK_STOPPED : ulak_link_get_phase (link);

  if (phase == ULAK_LINK_CODE && wants_code (waiter))
    request_code (waiter, link);
  else if (phase == ULAK_LINK_CODE && ulak_link_prefer_qr (link))
    return; /* it answers, or has answered already */
  else if (phase != ULAK_LINK_ENDED)
    follow_one (waiter, link, phase, NULL);
}

void
ulak_linking_wait_async (UlakLinking *self,
                         UlakLink *link,
                         gpointer source,
                         const char *phone,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (source, NULL, callback, user_data);
  GError *error = NULL;
  Waiter *waiter;

  g_task_set_source_tag (task, ulak_linking_wait_async);
  if (!may_wait (self, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  waiter = g_new0 (Waiter, 1);
  waiter->linking = self;
  waiter->task = g_steal_pointer (&task);
  waiter->phone = g_strdup (phone);
  waiter->timer = ulak_clock_add_timer (self->clock, WAIT_US, timed_out_cb, waiter);
  g_ptr_array_add (self->waiters, waiter);
  begin (waiter, link);
}

gboolean
ulak_linking_wait_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
