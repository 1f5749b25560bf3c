/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/error-status.h"

static const UlakErrorStatus table[] = {
  { ULAK_ERROR_FAILED, 500, "E_INTERNAL", 0 },
  { ULAK_ERROR_INVALID, 400, "E_INVALID", 0 },
  { ULAK_ERROR_NOT_FOUND, 404, "E_NOT_FOUND", 0 },
  { ULAK_ERROR_EXISTS, 409, "E_EXISTS", 0 },
  { ULAK_ERROR_WRONG_STATE, 409, "E_WRONG_STATE", 0 },
  { ULAK_ERROR_FULL, 503, "E_FULL", 5 },
  { ULAK_ERROR_UNAVAILABLE, 503, "E_UNAVAILABLE", 1 },
  { ULAK_ERROR_TIMED_OUT, 504, "E_TIMED_OUT", 0 },
  { ULAK_ERROR_CONFLICT, 409, "E_CONFLICT", 0 },
  { ULAK_ERROR_TOO_LARGE, 413, "E_TOO_LARGE", 0 },
  { ULAK_ERROR_UNSUPPORTED, 501, "E_UNSUPPORTED", 0 },
  { ULAK_ERROR_NOT_ALLOWED, 403, "E_NOT_ALLOWED", 0 },
  { ULAK_ERROR_LOCKED, 503, "E_LOCKED", 5 },
  { ULAK_ERROR_DAMAGED, 500, "E_DAMAGED", 0 },
  { ULAK_ERROR_NEWER_SCHEMA, 500, "E_INTERNAL", 0 },
  { ULAK_ERROR_CONFIG, 500, "E_INTERNAL", 0 },
  { ULAK_ERROR_REMOTE, 502, "E_REMOTE", 0 },
};

G_STATIC_ASSERT (G_N_ELEMENTS (table) == ULAK_N_ERRORS);

static const UlakHttpFaultStatus http_faults[] = {
  [ULAK_HTTP_FAULT_UNAUTHORIZED] = { 401, "E_UNAUTHORIZED" },
  [ULAK_HTTP_FAULT_METHOD] = { 405, "E_METHOD" },
  [ULAK_HTTP_FAULT_RATE_LIMITED] = { 429, "E_RATE_LIMITED" },
};

G_STATIC_ASSERT (G_N_ELEMENTS (http_faults) == ULAK_N_HTTP_FAULTS);

const UlakHttpFaultStatus *
ulak_http_fault_get_status (UlakHttpFault fault)
{
  return &http_faults[fault];
}

const UlakErrorStatus *
ulak_error_status_table (gsize *n_out)
{
  *n_out = G_N_ELEMENTS (table);
  return table;
}

/**
 * ulak_error_status_get:
 * @error: any error; one that is not ours counts as %ULAK_ERROR_FAILED
 */
const UlakErrorStatus *
ulak_error_status_get (const GError *error)
{
  if (error->domain == ULAK_ERROR)
    for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
      if ((int) table[i].error == error->code)
        return &table[i];
  return &table[0];
}
