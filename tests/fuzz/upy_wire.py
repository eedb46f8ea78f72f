# SPDX-License-Identifier: MIT
"""The wire's parsers over a corpus, under MicroPython: what they make of it must be what the corpus says.

Argument: the corpus, a JSON file that test_wire.py writes.
"""

import json
import sys

from wire import frame, record
from wire import messages as m
from wire import numbers as n
from wire.errors import WireError


def cut(data, cuts):
    """Data in pieces."""
    places = sorted(set([0, len(data)] + [place % (len(data) + 1) for place in cuts]))
    return [data[places[i] : places[i + 1]] for i in range(len(places) - 1)]


def outcome(layout, data):
    """The record packed again, or that it was refused."""
    try:
        return record.pack(layout, record.unpack(layout, data)).hex()
    except WireError:
        return "refused"


def main(path):
    """Prints how many cases were met, or the first that was not."""
    with open(path) as file:
        corpus = json.load(file)
    done = 0
    for case in corpus["streams"]:
        decoder = frame.Decoder()
        pieces = cut(bytes.fromhex(case["stream"]), [7, 100, 531])
        found = [out.hex() for piece in pieces for out in decoder.push(piece)]
        if (found, decoder.bad) != (case["found"], case["bad"]):
            print("stream", case["stream"])
            return
        done += 1
    for case in corpus["records"]:
        layout = getattr(m, case["layout"]) if case["layout"] else (("label", "text", 0, n.LABEL_MAX),)
        if outcome(layout, bytes.fromhex(case["data"])) != case["is"]:
            print("record", case)
            return
        done += 1
    print("met", done)


main(sys.argv[1])
