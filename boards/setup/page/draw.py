# SPDX-License-Identifier: MIT
"""A few symbols of a circuit diagram as SVG. Coordinates are pixels; every symbol tells where it ends."""

from html import escape

INK, RED, ORANGE, BLUE, GREY = "#1b1f24", "#c0392b", "#c8740a", "#1f5fa8", "#6a737d"
HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" '
    'font-family="DejaVu Sans, Verdana, sans-serif" font-size="12" fill="none" stroke-width="1.5" '
    'stroke-linecap="round" stroke-linejoin="round">\n<title>{title}</title>\n'
    '<rect width="{w}" height="{h}" fill="#ffffff"/>\n'
)


class Sheet:
    """One picture in the making."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self._parts = [HEAD.format(w=width, h=height, title=escape(title))]

    def text(
        self, x: float, y: float, words: str, at: str = "start", ink: str = INK, size: int = 12, bold: bool = False
    ) -> None:
        """Words whose baseline is y; `at` is start, middle or end."""
        weight = ' font-weight="bold"' if bold else ""
        look = f'text-anchor="{at}" font-size="{size}"{weight} fill="{ink}"'
        self._parts.append(f'<text x="{x:g}" y="{y:g}" {look}>{escape(words)}</text>\n')

    def line(self, *points: tuple[float, float], ink: str = INK, dash: bool = False) -> None:
        """A wire through the points; dashed: what a relay moves."""
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        dashes = ' stroke-dasharray="5 4"' if dash else ""
        self._parts.append(f'<polyline points="{path}" stroke="{ink}"{dashes}/>\n')

    def dot(self, x: float, y: float, ink: str = INK) -> None:
        """Where wires join."""
        self._parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="2.6" fill="{ink}"/>\n')

    def ring(self, x: float, y: float) -> None:
        """Where a wire leaves the picture."""
        self._parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="3" fill="#fff" stroke="{INK}"/>\n')

    def box(self, x: float, y: float, w: float, h: float, *words: str, fill: str = "#f6f8fa") -> None:
        """A block with its lines of text in the middle, the first one bold."""
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="5" fill="{fill}" stroke="{INK}"/>\n'
        )
        top = y + h / 2 + 4 - 8 * (len(words) - 1)
        for index, each in enumerate(words):
            self.text(x + w / 2, top + 16 * index, each, "middle", bold=index == 0)

    def resistor(self, x: float, y: float, words: str, upright: bool = False) -> float:
        """40 long from (x, y), to the right or downwards; returns the coordinate where it ends."""
        w, h = (12, 24) if upright else (24, 12)
        self.line((x, y), (x, y + 40) if upright else (x + 40, y))
        at = (x - 6, y + 8) if upright else (x + 8, y - 6)
        self._rect(*at, w, h)
        if upright:
            self.text(x + 11, y + 25, words)
        else:
            self.text(x + 20, y - 10, words, "middle")
        return (y if upright else x) + 40

    def ground(self, x: float, y: float) -> None:
        """The symbol, its wire ending at (x, y)."""
        for half, down in ((9, 0), (6, 4), (3, 8)):
            self.line((x - half, y + down), (x + half, y + down))

    def diode(self, x: float, y: float, way: str, zener: bool = False, lamp: bool = False) -> None:
        """A triangle of 14 around (x, y) that conducts `way`: up, down, right or left."""
        dx, dy = {"up": (0, -1), "down": (0, 1), "right": (1, 0), "left": (-1, 0)}[way]
        tip, base = (x + 7 * dx, y + 7 * dy), (x - 7 * dx, y - 7 * dy)
        a, b = (base[0] + 8 * dy, base[1] + 8 * dx), (base[0] - 8 * dy, base[1] - 8 * dx)
        shape = " ".join(f"{p:g},{q:g}" for p, q in (a, b, tip))
        self._parts.append(f'<polygon points="{shape}" fill="#fff" stroke="{INK}"/>\n')
        bar = [(tip[0] + 8 * dy, tip[1] + 8 * dx), (tip[0] - 8 * dy, tip[1] - 8 * dx)]
        if zener:
            bar = [(bar[0][0] - 4 * dx, bar[0][1] - 4 * dy), *bar, (bar[1][0] + 4 * dx, bar[1][1] + 4 * dy)]
        self.line(*bar)
        if lamp:
            for step in (0, 7):
                self.line((x - 4 + step, y - 12), (x + 2 + step, y - 21), ink=ORANGE)

    def capacitor(self, x: float, y: float, words: str) -> float:
        """40 downwards from (x, y)."""
        self.line((x, y), (x, y + 17))
        self.line((x - 10, y + 17), (x + 10, y + 17))
        self.line((x - 10, y + 23), (x + 10, y + 23))
        self.line((x, y + 23), (x, y + 40))
        self.text(x + 14, y + 25, words)
        return y + 40

    def mosfet(self, x: float, y: float) -> None:
        """N-channel: gate at (x, y), drain 24 right and 20 up, source 24 right and 20 down."""
        self.line((x, y), (x + 8, y))
        self.line((x + 8, y - 13), (x + 8, y + 13))
        for step in (-12, 0, 12):
            self.line((x + 13, y + step - 4), (x + 13, y + step + 4))
        self.line((x + 13, y - 12), (x + 24, y - 12), (x + 24, y - 20))
        self.line((x + 13, y + 12), (x + 24, y + 12), (x + 24, y + 20))
        self.line((x + 13, y), (x + 24, y), (x + 24, y + 12))
        self.line((x + 18, y - 3), (x + 13, y), (x + 18, y + 3))

    def coil(self, x: float, y: float) -> None:
        """A relay's coil, 30 high, from (x, y) downwards."""
        self._rect(x - 13, y + 6, 26, 18)
        self.line((x - 13, y + 24), (x + 13, y + 6))
        self.line((x, y), (x, y + 6))
        self.line((x, y + 24), (x, y + 30))

    def contact(self, x: float, y: float) -> float:
        """A contact that is open at rest, 44 long from (x, y) to the right."""
        self.line((x, y), (x + 12, y))
        self.line((x + 12, y), (x + 34, y - 12))
        self.line((x + 32, y), (x + 44, y))
        self.dot(x + 12, y)
        return x + 44

    def _rect(self, x: float, y: float, w: float, h: float) -> None:
        self._parts.append(f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" fill="#fff" stroke="{INK}"/>\n')

    def svg(self) -> str:
        """The whole picture."""
        return "".join(self._parts) + "</svg>\n"
