# SPDX-License-Identifier: MIT
"""Port URLs: what is understood, what is refused, and that nothing else ever escapes the parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlatch.errors import UsageError
from nightlatch.link import LinkUrl, open_link


@pytest.mark.parametrize(
    ("text", "parsed", "back"),
    [
        ("serial:/dev/ttyACM0", LinkUrl("serial", "/dev/ttyACM0"), "serial:/dev/ttyACM0"),
        ("serial:COM3?baud=9600", LinkUrl("serial", "COM3", baud=9600), "serial:COM3?baud=9600"),
        ("pty:/dev/pts/3", LinkUrl("pty", "/dev/pts/3"), "pty:/dev/pts/3"),
        ("tcp:bench.local:4000", LinkUrl("tcp", "bench.local", port=4000), "tcp:bench.local:4000"),
        ("tcp:[::1]:4000", LinkUrl("tcp", "::1", port=4000), "tcp:[::1]:4000"),
        ("sim:", LinkUrl("sim", "car"), "sim:car"),
        ("sim:second", LinkUrl("sim", "second"), "sim:second"),
    ],
)
def test_understood(text: str, parsed: LinkUrl, back: str) -> None:
    assert LinkUrl.parse(text) == parsed
    assert str(parsed) == back


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "car",
            "/dev/ttyACM0",
            "usb:1",
            "SIM:car",
            "serial:",
            "serial:?baud=9600",
            "serial:/dev/x?baud=0",
        ),
        *("serial:/dev/x?speed=9600", "serial:/dev/x?baud=fast", "serial:/dev/x?baud=\u0661"),
        *("pty:", "pty:/dev/\0", "tcp:host", "tcp::80", "tcp:h:0", "tcp:h:65536", "tcp:h:-1", "tcp:h:+1"),
        *("sim:../car", "sim:a/b", "sim:a b", "sim:.", "sim:" + "x" * 41),
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(UsageError):
        LinkUrl.parse(text)
    with pytest.raises(UsageError):
        open_link(text)


@given(
    st.one_of(
        st.text(), st.builds("{}:{}".format, st.sampled_from(["serial", "pty", "tcp", "sim"]), st.text())
    )
)
def test_parses_or_refuses(text: str) -> None:
    try:
        url = LinkUrl.parse(text)
    except UsageError:
        return
    assert LinkUrl.parse(str(url)) == url
