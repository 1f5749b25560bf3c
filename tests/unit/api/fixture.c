/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "unit/api/fixture.h"

#include <glib/gstdio.h>

void
keep_result_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

GAsyncResult *
wait_for_result (GAsyncResult **slot)
{
  while (*slot == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *slot;
}

static void
open_store (Fixture *self)
{
  g_autofree char *path = g_build_filename (self->folder, "gateway.db", NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ulak_gateway_store_open_async (path, TRUE, keep_result_cb, &result);
  self->store = ulak_gateway_store_open_finish (wait_for_result (&result), &error);
  g_assert_no_error (error);
}

static void
close_store (Fixture *self)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ulak_gateway_store_close_async (self->store, keep_result_cb, &result);
  g_assert_true (ulak_gateway_store_close_finish (self->store, wait_for_result (&result), &error));
  g_clear_object (&self->store);
}

void
fixture_reopen (Fixture *self)
{
  close_store (self);
  open_store (self);
}

void
fixture_set_up (Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  self->folder = g_dir_make_tmp ("ulak-api-XXXXXX", &error);
  g_assert_no_error (error);
  self->clock = ulak_fake_clock_new ();
  self->random = ulak_fake_random_new (7);
  open_store (self);
}

void
fixture_tear_down (Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;

  close_store (self);
  dir = g_dir_open (self->folder, 0, NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->folder, name, NULL);

      g_assert_cmpint (g_remove (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  g_free (self->folder);
}
