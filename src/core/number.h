/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Number: doubles as text that other programs read.
 */
#pragma once

#include <glib.h>

void ulak_append_double (GString *text, double value);
