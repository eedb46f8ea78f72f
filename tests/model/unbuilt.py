# SPDX-License-Identifier: MIT
"""A build that has no machine code for the loops of a start."""

import sys
from importlib import import_module
from importlib.abc import MetaPathFinder


class Without(MetaPathFinder):
    """Has one module, which can't be imported."""

    def __init__(self, name: str, error: type) -> None:
        self._name, self._error = name, error

    def find_spec(self, name: str, path: object, target: object = None) -> None:
        """An error, or nothing."""
        if name == self._name:
            raise self._error(name)


def builds() -> None:
    """Where the loops are not to be had as machine code, for whatever reason, the plain ones are there."""
    names = "agent.store.mount.blocks", "agent.store.mount.walk", "agent.store.mount.walk_viper"
    plain = import_module("agent.store.mount.walk_plain")
    kept = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    try:
        for error in (ImportError, SyntaxError, ValueError):
            without = Without(names[2], error)
            sys.meta_path.insert(0, without)
            try:
                blocks, walk = [import_module(name) for name in names[:2]]
            finally:
                sys.meta_path.remove(without)
            assert blocks.hole is plain.hole and walk.step is plain.step
            for name in names[:2]:
                del sys.modules[name]
    finally:
        sys.modules.update(kept)
        for name, module in kept.items():
            setattr(sys.modules["agent.store.mount"], name.rpartition(".")[2], module)


ALL = (builds,)
