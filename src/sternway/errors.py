"""One error tree. Each child is also a builtin, so that callers may catch either; each message says what to check."""


class SternwayError(Exception):
    """Something a person can act on; the message says what to do."""


class ConfigError(SternwayError, ValueError):
    """A setting is unknown, of the wrong type or out of range."""


class BusError(SternwayError, OSError):
    """The I2C bus did not carry a transfer: wiring, address, permission or a stuck line."""


class PinError(SternwayError, OSError):
    """A GPIO pin cannot be had: it is in use, or not permitted, or there is no GPIO here."""


class WrongChipError(SternwayError, ValueError):
    """A chip answered, but it is not one that Sternway can read."""


class RecordingError(SternwayError, ValueError):
    """A recording or data-set file is not what it should be."""


class MessageError(SternwayError, ValueError):
    """A message from outside does not fit its schema."""


class PlanError(SternwayError, ValueError):
    """A walking plan asks for something that cannot be."""


class StoreError(SternwayError, OSError):
    """A store on disk cannot be read or written."""
