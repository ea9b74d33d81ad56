# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What registering services costs, beside the other ways to do it: ``make bench``."""
