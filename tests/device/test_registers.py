from sternway.device.registers import Register, Setting, apply, mismatches

POWER, RATE, SECRET = Register("POWER", 0x10), Register("RATE", 0x12), Register("SECRET", 0x40)
TABLE = (
    Setting(RATE, 0x54, "208 Hz"),
    Setting(POWER, 0x01, "awake"),
    Setting(SECRET, 0x80, "clears itself", mask=0x7F),
)


class Memory:
    def __init__(self):
        self.bytes = bytearray(128)
        self.written = []
        self.reads = 0

    def read(self, address, register, count):
        self.reads += 1
        return bytes(self.bytes[register : register + count])

    def write(self, address, register, data):
        self.written.append(register)
        self.bytes[register : register + len(data)] = data


def test_a_table_is_written_in_its_order_and_reads_back():
    bus = Memory()
    apply(bus, 0x6A, TABLE)
    assert bus.written == [0x12, 0x10, 0x40]
    assert mismatches(bus, 0x6A, TABLE) == []


def test_a_register_that_differs_is_named_with_its_meaning():
    bus = Memory()
    apply(bus, 0x6A, TABLE)
    bus.bytes[0x12] = 0x50
    assert mismatches(bus, 0x6A, TABLE) == ["RATE holds 0x50, not 0x54 (208 Hz)"]


def test_bits_that_do_not_read_back_are_left_out():
    bus = Memory()
    apply(bus, 0x6A, TABLE)
    bus.bytes[0x40] = 0x00
    assert mismatches(bus, 0x6A, TABLE) == []


def test_neighbours_are_read_in_one_burst():
    bus = Memory()
    mismatches(bus, 0x6A, TABLE)
    assert bus.reads == 2
