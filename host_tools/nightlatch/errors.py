# SPDX-License-Identifier: MIT
"""What host tools raise for expected failures: each says what failed, on which device, and what to do next.

The wire carries codes, the firmware none of this prose. An exception's class fixes the exit code of the
command line; `code` is the stable word that `--json` shows. No text here ever holds a secret.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_NO_DEVICE = 3
EXIT_SEVERAL = 4
EXIT_BUSY = 5
EXIT_AUTH = 6
EXIT_MISMATCH = 7
EXIT_INTERRUPTED = 8
EXIT_MANUAL_STEP = 9


class HostError(Exception):
    """Base of every expected failure: message and hint are one line each, `device` is a URL or a serial.

    `data` is what was found out before the failure; `--json` shows it beside the error.
    """

    exit_code: ClassVar[int] = EXIT_FAILED
    code: str = "failed"
    hint: str = ""

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        *,
        code: str | None = None,
        device: str | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        self.message = f"{device}: {message}" if device else message
        super().__init__(self.message)
        self.device = device
        self.data = data
        if hint is not None:
            self.hint = hint
        if code is not None:
            self.code = code


class Refused(HostError):
    """The device understood and said no, or the job failed and nothing changed."""

    code = "refused"


class UsageError(HostError):
    """The command is wrong, or a confirmation is missing."""

    exit_code = EXIT_USAGE
    code = "usage"
    hint = "see `nightlatch --help`"


class NoDevice(HostError):
    """Nothing to talk to."""

    exit_code = EXIT_NO_DEVICE
    code = "no_device"
    hint = "plug one in, or start one with `nightlatch sim start`"


class NoAnswer(NoDevice):
    """The port opened, but nothing that speaks the protocol answered in time."""

    code = "no_answer"
    hint = "check the cable and that the agent runs; then `nightlatch device list`"


class SeveralDevices(HostError):
    """More than one fits, and none is ever picked silently."""

    exit_code = EXIT_SEVERAL
    code = "several_devices"
    hint = "name one with --port; `nightlatch device list` shows them"


class PortUnavailable(HostError):
    """The port is there, but busy or forbidden."""

    exit_code = EXIT_BUSY
    code = "port_unavailable"
    hint = "close the program that holds the port"


class AuthFailed(HostError):
    """Authentication failed: the device refused our key, or the vault our passphrase."""

    exit_code = EXIT_AUTH
    code = "auth_failed"


class VaultError(HostError):
    """The vault is missing, damaged, busy, or does not hold what was asked for."""

    exit_code = EXIT_AUTH
    code = "vault"


class Mismatch(HostError):
    """A signature, a hash, a version or a board does not match."""

    exit_code = EXIT_MISMATCH
    code = "mismatch"


class Interrupted(HostError):
    """A device operation was cut short; what the device made of it is unknown."""

    exit_code = EXIT_INTERRUPTED
    code = "interrupted"
    hint = "the state is unknown: run `nightlatch device info`"


class LinkLost(Interrupted):
    """The port vanished or the peer hung up while it was in use."""

    code = "link_lost"


class ManualStep(HostError):
    """The job is done; a step that only a person can do is left (`message` says which)."""

    exit_code = EXIT_MANUAL_STEP
    code = "manual_step"
