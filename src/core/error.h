/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Errors: the one public error domain.
 *
 * Things that happen (a peer, a file, a user) are reported as GError in this domain; programmer mistakes are
 * assertions and never reach it. Each code has a D-Bus name, and that name, not the number, is the stable
 * identity: GDBus carries it across the bus both ways. HTTP status codes come from one table in src/api.
 */
#pragma once

#include <glib.h>

typedef enum
{
  ULAK_ERROR_FAILED,       /* something broke that the caller cannot mend */
  ULAK_ERROR_INVALID,      /* input is wrong; the message lists issues, see core/issues.h */
  ULAK_ERROR_NOT_FOUND,    /* no such account, message, endpoint, secret, ... */
  ULAK_ERROR_EXISTS,       /* already there */
  ULAK_ERROR_WRONG_STATE,  /* not allowed in this state, e.g. a send to a stopped line */
  ULAK_ERROR_FULL,         /* a limit or budget is reached; try later */
  ULAK_ERROR_UNAVAILABLE,  /* a dependency does not answer; try later */
  ULAK_ERROR_TIMED_OUT,    /* the deadline passed */
  ULAK_ERROR_CONFLICT,     /* same key, other contents */
  ULAK_ERROR_TOO_LARGE,    /* over a size or depth limit */
  ULAK_ERROR_UNSUPPORTED,  /* this backend or build cannot do it */
  ULAK_ERROR_NOT_ALLOWED,  /* the caller may not */
  ULAK_ERROR_LOCKED,       /* the keyring is locked */
  ULAK_ERROR_DAMAGED,      /* a file or keyring is damaged */
  ULAK_ERROR_NEWER_SCHEMA, /* the database was written by a newer program */
  ULAK_ERROR_CONFIG,       /* the configuration is wrong */
  ULAK_ERROR_REMOTE,       /* a remote network refused; details in the message */
} UlakError;

#define ULAK_N_ERRORS (ULAK_ERROR_REMOTE + 1)

#define ULAK_ERROR (ulak_error_quark ())

GQuark ulak_error_quark (void);

const char *ulak_error_get_name (UlakError code);

void ulak_error_strip_remote (GError *error);
