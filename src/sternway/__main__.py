"""Lets ``python -m sternway`` work where the script is not on the path."""

import sys

from sternway.cli import main

sys.exit(main())
