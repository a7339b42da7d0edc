"""The door: the first owner, passwords, invitations, cookies and guessing."""

import queue
import re
import threading
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.requests import Request

from sternway.dashboard.store.schema import LOGINS, PEOPLE
from sternway.dashboard.web.auth import LOGIN_S, AccessError, Role
from sternway.dashboard.web.client_address import client_address, trusted_networks
from sternway.dashboard.web.login_limits import (
    CHECKED_AT_ONCE,
    TRIES_AN_ACCOUNT,
    TRIES_AN_ADDRESS,
    WAITING_COUNT,
    WINDOW_S,
    LoginLimits,
    TooManyTriesError,
)
from sternway.errors import ConfigError

PASSWORD = "three short words"


def test_the_setup_code_makes_one_owner_and_works_once(house: Any) -> None:
    code = house.door.setup_code()
    assert re.fullmatch(r"\d{4} \d{4} \d{4}", code)
    with pytest.raises(AccessError, match="not the set-up code"):
        house.door.set_up("0000 0000 0000", "Eve", PASSWORD)
    assert house.door.set_up(code, "Ada", PASSWORD).role is Role.OWNER
    with pytest.raises(AccessError):
        house.door.set_up(code, "Eve", PASSWORD)
    assert not house.door.is_new


def test_a_new_dashboard_shows_nothing_but_its_setup(house: Any) -> None:
    browser = house.browser()
    assert browser.get("/").url.path == "/setup"
    assert browser.get("/login").url.path == "/setup"


def test_setting_up_by_the_page_logs_in_and_the_page_is_gone(house: Any) -> None:
    browser = house.browser()
    code = house.door.setup_code()
    browser.get("/setup")
    assert browser.post("/setup", code=code, name="Ada", password=PASSWORD).url.path == "/"
    assert house.browser().get("/setup").url.path == "/login"


def test_short_passwords_are_refused_in_words(house: Any) -> None:
    with pytest.raises(AccessError, match="at least 10"):
        house.door.set_up(house.door.setup_code(), "Ada", "short")


def test_passwords_and_tokens_are_not_in_the_store(house: Any) -> None:
    browser = house.owner()
    token = browser.client.cookies["sternway"]
    with house.store.read() as connection:
        [kept] = connection.execute(sa.select(PEOPLE.c.password)).scalars()
        [login] = connection.execute(sa.select(LOGINS.c.token_hash)).scalars()
    assert kept.startswith("scrypt$")
    assert PASSWORD not in kept
    assert token not in login


def test_a_wrong_name_and_a_wrong_password_say_the_same(house: Any) -> None:
    house.owner()
    for name, password in (("Ada", "wrong wrong wrong"), ("Nobody", PASSWORD), ("' OR 1=1 --", PASSWORD)):
        browser = house.browser()
        browser.get("/login")
        answer = browser.post("/login", name=name, password=password)
        assert answer.status_code == 422
        assert "Name or password is not right." in answer.text


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(house: Any) -> None:
    house.owner()
    browser = house.browser()
    browser.get("/login")
    answer = browser.client.post(
        "/login", data={"form_token": browser.token, "name": "Ada", "password": PASSWORD}, follow_redirects=False
    )
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_logging_in_changes_the_cookie(house: Any) -> None:
    house.owner()
    browser = house.browser()
    browser.get("/login")
    before = browser.client.cookies["sternway"]
    browser.log_in("Ada")
    assert browser.client.cookies["sternway"] != before


def test_forged_and_expired_cookies_open_nothing(house: Any) -> None:
    owner = house.owner()
    for forged in ("x", "0" * 43, "a" * 5000, "ü", "'; DROP TABLE logins; --"):
        stranger = house.browser(headers={"cookie": f"sternway={forged}".encode()})
        assert stranger.get("/").url.path == "/login"
    house.clock.now_s += LOGIN_S + 1.0
    assert owner.get("/").url.path == "/login"


def test_a_phone_in_use_stays_known_and_one_that_is_not_is_forgotten(house: Any) -> None:
    owner = house.owner()
    token = owner.client.cookies["sternway"]
    assert "set-cookie" not in owner.client.get("/").headers
    for _ in range(10):
        house.clock.now_s += 0.6 * LOGIN_S
        cookie = owner.client.get("/").headers["set-cookie"]
        assert f"sternway={token}; " in cookie
        assert f"Max-Age={LOGIN_S:.0f}" in cookie
    house.clock.now_s += LOGIN_S + 1.0
    assert owner.get("/").url.path == "/login"


def test_logging_out_late_is_logging_out(house: Any) -> None:
    owner = house.owner()
    house.clock.now_s += 0.6 * LOGIN_S
    owner.post("/logout")
    assert owner.get("/").url.path == "/login"


def test_logging_out_ends_the_login_on_the_server_too(house: Any) -> None:
    owner = house.owner()
    token = owner.client.cookies["sternway"]
    assert owner.post("/logout").url.path == "/login"
    thief = house.browser(cookies={"sternway": token})
    assert thief.get("/").url.path == "/login"


def test_a_link_from_elsewhere_does_not_log_anybody_out(house: Any) -> None:
    house.owner()
    led = house.browser()
    answer = led.client.get("/", headers={"sec-fetch-site": "cross-site"})
    assert 'http-equiv="refresh"' in answer.text
    assert "set-cookie" not in answer.headers


def test_an_invitation_works_once_and_for_a_week(house: Any) -> None:
    house.owner()
    code = house.door.invite("Physio", Role.VIEWER)
    browser = house.browser()
    assert "Welcome, Physio" in browser.get(f"/join/{code}").text
    assert browser.post(f"/join/{code}", password=PASSWORD).url.path == "/"
    assert house.browser().get(f"/join/{code}").status_code == 422
    late = house.door.invite("Late", Role.VIEWER)
    house.clock.now_s += 8 * 86400.0
    assert house.browser().get(f"/join/{late}").status_code == 422


def test_whoever_is_removed_is_out_at_once_and_the_last_owner_stays(house: Any) -> None:
    viewer, owner = house.viewer(), house.owner()
    physio = next(person for person in house.door.people() if person.name == "Physio")
    owner.get("/data")
    owner.post(f"/data/people/{physio.id}/remove")
    assert viewer.get("/").url.path == "/login"
    ada = next(person for person in house.door.people() if person.name == "Ada")
    with pytest.raises(AccessError, match="only owner"):
        house.door.remove(ada.id)


def test_guessing_is_slowed_down_and_said(house: Any) -> None:
    house.owner()
    browser = house.browser()
    browser.get("/login")
    for _ in range(TRIES_AN_ADDRESS):
        assert browser.post("/login", name="Ada", password="wrong wrong").status_code == 422
    answer = browser.post("/login", name="Ada", password=PASSWORD)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "Please wait" in answer.text


def _wrong(limits: LoginLimits, address: str, account: str = "ada", purpose: str = "login") -> None:
    with pytest.raises(AccessError), limits.trying(address, purpose, account):
        raise AccessError("wrong")


def test_one_device_locks_out_itself_and_nobody_else() -> None:
    now = [0.0]
    limits = LoginLimits(lambda: now[0])
    for _ in range(TRIES_AN_ADDRESS):
        _wrong(limits, "10.0.0.1")
    with pytest.raises(TooManyTriesError) as refused, limits.trying("10.0.0.1", "login", "ada"):
        pass
    assert refused.value.wait_s == WINDOW_S
    with limits.trying("10.0.0.2", "login", "ada"):
        pass
    with limits.trying("10.0.0.1", "invitation"):
        pass
    now[0] = WINDOW_S
    with limits.trying("10.0.0.1", "login", "ada"):
        pass


def test_many_addresses_may_not_guess_at_one_account_but_its_own_devices_still_get_in() -> None:
    limits = LoginLimits(lambda: 0.0)
    with limits.trying("192.168.1.7", "login", "ada"):
        pass
    for number in range(TRIES_AN_ACCOUNT):
        _wrong(limits, f"10.0.0.{number}")
    with pytest.raises(TooManyTriesError), limits.trying("10.0.1.1", "login", "ada"):
        pass
    with limits.trying("192.168.1.7", "login", "ada"):
        pass
    with limits.trying("10.0.1.1", "login", "grandson"):
        pass


def test_tries_are_counted_before_they_are_checked_and_few_are_checked_at_once() -> None:
    limits = LoginLimits(lambda: 0.0)
    release, checking, refused = threading.Event(), threading.Semaphore(0), queue.Queue[float]()

    def one(number: int) -> None:
        try:
            with limits.trying(f"10.0.0.{number}", "login", f"person-{number}"):
                checking.release()
                release.wait(10.0)
        except TooManyTriesError as error:
            refused.put(error.wait_s)

    count = 60
    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for _ in range(count - CHECKED_AT_ONCE - WAITING_COUNT):
        assert refused.get(timeout=10.0) < WINDOW_S
    for _ in range(CHECKED_AT_ONCE):
        assert checking.acquire(timeout=10.0)
    assert not checking.acquire(blocking=False)
    release.set()
    for thread in threads:
        thread.join(10.0)
    assert refused.empty()


def test_wrong_logins_leave_an_invitation_alone(house: Any) -> None:
    house.owner()
    code = house.door.invite("Grandson", Role.VIEWER)
    browser = house.browser()
    browser.get("/login")
    for _ in range(TRIES_AN_ADDRESS + 1):
        browser.post("/login", name="Ada", password="wrong wrong")
    browser.get(f"/join/{code}")
    assert browser.post(f"/join/{code}", password=PASSWORD).status_code == 200


@pytest.mark.parametrize(
    ("peer", "header", "trusted", "address"),
    [
        ("127.0.0.1", "10.0.0.9", "", "127.0.0.1"),
        ("127.0.0.1", "10.0.0.9", "127.0.0.1", "10.0.0.9"),
        ("10.0.0.5", "10.0.0.9", "127.0.0.1", "10.0.0.5"),
        ("127.0.0.1", "6.6.6.6, 10.0.0.9", "127.0.0.1", "10.0.0.9"),
        ("127.0.0.1", "6.6.6.6, 10.0.0.9, 172.30.32.2", "127.0.0.1,172.30.32.0/23", "10.0.0.9"),
        ("127.0.0.1", "", "127.0.0.1", "127.0.0.1"),
    ],
)
def test_only_a_trusted_proxy_says_where_a_request_comes_from(
    peer: str, header: str, trusted: str, address: str
) -> None:
    headers = [(b"x-forwarded-for", header.encode())] if header else []
    request = Request({"type": "http", "client": (peer, 1), "headers": headers})
    assert client_address(request, trusted_networks(trusted)) == address


def test_a_proxy_that_is_no_address_is_refused_in_words() -> None:
    with pytest.raises(ConfigError, match="trusted_proxies"):
        trusted_networks("my-proxy")


def test_an_invitation_never_takes_its_address_from_a_request(house: Any) -> None:
    browser = house.owner()
    browser.get("/data")
    browser.client.headers["host"] = "evil.example"
    page = browser.post("/data/invite", name="Grandson", role="viewer").text
    assert "/join/" in page
    assert "evil.example" not in page


def test_a_demo_lets_in_whoever_sits_at_the_machine_and_nobody_by_another_name(store: Any) -> None:
    from starlette.testclient import TestClient

    from sternway.config import BrokerSettings, Settings
    from sternway.dashboard.mqtt.ingest import Ingest
    from sternway.dashboard.mqtt.live import Live
    from sternway.dashboard.web.app import build_app

    live = Live()
    app = build_app(Settings(), store, live, Ingest(BrokerSettings(), store, live), is_demo=True)
    with TestClient(app, base_url="http://127.0.0.1:8377") as client:
        assert "No clip yet" in client.get("/").text
        assert client.post("/data/delete", data={"word": "delete"}).status_code == 403, (
            "forms need their token here too"
        )
        assert client.get("/", headers={"host": "evil.example"}).status_code == 400
