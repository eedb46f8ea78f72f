# SPDX-License-Identifier: MIT
"""Recovery codes on the real agent: once each, over the air, by tap, by cable, without the vault; what is mistyped."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.errors import UsageError
from nightlatch.phone import recovery
from nightlatch.phone.ble import BlePhone
from nightlatch.phone.bundle import KeyBundle
from nightlatch.phone.holder import Holder
from nightlatch.phone.recovery import Code
from nightlatch.phone.state import State
from nightlatch.sim.cards.held import PhoneCard
from nightlatch.wire import numbers as n
from nightlatch.workshop import recovery_sheet
from tests.system.car_bench import ADA, Bench, play


async def enrolled(bench: Bench, count: int) -> list[Code]:
    def work(session):
        codes = []
        for _ in range(count):
            code = recovery.new(session.status().next_handle)
            session.enrol(n.KIND_RECOVERY, n.ROLE_GUEST, n.RIGHT_UNLOCK, "recovery", code.root)
            codes.append(recovery.parse(code.text))
        return codes

    return await bench.session(work)


def test_each_opens_once(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        codes = await enrolled(bench, 4)
        helper = BlePhone(await bench.car.radio.central("helper"), None)
        before = bench.car.lock.openings
        result = await recovery.recover(helper, codes[0])
        assert result.ok and result.doors == n.DOORS_UNLOCKED and bench.car.lock.openings == before + 1
        assert (await recovery.recover(helper, codes[0])).verdict == n.REVOKED
        card = PhoneCard(recovery.RecoveryHolder(codes[1]), n.RECOVER)
        assert await bench.car.reader.tap(card, 5.0) and card.phone.results[-1].ok
        assert (await bench.cable(lambda client: client.recover(codes[2]))).ok
        assert bench.car.lock.openings == before + 3
        await bench.restart()
        told = await bench.cable(lambda client: [client.recover(code).verdict for code in codes[:3]])
        assert told == [n.REVOKED] * 3
        strange = await recovery.recover(helper, recovery.new(codes[3].handle))
        wrong_number = await recovery.recover(helper, Code(ADA, codes[3].secret))
        assert strange.verdict is None and wrong_number.verdict is None
        assert bench.car.lock.openings == before + 3
        assert (await recovery.recover(helper, codes[3])).ok
        used = [(e["action"], e["handle"], e["link"]) for e in bench.car.entries if e["action"] == n.RECOVER]
        assert used == list(zip([n.RECOVER] * 4, [code.handle for code in codes], (2, 3, 1, 2)))

    play(tmp_path, story)


def test_a_lost_answer_is_given_again_and_opens_no_second_time(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        (code,) = await enrolled(bench, 1)
        helper = BlePhone(await bench.car.radio.central("helper"), None)
        before = bench.car.lock.openings
        bench.car.radio.drop_answers = 1
        result = await recovery.recover(helper, code, 0.5)
        assert result.ok and bench.car.lock.openings == before + 1
        assert (await recovery.recover(helper, code)).verdict == n.REVOKED, "another attempt is another use"

    play(tmp_path, story)


def test_a_code_is_good_for_nothing_else(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        (code,) = await enrolled(bench, 1)
        car = bench.vault.car()
        phone = await bench.phone("thief")
        before = bench.moves
        for agent_id in (bytes(16), car.agent_id):
            bundle = KeyBundle(agent_id, car.veil, code.handle, n.ROLE_GUEST, 1, code.root, "")
            phone.holder = Holder(State.of(bundle))
            for action in (n.UNLOCK, n.LOCK, n.STATUS, n.DRIVE):
                assert (await phone.act(action)).verdict is None
        assert bench.moves == before
        helper = BlePhone(await bench.car.radio.central("helper"), None)
        assert (await recovery.recover(helper, code)).ok

    play(tmp_path, story)


@given(st.integers(0, n.HANDLE_LAST), st.binary(min_size=10, max_size=10))
def test_the_text_of_a_code(handle: int, secret: bytes) -> None:
    code = Code(handle, secret)
    typed = code.text.lower().replace("1", "l").replace("0", "o") if not str(handle).strip("23456789") else code.text
    head = str(handle)
    for text in (code.text, f" {code.text}\n", code.text.lower(), recovery.SCHEME + code.text, typed):
        assert recovery.parse(text) == code
    symbols = code.text[len(head) + 1 :].replace("-", "")
    assert recovery.parse(f"{head}-{symbols}") == code


def test_every_single_slip_is_noticed() -> None:
    code = Code(12, bytes(range(10)))
    symbols = code.text.partition("-")[2].replace("-", "")
    for at, other in itertools.product(range(16), "0123456789ABCDEFGHJKMNPQRSTVWXYZ"):
        if symbols[at] != other:
            with pytest.raises(UsageError) as error:
                recovery.parse(f"12-{symbols[:at]}{other}{symbols[at + 1 :]}")
            assert symbols not in str(vars(error.value))
    for at in range(16):
        if symbols[at] != symbols[at + 1]:
            with pytest.raises(UsageError):
                recovery.parse(f"12-{symbols[:at]}{symbols[at + 1]}{symbols[at]}{symbols[at + 2 :]}")
    for text in ("", "12", "12-", symbols, f"13-{symbols}", f"12-{symbols[:-1]}", f"70000-{symbols}", "12-" + "U" * 17):
        with pytest.raises(UsageError):
            recovery.parse(text)


def test_the_sheet_holds_every_code(tmp_path: Path) -> None:
    codes = [recovery.new(handle) for handle in range(2, 14)]
    target = tmp_path / "sheet.svg"
    recovery_sheet.save(target, "serial", codes, False)
    text = target.read_text()
    assert target.stat().st_mode & 0o777 == 0o600
    from xml.etree import ElementTree

    page = ElementTree.fromstring(text)
    said = "".join(node.text or "" for node in page.iter() if node.tag.endswith("text"))
    assert all(code.text in said for code in codes)
    assert sum(node.tag.endswith("path") for node in page.iter()) >= len(codes)
