/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Fault VFS: the system's files with a disk that fails on demand. Any thread.
 */
#pragma once

typedef enum
{
  FAULT_NONE,
  FAULT_FULL,       /* writes fail with SQLITE_FULL */
  FAULT_WRITE,      /* writes fail with SQLITE_IOERR_WRITE */
  FAULT_SYNC,       /* syncs fail with SQLITE_IOERR_FSYNC */
  FAULT_READ,       /* reads fail with SQLITE_IOERR_READ */
  FAULT_GARBAGE,    /* reads succeed with wrong bytes */
} Fault;

void fault_vfs_register (void);
void fault_vfs_set (Fault fault);
int fault_vfs_get_syncs (void);
