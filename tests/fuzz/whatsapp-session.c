/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Whatever comes as an encrypted message, a bundle or a distribution message is refused without harm, and afterwards the
 * session of before still works. The first byte says what the rest is.
 */
#include "fuzz/target.h"
#include "unit/whatsapp/session-fixture.h"

#include "whatsapp/session/device-lists.h"

/* Made once: what is refused changes nothing, which the next call sees. */
static Side alice, bob;
static UlakPeerDevice to_bob, from_alice;
static UlakDistribution key;

static void
set_up (void)
{
  if (alice.database != NULL)
    return;
  side_set_up (&alice, "15550000001:3@s.whatsapp.net", "100000000000001:3@lid", 1);
  side_set_up (&bob, "15550000002:4@s.whatsapp.net", "100000000000002:4@lid", 2);
  side_meet (&alice, &bob);
  side_tell (&alice, &bob, "hello");
  side_tell (&bob, &alice, "hello");
  to_bob = side_know (&alice, &bob);
  from_alice = side_know (&bob, &alice);
  g_assert_true (ulak_group_get_distribution (alice.session, alice.database, GROUP, START_US, &key, NULL));
}

static void
try_message (UlakCiphertextKind kind, UlakSpan bytes, UlakSpan device_identity)
{
  g_auto (UlakDecryption) decryption = { 0 };

  g_assert_true (ulak_device_decrypt (bob.session, bob.database, &from_alice, kind, bytes, device_identity, START_US,
                                      &decryption, NULL));
  g_assert_cmpint (decryption.outcome, !=, ULAK_DECRYPT_OK);
}

static void
try_group_message (UlakSpan bytes)
{
  g_auto (UlakDecryption) decryption = { 0 };

  g_assert_true (
      ulak_group_decrypt (bob.session, bob.database, GROUP, &from_alice, bytes, START_US, &decryption, NULL));
  g_assert_cmpint (decryption.outcome, !=, ULAK_DECRYPT_OK);
}

/* Any well-formed key is taken, as it would be from its author: in a group of its own, and forgotten at once. */
static void
try_distribution (UlakSpan bytes)
{
  UlakDistributionOutcome outcome;

  g_assert_true (ulak_group_process_distribution (bob.session, bob.database, "1@g.us", &from_alice, bytes, START_US,
                                                  &outcome, NULL));
  side_run (&bob, "DELETE FROM sender_keys WHERE group_jid = '1@g.us'");
}

static UlakSpan
take (UlakSpan *rest, gsize size_bytes)
{
  UlakSpan taken = ULAK_SPAN (rest->bytes, MIN (size_bytes, rest->size_bytes));

  *rest = ULAK_SPAN ((const guint8 *) rest->bytes + taken.size_bytes, rest->size_bytes - taken.size_bytes);
  return taken;
}

static void
try_bundle (UlakSpan bytes)
{
  UlakBundle bundle = { .registration_id = 1, .signed_pre_key_id = 2, .pre_key_id = 3 };

  bundle.identity = take (&bytes, 32);
  bundle.signed_pre_key = take (&bytes, 32);
  bundle.signature = take (&bytes, 64);
  bundle.has_pre_key = bytes.size_bytes > 32;
  bundle.pre_key = take (&bytes, 32);
  bundle.device_identity = bytes;
  g_assert_cmpint (side_meet_as (&bob, &from_alice, &bundle), !=, ULAK_BUNDLE_OK);
}

static void
try_key_indexes (UlakSpan bytes)
{
  UlakListedDevice devices[] = { { 0 }, { 3, TRUE, 1, FALSE } };
  UlakDevicesAnswer answer = { devices, G_N_ELEMENTS (devices), bytes };
  UlakJid jid = jid_of ("77@lid");
  UlakDevicesChange change;
  UlakPeer peer;

  g_assert_true (ulak_peers_resolve (bob.database, &jid, START_US, &peer, NULL));
  g_assert_true (ulak_devices_apply (bob.database, &peer, &answer, START_US, &change, NULL));
  g_assert_cmpuint (change.n_devices, >=, 1);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size_bytes)
{
  UlakSpan rest = ULAK_SPAN (bytes + 1, size_bytes > 0 ? size_bytes - 1 : 0);

  set_up ();
  if (size_bytes == 0)
    return 0;
  switch (bytes[0] % 6)
    {
    case 0:
      try_message (ULAK_CIPHERTEXT_PKMSG, rest, ULAK_SPAN_NONE);
      break;
    case 1:
      try_message (ULAK_CIPHERTEXT_MSG, rest, rest);
      break;
    case 2:
      try_group_message (rest);
      break;
    case 3:
      try_distribution (rest);
      break;
    case 4:
      try_bundle (rest);
      break;
    default:
      try_key_indexes (rest);
    }
  if (bytes[0] == 0xff)
    side_tell (&alice, &bob, "still here");
  return 0;
}
