/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "chat-world-private.h"

/* --- waiting --- */

void
world_wait_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  ((WorldWait *) user_data)->result = g_object_ref (result);
}

GAsyncResult *
world_wait_result (WorldWait *wait)
{
  while (wait->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return wait->result;
}

void
world_wait_clear (WorldWait *wait)
{
  g_clear_object (&wait->result);
}

static gboolean
is_busy (const World *self)
{
  if (self->running > 0)
    return TRUE;
  for (guint i = 0; i < self->sides->len; i++)
    {
      const Side *side = g_ptr_array_index (self->sides, i);
      UlakStoreStatus status;

      ulak_store_get_status (ulak_line_store_get_store (side->store), &status);
      if (status.unfinished > 0)
        return TRUE;
    }
  return FALSE;
}

void
world_settle (World *self)
{
  while (is_busy (self) || g_main_context_pending (NULL))
    g_main_context_iteration (NULL, TRUE);
}

void
world_advance_ms (World *self, gint64 ms)
{
  ulak_fake_clock_advance_ms (self->clock, ms);
  world_settle (self);
}

/* --- the world --- */

static void
group_free (gpointer data)
{
  WorldGroup *self = data;

  g_free (self->jid);
  g_ptr_array_unref (self->accounts);
  g_free (self);
}

WorldGroup *
world_add_group (World *self, const char *id, gboolean uses_lid, const char *const *users)
{
  WorldGroup *group = g_new0 (WorldGroup, 1);

  group->jid = g_strconcat (id, "@g.us", NULL);
  group->uses_lid = uses_lid;
  group->accounts = g_ptr_array_new_with_free_func (g_free);
  for (gsize i = 0; users[i] != NULL; i++)
    g_ptr_array_add (group->accounts, g_strdup (users[i]));
  g_ptr_array_add (self->groups, group);
  return group;
}

World *
world_new (void)
{
  World *self = g_new0 (World, 1);

  self->clock = ulak_fake_clock_new ();
  self->random = ULAK_RANDOM (ulak_random_system_new ());
  self->sides = g_ptr_array_new ();
  self->groups = g_ptr_array_new_with_free_func (group_free);
  return self;
}

void
world_free (World *self)
{
  world_settle (self);
  while (self->sides->len > 0)
    {
      Side *side = g_ptr_array_index (self->sides, self->sides->len - 1);

      side_free (side);
      g_ptr_array_set_size (self->sides, (gint) self->sides->len - 1);
    }
  g_ptr_array_unref (self->sides);
  g_ptr_array_unref (self->groups);
  g_assert_cmpuint (ulak_fake_clock_count_timers (self->clock), ==, 0);
  g_object_unref (self->clock);
  g_object_unref (self->random);
  g_free (self->mex);
  g_free (self);
}
