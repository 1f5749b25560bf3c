-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO credentials (id, registration_id, noise_private, identity_private, adv_secret, created_us)
VALUES (1, :registration_id, :noise_private, :identity_private, :adv_secret, :now_us);
