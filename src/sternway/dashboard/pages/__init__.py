"""What can be opened in the browser? One file a page, and one table of all of them."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from sternway.dashboard.pages import entrance, now
from sternway.dashboard.visit import Access, Visit


@dataclass(frozen=True, slots=True)
class Page:
    """One address: what answers it, who may ask, and whether it changes something."""

    path: str
    function: Callable[[Visit], Response]
    access: Access = Access.VIEWER
    is_post: bool = False


def _change(path: str, function: Callable[[Visit], Response], access: Access = Access.OWNER) -> Page:
    return Page(path, function, access, is_post=True)


PAGES = (
    Page("/setup", entrance.setup, Access.OPEN),
    _change("/setup", entrance.set_up, Access.OPEN),
    Page("/login", entrance.login, Access.OPEN),
    _change("/login", entrance.log_in, Access.OPEN),
    Page("/join/{code}", entrance.invitation, Access.OPEN),
    _change("/join/{code}", entrance.join, Access.OPEN),
    _change("/logout", entrance.log_out, Access.VIEWER),
    _change("/look-at", entrance.look_at, Access.VIEWER),
    Page("/more", entrance.more),
    Page("/", now.show),
    _change("/command/{name}", now.command),
)
