# SPDX-License-Identifier: GPL-2.0-or-later
"""What benchmarks/report makes of a file of results."""
