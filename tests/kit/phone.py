# SPDX-License-Identifier: MIT
"""A holder for tests that run on the target, made of the agent's own primitives."""

from agent.crypto import aes, kdf
from agent.crypto.cmac import Cmac
from agent.gate import car_keys
from wire import numbers as n
from wire import token as t

AGENT_ID = b"the car's name.."
CLAIM_KEY = b"the claim's key."


class Phone:
    """A holder with no memory of its own: moves on only when a test or a verified answer says so."""

    def __init__(self, handle, identity, chain, epoch=0, attempt=7, car=AGENT_ID, claim=CLAIM_KEY):
        self.handle, self.identity, self.chain, self.epoch, self.attempt = (
            handle,
            identity,
            chain,
            epoch,
            attempt,
        )
        self.veil = aes.new(car_keys(car, claim)[0])
        self.version = 0  # what is turned in the version of its tokens
        self.keeps = False  # True: the answers are lost
        self.sent = b""

    def copy(self, attempt):
        return Phone(self.handle, self.identity, self.chain, self.epoch, attempt)

    def skip(self, steps):
        for _ in range(steps):
            self.chain = Cmac(self.chain).mac(b"next")
        self.epoch += steps
        return self

    def token(self, nonce, action=n.UNLOCK, flags=0):
        veil = bytearray(16)
        self.veil.encrypt_into(nonce, veil)
        head = t.head(action, self.handle, self.epoch, flags, self.attempt, veil)
        head = bytes((head[0] ^ self.version << 4,)) + head[1:]
        key = self.identity if action == n.REPORT else kdf.derive(Cmac(self.chain), b"token")
        self.nonce, self.sent = nonce, head + Cmac(key).mac(nonce + head)[: n.TAG_SIZE]
        return self.sent

    def read(self, answer):
        """(status, state) that the answer says; (None, b"") when it is noise to this phone."""
        for key in (kdf.derive(Cmac(self.chain), b"answer"), self.identity):
            mac = Cmac(key)
            mask = mac.mac(answer[4:])
            plain = bytes([answer[at] ^ mask[at] for at in range(4)])
            if mac.mac(self.nonce + self.sent + plain)[:12] == answer[4:]:
                if plain[0] == n.OK and key is not self.identity and not self.keeps:
                    self.skip(1)
                return plain[0], plain[1:]
        return None, b""
