# SPDX-License-Identifier: MIT
"""Figures counted on the emulated board, whose instructions are the same in every run: P1 to P4, P8, P10 and P11.

Each function takes a folder to work in and gives {figure: value}; instructions unless the name says otherwise. The
yardstick is SHA-256 of 64 bytes on the same build.
"""

import json
import os
import shutil
import subprocess
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from nightlatch import micropython
from nightlatch.sim.car import emulated
from nightlatch.update.keys import table
from tests.model.nor import Nor
from tests.power.world import open_store
from tests.vectors.update_make import Published

HERE = Path(__file__).parent
KEPT = micropython.ROOT / ".cache" / "bench"
SECTOR, PAGE = 4096, 256
FLASH = 512 * 1024  # of the board
FEW, MANY = 10, 1000
BOARD = micropython.ROOT / "boards" / "RPI_PICO" / "board.json"  # the one with the smallest store
REGIONS = json.loads(BOARD.read_text())["nightlatch"]["regions"]
STORE = next(one["size"] for one in REGIONS if one["name"] == "store") // SECTOR


def counted(script: str, *words: str, folder: Path, limit: float = 120.0) -> Any:
    """The JSON object that a script beside this one prints last on the emulated board."""
    return json.loads(emulated.run(HERE / script, *words, folder=folder, limit=limit).splitlines()[-1])


def filled(phones: int, sectors: int) -> Path:
    """A flash image of a claimed car with so many phones; made once for each state of the firmware."""
    made_by = b"".join((HERE / name).read_bytes() for name in ("board_fill.py", "../kit/target.py"))
    key = sha256(micropython.fingerprint().encode() + made_by).hexdigest()[:12]
    image = KEPT / f"flash-{phones}-{sectors}-{key}.img"
    if not image.is_file():
        KEPT.mkdir(parents=True, exist_ok=True)
        part = image.with_suffix(f".{os.getpid()}")  # tests run side by side
        part.unlink(missing_ok=True)
        argv, env = micropython.command(HERE / "board_fill.py", str(part), str(phones), str(sectors), heap="8M")
        subprocess.run(argv, env={**env, "MICROPYPATH": micropython.search_path(micropython.ROOT)}, check=True)
        part.replace(image)
    return image


@cache
def verdicts(phones: int, sectors: int, folder: Path, *options: str) -> Any:
    """What board_verdict.py finds, on a copy of the image: verdicts write. Its words are the same in every folder, as
    they take heap.
    """
    image = folder / f"verdict-{phones}.img"
    shutil.copyfile(filled(phones, sectors), image)
    return counted("board_verdict.py", image.name, str(sectors), *options, folder=folder)


def p1_verdict(folder: Path) -> dict[str, Any]:
    """From token bytes to the answer, among 1,000 credentials: policy, the durable step, the pulse, the log's entry."""
    found = verdicts(MANY, STORE, folder)
    return {
        "accept": found["accept"],
        "sha256_64": found["sha256"],
        "accept_per_sha256": round(found["accept"] / found["sha256"], 2),
        "log_entry_later": found["flush"],
    }


def p2_heap(folder: Path) -> dict[str, Any]:
    """Heap bytes of a verdict, and collections on its path."""
    found = verdicts(MANY, STORE, folder)
    rejects = {f"reject_bytes, {name}": cost["heap"] for name, cost in found["reject"].items()}
    return {"accept_bytes": found["accept_heap"], **rejects, "collections": found["collections"]}


def p3_rejects(folder: Path) -> dict[str, Any]:
    """What a refusal costs, and the flash bytes that a stranger can use up."""
    found = verdicts(MANY, STORE, folder)
    costs = {name: cost["instructions"] for name, cost in found["reject"].items()}
    return {
        **costs,
        "most_per_accept": round(max(costs.values()) / found["accept"], 3),
        "flash_bytes": max(cost["flash"] for cost in found["reject"].values()),
    }


@cache
def full() -> int:
    """How many keys a Pico holds."""
    return int(open_store(Nor(STORE, SECTOR, PAGE)).capacity())


def p4_growth(folder: Path) -> dict[str, Any]:
    """A verdict on a Pico that is full against one among 10 keys, and the RAM that each more of them takes."""
    few = verdicts(FEW, STORE, folder)
    most = verdicts(full(), STORE, folder)
    ram = (most["ram"] - few["ram"]) / (full() - FEW)
    return {"accept_ratio": round(most["accept"] / few["accept"], 3), "ram_bytes_per_credential": round(ram, 2)}


@cache
def started(phones: int, folder: Path) -> Any:
    """What board_boot.py finds with so many keys."""
    data = filled(phones, STORE).read_bytes()
    (folder / "boot.img").write_bytes(data + b"\xff" * (FLASH - len(data)))
    found = counted("board_boot.py", "flash=boot.img", folder=folder)
    if found["credentials"] != phones:
        raise AssertionError(f"a start with {phones} keys found {found['credentials']}")
    return found


def p8_boot(folder: Path) -> dict[str, Any]:
    """From main.py to the first advertisement: with 10 and 1,000 keys, with as many as a Pico holds, for each key more.

    With 1,000, what it consists of, the free heap then and its largest piece.
    """
    at = {phones: started(phones, folder)["marks"][-1][1] for phones in (FEW, MANY, full())}
    many = started(MANY, folder)
    steps, before = {}, 0
    for name, mark in many["marks"]:
        steps[f"of_it, {name}"] = mark - before
        before = mark
    return {
        "boot_few": at[FEW],
        "boot": at[MANY],
        "boot_full": at[full()],
        "boot_each": (at[MANY] - at[FEW]) // (MANY - FEW),
        **steps,
        "free_bytes": many["free"],
        "largest_free_bytes": many["piece"],
    }


def p10_signature(folder: Path) -> dict[str, Any]:
    """The check of an update's signature: of a good one, and of one whose digest is another's; the longest slice."""
    signer = Published("ours")
    key, digest = table(signer.public()), sha256(b"an update").digest()
    signature = signer.sign(b"an update")
    found = {}
    for name, signed in (("good", digest), ("bad", sha256(digest).digest())):
        image = folder / f"{name}.img"
        image.write_bytes((key + signature + signed + bytes([name == "good"])).ljust(SECTOR, b"\xff"))
        found[name] = counted("board_signature.py", image.name, folder=folder)
    most = {what: max(one[what] for one in found.values()) for what in ("slice", "heap", "all")}
    return {
        **{f"check, {name}": one["check"] for name, one in found.items()},
        "longest_slice": most["slice"],
        "bytes_of_a_slice": most["heap"],
        "with_collections": most["all"],
    }


def p11_leakage(folder: Path) -> dict[str, Any]:
    """Spread over secrets: of a compare in instructions, of a token's check and of whole verdicts in percent."""
    found = verdicts(MANY, STORE, folder)
    compare = counted("board_leak.py", folder=folder)
    return {
        "compare": compare["compare"],
        "right_tag_percent": percent(compare["right"]),
        "wrong_tag_percent": percent(compare["wrong"]),
        "accept_against_bad_tag_percent": percent([found["accept"], found["reject"]["bad tag"]["instructions"]]),
    }


def percent(costs: list[int]) -> float:
    """The spread of figures, in percent of their mean."""
    return round(100 * (max(costs) - min(costs)) * len(costs) / sum(costs), 2)


FIGURES = {
    "P1": p1_verdict,
    "P2": p2_heap,
    "P3": p3_rejects,
    "P4": p4_growth,
    "P8": p8_boot,
    "P10": p10_signature,
    "P11": p11_leakage,
}
