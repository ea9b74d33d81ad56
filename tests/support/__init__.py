# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests, the demo and the benchmark share: real agents, real playbooks."""
