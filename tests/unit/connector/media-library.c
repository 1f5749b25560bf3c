/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "connector/media-library.h"

#include "core/error.h"
#include "unit/connector/line-fixture.h"
#include "unit/fakes/backend.h"

#include <unistd.h>

typedef struct
{
  LineFixture line;
  UlakMediaFolder *folder;
  UlakFakeBackend *backend;
  UlakMediaLibrary *library;
} LibraryFixture;

static void
set_up (LibraryFixture *fixture, gconstpointer data)
{
  g_autofree char *path = NULL;
  g_auto (Wait) wait = { 0 };

  line_fixture_set_up (&fixture->line, data);
  path = g_build_filename (fixture->line.folder, "media", NULL);
  fixture->folder = ulak_media_folder_new (path, ULAK_CLOCK (fixture->line.clock), ULAK_RANDOM (fixture->line.random));
  ulak_media_folder_open_async (fixture->folder, wait_cb, &wait);
  g_strfreev (ulak_media_folder_open_finish (fixture->folder, wait_result (&wait), NULL));
  fixture->backend = ulak_fake_backend_new ();
  fixture->library = ulak_media_library_new (fixture->line.store, fixture->folder, 1000);
  ulak_media_library_set_backend (fixture->library, ULAK_BACKEND (fixture->backend));
}

static void
tear_down (LibraryFixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->library);
  g_clear_object (&fixture->backend);
  g_clear_object (&fixture->folder);
  line_fixture_tear_down (&fixture->line, data);
}

static char *
receive_picture_as (LibraryFixture *fixture, const char *network_id)
{
  UlakInbound *inbound = ulak_inbound_new ();
  g_autoptr (JsonObject) content = parse_json ("{'type': 'image', 'media': {'mime_type': 'image/png'}}");
  g_autoptr (JsonObject) reference = parse_json ("{'handle': '1'}");
  UlakInboundMessage message = {
    .chat = "905321112233", .network_id = network_id, .from = "905321112233", .content = content, .media_reference = reference
  };
  g_autoptr (JsonObject) stored = NULL;

  ulak_inbound_add_message (inbound, &message);
  line_commit (&fixture->line, inbound);
  stored = line_get (&fixture->line, network_id);
  return g_strdup (json_object_get_string_member (json_object_get_object_member (stored, "media"), "media_id"));
}

static char *
receive_picture (LibraryFixture *fixture)
{
  return receive_picture_as (fixture, "m1");
}

static UlakMedium *
find (LibraryFixture *fixture, Wait *wait, GError **error)
{
  return ulak_media_library_find_finish (fixture->library, wait_result (wait), error);
}

static void
test_one_fetch (LibraryFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *id = receive_picture (fixture);
  Wait waits[3] = { { 0 } };

  for (guint i = 0; i < 3; i++)
    ulak_media_library_find_async (fixture->library, id, wait_cb, &waits[i]);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (UlakMedium) medium = find (fixture, &waits[i], &error);

      g_assert_no_error (error);
      g_assert_cmpint (medium->size_bytes, ==, 5);
      g_assert_nonnull (medium->stored_name);
      wait_clear (&waits[i]);
    }
  g_assert_cmpuint (ulak_fake_backend_count_fetches (fixture->backend), ==, 1);
}

static void
test_few_at_once (LibraryFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  Wait waits[3 * ULAK_MEDIA_FETCHES_MAX] = { { 0 } };

  ulak_fake_backend_hold_fetches (fixture->backend, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    {
      g_autofree char *network_id = g_strdup_printf ("m%u", i);
      g_autofree char *id = receive_picture_as (fixture, network_id);

      ulak_media_library_find_async (fixture->library, id, wait_cb, &waits[i]);
    }
  while (ulak_fake_backend_count_fetches (fixture->backend) < ULAK_MEDIA_FETCHES_MAX)
    g_main_context_iteration (NULL, TRUE);
  for (guint i = 0; i < 10; i++) /* what was asked for before is found by then */
    json_object_unref (line_get (&fixture->line, "m1"));
  g_assert_cmpuint (ulak_fake_backend_count_fetches (fixture->backend), ==, ULAK_MEDIA_FETCHES_MAX);

  ulak_fake_backend_hold_fetches (fixture->backend, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (UlakMedium) medium = find (fixture, &waits[i], &error);

      g_assert_no_error (error);
      g_assert_nonnull (medium->stored_name);
      wait_clear (&waits[i]);
    }
  g_assert_cmpuint (ulak_fake_backend_count_fetches (fixture->backend), ==, G_N_ELEMENTS (waits));
}

static void
test_failed_fetch (LibraryFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *id = receive_picture (fixture);

  for (guint i = 0; i < 2; i++)
    {
      g_auto (Wait) wait = { 0 };
      g_autoptr (GError) error = NULL;
      g_autoptr (UlakMedium) medium = NULL;

      ulak_fake_backend_fail_fetches (fixture->backend, i == 0);
      ulak_media_library_find_async (fixture->library, id, wait_cb, &wait);
      medium = find (fixture, &wait, &error);
      g_assert_cmpint (medium != NULL, ==, i == 1);
      if (medium == NULL)
        g_assert_error (error, ULAK_ERROR, ULAK_ERROR_REMOTE);
    }
  g_assert_cmpuint (ulak_fake_backend_count_fetches (fixture->backend), ==, 2);
}

static void
test_unknown (LibraryFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (Wait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  ulak_media_library_find_async (fixture->library, "nothing", wait_cb, &wait);
  g_assert_null (find (fixture, &wait, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND);
}

static void
test_handle (LibraryFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *id = receive_picture (fixture);
  gint64 now_us = ulak_clock_get_wall_us (ULAK_CLOCK (fixture->line.clock));
  g_auto (Wait) kept = { 0 };

  ulak_line_store_keep_media_handle_async (fixture->line.store, id, "graph-1", now_us + G_USEC_PER_SEC, wait_cb, &kept);
  g_assert_true (ulak_line_store_finish (fixture->line.store, wait_result (&kept), NULL));
  for (guint i = 0; i < 2; i++)
    {
      g_auto (Wait) wait = { 0 };
      g_autoptr (UlakMedium) medium = NULL;

      ulak_media_library_find_async (fixture->library, id, wait_cb, &wait);
      medium = find (fixture, &wait, NULL);
      g_assert_cmpstr (medium->network_handle, ==, i == 0 ? "graph-1" : NULL);
      ulak_fake_clock_advance_ms (fixture->line.clock, 1000);
    }
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    void (*func) (LibraryFixture *fixture, gconstpointer data);
  } cases[] = {
    { "a medium that three ask for is fetched once", test_one_fetch },
    { "a few media are fetched at once and the others in turn", test_few_at_once },
    { "a failed fetch may be tried again", test_failed_fetch },
    { "a medium that nobody knows is not found", test_unknown },
    { "a network's handle is given out as long as it is good", test_handle },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/media-library/", cases[i].name, NULL);
      g_test_add (path, LibraryFixture, NULL, set_up, cases[i].func, tear_down);
    }
  return g_test_run ();
}
