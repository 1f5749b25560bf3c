/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * MIME: types and names of files as others give them, before they stand in a header. libsoup 3.2 lets line ends pass, and what is
 * behind one is a header of the sender's own. Pure.
 */
#pragma once

#include <glib.h>

#define ULAK_MIME_TYPE_MAX 128  /* characters */
#define ULAK_FILE_NAME_MAX 240  /* characters */

/* type/subtype of tokens, and parameters of printable ASCII. Source: RFC 9110, section 8.3.1 */
gboolean ulak_mime_type_is_valid (const char *text);
/* A name that is shown: up to 240 characters, no slash, nothing that ends or controls a line. */
gboolean ulak_file_name_is_valid (const char *text);
/* (transfer full): the same name with '_' for what a name may not have; for names that strangers chose. text: UTF-8. */
char *ulak_file_name_clean (const char *text);
