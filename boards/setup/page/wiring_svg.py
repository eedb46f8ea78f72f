# SPDX-License-Identifier: MIT
"""Draw how a board is wired in a car, from its pins.csv and board.json: boards/NAME/wiring.svg.

Supply on top, reader, button and lamps on the left, one driver for each output on the right. boards/WIRING.md says why.
"""

from boardfiles import BUSES, DRIVES, Board
from page.draw import BLUE, GREY, ORANGE, RED, Sheet

WIDTH, HEIGHT = 1180, 900
LEFT, RIGHT, TOP = 400, 660, 250  # edges of the board's block
RAIL = 1020  # x of the 12 V line of the relays
STEP = 142  # between drivers
READER_NAMES = {
    "TX": "RXD", "RX": "TXD", "SCK": "SCK", "MOSI": "MOSI", "MISO": "MISO", "CS": "SS", "SDA": "SDA", "SCL": "SCL",
    "IRQ": "IRQ", "RESET": "RSTPDN",
}  # fmt: skip
LOADS = {
    "UNLOCK": ("unlock switch line", "of the door module"),
    "LOCK": ("lock switch line", "of the door module"),
    "TRUNK": ("trunk release line",),
    "DRIVE": ("start authorisation", "line"),
}


def supply(sheet: Sheet, board: Board) -> None:
    """12 V to 5 V: fuse, reverse polarity, load dump, cranking."""
    y = 110
    sheet.text(40, y - 46, "Supply: from 6 V (cranking) to 39 V (load dump, clamped)", bold=True, size=14)
    sheet.text(40, y - 12, "12 V, terminal 30", ink=RED, bold=True)
    sheet.line((40, y), (184, y), ink=RED)
    sheet.box(184, y - 10, 56, 20, "2 A")
    sheet.text(212, y - 16, "fuse", "middle")
    sheet.line((240, y), (268, y), ink=RED)
    sheet.box(268, y - 24, 122, 48, "reverse polarity", "P-MOSFET 60 V")
    sheet.line((329, y + 24), (329, y + 50))
    sheet.ground(329, y + 50)
    sheet.line((390, y), (640, y), ink=RED)
    sheet.dot(420, y, RED)
    sheet.line((420, y), (420, y + 18))
    sheet.diode(420, y + 25, "up", zener=True)
    sheet.line((420, y + 32), (420, y + 50))
    sheet.ground(420, y + 50)
    sheet.text(436, y + 29, "TVS SMCJ24A")
    sheet.dot(544, y, RED)
    sheet.line((544, y), (544, y + 8))
    sheet.ground(544, sheet.capacitor(544, y + 8, "470 µF 50 V") + 2)
    sheet.box(640, y - 32, 170, 64, "buck converter 5 V", "3 to 65 V in, ≥ 0.6 A", "idle ≤ 30 µA")
    sheet.line((725, y + 32), (725, y + 50))
    sheet.ground(725, y + 50)
    sheet.line((810, y), (880, y), ink=ORANGE)
    sheet.dot(850, y, ORANGE)
    sheet.line((850, y), (850, y + 8))
    sheet.ground(850, sheet.capacitor(850, y + 8, "22 µF") + 2)
    sheet.text(890, y - 8, "5 V", ink=ORANGE, bold=True)
    sheet.line((880, y), (930, y), (930, y + 88), (530, y + 88), (530, y + 105), ink=ORANGE)
    sheet.diode(530, y + 112, "down")
    sheet.text(547, y + 116, "Schottky: USB may be plugged in as well")
    sheet.line((530, y + 119), (530, TOP), ink=ORANGE)
    sheet.text(537, TOP - 5, board.chip.feed, size=11)
    sheet.dot(620, y, RED)
    low = TOP + 100 + STEP * (len(DRIVES) - 1) - 74
    sheet.line((620, y), (620, y - 48), (RAIL, y - 48), (RAIL, low), ink=RED)
    sheet.text(RAIL + 8, y - 44, "12 V to the relays", ink=RED)


def driver(sheet: Sheet, board: Board, role: str, y: float) -> None:
    """GPIO, series resistor, pull-down, N-MOSFET, relay with its flyback diode, a dry contact."""
    sheet.text(RIGHT - 8, y + 4, f"{board.roles[role]}  {role}", "end")
    sheet.line((RIGHT, y), (686, y), ink=BLUE)
    end = sheet.resistor(686, y, "470 Ω")
    sheet.line((end, y), (812, y), ink=BLUE)
    sheet.dot(758, y, BLUE)
    sheet.line((758, y), (758, y + 6))
    sheet.ground(758, sheet.resistor(758, y + 6, "4.7 kΩ", upright=True))
    sheet.mosfet(812, y)
    sheet.line((836, y + 20), (836, y + 34))
    sheet.ground(836, y + 34)
    sheet.text(848, y + 16, "N-MOSFET", size=11)
    sheet.text(848, y + 29, "60 V, 3 V gate", size=11)
    sheet.line((836, y - 20), (836, y - 28), (890, y - 28))
    sheet.dot(890, y - 28)
    sheet.line((890, y - 28), (920, y - 28))
    sheet.line((920, y - 28), (920, y - 34))
    sheet.coil(920, y - 64)
    sheet.line((920, y - 64), (920, y - 74), (RAIL, y - 74), ink=RED)
    sheet.dot(RAIL, y - 74, RED)
    sheet.line((890, y - 28), (890, y - 42))
    sheet.diode(890, y - 49, "up")
    sheet.line((890, y - 56), (890, y - 74), (920, y - 74), ink=RED)
    sheet.dot(920, y - 74, RED)
    sheet.line((933, y - 49), (1065, y - 49), (1065, y - 44), ink=GREY, dash=True)
    sheet.ground(1042, y - 20)
    sheet.line((1042, y - 20), (1042, y - 36))
    end = sheet.contact(1042, y - 36)
    sheet.line((end, y - 36), (end + 22, y - 36))
    sheet.ring(end + 25, y - 36)
    for index, words in enumerate(LOADS[role]):
        sheet.text(1056, y - 10 + 14 * index, words, size=11)


def lamp(sheet: Sheet, board: Board, role: str, y: float) -> None:
    """An LED or a buzzer against ground."""
    sheet.text(LEFT + 8, y + 4, f"{role}  {board.roles[role]}")
    if board.number(role) in board.chip.radio:  # no header has these pins
        sheet.text(LEFT - 10, y + 4, "status light, on the board", "end", ink=GREY)
        return
    sheet.line((LEFT, y), (360, y), ink=BLUE)
    if role == "LED":
        sheet.resistor(320, y, "1 kΩ")
        sheet.line((320, y), (267, y))
        sheet.diode(260, y, "left", lamp=True)
        sheet.line((253, y), (200, y), (200, y + 10))
        sheet.text(150, y - 8, "status light", "middle")
    else:
        sheet.box(240, y - 14, 90, 28, "buzzer, 3 V")
        sheet.line((330, y), (360, y), ink=BLUE)
        sheet.line((240, y), (200, y), (200, y + 10))
    sheet.ground(200, y + 10)


def button(sheet: Sheet, board: Board, y: float) -> None:
    """To ground, inside the car."""
    sheet.text(LEFT + 8, y + 4, f"BUTTON  {board.roles['BUTTON']}")
    sheet.line((LEFT, y), (310, y), ink=BLUE)
    sheet.line((310, y), (308, y - 2))
    sheet.line((312, y - 10), (268, y - 10))
    sheet.line((290, y - 10), (290, y - 18))
    sheet.dot(306, y)
    sheet.dot(274, y)
    sheet.line((274, y), (200, y), (200, y + 10))
    sheet.ground(200, y + 10)
    sheet.text(150, y - 8, "claim button", "middle")


def reader(sheet: Sheet, board: Board, y: float) -> float:
    """The PN532 and its lines; the y below it."""
    bus = board.ours["reader"]["bus"]
    lines = [line for line in (*BUSES[bus], "IRQ", "RESET") if f"READER_{line}" in board.roles]
    height = 26 * (len(lines) + 2) + 16
    sheet.box(60, y, 190, height, "", fill="#f6f8fa")
    sheet.text(76, y + height / 2 - 6, "PN532 reader", bold=True)
    sheet.text(76, y + height / 2 + 10, f"set to {bus.upper()}")
    at = y + 22
    for line in lines:
        sheet.text(242, at + 4, READER_NAMES[line], "end")
        sheet.line((250, at), (LEFT, at), ink=BLUE)
        sheet.text(LEFT + 8, at + 4, f"READER_{line}  {board.roles[f'READER_{line}']}")
        at += 26
    for name, ink in (("3V3", RED), ("GND", GREY)):
        sheet.text(242, at + 4, "VCC" if name == "3V3" else name, "end")
        sheet.line((250, at), (LEFT, at), ink=ink)
        sheet.text(LEFT + 8, at + 4, name)
        at += 26
    return y + height


def picture(board: Board) -> str:
    """The SVG of a board. KeyError when a role is missing."""
    sheet = Sheet(WIDTH, HEIGHT, f"Wiring of {board.data['product']}")
    sheet.text(40, 36, f"{board.data['vendor']} {board.data['product']}: wiring in the car", bold=True, size=18)
    supply(sheet, board)
    sheet.box(LEFT, TOP, RIGHT - LEFT, HEIGHT - 60 - TOP, "")
    sheet.line((RIGHT - 40, HEIGHT - 60), (RIGHT - 40, HEIGHT - 52))
    sheet.ground(RIGHT - 40, HEIGHT - 52)
    sheet.text(RIGHT - 40, HEIGHT - 66, "GND", "middle")
    sheet.text((LEFT + RIGHT) / 2, TOP + 22, board.data["product"], "middle", bold=True, size=14)
    for index, role in enumerate(DRIVES):
        driver(sheet, board, role, TOP + 100 + STEP * index)
    y = reader(sheet, board, TOP + 40) + 50
    button(sheet, board, y)
    for role in ("LED", "BUZZER"):
        if role in board.roles:
            y += 66
            lamp(sheet, board, role, y)
    usb = board.ours["serial"]["kind"] == "usb"
    base = HEIGHT - 90
    sheet.box(60, base - 22, 190, 44, "technician", "USB cable" if usb else "UART, 3.3 V")
    sheet.line((250, base), (LEFT, base), ink=BLUE)
    sheet.text(LEFT + 8, base + 4, "USB" if usb else f"{board.roles['SERIAL_TX']}, {board.roles['SERIAL_RX']}")
    rest = "Pull-downs hold every relay off while the chip starts. Contacts are dry: rate them for the line they close."
    sheet.text(40, HEIGHT - 30, rest, ink=GREY)
    sheet.text(40, HEIGHT - 14, "Drawn from pins.csv and board.json by boards/setup/docs.py.", ink=GREY, size=10)
    return sheet.svg()
