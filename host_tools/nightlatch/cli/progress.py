# SPDX-License-Identifier: MIT
"""How far a long job is, on stderr: what, how much, at which rate, and when it ends."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from .output import clean


class Bar:
    """Call it with what is done, bytes done and bytes in all (0: nobody knows), while in a with statement."""

    def __init__(self, quiet: bool) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=Console(stderr=True), disable=quiet)
        self._what = ""
        self._task = None if quiet else self._progress.add_task("", total=None, visible=False)

    def __call__(self, what: str, done: int, total: int) -> None:
        if self._task is None:
            return
        if what != self._what:  # another stage has a rate of its own
            self._what = what
            self._progress.remove_task(self._task)
            self._task = self._progress.add_task(clean(what), total=total or None, completed=done)
        self._progress.update(self._task, completed=done, total=total or None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
