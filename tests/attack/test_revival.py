# SPDX-License-Identifier: MIT
"""Attack 19 at the cable: after a revocation, everything that was ever said to enrol the key, and what a workshop with
an old vault would say again."""

from pathlib import Path

import pytest

from nightlatch.errors import Refused
from nightlatch.phone import keys
from nightlatch.phone.holder import Holder
from nightlatch.vault import KdfParams, Key, Vault
from nightlatch.vault.records import Car
from nightlatch.wire import messages as m
from nightlatch.wire import numbers as n
from nightlatch.workshop.client import Client
from tests.attack.gate_bench import GateBench, GateLink
from tests.attack.table import Report


class Recorder(GateLink):
    """A cable with somebody on it who writes down what goes to the car."""

    def __init__(self, bench: GateBench) -> None:
        super().__init__(bench)
        self.heard: list[bytes] = []

    def bend(self, direction: str, payload: bytes) -> bytes:
        """Changes nothing."""
        if direction == "in":
            self.heard.append(payload)
        return payload


def test_a_revoked_key_is_not_enrolled_again(bench: GateBench, attack: Report, tmp_path: Path) -> None:
    bench.enrol()
    vault = Vault.create(tmp_path / "v", b"a passphrase for tests", KdfParams(1, 8, 1))
    vault.add_car(Car("bench", bench.agent_id, bench.veil, bench.log_key, bench.link_key))
    cable = Recorder(bench)
    client = Client(cable, 1.0)
    with client.session(vault) as session:
        key = session.enrol(n.KIND_PHONE, n.ROLE_OWNER, n.RIGHTS_KNOWN, "stolen")
    recorded = list(cable.heard)
    holder = bench.holder(key.handle, key.root)
    assert bench.act(holder)[0].ok
    with client.session(vault) as session:
        session.revoke(key.handle)
    tries = opened = 0
    for restart in range(2):
        for payload in recorded:
            bench.frame(payload)
            tries += 1
            opened += bench.cred(key.handle)[1] != n.CRED_REVOKED
        for role in (key.role, n.ROLE_DRIVER):  # a workshop whose vault was restored: same handle, same root
            with client.session(vault) as session, pytest.raises(Refused) as refused:
                session._ask(n.R_ENROL, m.ENROL, _values(key, role))
            assert refused.value.code == "handle_taken"
            tries += 1
        with client.session(vault) as session, pytest.raises(Refused) as refused:
            session.clear(key.handle, holder.state.epoch, keys.mark(holder.state.chain))
        assert refused.value.code == "key_revoked"
        result, _ = bench.act(Holder(holder.state))
        tries, opened = tries + 2, opened + result.ok
        assert result.verdict == n.REVOKED
        if not restart:
            bench("boot")
    attack(19, "revoked: its enrolment, said again", tries, opened, "told: revoked")


def _values(key: Key, role: int) -> dict[str, object]:
    names = ("handle", "kind", "rights", "root", "label")
    return {"role": role, **{name: getattr(key, name) for name in names}}
