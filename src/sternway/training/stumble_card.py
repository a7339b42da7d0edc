"""The model card of the network that judges a possible stumble."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from sternway.training.augment import Augmentation
from sternway.training.card import changes
from sternway.training.moments import SOFT, Moments
from sternway.training.stumble import StumbleTraining

_TITLE = "Stumble"


def card(version: str, moments: Sequence[Moments], *, seed: int, curve: str, folds: int) -> str:
    """Return the model card as Markdown."""
    made = Counter(one.made or "as recorded" for one in moments)
    counted = "\n".join(
        f"| {words} | {trials} | {_moments(moments, words)} |" for words, trials in sorted(made.items())
    )
    people = sorted({one.group.split("/")[0] for one in moments})
    who = ", ".join(
        f"{len({one.group for one in moments if one.group.startswith(f'{name}/')})} of {name}" for name in people
    )
    return f"""\
# {_TITLE}

Judges a jolt beyond this person's walking, at the moment it is found: was somebody on their feet and under way? It
looks at 53 numbers of the last 3.2 s and adds no delay. A jolt counts where its probability reaches that of the
operating point in force: *always worn*, or *in a walk under way*, which the clip knows from the button.

**Weights `{version}`**, fitted with seed {seed} on all development people at once, with NumPy {np.__version__}.
Licence of the weights: that of Sternway. No sample of a recording is in them or beside them.

## What it learned from

People: {who}.

| trials | how many | possible stumbles in them |
|---|---|---|
{counted}

*Cut short*: standing, then 0.9 to 2.4 s of the same person's gait, then their stumble or fall; and walks, jogs,
stairs and jumps begun in the same way. Positive are the moments of an acted stumble and those in the
{StumbleTraining().before_s:g} s before the impact of a fall from gait; negative are all in daily activities, also
soft ones from {SOFT:g} times the usual on. *Changed*: {changes(Augmentation())}

## How it does on people it never saw

{folds} folds split by person (never by window): each person is judged by a network fitted without them, their cut and
their changed copies. *Cut short* counts stumbles 0.9 to 2.4 s after setting off, six of each where the recording goes
back so far; *wear* is HAPT, worn without a break. The points in force are in bold; they were chosen on this curve, so
their rows are a little kind.

{curve}

## What is not known

- Every stumble is acted and gross, forward, by 13 people of 19 to 30 years. Nobody has recorded small stumbles of
  older people, nor stumbles while walking backward.
- Setting off is imitated by cutting; the first steps after standing are softer than those of the steady walk used.
- Collapsing into a chair, quick stairs and jogging are what it takes for stumbles most often.
- A rate of alarms in walking means no more than the hours behind it, which the table gives.

Made by `sternway train`; see `sternway train --help` to make it again.
"""


def _moments(moments: Sequence[Moments], words: str) -> int:
    return sum(len(one.times_s) for one in moments if (one.made or "as recorded") == words)
