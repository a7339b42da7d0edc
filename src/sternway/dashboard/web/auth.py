"""Who is looking: the first set-up, passwords, logins, invitations and the token every form must carry."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sternway.dashboard.store.database import Store
from sternway.dashboard.store.key_value import note, read_note, remove_note
from sternway.dashboard.store.schema import INVITATIONS, LOGINS, PEOPLE
from sternway.errors import SternwayError

LOGIN_S = 90 * 86400.0
"""A phone stays known for three months, and for three more from any page it opens in the second half of them: typing
a password is hard on old fingers."""
INVITATION_S = 7 * 86400.0
PASSWORD_LENGTH = 10
"""NIST SP 800-63B asks for at least 8; 10 leaves room for three short words."""
_SCRYPT = {"n": 2**14, "r": 8, "p": 5}
"""OWASP's password storage advice for scrypt with 16 MB of memory."""
_SETUP = "setup_code"


class AccessError(SternwayError, ValueError):
    """A password, code or name was not accepted; the message is for the person."""


class Role(StrEnum):
    """What a person may do."""

    OWNER = "owner"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may look."""

    id: int
    name: str
    role: Role


class Door:
    """Lets people in. ``secret`` signs the form tokens; it is made anew with the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.write() as connection:
            secret = read_note(connection, "form_secret") or secrets.token_hex(32)
            note(store, connection, "form_secret", secret)
        self._secret = bytes.fromhex(secret)

    @property
    def is_new(self) -> bool:
        """Whether nobody has set the dashboard up yet."""
        with self._store.read() as connection:
            return connection.execute(sa.select(PEOPLE.c.id).limit(1)).first() is None

    def setup_code(self) -> str:
        """Make and return the code that the first person must type; it replaces any earlier one."""
        digits = f"{secrets.randbelow(10**12):012d}"
        with self._store.write() as connection:
            note(self._store, connection, _SETUP, _digest(digits))
        return f"{digits[:4]} {digits[4:8]} {digits[8:]}"

    def set_up(self, code: str, name: str, password: str) -> Person:
        """Make the first owner; the code works once."""
        _check_password(password)
        with self._store.write() as connection:
            wanted = read_note(connection, _SETUP)
            if not wanted or not hmac.compare_digest(wanted, _digest(re.sub(r"\D", "", code))):
                raise AccessError("That is not the set-up code. It is printed where the dashboard was started.")
            if connection.execute(sa.select(PEOPLE.c.id).limit(1)).first() is not None:
                raise AccessError("This dashboard has been set up already. Please log in.")
            remove_note(connection, _SETUP)
            return self._add(connection, name, password, Role.OWNER)

    def invite(self, name: str, role: Role) -> str:
        """Return a code with which one person may choose a password within a week."""
        name, code = _check_name(name), secrets.token_urlsafe(18)
        with self._store.write() as connection:
            if connection.execute(sa.select(PEOPLE.c.id).where(PEOPLE.c.name == name)).first() is not None:
                raise AccessError(f"There is somebody called {name} already.")
            connection.execute(sa.delete(INVITATIONS).where(INVITATIONS.c.name == name))
            connection.execute(
                sa.insert(INVITATIONS).values(
                    code_hash=_digest(code), name=name, role=role.value, expires_s=self._store.clock() + INVITATION_S
                )
            )
        return code

    def invited(self, code: str) -> str:
        """Return the name an invitation was made for; raise :class:`AccessError` if it is used up."""
        with self._store.read() as connection:
            return str(self._invitation(connection, code).name)

    def join(self, code: str, password: str) -> Person:
        """Turn an invitation into a person."""
        _check_password(password)
        with self._store.write() as connection:
            invitation = self._invitation(connection, code)
            connection.execute(sa.delete(INVITATIONS).where(INVITATIONS.c.code_hash == invitation.code_hash))
            return self._add(connection, invitation.name, password, Role(invitation.role))

    def log_in(self, name: str, password: str) -> Person:
        """Return the person; a wrong name takes as long as a wrong password."""
        with self._store.read() as connection:
            row = connection.execute(sa.select(PEOPLE).where(PEOPLE.c.name == name.strip())).first()
        kept = row.password if row else _NOBODY
        if not _matches(password, kept) or row is None:
            raise AccessError("Name or password is not right.")
        return Person(row.id, row.name, Role(row.role))

    def remember(self, person: Person) -> str:
        """Return a fresh token by which a browser is known as ``person``."""
        token, now_s = secrets.token_urlsafe(32), self._store.clock()
        with self._store.write() as connection:
            connection.execute(sa.delete(LOGINS).where(LOGINS.c.expires_s < now_s))
            row = {"token_hash": _digest(token), "person_id": person.id, "expires_s": now_s + LOGIN_S}
            connection.execute(sa.insert(LOGINS).values(row))
        return token

    def known(self, token: str) -> Person | None:
        """Return whose browser carries ``token``."""
        query = (
            sa.select(PEOPLE.c.id, PEOPLE.c.name, PEOPLE.c.role)
            .join(LOGINS, LOGINS.c.person_id == PEOPLE.c.id)
            .where(LOGINS.c.token_hash == _digest(token), LOGINS.c.expires_s > self._store.clock())
        )
        with self._store.read() as connection:
            row = connection.execute(query).first()
        return Person(row.id, row.name, Role(row.role)) if row else None

    def renew(self, token: str) -> bool:
        """Put the end of a login off where less than half its time is left; return whether it was."""
        now_s = self._store.clock()
        due = sa.and_(LOGINS.c.token_hash == _digest(token), LOGINS.c.expires_s.between(now_s, now_s + LOGIN_S / 2))
        with self._store.read() as connection:
            if connection.execute(sa.select(LOGINS.c.token_hash).where(due)).first() is None:
                return False
        with self._store.write() as connection:
            return connection.execute(sa.update(LOGINS).where(due).values(expires_s=now_s + LOGIN_S)).rowcount > 0

    def forget(self, token: str) -> None:
        """Log a browser out."""
        with self._store.write() as connection:
            connection.execute(sa.delete(LOGINS).where(LOGINS.c.token_hash == _digest(token)))

    def people(self) -> list[Person]:
        """Return everybody who may look."""
        with self._store.read() as connection:
            rows = connection.execute(sa.select(PEOPLE).order_by(PEOPLE.c.name)).all()
        return [Person(row.id, row.name, Role(row.role)) for row in rows]

    def remove(self, person_id: int) -> None:
        """Take a person's access away at once; the last owner stays."""
        with self._store.write() as connection:
            owners = (
                connection.execute(sa.select(PEOPLE.c.id).where(PEOPLE.c.role == Role.OWNER.value)).scalars().all()
            )
            if list(owners) == [person_id]:
                raise AccessError("This is the only owner: somebody must stay able to look after the dashboard.")
            connection.execute(sa.delete(LOGINS).where(LOGINS.c.person_id == person_id))
            connection.execute(sa.delete(PEOPLE).where(PEOPLE.c.id == person_id))

    def form_token(self, browser: str) -> str:
        """Return what every form sent by the browser with cookie ``browser`` must carry."""
        return hmac.new(self._secret, browser.encode(), "sha256").hexdigest()

    def is_form_token(self, browser: str, token: str) -> bool:
        """Whether a form came from one of our own pages in that browser."""
        return bool(browser) and hmac.compare_digest(self.form_token(browser).encode(), token.encode())

    def _invitation(self, connection: sa.Connection, code: str) -> sa.Row[tuple[str, str, str, float]]:
        query = sa.select(INVITATIONS).where(
            INVITATIONS.c.code_hash == _digest(code), INVITATIONS.c.expires_s > self._store.clock()
        )
        row = connection.execute(query).first()
        if row is None:
            raise AccessError("This invitation has been used or is too old. Ask the owner for a new one.")
        return row

    def _add(self, connection: sa.Connection, name: str, password: str, role: Role) -> Person:
        name = _check_name(name)
        row = {"name": name, "role": role.value, "password": _hash(password)}
        try:
            key = connection.execute(sa.insert(PEOPLE).values(row).returning(PEOPLE.c.id)).scalar_one()
        except IntegrityError as error:
            raise AccessError(f"There is somebody called {name} already.") from error
        return Person(key, name, role)


def _check_name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 40:
        raise AccessError("Please give a name of up to 40 letters.")
    return name


def _check_password(password: str) -> None:
    if len(password) < PASSWORD_LENGTH:
        raise AccessError(f"A password needs at least {PASSWORD_LENGTH} characters: three short words are good.")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _hash(password: str) -> str:
    salt = secrets.token_bytes(16)
    return f"scrypt${salt.hex()}${hashlib.scrypt(password.encode(), salt=salt, **_SCRYPT).hex()}"


def _matches(password: str, kept: str) -> bool:
    _, salt, wanted = kept.split("$")
    found = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), **_SCRYPT).hex()
    return hmac.compare_digest(found, wanted)


_NOBODY = f"scrypt${'00' * 16}${'00' * 64}"
