"""What the pages say holds: code in them runs, or is at least what it says it is; links lead somewhere."""

import json
import re
import shlex
import subprocess
import tomllib
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from markdown_it import MarkdownIt

from sternway.cli import COMMANDS, build_parser

ROOT = Path(__file__).parents[2]
_PARSER = MarkdownIt("commonmark").enable("table")
_LEFT_OUT = {"_build", "node_modules"}


@dataclass(frozen=True)
class Code:
    """One block of code: ``language`` is empty for an indented one."""

    page: Path
    line: int
    language: str
    text: str

    @property
    def where(self):
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages():
    """Return every page of the repository."""
    roots = [
        *ROOT.glob("*.md"),
        *(path for room in ("docs", "firmware", "systemd") for path in (ROOT / room).rglob("*.md")),
    ]
    return sorted(path for path in roots if not _LEFT_OUT & set(path.parts))


def code_blocks():
    """Return every block of code on every page."""
    return [
        Code(page, (token.map or [0])[0] + 1, token.info.strip(), token.content)
        for page in pages()
        for token in _PARSER.parse(page.read_text(encoding="utf-8"))
        if token.type in ("fence", "code_block")
    ]


def links(page):
    """Return the targets of all links and images of ``page``."""
    tokens = _PARSER.parse(page.read_text(encoding="utf-8"))
    inline = [child for token in tokens for child in token.children or () if child.type in ("link_open", "image")]
    return [str(child.attrs.get("href") or child.attrs.get("src")) for child in inline]


def anchors(page):
    """Return the names of the headings of ``page``, as GitHub and MyST make them."""
    tokens = _PARSER.parse(page.read_text(encoding="utf-8"))
    titles = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", re.sub(r"[*`]", "", title).lower()).replace(" ", "-") for title in titles}


BLOCKS = code_blocks()
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
KNOWN = {"", "text", "sh", "python", "toml", "json", "yaml", "nginx"}


def written(*languages):
    chosen = [block for block in BLOCKS if block.language in languages]
    return pytest.mark.parametrize("block", chosen, ids=lambda block: block.where)


def test_every_block_says_what_it_is():
    strangers = {
        f"{b.where} {b.language}" for b in BLOCKS if b.language not in KNOWN and not b.language.startswith("{")
    }
    assert strangers == set()


@pytest.mark.parametrize(
    "program",
    [list(group) for _, group in groupby([b for b in BLOCKS if b.language == "python"], key=lambda b: b.page)],
    ids=lambda program: program[0].page.stem,
)
def test_python_runs_page_by_page(program):
    names = {"__name__": "page"}
    for block in program:
        exec(compile("\n" * block.line + block.text, str(block.page), "exec"), names)


@written("toml")
def test_toml_is_toml(block):
    tomllib.loads(block.text)


@written("json")
def test_json_is_json(block):
    json.loads(block.text)


@written("yaml")
def test_yaml_is_yaml(block):
    yaml.safe_load(block.text)


@written("sh")
def test_shell_parses(block):
    text = re.sub(r"<[a-z][a-z ]*>", "PLACEHOLDER", block.text)
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def spoken(text):
    """Return the command lines in ``text`` that call ``sternway`` or ``make``."""
    lines = [re.sub(r"^(\$ )?(sudo (-u \S+ )?)?(\S*/)?(?=sternway )", "", line.strip()) for line in text.splitlines()]
    return [line for line in lines if re.match(r"(sternway|make) [a-z-]", line)]


def inline():
    """Return every command in running text."""
    for page in sorted({block.page for block in BLOCKS} | set(ROOT.glob("*.md"))):
        for code in re.findall(r"(?<!`)`((?:sudo )?(?:sternway|make) [^`]+)`", page.read_text(encoding="utf-8")):
            yield page, code


LINES = sorted(
    {(block.where, line) for block in BLOCKS if block.language in ("", "sh") for line in spoken(block.text)}
    | {(str(page.relative_to(ROOT)), line) for page, code in inline() for line in spoken(" ".join(code.split()))}
)


@pytest.mark.parametrize(("where", "line"), LINES)
def test_every_command_that_is_named_exists(where, line):
    words = shlex.split(line, comments=True)
    if words[0] == "make":
        assert [word for word in words[1:] if "=" not in word and word not in TARGETS] == []
        return
    if "..." in line or len(words) == 2:  # the command as a word, not as a line to type
        assert words[1] in COMMANDS or words[1].isupper(), where
        return
    try:
        build_parser(words[1:2]).parse_args(words[1:])
    except SystemExit as error:
        assert not error.code, f"{where}: {line}"  # noqa: PT017


OUTSIDE = ("http://", "https://", "mailto:")


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    broken = []
    for link in links(page):
        if link.startswith(OUTSIDE):
            continue
        place, _, name = unquote(link).partition("#")
        target = (page.parent / place).resolve() if place else page
        if not target.exists() or (name and target.suffix == ".md" and name not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_nothing_is_linked_by_http_alone():
    assert [(page, link) for page in pages() for link in links(page) if link.startswith("http://")] == []
