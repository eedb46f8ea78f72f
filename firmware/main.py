# SPDX-License-Identifier: MIT
"""Starts an agent, and starts it again should it ever end: there is nothing else on this device to fall out to."""

import gc

gc.threshold(32768)  # while the modules load: what they leave never fills the heap, and few collections do

from agent import hal  # noqa: E402


def main() -> None:
    """Serves for ever. Never returns: behind it may be a prompt."""
    import start

    start.main(hal.wiring())
    raise RuntimeError("the agent ended")


if __name__ == "__main__":
    try:
        main()
    except BaseException as error:
        hal.ended(error)
