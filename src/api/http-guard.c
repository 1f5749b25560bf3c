/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/http-guard.h"

#include <string.h>

#define LENGTH_DIGITS_MAX 15 /* under 2^53: every peer reads the same number */

static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", NULL };

static void
set_fault (UlakHttpGuard *self, const char *fault)
{
  if (self->fault == NULL)
    self->fault = fault;
}

/** ulak_http_guard_init: starts on one request. Methods other than the seven that routes use are a fault. */
void
ulak_http_guard_init (UlakHttpGuard *self, const char *method)
{
  memset (self, 0, sizeof *self);
  if (method == NULL || !g_strv_contains (methods, method))
    set_fault (self, "The method is none of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
}

static void
take_length (UlakHttpGuard *self, const char *value)
{
  gsize n_digits = strspn (value, "0123456789");

  self->n_lengths++;
  if (n_digits == 0 || value[n_digits] != '\0' || n_digits > LENGTH_DIGITS_MAX)
    set_fault (self, "Content-Length must be one decimal number");
}

/** ulak_http_guard_field: one header field, as it came; the order does not matter */
void
ulak_http_guard_field (UlakHttpGuard *self, const char *name, const char *value)
{
  if (g_ascii_strcasecmp (name, "Content-Length") == 0)
    take_length (self, value);
  else if (g_ascii_strcasecmp (name, "Transfer-Encoding") == 0)
    {
      self->n_codings++;
      if (g_ascii_strcasecmp (value, "chunked") != 0)
        set_fault (self, "Transfer-Encoding may only be chunked");
    }
}

/** ulak_http_guard_end: Returns: (nullable): what is wrong; %NULL if it is certain where the request ends */
const char *
ulak_http_guard_end (UlakHttpGuard *self)
{
  if (self->n_lengths > 0 && self->n_codings > 0)
    set_fault (self, "Content-Length and Transfer-Encoding exclude each other");
  if (self->n_lengths > 1)
    set_fault (self, "Content-Length came more than once");
  if (self->n_codings > 1)
    set_fault (self, "Transfer-Encoding came more than once");
  return self->fault;
}
