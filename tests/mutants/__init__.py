# SPDX-License-Identifier: MIT
"""Mutants of the store: each is one small fault put into firmware/agent/store, and some test must fail for it.

cosmic-ray writes its mutants into the checkout and starts a program for each; mutmut leaves out what stands outside
functions, which is where a layout has its numbers, and wants modules named as their folders are. Neither knows a
mutant again once its line has moved. So this is our own: the fault is made in the syntax tree, and compiled in a
process forked for it, with everything else in place already.
"""

from tests import model as model
