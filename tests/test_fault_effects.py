from sternway.dashboard.verdict import FAULTS
from sternway.events import Cause
from sternway.fault_effects import EFFECTS, FROM_SAMPLES, PAUSING, Effect
from sternway.monitor import DISABLING


def test_every_cause_says_what_is_true_of_it():
    assert set(EFFECTS) == set(Cause) == set(FAULTS)


def test_what_warnings_do_not_need_neither_pauses_nor_says_that_nothing_warns():
    assert {cause for cause, effect in EFFECTS.items() if effect is Effect.WARNING} == set(Cause) - PAUSING
    assert Effect.WARNING is EFFECTS[Cause.STORE_FULL] is EFFECTS[Cause.LOW_BATTERY]


def test_a_fault_of_the_loop_that_disables_the_clip_pauses_the_walk():
    assert {Cause.SOFTWARE, Cause.MOTOR_FAILED} == DISABLING
    assert FROM_SAMPLES <= PAUSING
