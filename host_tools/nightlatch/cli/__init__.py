# SPDX-License-Identifier: MIT
"""The command line: one noun a file, each verb a thin wrapper over one typed library call."""
