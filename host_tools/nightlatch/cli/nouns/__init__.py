# SPDX-License-Identifier: MIT
"""The nouns of the command line, one a file; `register` of each declares its verbs."""
