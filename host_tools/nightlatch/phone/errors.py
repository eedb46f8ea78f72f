# SPDX-License-Identifier: MIT
"""What the phone library raises when there is no car to talk to. A refusal by the car is no error: it is an answer."""

from ..errors import HostError


class PhoneError(HostError):
    """The phone could not do its part."""

    code = "phone"


class CarNotFound(PhoneError):
    """No car of ours advertised in time."""

    code = "car_not_found"
    hint = "move closer to the car, and see that Bluetooth is on"


class LinkLost(PhoneError):
    """The link to the car broke off before the token left: nothing happened."""

    code = "link_lost"
    hint = "try again"


class NotACar(PhoneError):
    """What answered does not have the car's service."""

    code = "not_a_car"
