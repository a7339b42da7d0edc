"""The door: the first owner, passwords, invitations, cookies and guessing."""

import re
from typing import Any

import pytest
import sqlalchemy as sa

from sternway.dashboard.store.schema import LOGINS, PEOPLE
from sternway.dashboard.web.auth import LOGIN_S, AccessError, Role
from sternway.dashboard.web.login_limits import TRIES_A_HOUSE, TRIES_AN_ADDRESS, WINDOW_S, Attempts

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


def test_a_household_that_changes_addresses_is_slowed_down_too() -> None:
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    for number in range(TRIES_A_HOUSE):
        assert attempts.wait_s(f"10.0.0.{number}") == 0.0
        attempts.wrong(f"10.0.0.{number}")
    assert attempts.wait_s("10.0.1.1") == WINDOW_S
    now[0] = WINDOW_S
    assert attempts.wait_s("10.0.1.1") == 0.0


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
