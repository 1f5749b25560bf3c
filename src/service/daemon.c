/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Daemon: the empty base; everything a program does is in its own class.
 */
#include "service/daemon.h"

G_DEFINE_ABSTRACT_TYPE (UlakDaemon, ulak_daemon, G_TYPE_OBJECT)

static void
ulak_daemon_class_init (UlakDaemonClass *klass G_GNUC_UNUSED)
{
}

static void
ulak_daemon_init (UlakDaemon *self G_GNUC_UNUSED)
{
}
