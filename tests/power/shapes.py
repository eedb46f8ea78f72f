# SPDX-License-Identifier: MIT
"""What histories there are, by name: the chip, the keys on it, what happens in a start, and when the power goes."""

CHIPS = {"big": (12, 4096, 256), "small": (20, 2048, 16), "wide": (64, 4096, 256), "tight": (11, 4096, 256)}
_KEYS = {"big": 3, "small": 5, "wide": 200, "tight": 19}


class Shape:
    """One kind of history. Numbers of slices and of operations in a start are drawn from 0, or `least`, to these.

    `cut`: of a thousand starts, how many are cut, those apart that follow a cut: of them half. `place`: the change that
    is cut, or -1 for any; `arm`: what it is counted from: "start", "idle", "any". `faulty`: of a thousand starts, how
    many see operations of the flash fail. `worn`: sectors that fail for good. `blank`: it begins with a blank chip.
    """

    def __init__(
        self,
        chip: str,
        slices: int = 0,
        steps: int = 0,
        cut: int = 0,
        place: int = -1,
        arm: str = "any",
        faulty: int = 0,
        worn: int = 0,
        blank: bool = False,
        least: int = 0,
    ) -> None:
        self.chip = chip
        self.keys = _KEYS[chip]
        self.slices = slices
        self.steps = steps
        self.cut = cut
        self.place = place
        self.arm = arm
        self.faulty = faulty
        self.worn = worn
        self.blank = blank
        self.least = least


def _all() -> "dict[str, Shape]":
    out = {}
    for chip in CHIPS:
        # nobody comes, and the power stays on until the unit is up, or for one slice more
        out["short-" + chip] = Shape(chip)
        out["slice-" + chip] = Shape(chip, slices=1, least=1)
        out["busy-" + chip] = Shape(chip, steps=2)
    for chip in ("big", "small", "tight"):
        out["calm-" + chip] = Shape(chip, slices=5, steps=3)
        out["cuts-" + chip] = Shape(chip, slices=5, steps=3, cut=400)
        out["hasty-" + chip] = Shape(chip, slices=1, steps=1, cut=300)
        out["first-" + chip] = Shape(chip, slices=5, steps=2, cut=700, blank=True)
        out["faults-" + chip] = Shape(chip, slices=5, steps=4, cut=100, faulty=300)
        out["worn-" + chip] = Shape(chip, slices=5, steps=3, cut=150, worn=2)
        out["all-" + chip] = Shape(chip, slices=5, steps=3, cut=250, faulty=150, worn=1)
        for place in (0, 1, 2, 3, 4, 5, 7, 10, 15, 25):
            out["every-%s-%d" % (chip, place)] = Shape(chip, slices=5, steps=3, cut=1000, place=place, arm="start")
        for place in (0, 1, 2, 3, 4, 6, 9, 14, 30):
            # what idle time begins is never ended; there is work for it
            out["idle-%s-%d" % (chip, place)] = Shape(
                chip, slices=5, steps=4, cut=1000, place=place, arm="idle", least=5
            )
    return out


SHAPES = _all()
