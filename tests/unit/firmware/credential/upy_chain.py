# SPDX-License-Identifier: MIT
"""Runs under MicroPython: what a token proves, row by row of the protocol's two tables. Nothing is stored or moved."""

from agent.credential import chain
from agent.crypto import kdf
from agent.crypto.cmac import Cmac
from agent.store.ring import cred
from tests.kit.phone import AGENT_ID, Phone
from tests.kit.target import run
from wire import numbers as n

NONCE = b"challenge of now"
VEIL = Phone(0, bytes(16), bytes(16)).veil
EPOCHS = (1, 2, 65535, 65536, 0x2FFFF)  # of the car: also where the low half wraps
ACTS = (n.UNLOCK, n.LOCK, n.TRUNK, n.DRIVE, n.LIST, n.WANTED)


def start(epoch=0):
    """(credential, its phone), at an epoch."""
    handout, first = chain.first_keys(b"the root key....", AGENT_ID, 3)
    phone = Phone(3, handout, first)
    one = cred.new(3, n.KIND_PHONE, n.ROLE_OWNER, n.RIGHTS_KNOWN, "", handout, first)
    one.epoch = phone.epoch = epoch
    return one, phone


def follow(one, phone, fresh=None):
    """The car accepts: the credential as it stands behind the phone's step; the phone stays where it is."""
    fresh = fresh or bytes((phone.epoch & 0xFF,)) * 16
    key = chain.next_key(Cmac(phone.chain), fresh)
    one.before, one.chain = chain.told_key(phone.chain), key
    one.epoch, one.attempt = phone.epoch + 1, phone.attempt
    return fresh


def examine(one, token):
    return chain.examine(one, NONCE, token, VEIL.place(NONCE), VEIL)


def under(claim, key):
    """Whether the claim's answers are made with this key."""
    answers = claim.telling() if claim.fresh else claim.answer
    return answers.mac(b"x") == Cmac(key).mac(b"x")


def told(key):
    return kdf.derive(Cmac(key), b"told")


def nothing(claim):
    return not (claim.fresh or claim.proved or claim.convicts or claim.handed or claim.ahead or claim.steps)


# --- tokens


def test_at_the_epoch_of_the_car():
    for epoch in (0,) + EPOCHS:
        one, phone = start(epoch)
        for action in ACTS + (n.STATUS,):
            claim = examine(one, phone.token(NONCE, action))
            assert (claim.reason, claim.fresh, claim.convicts) == (n.OK, True, False)
            assert under(claim, told(phone.chain)) and claim.told == chain.told_key(phone.chain)
            assert claim.chain.mac(b"x") == Cmac(phone.chain).mac(b"x")


def test_at_the_epoch_a_bad_tag_is_told_by_the_identity_key():
    for epoch in (0, 1, 65536):
        one, phone = start(epoch)
        one.identity = b"renewed identity"
        for action in (n.UNLOCK, n.STATUS):
            token = bytearray(phone.token(NONCE, action))
            token[-1] ^= 1
            claim = examine(one, bytes(token))
            assert claim.reason == n.BAD_TAG and nothing(claim)
            # low half 0 is taken for who never got an answer: it knows no other key than the handed-out one
            assert under(claim, one.identity if epoch == 1 else one.handout)


def test_every_state_but_revoked_is_left_to_the_policy():
    one, phone = start(5)
    for state, reason in ((n.CRED_SUSPECT, n.OK), (n.CRED_SUSPENDED, n.OK), (n.CRED_REVOKED, n.REVOKED)):
        one.state = state
        claim = examine(one, phone.token(NONCE))
        assert claim.reason == reason and claim.fresh == (reason == n.OK)
    assert under(claim, one.identity) and nothing(claim)


def test_revoked_is_told_at_any_distance():
    one, phone = start(50)
    one.state = n.CRED_REVOKED
    for epoch in (49, 50, 51, 58, 59, 0):
        phone.epoch = epoch
        for action in (n.UNLOCK, n.STATUS):
            claim = examine(one, phone.token(NONCE, action))
            assert claim.reason == n.REVOKED and under(claim, one.identity) and nothing(claim)


def test_the_last_epoch():
    for epoch, reason in ((n.EPOCH_LAST - 1, n.OK), (n.EPOCH_LAST, n.EXHAUSTED)):
        one, phone = start(epoch)
        claim = examine(one, phone.token(NONCE))
        assert (claim.reason, claim.fresh) == (reason, True)


def test_one_behind_with_the_same_attempt_is_a_repeat():
    for epoch in (0,) + EPOCHS:
        one, phone = start(epoch)
        follow(one, phone)
        for action in ACTS + (n.STATUS,):
            claim = examine(one, phone.token(NONCE, action))
            assert claim.reason == n.REPEAT and nothing(claim)
            assert under(claim, kdf.derive(Cmac(one.chain), b"answer"))


def test_one_behind_with_another_attempt_convicts():
    for epoch in (0,) + EPOCHS:
        one, phone = start(epoch)
        follow(one, phone)
        one.identity = b"renewed identity"
        for attempt in (phone.attempt + 1, 0, 0xFFFF):
            claim = examine(one, phone.copy(attempt).token(NONCE))
            assert (claim.reason, claim.fresh, claim.proved, claim.convicts) == (n.STALE, False, True, True)
            assert under(claim, one.identity)
        one.attempt = None
        claim = examine(one, phone.token(NONCE))
        assert claim.convicts and claim.reason == n.STALE, "no attempt is a repeated one"


def test_one_behind_with_a_bad_tag_proves_nothing():
    one, phone = start(4)
    follow(one, phone)
    phone.chain = b"another branch.."
    for attempt in (phone.attempt, phone.attempt + 1):
        claim = examine(one, phone.copy(attempt).token(NONCE))
        assert claim.reason == n.BAD_TAG and nothing(claim) and under(claim, one.identity)


def test_at_the_first_epoch_nobody_is_one_behind():
    one, phone = start(0)
    phone.epoch = 0xFFFF
    claim = examine(one, phone.token(NONCE))
    assert claim.reason == n.STALE and nothing(claim)


def test_ahead_without_a_body():
    for epoch in (0,) + EPOCHS:
        for steps in range(1, 9):
            one, phone = start(epoch)
            for at in range(steps):
                phone.step(bytes((at,)) * 16)
            for action in (n.UNLOCK, n.STATUS):
                claim = examine(one, phone.token(NONCE, action))
                assert (claim.reason, claim.steps) == (n.AHEAD, steps)
                assert not (claim.fresh or claim.proved or claim.convicts or claim.ahead)
                assert under(claim, one.identity if phone.epoch & 0xFFFF else one.handout)


def test_a_status_with_the_challenges_brings_the_car_along():
    for epoch in (0,) + EPOCHS:
        for steps in range(1, 9):
            one, phone = start(epoch)
            for at in range(steps):
                before = phone.chain
                phone.step(bytes((at,)) * 16)
            claim = examine(one, phone.token(NONCE, n.STATUS, ahead=steps))
            assert (claim.reason, claim.steps, claim.fresh) == (n.OK, steps, False)
            assert claim.ahead == (epoch + steps, phone.chain, chain.told_key(before))
            assert under(claim, told(phone.chain))


def test_challenges_that_lead_elsewhere():
    one, phone = start(5)
    for at in range(3):
        phone.step(bytes((at,)) * 16)
    good = phone.token(NONCE, n.STATUS, ahead=3)
    for at in range(8, len(good)):
        bent = bytearray(good)
        bent[at] ^= 0x10
        claim = examine(one, bytes(bent))
        assert claim.reason == n.BAD_TAG and nothing(claim), at
    for size in (-16, 16, -1, 1):
        claim = examine(one, good[:size] if size < 0 else good + bytes(size))
        assert claim.reason == n.AHEAD and claim.ahead is None
    claim = examine(one, bytes((good[0] ^ n.STATUS ^ n.UNLOCK,)) + good[1:])
    assert claim.reason == n.AHEAD, "no act brings it along"


def test_out_of_reach():
    one, phone = start(100)
    for epoch in (98, 90, 50, 109, 5000, 100 + 0x8000):
        phone.epoch = epoch
        for action in (n.UNLOCK, n.STATUS):
            claim = examine(one, phone.token(NONCE, action))
            assert claim.reason == n.STALE and nothing(claim) and under(claim, one.identity)
    phone.epoch = 0
    one.identity = b"renewed identity"
    assert under(examine(one, phone.token(NONCE)), one.handout)


# --- reports


def report(one, phone, ahead=0):
    return examine(one, phone.token(NONCE, n.REPORT, ahead=ahead))


def test_a_report_in_step():
    for epoch in (0,) + EPOCHS:
        one, phone = start(epoch)
        for state, reason, proved in ((n.CRED_ACTIVE, n.OK, False), (n.CRED_SUSPENDED, n.SUSPENDED, True)):
            one.state = state
            claim = report(one, phone)
            assert (claim.reason, claim.proved, claim.fresh, claim.convicts) == (reason, proved, False, False)
            assert under(claim, told(one.chain))


def test_a_report_of_one_behind():
    one, phone = start(6)
    follow(one, phone)
    claim = report(one, phone)
    assert claim.reason == n.REPEAT and nothing(claim) and under(claim, kdf.derive(Cmac(one.chain), b"answer"))
    phone.attempt += 1
    assert report(one, phone).reason == n.REPEAT, "a report says its mark in the attempt's place"


def test_a_report_of_who_is_ahead():
    one, phone = start(6)
    for at in range(8):
        phone.step(bytes((at,)) * 16)
    claim = report(one, phone, ahead=8)
    assert (claim.reason, claim.steps, claim.convicts, claim.ahead) == (n.AHEAD, 8, False, None)
    assert under(claim, one.identity)


def test_any_other_report_by_the_identity_key_convicts():
    other = b"another branch.."
    rows = ((6, other, 0), (5, b"", 0), (4, b"", 0), (0, b"", 0), (9, b"", 0), (9, b"", 2), (9, other, 3), (15, b"", 0))
    for epoch, branch, body in rows + ((500, b"", 0),):
        one, phone = start(6)
        for at in range(max(0, epoch - 6)):
            phone.step(bytes((at & 0xFF,)) * 16)
        phone.epoch = epoch
        phone.chain = branch or phone.chain
        one.identity = phone.identity = b"renewed identity"
        claim = report(one, phone, body)
        assert (claim.reason, claim.proved, claim.convicts, claim.steps) == (n.STALE, True, True, 0)
        assert under(claim, one.identity) and not claim.handed
    one, phone = start(6)
    follow(one, phone)
    phone.chain = other
    assert report(one, phone).convicts, "one behind, with another mark"


def test_a_report_by_the_hand_out_alone_takes_no_rights():
    one, phone = start(6)
    one.identity = b"renewed identity"
    for epoch in (0, 5, 6, 7, 400):
        phone.epoch = epoch
        claim = report(one, phone)
        assert (claim.reason, claim.proved, claim.handed, claim.convicts) == (n.STALE, True, True, False)
        assert under(claim, one.handout)


def test_until_it_is_renewed_the_hand_out_is_the_identity():
    one, phone = start(6)
    phone.epoch = 3
    claim = report(one, phone)
    assert claim.convicts and not claim.handed


def test_a_report_of_a_revoked_key():
    for identity in (None, b"renewed identity"):
        one, phone = start(6)
        one.state = n.CRED_REVOKED
        one.chain = one.before = bytes(16)
        one.identity = identity or one.identity
        claim = report(one, phone)
        assert (claim.reason, claim.proved, claim.convicts) == (n.REVOKED, True, False)
        assert under(claim, phone.identity), "by whichever of the two it asked"


def test_a_report_by_nobody():
    one, phone = start(6)
    phone.identity = b"somebody's key.."
    for state in (n.CRED_ACTIVE, n.CRED_REVOKED):
        one.state = state
        claim = report(one, phone)
        assert claim.reason == n.BAD_TAG and nothing(claim)


def test_each_bit_of_a_report_counts():
    one, phone = start(6)
    one.identity = phone.identity = b"renewed identity"
    good = phone.token(NONCE, n.REPORT)
    for at in range(8, 160):
        bent = bytearray(good)
        bent[at // 8] ^= 1 << at % 8
        claim = examine(one, bytes(bent))
        assert claim.reason == n.BAD_TAG and nothing(claim), at


if __name__ == "__main__":
    run(globals())
