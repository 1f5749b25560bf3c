/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The wire of a link: frames out of any slices, the handshake against recorded and forged servers, and channels that are
 * cut at each step.
 */
#include "whatsapp/link/channel.h"

#include "core/error.h"
#include "whatsapp/codec/node-codec.h"
#include "whatsapp/link/frames.h"

#include "unit/fakes/clock.h"
#include "unit/whatsapp/crypto-vectors.h"
#include "unit/whatsapp/link-peer.h"

#include <string.h>

/* -- Frames -- */

static void
test_slices (void)
{
  for (gsize slice = 1; slice <= 9; slice++)
    {
      static const guint8 wire[] = { 0, 0, 1, 'a', 0, 0, 0, 0, 0, 3, 'x', 'y', 'z' };
      g_autoptr (UlakFrames) frames = ulak_frames_new ();
      g_autoptr (GString) seen = g_string_new (NULL);
      UlakSpan frame;

      for (gsize at = 0; at < sizeof wire; at += slice)
        {
          g_assert_true (ulak_frames_add (frames, ULAK_SPAN (wire + at, MIN (slice, sizeof wire - at)), NULL));
          while (ulak_frames_take (frames, &frame, NULL))
            {
              g_string_append_len (seen, frame.bytes, (gssize) frame.size_bytes);
              g_string_append_c (seen, '|');
            }
        }
      g_assert_cmpstr (seen->str, ==, "a||xyz|");
      g_assert_cmpuint (ulak_frames_get_size (frames), ==, 0);
    }
}

static void
test_frame_too_large (void)
{
  static const guint8 wire[] = { 0, 1, 1 };
  g_autoptr (UlakFrames) frames = ulak_frames_new ();
  UlakSpan frame;

  ulak_frames_set_max (frames, 256);
  g_assert_true (ulak_frames_add (frames, ULAK_SPAN_ARRAY (wire), NULL));
  assert_refused (ulak_frames_take (frames, &frame, refusal), ULAK_ERROR_TOO_LARGE);
}

static void
test_frames_full (void)
{
  g_autoptr (UlakFrames) frames = ulak_frames_new ();
  g_autofree guint8 *block = g_malloc0 (ULAK_FRAMES_BUFFER_MAX / 4);

  for (guint i = 0; i < 4; i++)
    g_assert_true (ulak_frames_add (frames, ULAK_SPAN (block, ULAK_FRAMES_BUFFER_MAX / 4), NULL));
  assert_refused (ulak_frames_add (frames, ULAK_SPAN (block, 1), refusal), ULAK_ERROR_FULL);
  g_assert_cmpuint (ulak_frames_get_size (frames), ==, ULAK_FRAMES_BUFFER_MAX);
}

/* -- Handshake -- */

static void
set_handshake (UlakHandshakeOptions *options, JsonObject *transcript)
{
  JsonObject *keys = json_object_get_object_member (transcript, "keys");
  UlakSpan root = vectors_hex (json_object_get_object_member (keys, "test_root"), "public");
  UlakSpan payload = vectors_hex (transcript, "client_payload_plain");

  options->noise = vectors_pair (keys, "client_static");
  options->root_key = g_bytes_new (root.bytes, root.size_bytes);
  options->payload = g_bytes_new (payload.bytes, payload.size_bytes);
  if (!json_object_get_null_member (transcript, "routing_info"))
    {
      UlakSpan routing = vectors_hex (transcript, "routing_info");

      options->routing_info = g_bytes_new (routing.bytes, routing.size_bytes);
    }
}

static void
assert_frame (GByteArray *wire, JsonObject *row, const char *intro, const char *message)
{
  UlakSpan front = intro == NULL ? ULAK_SPAN_NONE : vectors_hex (row, intro), packed = vectors_hex (row, message);
  g_autoptr (GByteArray) expected = g_byte_array_new ();

  g_byte_array_append (expected, front.bytes, (guint) front.size_bytes);
  ulak_frames_append (expected, packed);
  assert_spans_equal (ULAK_SPAN (wire->data, wire->len), ULAK_SPAN (expected->data, expected->len));
}

/* The recorded client's own bytes, from the recorded random ones. */
static void
test_transcripts (void)
{
  JsonArray *transcripts = vectors_array (vectors_load ("noise.json"), "transcripts");

  g_assert_cmpuint (json_array_get_length (transcripts), >, 1);
  for (guint i = 0; i < json_array_get_length (transcripts); i++)
    {
      JsonObject *row = json_array_get_object_element (transcripts, i);
      UlakKeyPair ephemeral = vectors_pair (json_object_get_object_member (row, "keys"), "client_ephemeral");
      const UlakSpan script = ULAK_SPAN_ARRAY (ephemeral.private_key.bytes);
      g_autoptr (UlakRandom) random = vectors_random (&script, 1);
      g_auto (UlakHandshakeOptions) options = { 0 };
      g_auto (UlakNoiseResult) result = { 0 };
      g_autoptr (UlakHandshake) handshake = NULL;
      g_autoptr (GByteArray) hello = NULL, finish = NULL;
      g_autoptr (GError) error = NULL;

      set_handshake (&options, row);
      handshake = ulak_handshake_new (&options, random);
      hello = ulak_handshake_begin (handshake);
      assert_frame (hello, row, "intro", "client_hello_proto");
      finish = ulak_handshake_answer (handshake, vectors_hex (row, "server_hello_proto"), 1790000000, &result, &error);
      g_assert_no_error (error);
      assert_frame (finish, row, NULL, "client_finish_proto");
      g_assert_nonnull (result.seals);
      g_assert_nonnull (result.opens);
    }
}

static void
test_changed_hello (void)
{
  JsonObject *row = json_array_get_object_element (vectors_array (vectors_load ("noise.json"), "transcripts"), 0);
  UlakSpan hello = vectors_hex (row, "server_hello_proto");

  for (gsize bit = 0; bit < 8 * hello.size_bytes; bit += 5)
    {
      UlakKeyPair ephemeral = vectors_pair (json_object_get_object_member (row, "keys"), "client_ephemeral");
      const UlakSpan script = ULAK_SPAN_ARRAY (ephemeral.private_key.bytes);
      g_autoptr (UlakRandom) random = vectors_random (&script, 1);
      g_auto (UlakHandshakeOptions) options = { 0 };
      g_auto (UlakNoiseResult) result = { 0 };
      g_autoptr (UlakHandshake) handshake = NULL;
      g_autoptr (GByteArray) finish = NULL;
      g_autoptr (GError) error = NULL;

      set_handshake (&options, row);
      handshake = ulak_handshake_new (&options, random);
      finish = ulak_handshake_answer (handshake, vectors_flip (hello, bit), 1790000000, &result, &error);
      g_assert_null (finish);
      g_assert_nonnull (error);
    }
}

/* -- Channels -- */

typedef struct
{
  UlakFakeClock *clock;
  LinkPeer *peer;
  UlakChannel *channel;
  GPtrArray *nodes;
  GError *closed;
  gboolean is_opened;
  gboolean closes_on_node;
} Fixture;

static void
opened_cb (gpointer user_data)
{
  ((Fixture *) user_data)->is_opened = TRUE;
}

static void
received_cb (UlakNode *node, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_ptr_array_add (fixture->nodes, ulak_node_ref (node));
  if (fixture->closes_on_node)
    g_clear_pointer (&fixture->channel, ulak_channel_close);
}

static void
closed_cb (const GError *error, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_null (fixture->closed);
  fixture->closed = g_error_copy (error);
}

static const UlakChannelEvents events = { opened_cb, received_cb, closed_cb };

static void
set_up (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  fixture->clock = ulak_fake_clock_new ();
  fixture->peer = link_peer_new (ULAK_CLOCK (fixture->clock));
  fixture->nodes = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_node_unref);
}

static void
tear_down (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_clear_pointer (&fixture->channel, ulak_channel_close);
  link_peer_run_until_idle ();
  g_assert_cmpuint (ulak_fake_clock_count_timers (fixture->clock), ==, 0);
  link_peer_free (fixture->peer);
  g_ptr_array_unref (fixture->nodes);
  g_clear_error (&fixture->closed);
  g_object_unref (fixture->clock);
}

static void
open_channel (Fixture *fixture, const char *root_hex)
{
  g_autoptr (UlakRandom) random = ulak_random_system_new ();
  g_autoptr (UlakSocket) socket = link_peer_make_socket (fixture->peer);
  g_auto (UlakHandshakeOptions) options = { 0 };
  UlakSpan root = vectors_decode (root_hex);

  ulak_key_pair_generate (&options.noise, random);
  options.root_key = g_bytes_new (root.bytes, root.size_bytes);
  options.payload = g_bytes_new_static ("payload", 7);
  fixture->channel = ulak_channel_new (socket, &options, ULAK_CLOCK (fixture->clock), random, &events, fixture);
}

static UlakNode *
make_node (const char *tag, const char *id)
{
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new (tag);

  ulak_node_builder_add_text (builder, "id", id);
  return ulak_node_builder_end (builder, NULL);
}

static void
run_until_closed (Fixture *fixture)
{
  while (fixture->closed == NULL)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_both_ways (Fixture *fixture, gconstpointer data)
{
  g_autoptr (UlakNode) out = make_node ("iq", "1"), in = make_node ("message", "2"), got = NULL;

  link_peer_set_chunk (fixture->peer, GPOINTER_TO_SIZE (data));
  open_channel (fixture, link_peer_get_root (fixture->peer));
  assert_refused (ulak_channel_send (fixture->channel, out, refusal), ULAK_ERROR_WRONG_STATE);
  link_peer_accept (fixture->peer);
  g_assert_true (fixture->is_opened);
  g_assert_true (ulak_channel_is_past_hello (fixture->channel));
  g_assert_true (ulak_channel_send (fixture->channel, out, NULL));
  got = link_peer_take (fixture->peer, "iq");
  g_assert_true (ulak_node_equal (got, out));
  g_assert_cmpmem (g_bytes_get_data (link_peer_get_payload (fixture->peer), NULL), 7, "payload", 7);

  for (guint i = 0; i < 3; i++)
    link_peer_send (fixture->peer, in);
  while (fixture->nodes->len < 3)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (ulak_node_equal (fixture->nodes->pdata[2], in));
  g_assert_cmpuint (ulak_channel_count_frames_in (fixture->channel), ==, 4);
}

typedef struct
{
  LinkPeerManner manner;
  int code;
} Bad;

static const Bad bad_servers[] = {
  { LINK_PEER_FORGES_LEAF, ULAK_ERROR_NOT_ALLOWED },
  { LINK_PEER_FORGES_INTERMEDIATE, ULAK_ERROR_NOT_ALLOWED },
  { LINK_PEER_NAMES_OTHER_KEY, ULAK_ERROR_NOT_ALLOWED },
  { LINK_PEER_IS_EXPIRED, ULAK_ERROR_NOT_ALLOWED },
  { LINK_PEER_LEAVES_CHAIN_OUT, ULAK_ERROR_NOT_ALLOWED },
  { LINK_PEER_SENDS_NO_HELLO, ULAK_ERROR_INVALID },
  { LINK_PEER_SENDS_HUGE_FRAME, ULAK_ERROR_TOO_LARGE },
};

static void
test_bad_server (Fixture *fixture, gconstpointer data)
{
  const Bad *bad = data;

  link_peer_set_manner (fixture->peer, bad->manner);
  open_channel (fixture, link_peer_get_root (fixture->peer));
  run_until_closed (fixture);
  g_assert_error (fixture->closed, ULAK_ERROR, bad->code);
  g_assert_false (fixture->is_opened);
  g_assert_null (link_peer_get_payload (fixture->peer));
}

static void
test_wrong_root (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  open_channel (fixture, ULAK_CERTIFICATE_ROOT_KEY);
  run_until_closed (fixture);
  g_assert_error (fixture->closed, ULAK_ERROR, ULAK_ERROR_NOT_ALLOWED);
  g_assert_null (link_peer_get_payload (fixture->peer));
}

static void
test_silence (Fixture *fixture, gconstpointer data)
{
  link_peer_set_manner (fixture->peer, (LinkPeerManner) GPOINTER_TO_INT (data));
  open_channel (fixture, link_peer_get_root (fixture->peer));
  link_peer_run_until_idle ();
  ulak_fake_clock_advance_ms (fixture->clock, ULAK_CHANNEL_STEP_MS - 1);
  g_assert_null (fixture->closed);
  ulak_fake_clock_advance_ms (fixture->clock, 1);
  g_assert_error (fixture->closed, ULAK_ERROR, ULAK_ERROR_TIMED_OUT);
}

static void
test_closed_at (Fixture *fixture, gconstpointer data)
{
  link_peer_set_manner (fixture->peer, (LinkPeerManner) GPOINTER_TO_INT (data));
  open_channel (fixture, link_peer_get_root (fixture->peer));
  run_until_closed (fixture);
  g_assert_false (ulak_channel_is_open (fixture->channel));
}

static void
test_wrong_seal (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  static const guint8 frame[] = { 0, 0, 18, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18 };

  open_channel (fixture, link_peer_get_root (fixture->peer));
  link_peer_accept (fixture->peer);
  link_peer_send_raw (fixture->peer, frame, sizeof frame);
  run_until_closed (fixture);
  g_assert_error (fixture->closed, ULAK_ERROR, ULAK_ERROR_DAMAGED);
}

/* Tags of lists inside each other, as deep as nothing real is. */
static void
test_unreadable_stanzas (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) good = make_node ("message", "7");
  guint8 deep[20001];

  deep[0] = 0;
  for (gsize i = 1; i + 1 < sizeof deep; i += 2)
    {
      deep[i] = 248;
      deep[i + 1] = 2;
    }
  open_channel (fixture, link_peer_get_root (fixture->peer));
  link_peer_accept (fixture->peer);
  link_peer_send_plain (fixture->peer, deep, sizeof deep);
  link_peer_send (fixture->peer, good);
  while (fixture->nodes->len == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (ulak_node_equal (fixture->nodes->pdata[0], good));
  for (guint i = 1; i < ULAK_CHANNEL_BAD_MAX + 1; i++)
    link_peer_send_plain (fixture->peer, "", 1);
  run_until_closed (fixture);
  g_assert_error (fixture->closed, ULAK_ERROR, ULAK_ERROR_DAMAGED);
}

/* What it is can be read, and what is in it cannot: it is handed out without. */
static void
test_half_readable (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  static const char *const tags[] = { "message", "receipt", "notification", "call", "ack" };
  g_autoptr (UlakNode) answer = make_node ("iq", "8");
  g_autoptr (UlakNode) good = make_node ("message", "9");

  open_channel (fixture, link_peer_get_root (fixture->peer));
  link_peer_accept (fixture->peer);
  for (gsize i = 0; i <= G_N_ELEMENTS (tags); i++)
    {
      g_autoptr (UlakNode) node = make_node (i < G_N_ELEMENTS (tags) ? tags[i] : "iq", "7");
      g_autoptr (GBytes) frame = ulak_node_encode (node, NULL);
      g_autoptr (GByteArray) bad = g_bytes_unref_to_array (g_steal_pointer (&frame));

      g_assert_cmpuint (bad->data[1], ==, 248); /* a short list, with one more for a content that is none */
      bad->data[2]++;
      g_byte_array_append (bad, (const guint8 *) "\xf8\x01\xfe", 3);
      link_peer_send_plain (fixture->peer, bad->data, bad->len);
    }
  link_peer_send (fixture->peer, good);
  while (fixture->nodes->len <= G_N_ELEMENTS (tags))
    g_main_context_iteration (NULL, TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (tags); i++)
    {
      g_assert_cmpstr (ulak_node_get_tag (fixture->nodes->pdata[i]), ==, tags[i]);
      g_assert_cmpstr (ulak_node_get_attribute (fixture->nodes->pdata[i], "id"), ==, "7");
      g_assert_null (ulak_node_get_first (fixture->nodes->pdata[i]));
    }
  g_assert_true (ulak_node_equal (fixture->nodes->pdata[G_N_ELEMENTS (tags)], good));
}

static void
test_paused (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) in = make_node ("message", "2");

  open_channel (fixture, link_peer_get_root (fixture->peer));
  link_peer_accept (fixture->peer);
  ulak_channel_set_paused (fixture->channel, TRUE);
  link_peer_send (fixture->peer, in);
  link_peer_run_until_idle ();
  g_assert_cmpuint (fixture->nodes->len, ==, 0);
  ulak_channel_set_paused (fixture->channel, FALSE);
  g_assert_cmpuint (fixture->nodes->len, ==, 0);
  link_peer_run_until_idle ();
  g_assert_cmpuint (fixture->nodes->len, ==, 1);
}

static void
test_closed_inside (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) in = make_node ("message", "2");

  open_channel (fixture, link_peer_get_root (fixture->peer));
  link_peer_accept (fixture->peer);
  fixture->closes_on_node = TRUE;
  for (guint i = 0; i < 3; i++)
    link_peer_send (fixture->peer, in);
  link_peer_run_until_idle ();
  g_assert_cmpuint (fixture->nodes->len, ==, 1);
  g_assert_no_error (fixture->closed);
}

/* What was sealed before the end still leaves: the last words of a line. */
static void
test_last_words (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) out = make_node ("iq", "9");

  open_channel (fixture, link_peer_get_root (fixture->peer));
  link_peer_accept (fixture->peer);
  g_assert_true (ulak_channel_send (fixture->channel, out, NULL));
  g_assert_false (link_peer_has (fixture->peer, "iq"));
  g_clear_pointer (&fixture->channel, ulak_channel_close);
  g_assert_true (link_peer_has (fixture->peer, "iq"));
}

#define ADD(name, data, func) g_test_add (name, Fixture, (data), set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/link-wire/frames come out of slices of any size", test_slices);
  g_test_add_func ("/link-wire/a frame longer than it may be ends it", test_frame_too_large);
  g_test_add_func ("/link-wire/frames that nobody takes have a limit", test_frames_full);
  g_test_add_func ("/link-wire/the handshake writes the bytes that another client wrote", test_transcripts);
  g_test_add_func ("/link-wire/a changed hello of the server is refused", test_changed_hello);
  ADD ("/link-wire/stanzas go both ways", GSIZE_TO_POINTER (0), test_both_ways);
  ADD ("/link-wire/stanzas go both ways byte by byte", GSIZE_TO_POINTER (1), test_both_ways);
  for (gsize i = 0; i < G_N_ELEMENTS (bad_servers); i++)
    {
      g_autofree char *name = g_strdup_printf ("/link-wire/a server that is not WhatsApp's is refused before we name ourselves/%zu", i);

      ADD (name, &bad_servers[i], test_bad_server);
    }
  ADD ("/link-wire/another root refuses the server", NULL, test_wrong_root);
  ADD ("/link-wire/a server that takes no connection times out", GINT_TO_POINTER (LINK_PEER_DOES_NOT_OPEN), test_silence);
  ADD ("/link-wire/a server that answers no hello times out", GINT_TO_POINTER (LINK_PEER_IS_MUTE), test_silence);
  ADD ("/link-wire/a cut after the hello closes", GINT_TO_POINTER (LINK_PEER_CLOSES_AT_HELLO), test_closed_at);
  ADD ("/link-wire/a cut after the finish closes", GINT_TO_POINTER (LINK_PEER_CLOSES_AT_FINISH), test_closed_at);
  ADD ("/link-wire/a frame that was not sealed for us ends the connection", NULL, test_wrong_seal);
  ADD ("/link-wire/stanzas that can be read in part are handed out without their content", NULL, test_half_readable);
  ADD ("/link-wire/stanzas that cannot be read are skipped, up to a number", NULL, test_unreadable_stanzas);
  ADD ("/link-wire/a paused channel hands nothing out", NULL, test_paused);
  ADD ("/link-wire/a channel may be closed from inside", NULL, test_closed_inside);
  ADD ("/link-wire/what was sealed before the end leaves", NULL, test_last_words);
  return g_test_run ();
}
