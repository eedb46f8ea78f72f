# SPDX-License-Identifier: MIT
"""Starts the agent, and starts it again should it ever end: there is nothing else on this device to fall out to."""

import gc

gc.threshold(4096)  # while the modules load: small steps leave the free heap in one piece

from agent import hal  # noqa: E402


def main() -> None:
    """Serves for ever."""
    import asyncio

    from agent import app

    gc.threshold(-1)  # from here on the idle task collects, never the path of an unlock
    asyncio.run(app.App(hal.Hal(hal.wiring())).run())


if __name__ == "__main__":
    try:
        main()
    except BaseException as error:
        hal.ended(error)
