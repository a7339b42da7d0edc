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
