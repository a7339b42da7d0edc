"""A belt clip that watches the balance of a person who walks backwards."""

from importlib.metadata import version

__version__ = version("sternway")
