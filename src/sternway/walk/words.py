"""What the clip's side says in sentences of how a walk went."""

from sternway.walk.walk import REASON_WORDS
from sternway.wire.report import SessionReport


def reason_words(report: SessionReport) -> str:
    """Return why a walk ended, in the words that came with an old report, else in ours; a newer code as it is."""
    if report.reason_words:
        return report.reason_words
    known = {reason.value: words for reason, words in REASON_WORDS.items()}
    return known.get(report.reason, f"The walk ended: {report.reason.replace('_', ' ')}.")
