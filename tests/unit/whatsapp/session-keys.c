/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Bundles, late sender keys and key index lists of the vectors.
 */
#include "unit/whatsapp/crypto-vectors.h"
#include "unit/whatsapp/session-fixture.h"

#include "whatsapp/session/device-lists.h"

#define SENDER_LID "123456789012345:3@lid"
#define RECEIVER_LID "100000000000000:1@lid"
#define RECEIVER_PHONE "15550000012:1@s.whatsapp.net"

static UlakPeerDevice
know_text (Side *self, const char *text)
{
  UlakJid jid = jid_of (text);
  UlakPeerDevice device;

  g_assert_true (ulak_peers_resolve_device (self->database, &jid, self->now_us, &device, NULL));
  return device;
}

static void
test_bundles (void)
{
  JsonArray *bundles = vectors_array (vectors_load ("pre-keys.json"), "bundles");

  for (guint i = 0; i < json_array_get_length (bundles); i++)
    {
      JsonObject *row = json_array_get_object_element (bundles, i);
      gboolean has_pre_key = !json_object_get_null_member (row, "prekey_id");
      UlakSpan identity = vectors_hex (row, "identity"), signed_pre_key = vectors_hex (row, "signed_prekey");
      UlakSpan pre_key = vectors_hex (row, "prekey"), signature = vectors_hex (row, "signed_prekey_signature");
      g_auto (Side) side = { 0 };
      UlakBundle bundle = {
        .registration_id = (guint32) json_object_get_int_member (row, "registration_id"),
        .identity = ULAK_SPAN ((const guint8 *) identity.bytes + 1, identity.size_bytes - 1),
        .has_pre_key = has_pre_key,
        .pre_key_id = has_pre_key ? (guint32) json_object_get_int_member (row, "prekey_id") : 0,
        .pre_key
        = has_pre_key ? ULAK_SPAN ((const guint8 *) pre_key.bytes + 1, pre_key.size_bytes - 1) : ULAK_SPAN_NONE,
        .signed_pre_key_id = (guint32) json_object_get_int_member (row, "signed_prekey_id"),
        .signed_pre_key = ULAK_SPAN ((const guint8 *) signed_pre_key.bytes + 1, signed_pre_key.size_bytes - 1),
        .signature = signature,
      };
      UlakPeerDevice device;

      side_set_up (&side, RECEIVER_PHONE, RECEIVER_LID, 4);
      device = know_text (&side, json_object_get_string_member (row, "jid"));
      bundle.signature = vectors_flip (signature, 77);
      g_assert_cmpint (side_meet_as (&side, &device, &bundle), ==, ULAK_BUNDLE_BAD_SIGNATURE);
      bundle.signature = signature;
      g_assert_cmpint (side_meet_as (&side, &device, &bundle), ==, ULAK_BUNDLE_OK);
    }
}

static void
test_key_indexes (void)
{
  JsonArray *rows = vectors_array (vectors_load ("adv.json"), "key_index_lists");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      JsonArray *listed = vectors_array (row, "devices"), *kept = vectors_array (row, "kept_devices");
      gboolean is_valid = json_object_get_boolean_member (row, "valid"), is_known;
      UlakListedDevice devices[16] = { 0 };
      UlakDevicesAnswer answer
          = { devices, json_array_get_length (listed), vectors_hex (row, "signed_key_index_list") };
      UlakSpan primary = vectors_hex (row, "primary_public");
      g_autoptr (GArray) stored = NULL;
      g_auto (Side) side = { 0 };
      UlakJid jid = jid_of ("123456789012345@lid");
      UlakPeerDevice phone;
      UlakDevicesChange change;
      UlakPeer peer;

      for (guint j = 0; j < answer.n_devices; j++)
        {
          JsonObject *device = json_array_get_object_element (listed, j);

          devices[j].device = (guint16) json_object_get_int_member (device, "id");
          devices[j].has_key_index = json_object_has_member (device, "key_index");
          if (devices[j].has_key_index)
            devices[j].key_index = (guint32) json_object_get_int_member (device, "key_index");
        }
      side_set_up (&side, RECEIVER_PHONE, RECEIVER_LID, 4);
      g_assert_true (ulak_peers_resolve (side.database, &jid, side.now_us, &peer, NULL));
      phone = (UlakPeerDevice){ peer.id, 0 };
      g_assert_true (ulak_device_save_identity (side.database, &phone, primary.bytes, side.now_us, NULL, NULL));
      g_assert_true (ulak_devices_apply (side.database, &peer, &answer, side.now_us, &change, NULL));
      g_assert_true (change.has_unsigned_index == !is_valid);
      g_assert_true (ulak_devices_list (side.database, peer.id, side.now_us, 1, &stored, &is_known, NULL));
      g_assert_true (is_known);
      if (!is_valid) /* tells less than it could; what it says of devices is taken, see docs/protocol/sessions.md */
        continue;
      g_assert_cmpuint (stored->len, ==, json_array_get_length (kept));
      for (guint j = 0; j < stored->len; j++)
        g_assert_cmpint (g_array_index (stored, UlakListedDevice, j).device, ==, json_array_get_int_element (kept, j));
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session/keys/bundles begin sessions unless their signature is wrong", test_bundles);
  g_test_add_func ("/session/keys/key index lists choose the devices", test_key_indexes);
  return g_test_run ();
}
