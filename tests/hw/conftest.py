# SPDX-License-Identifier: MIT
"""Hardware in the loop: `make hw DEVICE=SERIAL VAULT=FILE PASSPHRASE=FILE`, and no other run collects these tests.

They open, reset and cut one unit: the one with that serial number, in that vault, with the setting `test_unit`. Another
ends the run before anything was changed. Any URL will do, so the emulated boards go through the same tests.
Each run enrols one key and revokes it; a revoked key keeps its place.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nightlatch.errors import HostError
from nightlatch.vault import Vault
from nightlatch.vault.records import Key
from nightlatch.wire import numbers as n
from tests.hw.unit import NotForTests, Unit

UHUBCTL = "uhubctl -l {} -p {} -a cycle -d 3"
LABEL = "tests/hw"


def pytest_addoption(parser: pytest.Parser) -> None:
    """What says which unit, and how to get at it."""
    group = parser.getgroup("hardware in the loop")
    group.addoption("--device", metavar="SERIAL", help="the unit; without it nothing of tests/hw is collected")
    group.addoption("--port", metavar="URL", help="where it is; looked for when not given")
    group.addoption("--vault", metavar="FILE", help="the vault that holds its link key")
    group.addoption("--passphrase-file", metavar="FILE", help="the vault's passphrase")
    group.addoption("--patience", metavar="SECONDS", type=float, default=5.0, help="how long an answer may take")
    group.addoption("--uhubctl", metavar="HUB:PORT", help="the USB port that powers it, as uhubctl names both")
    group.addoption("--power", metavar="COMMAND", help="in place of --uhubctl: cuts the power and gives it back")


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Only a run that names a unit means these tests."""
    return None if config.getoption("--device", None) else True


@pytest.fixture(scope="session")
def unit(pytestconfig: pytest.Config) -> Unit:
    """The unit, once it is known to be one for tests."""
    option = pytestconfig.getoption
    if not option("--vault") or not option("--passphrase-file"):
        raise pytest.UsageError("--device needs --vault and --passphrase-file")
    vault = Vault.open(Path(option("--vault")), Path(option("--passphrase-file")).read_bytes().rstrip(b"\r\n"))
    hub, _, port = (option("--uhubctl") or "").rpartition(":")
    power = option("--power") or (hub and UHUBCTL.format(hub, port))
    found = Unit(option("--device"), vault, option("--port"), power, option("--patience"))
    try:
        found.admit()
    except (NotForTests, HostError) as error:
        pytest.exit(f"{error}; nothing was changed", returncode=pytest.ExitCode.USAGE_ERROR)
    return found


@pytest.fixture
def powered(unit: Unit) -> Unit:
    """The unit, where its power can be cut."""
    if not unit.power:
        pytest.skip("nothing can cut its power: give --uhubctl or --power")
    return unit


@pytest.fixture(scope="session")
def key(unit: Unit) -> Iterator[Key]:
    """A key of this run, revoked at its end whatever happened."""
    rights = n.RIGHT_UNLOCK | n.RIGHT_LOCK
    made = unit.session(lambda session: session.enrol(n.KIND_PHONE, n.ROLE_GUEST, rights, LABEL))
    yield made
    unit.session(lambda session: session.revoke(made.handle))
    assert unit.key(made.handle).state == n.CRED_REVOKED
