"""The container file fits the repository, as far as that can be seen without an engine."""

import json
import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from sternway.cli import build_parser
from sternway.config import Settings, parse_settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def steps():
    """The instructions of the container file, one (word, rest) each, with continued lines joined."""
    text = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def of(steps, word):
    return [rest for name, rest in steps if name == word]


def copied(steps):
    return [source for rest in of(steps, "COPY") if "--from" not in rest for source in rest.split()[:-1]]


def test_what_is_copied_is_there_and_not_ignored(steps):
    lines = (ROOT / ".containerignore").read_text(encoding="utf-8").split()
    kept = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert lines[0] == "*"
    for source in copied(steps):
        assert (ROOT / source).exists(), source
        assert any(fnmatch(source, pattern) for pattern in kept), source


def test_what_the_build_needs_is_copied(steps):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {project["readme"], *project["license-files"], "pyproject.toml", "src"} <= set(copied(steps))


def test_every_dependency_of_the_dashboard_is_locked_with_a_hash():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["dashboard"], "setuptools"]
    names = {re.split(r"[<>=\[]", line)[0].lower() for line in needed}
    lock = (ROOT / "requirements" / "dashboard.lock").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)[^\n]*\\\n\s+--hash", lock, re.MULTILINE))
    assert names - pinned.keys() == set()


def test_it_starts_the_dashboard_as_nobody_special_on_its_own_port(steps):
    (entry,) = of(steps, "ENTRYPOINT")
    words = json.loads(entry)
    assert words[0] == "sternway"
    assert build_parser(words[1:2]).parse_args(words[1:]).config == Path("/config/dashboard.toml")
    assert of(steps, "USER") == ["sternway"]
    assert of(steps, "EXPOSE") == [str(Settings().dashboard.port)]
    assert str(Settings().dashboard.port) in of(steps, "HEALTHCHECK")[0]
    assert [name for name, _ in steps].index("USER") < [name for name, _ in steps].index("ENTRYPOINT")


def test_the_base_image_is_a_python_that_the_package_supports(steps):
    for image in of(steps, "FROM"):
        major, minor = map(int, re.search(r"python:(\d+)\.(\d+)", image).groups())
        assert (major, minor) >= (3, 11)


def test_the_compose_example_fits_the_container_file_and_gives_nothing_away(steps):
    folder = ROOT / "docs" / "dashboard"
    service = yaml.safe_load((folder / "compose.yaml").read_text(encoding="utf-8"))["services"]["dashboard"]
    assert (folder / service["build"]["context"]).resolve() == ROOT
    assert (ROOT / service["build"]["dockerfile"]).is_file()
    targets = {volume.split(":")[1] for volume in service["volumes"]}
    assert {*of(steps, "VOLUME"), "/config/dashboard.toml"} <= targets
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_the_settings_of_the_page_are_settings():
    page = (ROOT / "docs" / "dashboard" / "container.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert parse_settings(block).dashboard.state_dir == "/data"
