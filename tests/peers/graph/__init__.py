# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""A double of Meta's Graph API for the Cloud API: messages, media, templates, phone numbers, callbacks, faults."""
