/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Fault: what a result code of SQLite means to us. Any thread.
 */
#pragma once

#include "core/error.h"

UlakError ulak_fault_get_error (int result);
const char *ulak_fault_get_text (int result);
