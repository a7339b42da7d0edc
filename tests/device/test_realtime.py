import subprocess
import sys


def test_takes_what_is_allowed_and_says_what_was_not():
    """In a process of its own: priority, memory and the collector belong to the whole process."""
    program = (
        "from sternway.device.realtime import request_realtime; "
        "print('\\n'.join(request_realtime())); print('on time')"
    )
    lines = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    assert "on time" in lines
    for line in lines[: lines.index("on time")]:
        assert not line or "LimitRTPRIO" in line or "LimitMEMLOCK" in line


def test_memory_that_is_only_reserved_costs_none():
    """Locking every reserved stack and buffer once took more than the service may have, and it never started."""
    script = (
        "import mmap, resource; from sternway.device.realtime import request_realtime; request_realtime(); "
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; reserved = mmap.mmap(-1, 300_000_000); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 50_000


def test_the_collector_waits_until_it_is_called_and_leaves_alone_what_was_made_before():
    """A round that looks at thousands of objects in the midst of a turn holds the loop up for milliseconds."""
    script = (
        "import gc; kept = [[number] for number in range(100_000)]\n"
        "from sternway.device.realtime import disable_automatic_gc; disable_automatic_gc(); rounds = []\n"
        "gc.callbacks.append(lambda phase, info: rounds.append(phase))\n"
        "newer = [[number] for number in range(10_000)]; print(len(gc.get_objects()), len(rounds))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    not_frozen, rounds = map(int, done.stdout.split())
    assert not_frozen < 50_000
    assert rounds == 0
