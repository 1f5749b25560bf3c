/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Error status: the one table from our errors to HTTP.
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

const UlakErrorStatus *ulak_error_status_get (const GError *error);
const UlakErrorStatus *ulak_error_status_table (gsize *n_out);
