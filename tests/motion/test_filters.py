import math

import pytest

from sternway.motion.filters import BandPass, LowPass


def amplitude(band, frequency_hz):
    """The size of what comes out of a sine of size 1, once the start has died away."""
    out = [band.update(math.sin(2.0 * math.pi * frequency_hz * count / 100.0)) for count in range(4000)]
    return math.sqrt(2.0 * sum(value * value for value in out[2000:]) / 2000)


def butterworth(frequency_hz, corner_hz):
    """The size of a second-order Butterworth low-pass, whose corner the bilinear transform keeps."""
    ratio = math.tan(math.pi * frequency_hz / 100.0) / math.tan(math.pi * corner_hz / 100.0)
    return 1.0 / math.sqrt(1.0 + ratio**4)


@pytest.mark.parametrize("frequency_hz", [0.5, 2.0, 3.3, 10.0, 30.0])
def test_a_low_pass_is_butterworths(frequency_hz):
    assert amplitude(LowPass(3.3), frequency_hz) == pytest.approx(butterworth(frequency_hz, 3.3), abs=1e-6)


@pytest.mark.parametrize("frequency_hz", [0.2, 0.7, 1.5, 3.3, 10.0, 30.0])
def test_a_band_pass_is_a_high_and_a_low_pass_of_butterworths(frequency_hz):
    high_pass = math.sqrt(1.0 - butterworth(frequency_hz, 0.7) ** 2)
    expected = high_pass * butterworth(frequency_hz, 3.3)
    assert amplitude(BandPass(0.7, 3.3), frequency_hz) == pytest.approx(expected, abs=1e-6)


def test_a_band_pass_forgets_a_constant():
    band = BandPass(0.7, 3.3)
    assert abs([band.update(9.81) for _ in range(2000)][-1]) < 1e-9


@pytest.mark.parametrize("band", [LowPass(3.3), BandPass(0.7, 3.3)])
def test_reset_forgets_the_past(band):
    first = [band.update(x) for x in (1.0, -2.0, 3.0)]
    band.reset()
    assert [band.update(x) for x in (1.0, -2.0, 3.0)] == first
