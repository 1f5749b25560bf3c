-- SPDX-License-Identifier: GPL-3.0-or-later
-- SPDX-FileCopyrightText: The Ulak authors
INSERT INTO accounts (id, network, backend, name, wanted, settings, created_us, updated_us)
VALUES (:id, :network, :backend, :name, :wanted, :settings, :created_us, :updated_us)
ON CONFLICT (id) DO UPDATE SET network = excluded.network, backend = excluded.backend, name = excluded.name,
  wanted = excluded.wanted, settings = excluded.settings, updated_us = excluded.updated_us;
