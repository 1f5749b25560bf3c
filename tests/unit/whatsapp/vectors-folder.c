/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "unit/whatsapp/vectors-folder.h"

char *
ulak_vectors_find (const char *file)
{
  const char *folder = g_getenv ("ULAK_WHATSAPP_VECTORS");

  if (folder != NULL && *folder != '\0')
    return g_build_filename (folder, file, NULL);
  return g_test_build_filename (G_TEST_DIST, "..", "data", "whatsapp", file, NULL);
}
