"""What published studies say about a time in the three-metre backward walk test; they disagree, and that is shown."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Band:
    """One study's reading: up to ``low_s`` it calls fall risk low, from ``high_s`` on high."""

    source: str
    people: str
    low_s: float | None
    high_s: float


@dataclass(frozen=True, slots=True)
class DetectableChange:
    """The smallest change between two tests that is more than measurement error in the people of one study."""

    people: str
    change_s: float


BANDS = (
    # Carter, Jain and James, J Geriatr Phys Ther 42(4):249, doi:10.1519/JPT.0000000000000149: proposed bands.
    Band("Carter 2019", "older adults", 3.0, 4.5),
    # Polo-Ferrero and others, J Funct Morphol Kinesiol 10(2):154, doi:10.3390/jfmk10020154: best cut 5.5 s
    # (sensitivity 59.5 %, specificity 68.6 %, AUC 0.655); a cut of 3.5 s finds 98 % of those who fell.
    Band("Polo-Ferrero 2025", "483 older adults", 3.5, 5.5),
)
CHANGES = (
    # Soke and others 2022, 49 people, Int J Rehabil Res 45(3):209, doi:10.1097/MRR.0000000000000530: 1.69 s.
    DetectableChange("people with multiple sclerosis", 1.7),
    # Irish Journal of Medical Science 192:3063, 2023, 36 people: 2.13 s.
    DetectableChange("people with Parkinson's disease", 2.1),
)


def band_word(band: Band, time_s: float) -> str:
    """Return what one study would say of ``time_s``.

    >>> [band_word(band, 5.0) for band in BANDS]
    ['high', 'between']
    """
    if time_s >= band.high_s:
        return "high"
    return "low" if band.low_s is not None and time_s <= band.low_s else "between"


def bands_words(time_s: float) -> list[str]:
    """Return one line a study, and one more where they disagree."""
    words = {band.source: band_word(band, time_s) for band in BANDS}
    lines = [
        f"{band.source} ({band.people}): {_risk(words[band.source])} "
        f"(low up to {band.low_s:.1f} s, high from {band.high_s:.1f} s)"
        for band in BANDS
    ]
    if len(set(words.values())) > 1:
        lines.append("The studies disagree about this time; neither tells much about one person.")
    return lines


def change_words(time_s: float, before_s: float | None) -> list[str]:
    """Say what a change since the last test means against the smallest detectable ones.

    >>> change_words(5.0, 4.5)
    ['0.5 s slower than last time: within measurement error']
    >>> change_words(7.0, 4.5)
    ['2.5 s slower than last time: more than measurement error (over 2.1 s)']
    >>> change_words(4.5, None)
    []
    """
    if before_s is None:
        return []
    change_s = time_s - before_s
    least, most = min(c.change_s for c in CHANGES), max(c.change_s for c in CHANGES)
    amount = f"{abs(change_s):.1f} s {'slower' if change_s > 0 else 'faster'} than last time"
    if abs(change_s) <= least:
        return [f"{amount}: within measurement error"]
    if abs(change_s) <= most:
        return [f"{amount}: more than measurement error in one study ({least:.1f} s), not in another ({most:.1f} s)"]
    return [f"{amount}: more than measurement error (over {most:.1f} s)"]


def is_real_change(time_s: float, before_s: float) -> bool:
    """Return whether a change is beyond every study's measurement error: only then is it worth an alert."""
    return abs(time_s - before_s) > max(c.change_s for c in CHANGES)


def _risk(word: str) -> str:
    return {"high": "higher fall risk", "low": "lower fall risk", "between": "between its bands"}[word]
