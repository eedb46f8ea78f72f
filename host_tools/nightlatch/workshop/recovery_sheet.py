# SPDX-License-Identifier: MIT
"""The recovery sheet: one page of A4 as SVG, each code as text and QR."""

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import segno

from ..errors import HostError
from ..files import create_whole
from ..phone.recovery import SCHEME, Code

_WIDTH, _HEIGHT = 210, 297  # mm
_COLUMNS = 2
_CELL_W, _CELL_H, _TOP = 95, 40, 42
_QR = 28


def save(target: Path, serial: str, codes: Sequence[Code], replace: bool) -> None:
    """Writes the sheet whole, mode 0600. HostError when it can't: the codes are then lost, and to be revoked."""
    data = draw(serial, codes).encode()
    try:
        create_whole(target, lambda draft: _fill(draft, data), replace)
    except OSError as error:
        handles = ", ".join(str(code.handle) for code in codes)
        hint = f"revoke keys {handles} and make another sheet"
        raise HostError(f"cannot write {target}: {error.strerror}", hint) from None


def draw(serial: str, codes: Sequence[Code]) -> str:
    """The page. Each code stands beside its QR; what to do stands on top."""
    lines = (
        f"Recovery codes of the car {serial}",
        "Each opens the car once, from any phone with Nightlatch or by cable: nightlatch recovery use",
        "Keep this sheet away from the car. Cross out what was used.",
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}mm" height="{_HEIGHT}mm"'
        f' viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="monospace">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
    ]
    parts += [
        f'<text x="12" y="{16 + 7 * row}" font-size="{6 if row == 0 else 3.2}">{escape(line)}</text>'
        for row, line in enumerate(lines)
    ]
    for place, code in enumerate(codes):
        parts.append(_cell(12 + place % _COLUMNS * _CELL_W, _TOP + place // _COLUMNS * _CELL_H, code))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _cell(x: int, y: int, code: Code) -> str:
    picture = segno.make_qr(SCHEME + code.text, error="m")
    modules, _ = picture.symbol_size(border=4)
    path = picture.svg_inline(border=4, omitsize=True, svgclass=None, lineclass=None)
    head, _, tail = code.text.partition("-")
    return (
        f'<svg x="{x}" y="{y}" width="{_QR}" height="{_QR}" viewBox="0 0 {modules} {modules}">{path}</svg>'
        f'<text x="{x + _QR + 1}" y="{y + 10}" font-size="5">No. {head}</text>'
        f'<text x="{x + _QR + 1}" y="{y + 17}" font-size="4">{escape(head + "-" + tail[:9])}</text>'
        f'<text x="{x + _QR + 1}" y="{y + 22}" font-size="4">{escape(tail[9:])}</text>'
        f'<rect x="{x + _QR + 1}" y="{y + 25}" width="3" height="3" fill="none" stroke="#000" stroke-width=".3"/>'
        f'<text x="{x + _QR + 6}" y="{y + 28}" font-size="3">used</text>'
    )


def _fill(draft: Path, data: bytes) -> None:
    draft.write_bytes(data)
