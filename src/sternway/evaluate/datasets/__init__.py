"""One reader a public data set, each in its original layout."""

import importlib

from sternway.errors import SternwayError
from sternway.evaluate.trial import Dataset

DATASETS: dict[str, str] = {
    "sisfall": "SisFall",
    "hapt": "Hapt",
    "kfall": "KFall",
    "umafall": "UmaFall",
    "own": "OwnRecordings",
    "ipol": "Ipol",
    "mobgap": "Mobgap",
    "bandai": "Bandai",
    "vidimu": "Vidimu",
}


def dataset(name: str) -> Dataset:
    """Return the reader called ``name``; each lives in the module of that name."""
    if name not in DATASETS:
        raise SternwayError(f"no reader for the data set {name!r}; there are: {', '.join(DATASETS)}")
    module = importlib.import_module(f"{__name__}.{name}")
    reader: Dataset = getattr(module, DATASETS[name])()
    return reader
