/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/cloud/token.h"

#include "core/error.h"

#include <sodium.h>
#include <string.h>

struct _UlakToken
{
  GObject parent_instance;

  UlakSecretSource *source; /* (owned) */
  char *name;               /* (owned) */
  UlakSecret *secret;       /* (owned) (nullable) */
  GPtrArray *waiting;       /* (owned) (element-type GTask) */
  gboolean is_looking;
  guint generation; /* a look-up that began before the last forget does not count */
};

G_DEFINE_FINAL_TYPE (UlakToken, ulak_token, G_TYPE_OBJECT)

/* People store tokens with a line break at the end; nothing else that is not printable may be in a header. */
static UlakSecret *
clean_token (UlakSecret *secret)
{
  gsize size;
  const guint8 *bytes = ulak_secret_get_bytes (secret, &size);

  while (size > 0 && g_ascii_isspace (bytes[size - 1]))
    size--;
  for (gsize i = 0; i < size; i++)
    if (bytes[i] <= 0x20 || bytes[i] >= 0x7f)
      return NULL;
  return size == 0 ? NULL : ulak_secret_new (bytes, size);
}

static void
answer_waiting (UlakToken *self, const GError *error)
{
  g_autoptr (GPtrArray) waiting = g_steal_pointer (&self->waiting);

  self->waiting = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < waiting->len; i++)
    {
      GTask *task = waiting->pdata[i];

      if (g_task_return_error_if_cancelled (task))
        continue;
      if (self->secret == NULL)
        g_task_return_error (task, g_error_copy (error));
      else
        g_task_return_pointer (task, ulak_secret_ref (self->secret), (GDestroyNotify) ulak_secret_unref);
    }
}

static void look_up (UlakToken *self);

typedef struct
{
  UlakToken *token; /* (owned) */
  guint generation;
} LookUp;

static void
found_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  LookUp *look = user_data;
  g_autoptr (UlakToken) self = look->token;
  gboolean is_stale = look->generation != self->generation;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakSecret) secret = ulak_secret_source_lookup_finish (ULAK_SECRET_SOURCE (source), result, &error);

  g_free (look);
  self->is_looking = FALSE;
  if (is_stale && self->waiting->len > 0)
    {
      look_up (self);
      return;
    }
  if (secret != NULL)
    self->secret = clean_token (secret);
  if (secret != NULL && self->secret == NULL)
    g_set_error (&error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "Secret ‘%s’ is not an access token", self->name);
  answer_waiting (self, error);
}

static void
look_up (UlakToken *self)
{
  LookUp *look = g_new0 (LookUp, 1);

  look->token = g_object_ref (self);
  look->generation = self->generation;
  self->is_looking = TRUE;
  ulak_secret_source_lookup_async (self->source, self->name, NULL, found_cb, look);
}

void
ulak_token_get_async (UlakToken *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, ulak_token_get_async);
  if (self->secret != NULL)
    {
      g_task_return_pointer (task, ulak_secret_ref (self->secret), (GDestroyNotify) ulak_secret_unref);
      return;
    }
  g_ptr_array_add (self->waiting, g_steal_pointer (&task));
  if (!self->is_looking)
    look_up (self);
}

UlakSecret *
ulak_token_get_finish (UlakToken *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * ulak_token_forget:
 * @refused_or_null: the token that was refused: a newer one that is here already stays; %NULL forgets in any case
 */
void
ulak_token_forget (UlakToken *self, UlakSecret *refused_or_null)
{
  if (refused_or_null != NULL && self->secret != refused_or_null)
    return;

  g_clear_pointer (&self->secret, ulak_secret_unref);
  self->generation++;
}

/** ulak_token_put_on: the header's own copy lives as long as the message; ours is wiped */
void
ulak_token_put_on (UlakSecret *secret, SoupMessageHeaders *headers)
{
  char *value = g_strconcat ("Bearer ", ulak_secret_get_text (secret), NULL);

  soup_message_headers_replace (headers, "Authorization", value);
  sodium_memzero (value, strlen (value));
  g_free (value);
}

/** ulak_token_error_code: Returns: what a failed look-up means: only "there is none" is final */
const char *
ulak_token_error_code (const GError *error)
{
  return g_error_matches (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND) ? "E_WA_TOKEN_MISSING" : "E_WA_TOKEN_UNREADABLE";
}

static void
ulak_token_finalize (GObject *object)
{
  UlakToken *self = ULAK_TOKEN (object);

  g_clear_object (&self->source);
  g_clear_pointer (&self->secret, ulak_secret_unref);
  g_clear_pointer (&self->waiting, g_ptr_array_unref);
  g_free (self->name);
  G_OBJECT_CLASS (ulak_token_parent_class)->finalize (object);
}

static void
ulak_token_class_init (UlakTokenClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ulak_token_finalize;
}

static void
ulak_token_init (UlakToken *self)
{
  self->waiting = g_ptr_array_new_with_free_func (g_object_unref);
}

UlakToken *
ulak_token_new (UlakSecretSource *source, const char *name)
{
  UlakToken *self = g_object_new (ULAK_TYPE_TOKEN, NULL);

  self->source = g_object_ref (source);
  self->name = g_strdup (name);
  return self;
}
