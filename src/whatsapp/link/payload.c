/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/link/payload.h"

#include "core/error.h"
#include "whatsapp/codec/protobufs.h"

#include <string.h>

#define CURVE_KEY_TYPE 5
#define HISTORY_QUOTA_MB 10240 /* what browsers say they have room for */

/**
 * ulak_client_version_parse:
 * @text: three decimal numbers with dots, "2.3000.1043857760"
 *
 * Errors: ULAK_ERROR_INVALID.
 */
gboolean
ulak_client_version_parse (const char *text, UlakClientVersion *version_out, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ".", 4);
  guint64 numbers[3];

  if (g_strv_length (parts) == G_N_ELEMENTS (numbers))
    {
      gboolean is_right = TRUE;

      for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
        is_right = is_right && g_ascii_string_to_unsigned (parts[i], 10, 0, G_MAXUINT32, &numbers[i], NULL);
      if (is_right)
        {
          *version_out = (UlakClientVersion){ (guint32) numbers[0], (guint32) numbers[1], (guint32) numbers[2] };
          return TRUE;
        }
    }
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID,
               "‘%s’ is no client version: three numbers with dots between them are, as in 2.3000.1043857760", text);
  return FALSE;
}

/* The parts that every payload points to; they live as long as the payload is built. */
typedef struct
{
  Wa__ClientPayload payload;
  Wa__ClientPayload__UserAgent agent;
  Wa__ClientPayload__UserAgent__AppVersion version;
  Wa__ClientPayload__WebInfo web;
} Common;

static void
fill_agent (Wa__ClientPayload__UserAgent *agent, Wa__ClientPayload__UserAgent__AppVersion *version)
{
  agent->has_platform = agent->has_release_channel = TRUE;
  agent->platform = WA__CLIENT_PAYLOAD__USER_AGENT__PLATFORM__WEB;
  agent->release_channel = WA__CLIENT_PAYLOAD__USER_AGENT__RELEASE_CHANNEL__RELEASE;
  agent->app_version = version;
  agent->mcc = agent->mnc = (char *) "000";
  agent->os_version = agent->os_build_number = (char *) "0.1";
  agent->device = (char *) "Desktop";
  agent->locale_language_iso6391 = (char *) "en";
  agent->locale_country_iso31661_alpha2 = (char *) "US";
}

static void
fill_common (Common *self, const UlakClientVersion *version)
{
  wa__client_payload__init (&self->payload);
  wa__client_payload__user_agent__init (&self->agent);
  wa__client_payload__user_agent__app_version__init (&self->version);
  wa__client_payload__web_info__init (&self->web);

  self->version.has_primary = self->version.has_secondary = self->version.has_tertiary = TRUE;
  self->version.primary = version->primary;
  self->version.secondary = version->secondary;
  self->version.tertiary = version->tertiary;
  fill_agent (&self->agent, &self->version);
  self->web.has_web_sub_platform = TRUE;
  self->web.web_sub_platform = WA__CLIENT_PAYLOAD__WEB_INFO__WEB_SUB_PLATFORM__WEB_BROWSER;

  self->payload.user_agent = &self->agent;
  self->payload.web_info = &self->web;
  self->payload.has_connect_type = self->payload.has_connect_reason = TRUE;
  self->payload.connect_type = WA__CLIENT_PAYLOAD__CONNECT_TYPE__WIFI_UNKNOWN;
  self->payload.connect_reason = WA__CLIENT_PAYLOAD__CONNECT_REASON__USER_ACTIVATED;
  self->payload.has_passive = self->payload.has_pull = TRUE;
}

static void
fill_history (Wa__DeviceProps__HistorySyncConfig *config, const UlakDeviceWishes *wishes)
{
  config->has_storage_quota_mb = TRUE;
  config->storage_quota_mb = HISTORY_QUOTA_MB;
  config->has_full_sync_days_limit = config->has_recent_sync_days_limit = wishes->history_days > 0;
  config->full_sync_days_limit = config->recent_sync_days_limit = wishes->history_days;
  config->has_full_sync_size_mb_limit = wishes->history_size_mb > 0;
  config->full_sync_size_mb_limit = wishes->history_size_mb;
  config->has_inline_initial_payload_in_e2_ee_msg = config->inline_initial_payload_in_e2_ee_msg = TRUE;
  config->has_support_call_log_history = TRUE;
  config->has_support_bot_user_agent_chat_history = config->support_bot_user_agent_chat_history = TRUE;
  config->has_support_cag_reactions_and_polls = config->support_cag_reactions_and_polls = TRUE;
  config->has_support_biz_hosted_msg = config->support_biz_hosted_msg = TRUE;
  config->has_support_recent_sync_chunk_message_count_tuning = TRUE;
  config->support_recent_sync_chunk_message_count_tuning = TRUE;
  config->has_support_hosted_group_msg = config->support_hosted_group_msg = TRUE;
  config->has_support_fbid_bot_chat_history = config->support_fbid_bot_chat_history = TRUE;
  config->has_support_message_association = config->support_message_association = TRUE;
  config->has_support_group_history = TRUE;
}

static GBytes *
pack_device (const UlakDeviceWishes *wishes)
{
  Wa__DeviceProps props = WA__DEVICE_PROPS__INIT;
  Wa__DeviceProps__AppVersion version = WA__DEVICE_PROPS__APP_VERSION__INIT;
  Wa__DeviceProps__HistorySyncConfig history = WA__DEVICE_PROPS__HISTORY_SYNC_CONFIG__INIT;

  version.has_primary = version.has_secondary = version.has_tertiary = TRUE;
  version.secondary = 1;
  fill_history (&history, wishes);
  props.os = (char *) wishes->name;
  props.version = &version;
  props.has_platform_type = TRUE;
  props.platform_type = WA__DEVICE_PROPS__PLATFORM_TYPE__CHROME;
  props.has_require_full_sync = TRUE;
  props.require_full_sync = wishes->wants_full_history;
  props.history_sync_config = &history;
  return ulak_protobuf_pack (&props);
}

static void
hash_build (const UlakClientVersion *version, guint8 hash_out[16])
{
  g_autofree char *text = g_strdup_printf ("%u.%u.%u", version->primary, version->secondary, version->tertiary);
  g_autoptr (GChecksum) md5 = g_checksum_new (G_CHECKSUM_MD5);
  gsize size_bytes = 16;

  g_checksum_update (md5, (const guchar *) text, -1);
  g_checksum_get_digest (md5, hash_out, &size_bytes);
}

#define FIELD(bytes, size_bytes) ((ProtobufCBinaryData){ (size_bytes), (guint8 *) (bytes) })

/** ulak_payload_register: Returns: (transfer full): the serialized ClientPayload of a device that is not linked yet */
GBytes *
ulak_payload_register (const UlakClientVersion *version, const UlakDeviceWishes *wishes, const UlakRegistration *keys)
{
  Common common;
  Wa__ClientPayload__DevicePairingRegistrationData data = WA__CLIENT_PAYLOAD__DEVICE_PAIRING_REGISTRATION_DATA__INIT;
  const guint8 type = CURVE_KEY_TYPE;
  guint32 registration_id = GUINT32_TO_BE (keys->registration_id), pre_key_id = GUINT32_TO_BE (keys->signed_pre_key_id);
  guint8 build[16];
  g_autoptr (GBytes) device = pack_device (wishes);

  hash_build (version, build);
  fill_common (&common, version);
  data.has_e_regid = data.has_e_keytype = data.has_e_ident = data.has_e_skey_id = TRUE;
  data.has_e_skey_val = data.has_e_skey_sig = data.has_build_hash = data.has_device_props = TRUE;
  data.e_regid = FIELD (&registration_id, 4);
  data.e_keytype = FIELD (&type, 1);
  data.e_ident = FIELD (keys->identity, sizeof keys->identity);
  data.e_skey_id = FIELD ((guint8 *) &pre_key_id + 1, 3);
  data.e_skey_val = FIELD (keys->signed_pre_key, sizeof keys->signed_pre_key);
  data.e_skey_sig = FIELD (keys->signature, sizeof keys->signature);
  data.build_hash = FIELD (build, sizeof build);
  data.device_props = FIELD (g_bytes_get_data (device, NULL), g_bytes_get_size (device));
  common.payload.device_pairing_data = &data;
  return ulak_protobuf_pack (&common.payload);
}

/**
 * ulak_payload_log_in:
 * @own: our address by phone number, with our device
 * @push_name_or_null: what others see as our name, as far as it is known
 *
 * Says passive, so that the backlog waits until we are ready for it.
 *
 * Errors: ULAK_ERROR_INVALID when the user of @own is no phone number.
 * Returns: (transfer full): the serialized ClientPayload, or %NULL
 */
GBytes *
ulak_payload_log_in (const UlakClientVersion *version, const UlakJid *own, const char *push_name_or_null, GError **error)
{
  Common common;

  fill_common (&common, version);
  if (!g_ascii_string_to_unsigned (own->user, 10, 1, G_MAXUINT64, &common.payload.username, error))
    {
      g_prefix_error (error, "The own address is no phone number: ");
      return NULL;
    }
  common.payload.has_username = common.payload.has_device = common.payload.has_lid_db_migrated = TRUE;
  common.payload.device = own->device;
  common.payload.passive = common.payload.pull = common.payload.lid_db_migrated = TRUE;
  common.payload.push_name = (char *) push_name_or_null;
  return ulak_protobuf_pack (&common.payload);
}
