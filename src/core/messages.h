/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Messages: the MESSAGE_IDs of entries that an operator acts on.
 *
 * Each has an entry in data/catalog/ulak.catalog that says what happened and what to do (journalctl -x shows it); a
 * test compares the two. An id is a promise to alert rules: append, never change or reuse. Texts that are matched by
 * existing alert rules are named beside their id: the entry's sentence must contain them.
 */
#pragma once

#define ULAK_MESSAGE_SERVICE_STARTED "c5792150b7804766800073f74faf57ee"
#define ULAK_MESSAGE_SERVICE_STOPPING "c2d22d224a8942a890dcc829cb3c5334"
#define ULAK_MESSAGE_RELOADED "7cc1936221494619bdefeb456c1477c5"
#define ULAK_MESSAGE_RELOAD_REFUSED "177074637f934bbb8c82b3958cb1a3c3"
#define ULAK_MESSAGE_CONFIG_WRONG "eb5f4734e4a64bb1a8bef42a002a8e83"
#define ULAK_MESSAGE_SECRET_IN_CLEAR "c8b8482ec95948eca1e8b7985f6d67e7"
#define ULAK_MESSAGE_LINE_STATE_CHANGED "8d864d6ce7a6403a97dbbb55b8ac39f4"
#define ULAK_MESSAGE_MESSAGE_FAILED "dc4d9ad6818949a9a637bd7c733a638f"
#define ULAK_MESSAGE_MESSAGE_HELD "f64c8fa95f03400aa6fdee29fa94f785"
#define ULAK_MESSAGE_ENDPOINT_DISABLED "8849b19419894a8f9920660141a3e604"
#define ULAK_MESSAGE_DELIVERY_DEAD "56844faa57f14d5696988e5c8ff9029e"
#define ULAK_MESSAGE_DISK_BUDGET_FULL "b602da4497ba44ed9aa5bae57f7da90e"
/* The sentence contains "database error". */
#define ULAK_MESSAGE_DATABASE_ERROR "a4bd8e5fc1ab49e3a86cf9b0b2784e19"
#define ULAK_MESSAGE_STORE_FAULT "410d80647704450f98a402fbe176ebac"
#define ULAK_MESSAGE_STORE_RECOVERED "f3f4a514319947c28957bf317012b526"
#define ULAK_MESSAGE_BACKUP_DONE "bf5010dbc6b34a4da2750ef9cfb011c1"
#define ULAK_MESSAGE_KEYRING_FAULT "783c3e37854e42219acb9c2fc59e5b8a"
#define ULAK_MESSAGE_KEYRING_RECOVERED "3e2c4ee8a11f4378b074deaff80a1672"
/* The sentence contains "Failed login". */
#define ULAK_MESSAGE_LOGIN_FAILED "4129063c334c426daeae032fbaddbb0e"
/* The sentence contains "took longer than". */
#define ULAK_MESSAGE_SLOW_REQUEST "213c05c0b9f34f44b5ac1c1efce6c3b4"
#define ULAK_MESSAGE_CALLBACK_REFUSED "59db5c900f3345389ba84b8f355469da"
#define ULAK_MESSAGE_LINE_START_FAILED "86736c1d6ede43e5ade88e9553913f64"
#define ULAK_MESSAGE_REMOTE_REFUSED_ACCESS "6354eda7ebb14e7bb6998186b40c8c01"
#define ULAK_MESSAGE_SERVICE_FAILED "8272c37baa334fe68dadbd11ec89b3c8"
#define ULAK_MESSAGE_DRAIN_INCOMPLETE "5cb90651aa5649e9b3d7c6ff3f8c9be8"
#define ULAK_MESSAGE_AUDIT "4571e2cf7d0b4486a60e57065ddab8ca"
#define ULAK_MESSAGE_LINE_NOT_TAKEN "7c1464cdcd9e462cbf4d4261e6db8d95"
