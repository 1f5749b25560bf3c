/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Error status: the one table from our errors to HTTP; docs/http.md shows it.
 */
#pragma once

#include "core/error.h"

typedef struct
{
  UlakError error;
  guint status;      /* HTTP */
  const char *code;  /* "E_..." in the answer */
  guint retry_after_s; /* 0: no Retry-After */
} UlakErrorStatus;

/* Faults that only HTTP knows: they have no name on the bus. */
typedef enum
{
  ULAK_HTTP_FAULT_UNAUTHORIZED,
  ULAK_HTTP_FAULT_METHOD,
  ULAK_HTTP_FAULT_RATE_LIMITED,
} UlakHttpFault;

#define ULAK_N_HTTP_FAULTS (ULAK_HTTP_FAULT_RATE_LIMITED + 1)

typedef struct
{
  guint status;
  const char *code;
} UlakHttpFaultStatus;

const UlakHttpFaultStatus *ulak_http_fault_get_status (UlakHttpFault fault);
const UlakErrorStatus *ulak_error_status_get (const GError *error);
const UlakErrorStatus *ulak_error_status_table (gsize *n_out);
