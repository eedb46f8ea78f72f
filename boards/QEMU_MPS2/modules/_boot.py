# SPDX-License-Identifier: MIT
"""First on the board: the agent, or a script that qemu's command line names and whose status becomes qemu's."""

import sys


def run(words: "list[str]", path: "list[str]") -> int:
    """Runs a script with arguments; its exit status. Its folder is searched first, then path, then what is frozen."""
    import gc

    import vfs
    from hostfs import HostFs

    gc.threshold(4096)  # what is compiled here leaves the free heap in one piece
    vfs.mount(HostFs(), "/")
    sys.argv[:] = words
    sys.path[:] = [words[0].rsplit("/", 1)[0]] + path + [".frozen"]
    with open(words[0]) as file:
        code = compile(file.read(), words[0], "exec")
    try:
        exec(code, {"__name__": "__main__"})
    except SystemExit as end:
        return int(end.args[0] or 0) if end.args else 0
    except BaseException as error:
        sys.print_exception(error)
        return 1
    return 0


def leave(status: int) -> None:
    """Ends qemu."""
    import struct

    import mps2

    mps2.host(0x20, struct.pack("<II", 0x20026, status))


def main() -> None:
    """Decides."""
    from machine import command, path

    if command == ["repl"]:
        return  # a deliberate act of whoever starts qemu
    if command:
        leave(run(command, path))
    from main import main as agent

    from agent import hal

    try:
        agent()
    except BaseException as error:
        sys.print_exception(error)
        hal.ended(error)


main()
