import subprocess
import sys


def test_takes_what_is_allowed_and_says_what_was_not():
    """In a process of its own: priority, memory and the collector belong to the whole process."""
    program = "from sternway.device.realtime import be_punctual; print('\\n'.join(be_punctual())); print('on time')"
    lines = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    assert "on time" in lines
    for line in lines[: lines.index("on time")]:
        assert not line or "LimitRTPRIO" in line or "LimitMEMLOCK" in line


def test_memory_that_is_only_reserved_costs_none():
    """Locking every reserved stack and buffer once took more than the service may have, and it never started."""
    script = (
        "import mmap, resource; from sternway.device.realtime import be_punctual; be_punctual(); "
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; reserved = mmap.mmap(-1, 300_000_000); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 50_000


def test_the_collectors_rounds_stay_short_however_much_was_made_before():
    """A round that looks at thousands of objects holds the loop up for milliseconds."""
    script = (
        "import gc; kept = [[number] for number in range(100_000)]\n"
        "from sternway.device.realtime import collect_in_short_rounds; collect_in_short_rounds(); seen = []\n"
        "gc.callbacks.append(lambda phase, info: phase == 'start' and seen.append(len(gc.get_objects(0))))\n"
        "newer = [[number] for number in range(10_000)]; print(len(gc.get_objects()), len(seen), max(seen))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    not_frozen, rounds, most = map(int, done.stdout.split())
    assert not_frozen < 50_000
    assert rounds > 50
    assert most < 300
