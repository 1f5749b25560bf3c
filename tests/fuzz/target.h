/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A fuzz target takes any bytes and must neither crash nor break a rule that it asserts. libFuzzer calls it with bytes
 * that it makes up (meson -Dfuzz=true, clang), corpus.c with the seeds, so that they run as unit tests everywhere.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size_bytes);
