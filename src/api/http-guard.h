/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Guard: is it certain where this request ends?
 *
 * Pure: method and header fields in, a sentence out. libsoup takes two lengths, a length beside a coding, and lengths that
 * are no numbers; behind a proxy that reads them otherwise, one request becomes two. What is not certain is refused.
 *
 * Source: RFC 9112, sections 6.1 to 6.3, read strictly.
 */
#pragma once

#include <glib.h>

typedef struct
{
  guint n_lengths;   /* Content-Length fields */
  guint n_codings;   /* Transfer-Encoding fields */
  const char *fault; /* (nullable): the first one found */
} UlakHttpGuard;

void ulak_http_guard_init (UlakHttpGuard *self, const char *method);
void ulak_http_guard_field (UlakHttpGuard *self, const char *name, const char *value);
const char *ulak_http_guard_end (UlakHttpGuard *self);
