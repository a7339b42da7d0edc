"""Draw the wiring of a clip: ``python docs/build/make_wiring.py`` writes ``wiring.svg`` beside it.

Pin numbers come from the default settings, so that drawing and code agree.
"""

from pathlib import Path

from sternway.config import PinSettings

# BCM number of a GPIO to its pin on the 40-pin header (Raspberry Pi documentation, "GPIO and the 40-pin header").
HEADER = {2: 3, 3: 5, 4: 7, 17: 11, 27: 13, 22: 15, 14: 8, 15: 10, 18: 12, 23: 16}
POWER = {1: "3.3 V", 2: "5 V", 4: "5 V", 6: "GND", 9: "GND", 14: "GND"}
ROWS = 8

RED, BLACK, BLUE, GREEN, ORANGE, PURPLE = "#c62828", "#333333", "#1565c0", "#2e7d32", "#b35300", "#6a1b9a"


def draw(pins: PinSettings | None = None) -> str:
    """Return the drawing as SVG."""
    pins = pins or PinSettings()
    uses = {2: "SDA", 3: "SCL", pins.button: "button", pins.led: "light", pins.motor: "motor"}
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 560" role="img" '
        'aria-labelledby="title" font-family="sans-serif" font-size="15">',
        '<title id="title">Wiring of a Sternway clip: sensor, button and light on the left of the header, '
        "motor with its transistor on the right</title>",
        '<rect width="960" height="560" rx="12" fill="#ffffff"/>',
        *_header(uses),
        *_sensor(),
        *_button(HEADER[pins.button]),
        *_light(HEADER[pins.led]),
        *_motor(HEADER[pins.motor]),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def spot(pin: int) -> tuple[int, int]:
    """Return where a pin of the header is drawn."""
    row, column = divmod(pin - 1, 2)
    return 440 + 60 * column, 90 + 52 * row


def text(x: float, y: float, words: str, anchor: str = "start", **style: str) -> str:
    """Return a label."""
    extra = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in style.items())
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="#222"{extra}>{words}</text>'


def wire(colour: str, *points: tuple[float, float]) -> str:
    """Return a wire along ``points``."""
    way = " ".join(f"{x},{y}" for x, y in points)
    return f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="3.5" stroke-linejoin="round"/>'


def box(x: float, y: float, width: float, height: float, fill: str = "#eef3f3") -> str:
    """Return a part's outline."""
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" fill="{fill}" stroke="#456"/>'


def dot(x: float, y: float) -> str:
    """Return a joint of wires."""
    return f'<circle cx="{x}" cy="{y}" r="5" fill="{BLACK}"/>'


def resistor(x: float, y: float, words: str, upright: bool = False) -> str:
    """Return a resistor around its middle."""
    width, height = (16, 44) if upright else (44, 16)
    label = text(x + 14, y + 5, words) if upright else text(x, y - 14, words, "middle")
    return box(x - width / 2, y - height / 2, width, height, "#f6e3b4") + label


def _header(uses: dict[int, str]) -> list[str]:
    names = {HEADER[gpio]: f"GPIO{gpio}" for gpio in HEADER} | POWER
    parts = [box(404, 56, 132, 52 * ROWS + 16, "#dfeee0"), text(470, 40, "Raspberry Pi, pins 1 to 16", "middle")]
    used = {HEADER[gpio] for gpio in uses} | {1, 2, 9, 14}
    for pin in range(1, 2 * ROWS + 1):
        x, y = spot(pin)
        fill = "#d4a72c" if pin in used else "#c9d1c9"
        parts.append(f'<circle cx="{x}" cy="{y}" r="13" fill="{fill}" stroke="#555"/>')
        parts.append(text(x, y + 4, str(pin), "middle", font_size="12"))
        side = -20 if pin % 2 else 20
        if pin in used:
            end = "end" if pin % 2 else "start"
            parts.append(text(x + 2.2 * side, y - 8, names[pin], end, font_size="13", font_weight="bold"))
    return parts


def _sensor() -> list[str]:
    parts = [box(40, 60, 150, 190), text(115, 92, "Sensor", "middle", font_weight="bold")]
    parts += [text(115, 114, "LSM6DSOX", "middle"), text(115, 134, "or MPU-6050", "middle")]
    for pin, y, name, colour in ((1, 160, "VIN", RED), (3, 183, "SDA", BLUE), (5, 206, "SCL", GREEN)):
        x, pin_y = spot(pin)
        bend = 282 + 24 * (pin // 2)
        parts += [wire(colour, (190, y), (bend, y), (bend, pin_y), (x - 13, pin_y))]
        parts.append(text(180, y + 5, name, "end"))
    x, pin_y = spot(9)
    parts += [text(180, 234, "GND", "end"), wire(BLACK, (190, 229), (250, 229), (250, pin_y), (x - 13, pin_y))]
    return parts


def _button(pin: int) -> list[str]:
    x, y = spot(pin)
    ground = spot(9)[1]
    return [
        wire(PURPLE, (x - 13, y), (190, y)),
        box(70, y - 26, 120, 52),
        text(130, y + 5, "Button", "middle", font_weight="bold"),
        wire(BLACK, (70, y), (36, y), (36, 300), (250, 300)),
        wire(BLACK, (250, ground), (250, 300)) if ground < 300 else "",
        dot(250, 300),
    ]


def _light(pin: int) -> list[str]:
    x, y = spot(pin)
    return [
        wire(ORANGE, (x - 13, y), (190, y)),
        resistor(290, y, "330 Ω"),
        box(70, y - 20, 120, 50, "#fff6d6"),
        text(130, y + 10, "Light (LED)", "middle", font_weight="bold"),
        wire(BLACK, (70, y), (36, y), (36, spot(11)[1])),
        dot(36, spot(11)[1]),
        text(130, y + 52, "(may be left out)", "middle", font_size="13"),
    ]


def _motor(pin: int) -> list[str]:
    gate_x, gate_y = spot(pin)
    five_x, five_y = spot(2)
    ground_x, ground_y = spot(14)
    return [
        wire(RED, (five_x + 13, five_y), (760, five_y), (760, 120)),
        box(700, 120, 120, 56),
        text(760, 153, "Motor", "middle", font_weight="bold"),
        wire(BLACK, (760, 176), (760, 300)),
        # the diode across the motor, its stripe towards 5 V
        wire(BLACK, (760, 104), (880, 104), (880, 196), (760, 196)),
        '<path d="M864,164 L896,164 L880,138 Z" fill="#333"/>',
        '<rect x="862" y="132" width="36" height="6" fill="#333"/>',
        text(905, 156, "1N4148", font_size="13"),
        dot(760, 104),
        dot(760, 196),
        box(700, 300, 120, 90, "#eee6f3"),
        text(760, 336, "N-MOSFET", "middle", font_weight="bold"),
        text(760, 356, "drain above,", "middle", font_size="12"),
        text(760, 372, "source below", "middle", font_size="12"),
        wire(BLUE, (gate_x + 13, gate_y), (700, gate_y)),
        resistor(627, gate_y, "100 Ω"),
        text(696, gate_y - 8, "gate", "end", font_size="12"),
        dot(672, gate_y),
        wire(BLACK, (672, gate_y), (672, 470), (760, 470)),
        resistor(672, 425, "10 kΩ", upright=True),
        wire(BLACK, (760, 390), (760, 470)),
        dot(760, 470),
        wire(BLACK, (760, 470), (760, 500), (566, 500), (566, ground_y), (ground_x + 13, ground_y)),
    ]


if __name__ == "__main__":
    Path(__file__).with_name("wiring.svg").write_text(draw(), encoding="utf-8")
