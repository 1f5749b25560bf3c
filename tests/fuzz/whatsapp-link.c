/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Whatever a server sends, a link neither crashes nor keeps anything behind its end.
 *
 * The first byte says how: bit 0, whether the line is linked or pairs; bit 1, whether it logs in before the rest comes;
 * bit 2, whether the rest comes unsealed, as the server's half of the handshake. Otherwise the rest are stanzas, each with
 * two bytes of length in front, which the peer seals. Frames are also cut into slices of every size on their own.
 */
#include "core/log.h"
#include "whatsapp/link/frames.h"
#include "whatsapp/link/handshake.h"

#include "fuzz/target.h"
#include "unit/whatsapp/link-fixture.h"

#include <stdlib.h>

#define STANZAS_MAX 64

static Fixture fixture;

static void
drop_log (GLogLevelFlags level G_GNUC_UNUSED, const GLogField *fields G_GNUC_UNUSED, gsize n_fields G_GNUC_UNUSED, gpointer user_data G_GNUC_UNUSED)
{
}

static void
leave (void)
{
  fixture_tear_down (&fixture, NULL);
}

static void
set_up_once (void)
{
  static gboolean is_done;

  if (is_done)
    return;
  is_done = TRUE;
  ulak_log_set_sink (drop_log, NULL);
  fixture_set_up (&fixture, NULL);
  atexit (leave);
}

static gboolean
wipe_work (UlakDatabase *database, gpointer data G_GNUC_UNUSED, GError **error)
{
  return ulak_credentials_wipe (database, error);
}

static void
have_account (gboolean is_linked)
{
  if (fixture_has_account (&fixture) == is_linked)
    return;
  fixture_run (&fixture, wipe_work, NULL);
  if (is_linked)
    fixture_link_account (&fixture, 20);
}

static void
send_stanzas (const uint8_t *bytes, size_t size_bytes)
{
  for (guint i = 0; i < STANZAS_MAX && size_bytes > 2 && link_peer_is_open (fixture.peer); i++)
    {
      size_t length = MIN ((size_t) (bytes[0] << 8 | bytes[1]), size_bytes - 2);

      link_peer_send_plain (fixture.peer, bytes + 2, length);
      link_peer_run_until_idle ();
      bytes += 2 + length;
      size_bytes -= 2 + length;
    }
}

static void
connect_link (gboolean is_honest)
{
  link_peer_set_manner (fixture.peer, is_honest ? LINK_PEER_HONEST : LINK_PEER_IS_MUTE);
  ulak_link_start (fixture.link);
  if (is_honest)
    link_peer_accept (fixture.peer);
  else
    fixture_wait_for_next (&fixture, ULAK_LINK_CONNECTING, fixture.n_states);
}

static void
try_link (guint8 how, const uint8_t *bytes, size_t size_bytes)
{
  have_account ((how & 1) != 0);
  connect_link ((how & 4) == 0);
  if ((how & 4) != 0)
    {
      link_peer_run_until_idle ();
      if (size_bytes > 0)
        link_peer_send_raw (fixture.peer, bytes, size_bytes);
    }
  else
    {
      if ((how & 2) != 0 && (how & 1) != 0)
        send_success (&fixture);
      else if ((how & 2) != 0)
        send_pair_device (&fixture, 2);
      link_peer_run_until_idle ();
      send_stanzas (bytes, size_bytes);
    }
  link_peer_run_until_idle ();
  ulak_link_stop (fixture.link);
  link_peer_run_until_idle ();
  g_assert_cmpuint (ulak_fake_clock_count_timers (fixture.clock), ==, 0);
}

/* The same frames, whatever slices they come in. */
static void
try_slices (const uint8_t *bytes, size_t size_bytes, gsize slice)
{
  g_autoptr (UlakFrames) whole = ulak_frames_new (), sliced = ulak_frames_new ();
  UlakSpan expected, frame;

  g_assert_true (ulak_frames_add (whole, ULAK_SPAN (bytes, size_bytes), NULL));
  for (gsize at = 0; at < size_bytes; at += slice)
    {
      g_assert_true (ulak_frames_add (sliced, ULAK_SPAN (bytes + at, MIN (slice, size_bytes - at)), NULL));
      while (ulak_frames_take (sliced, &frame, NULL))
        {
          g_assert_true (ulak_frames_take (whole, &expected, NULL));
          g_assert_cmpmem (frame.bytes, frame.size_bytes, expected.bytes, expected.size_bytes);
        }
    }
  g_assert_false (ulak_frames_take (whole, &expected, NULL));
  g_assert_cmpuint (ulak_frames_get_size (whole), ==, ulak_frames_get_size (sliced));
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size_bytes)
{
  if (size_bytes == 0)
    return 0;
  set_up_once ();
  try_slices (bytes, size_bytes, 1 + bytes[0] % 7);
  try_link (bytes[0], bytes + 1, size_bytes - 1);
  return 0;
}
