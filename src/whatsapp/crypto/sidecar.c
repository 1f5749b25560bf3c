/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/sidecar.h"

#include "whatsapp/crypto/digest.h"

#define STEP_BYTES (64 * 1024)
#define OVERLAP_BYTES 16

struct _UlakSidecar
{
  UlakKey mac_key;
  UlakHmac *ending;  /* (owned) (nullable): the window before, while the overlap lasts */
  UlakHmac *current; /* (owned) (nullable): the window that began last */
  gsize position;    /* in the step, 0 to STEP_BYTES - 1 */
  GByteArray *macs;  /* (owned) */
};

/**
 * ulak_sidecar_new:
 *
 * Source: docs/protocol/crypto.md, "Sidecar".
 */
UlakSidecar *
ulak_sidecar_new (const UlakMediaKeys *keys)
{
  UlakSidecar *self = g_new0 (UlakSidecar, 1);

  self->mac_key = keys->mac_key;
  self->macs = g_byte_array_new ();
  ulak_sidecar_update (self, ULAK_SPAN_ARRAY (keys->iv));
  return self;
}

void
ulak_sidecar_free (UlakSidecar *self)
{
  g_clear_pointer (&self->ending, ulak_hmac_free);
  g_clear_pointer (&self->current, ulak_hmac_free);
  g_byte_array_unref (self->macs);
  ulak_key_clear (&self->mac_key);
  g_free (self);
}

static void
end_window (UlakSidecar *self, UlakHmac **window)
{
  guint8 mac[ULAK_SHA256_BYTES];

  if (*window == NULL)
    return;
  ulak_hmac_finish (*window, mac);
  g_byte_array_append (self->macs, mac, ULAK_MEDIA_MAC_BYTES);
  g_clear_pointer (window, ulak_hmac_free);
}

static void
begin_window (UlakSidecar *self)
{
  self->ending = g_steal_pointer (&self->current);
  self->current = ulak_hmac_new (ULAK_HMAC_SHA256, ULAK_SPAN_ARRAY (self->mac_key.bytes));
}

/* Takes as many bytes as lie on one side of the next border; returns how many. */
static gsize
take (UlakSidecar *self, UlakSpan encrypted)
{
  gsize border = self->position < OVERLAP_BYTES ? OVERLAP_BYTES : STEP_BYTES;
  UlakSpan part = ULAK_SPAN (encrypted.bytes, MIN (encrypted.size_bytes, border - self->position));

  if (self->position == 0)
    begin_window (self);
  ulak_hmac_update (self->current, part);
  if (self->ending != NULL)
    ulak_hmac_update (self->ending, part);

  self->position += part.size_bytes;
  if (self->position == OVERLAP_BYTES)
    end_window (self, &self->ending);
  self->position %= STEP_BYTES;
  return part.size_bytes;
}

/**
 * ulak_sidecar_update:
 * @encrypted: the next piece of the encrypted file, its MAC included
 */
void
ulak_sidecar_update (UlakSidecar *self, UlakSpan encrypted)
{
  while (encrypted.size_bytes > 0)
    {
      gsize taken = take (self, encrypted);

      encrypted = ULAK_SPAN ((const guint8 *) encrypted.bytes + taken, encrypted.size_bytes - taken);
    }
}

/**
 * ulak_sidecar_finish:
 *
 * Returns: (transfer full): ten bytes for each window
 */
GBytes *
ulak_sidecar_finish (UlakSidecar *self)
{
  end_window (self, &self->ending);
  end_window (self, &self->current);
  return g_bytes_new (self->macs->data, self->macs->len);
}
