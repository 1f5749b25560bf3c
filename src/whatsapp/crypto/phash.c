/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/phash.h"

#include "whatsapp/crypto/digest.h"

#define KEPT_BYTES 6 /* base64 without padding */

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/**
 * ulak_phash:
 * @devices: (array zero-terminated=1): in any order, each as USER.0:DEVICE@SERVER with device 0 written out
 *
 * Source: docs/protocol/crypto.md, "Participant hash".
 * Returns: (transfer full): "2:" and eight characters
 */
char *
ulak_phash (const char *const *devices)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();
  g_autoptr (UlakSha256) digest = ulak_sha256_new ();
  g_autofree char *text = NULL;
  guint8 bytes[ULAK_SHA256_BYTES];

  for (gsize i = 0; devices[i] != NULL; i++)
    g_ptr_array_add (sorted, (gpointer) devices[i]);
  g_ptr_array_sort (sorted, compare);
  for (guint i = 0; i < sorted->len; i++)
    ulak_sha256_update (digest, ULAK_SPAN_TEXT (g_ptr_array_index (sorted, i)));
  ulak_sha256_finish (digest, bytes);

  text = g_base64_encode (bytes, KEPT_BYTES);
  return g_strconcat ("2:", text, NULL);
}
