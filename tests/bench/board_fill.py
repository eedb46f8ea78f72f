# SPDX-License-Identifier: MIT
"""Under MicroPython on the host: makes a flash image of a claimed car with phones. path, how many, sectors."""

import sys

from agent.store.flash.filenor import FileNor
from tests.kit.target import Bench


def main():
    path, phones, sectors = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    bench = Bench(flash=FileNor(path, sectors))
    for number in range(phones):
        bench.enrol(label="phone %d" % number)
        while bench.store.maintain():
            pass


main()
