"""Registers as declarations: named as the datasheet draws them, written as a table, read back in bursts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sternway.device.bus import Bus


@dataclass(frozen=True, slots=True)
class Register:
    """One byte of a chip's register map."""

    name: str
    address: int


@dataclass(frozen=True, slots=True)
class Setting:
    """What a register is to hold; ``why`` says it in words, ``mask`` names the bits that read back as written."""

    register: Register
    value: int
    why: str
    mask: int = 0xFF


Table = Sequence[Setting]

# Reading across a few registers nobody asked for is cheaper than another start and address on the wire.
_BRIDGE_COUNT = 8


def apply(bus: Bus, address: int, table: Table) -> None:
    """Write every setting of ``table`` in order."""
    for setting in table:
        bus.write(address, setting.register.address, bytes((setting.value,)))


def mismatches(bus: Bus, address: int, table: Table) -> list[str]:
    """Return a line for every register that does not hold what ``table`` says; empty when all is well."""
    held: dict[int, int] = {}
    for start, count in spans(table):
        held.update(enumerate(bus.read(address, start, count), start))
    return [
        f"{s.register.name} holds 0x{held[s.register.address]:02x}, not 0x{s.value:02x} ({s.why})"
        for s in table
        if (held[s.register.address] ^ s.value) & s.mask
    ]


def spans(table: Table) -> Iterator[tuple[int, int]]:
    """Yield (first register, count) of the bursts that read every register of ``table``.

    >>> a, b, c = (Setting(Register(n, r), 0, "") for n, r in (("A", 7), ("B", 10), ("C", 64)))
    >>> list(spans([c, a, b]))
    [(7, 4), (64, 1)]
    """
    addresses = sorted({setting.register.address for setting in table})
    start = previous = addresses[0]
    for address in addresses[1:]:
        if address - previous > _BRIDGE_COUNT:
            yield start, previous - start + 1
            start = address
        previous = address
    yield start, previous - start + 1
