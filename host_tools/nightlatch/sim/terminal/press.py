# SPDX-License-Identifier: MIT
"""`nightlatch sim button`: holds the claim button of a simulated car that runs in another process."""

import os
import time

from ...link.running import running_car
from .start import BUTTON


def main(name: str, seconds: float) -> None:
    """Holds it so long, and lets it go whatever happens. NoDevice when no such car is running."""
    signals = {down: number for number, down in BUTTON.items()}
    car = running_car(name)
    os.kill(car.pid, signals[True])
    try:
        time.sleep(seconds)
    finally:
        os.kill(car.pid, signals[False])
