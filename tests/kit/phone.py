# SPDX-License-Identifier: MIT
"""A holder for tests that run on the target, made of the agent's own primitives."""

from agent.channel.car import car_keys
from agent.credential import chain
from agent.credential.veil import Veil
from agent.crypto import kdf
from agent.crypto.cmac import Cmac
from wire import numbers as n
from wire import token as t

AGENT_ID = b"the car's name.."
CLAIM_KEY = b"the claim's key."


class Phone:
    """A holder that moves on only when a verified answer says so. `asked`: challenges that it answered at this epoch.

    `said`: the four bytes of the last answer that it could read, and under which key: "answer", "told", "identity".
    """

    def __init__(self, handle, handout, first, car=AGENT_ID, claim=CLAIM_KEY):
        self.handle, self.handout, self.identity, self.chain = handle, handout, handout, first
        self.epoch, self.attempt, self.asked = 0, 7, []
        self.accepted = []
        self.veil = Veil(car_keys(car, claim)[0])
        self.version = 0  # what is turned in the version of its tokens
        self.keeps = False  # True: the answers are lost
        self.sent = self.nonce = b""
        self.by = ""
        self.said = b""

    def copy(self, attempt=None):
        """Another phone in this one's state; with an attempt of its own where one is given."""
        other = Phone(self.handle, self.handout, self.chain)
        other.veil, other.identity, other.epoch, other.asked = self.veil, self.identity, self.epoch, list(self.asked)
        other.accepted = list(self.accepted)
        other.attempt = self.attempt if attempt is None else attempt
        return other

    def step(self, fresh):
        """One epoch on, by an accepted challenge."""
        self.chain = chain.next_key(Cmac(self.chain), fresh)
        self.accepted = self.accepted[-7:] + [fresh]
        self.epoch += 1
        self.attempt = (self.attempt * 7 + 1) & 0xFFFF
        self.asked = []

    def mark(self):
        return chain.mark(chain.told_key(self.chain))

    def token(self, nonce, action=n.UNLOCK, flags=0, body=b"", ahead=0):
        """body: plain, of a request. ahead: so many accepted challenges go behind a STATUS or REPORT."""
        attempt = self.mark() if action == n.REPORT else self.attempt.to_bytes(2, "big")
        place = self.veil.place(nonce)
        head = t.head(action, self.handle, self.epoch, flags, int.from_bytes(attempt, "big"), place)
        head = bytes((head[0] ^ self.version << 4,)) + head[1:]
        behind = self.sealed(nonce, body) if n.REVOKE <= action <= n.WANTED and action != n.RECOVER else b""
        if ahead:
            behind = self.veil.body(nonce, b"".join(self.accepted[-ahead:]))
        key = self.identity if action == n.REPORT else chain.told_key(self.chain)
        if action not in (n.STATUS, n.REPORT):
            self.asked.append(nonce)
        self.nonce, self.sent = nonce, head + Cmac(key).mac(nonce + head + behind)[: n.TAG_SIZE] + behind
        return self.sent

    def sealed(self, nonce, body):
        from agent.crypto import ccm

        return ccm.Ccm(kdf.derive(Cmac(self.chain), b"request", nonce), n.SEAL_TAG).seal(bytes(13), b"", body)

    def read(self, answer):
        """(status, state) that the answer says; (None, b"") when it is noise to this phone."""
        for fresh in [self.nonce] + self.asked[::-1]:
            following = chain.next_key(Cmac(self.chain), fresh)
            plain = self._unmask(kdf.derive(Cmac(following), b"answer"), answer)
            if plain is not None:
                self.by = "answer"
                if not self.keeps:
                    self.step(fresh)
                    if plain[2] & n.STATE_RENEWED:
                        self.identity = kdf.derive(Cmac(following), b"identity")
                return plain[0], plain[1:]
        for by, key in (
            ("told", kdf.derive(Cmac(self.chain), b"told")),
            ("identity", self.identity),
            ("handout", self.handout),
        ):
            plain = self._unmask(key, answer)
            if plain is not None:
                self.by = by
                return plain[0], plain[1:]
        self.by = ""
        return None, b""

    def _unmask(self, key, answer):
        mac = Cmac(key)
        mask = mac.mac(answer[4:16])
        plain = bytes([answer[at] ^ mask[at] for at in range(4)])
        good = mac.mac(self.nonce + self.sent[: n.TOKEN_SIZE] + plain)[:12] == answer[4:16]
        return plain if good else None
