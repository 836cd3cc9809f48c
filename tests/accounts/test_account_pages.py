"""The pages on which users see and change their own account."""

import re
from contextlib import closing
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from restaurant_monitor.access.keys import create_key
from restaurant_monitor.access.models import Grant
from tests.accounts.people import OTHER_PASSWORD, PASSWORD, WRONG, attempt
from tests.admin.pages import shown
from tests.support.accounts import user_with

pytestmark = pytest.mark.django_db
PAGES = ["/login/", "/account/", "/password/"]
NEW = {"new_password1": OTHER_PASSWORD, "new_password2": OTHER_PASSWORD}


@pytest.fixture
def maria():
    return user_with("viewer", "editor", name="maria", stores=["1"])


@pytest.mark.parametrize("page", ["/account/", "/password/", "/"])
def test_a_page_of_an_account_asks_for_a_login(page):
    assert Client().get(page).url == f"/login/?next={page}"


def test_users_see_what_they_are_and_may_see(maria, logged_in):
    group = Group.objects.get(name="viewer")
    Grant.objects.create(group=group, label_name="region", label_value="west")
    user_with(name="other", stores=["not-mine"])
    text = shown(logged_in(maria).get("/account/"))
    assert "Username maria Roles editor, viewer" in text
    assert "store 1 you" in text
    assert "all with region:west role viewer" in text
    assert "not-mine" not in text
    assert "Admin" not in text


def test_users_see_the_state_of_their_keys_and_no_key(maria, logged_in):
    """Of others, they see none."""
    key, text = create_key(maria, "poller", datetime(2099, 1, 2, 3, 4, tzinfo=UTC))
    ended, _ = create_key(maria, "ended", datetime(2020, 1, 1, tzinfo=UTC))
    revoked, _ = create_key(maria, "revoked")
    revoked.revoked_at = datetime.now(UTC)
    revoked.save()
    create_key(user_with(name="other"), "secret of another")
    page = logged_in(maria).get("/account/")
    found = shown(page)
    assert f"{key.prefix}… poller 2099-01-02 03:04 never valid" in found
    assert f"{ended.prefix}… ended 2020-01-01 00:00 never ended" in found
    assert f"{revoked.prefix}… revoked never never revoked" in found
    assert "secret of another" not in found
    assert text not in page.text


def test_a_superuser_is_told_so(boss, logged_in):
    page = logged_in(boss).get("/account/")
    assert "superuser: you may do everything" in shown(page)
    assert "All stores." in shown(page)
    assert 'href="/admin/"' in page.text


def test_a_new_password_ends_the_other_sessions_only(maria, logged_in):
    here, there = logged_in(maria), logged_in(maria)
    page = here.post("/password/", {"old_password": PASSWORD} | NEW, follow=True)
    assert page.redirect_chain == [("/account/", 302)]
    assert "Your password is changed." in shown(page)
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302
    assert there.get("/api/me").status_code == 401
    assert attempt(Client(), "maria", PASSWORD).status_code == 200
    assert attempt(Client(), "maria", OTHER_PASSWORD).status_code == 302


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ({"old_password": WRONG} | NEW, "Your old password was entered incorrectly"),
        ({"new_password1": "short1", "new_password2": "short1"}, "too short"),
        ({"new_password1": "mariaxyz", "new_password2": "mariaxyz"}, "too similar"),
        ({"new_password1": OTHER_PASSWORD, "new_password2": "x"}, "match."),
    ],
)
def test_a_bad_password_is_refused_with_the_reason(maria, logged_in, sent, reason):
    sent = {"old_password": PASSWORD} | sent
    page = logged_in(maria).post("/password/", sent)
    assert page.status_code == 200
    assert reason in page.text
    maria.refresh_from_db()
    assert maria.check_password(PASSWORD)


def test_the_admin_has_no_other_page_for_passwords(boss, logged_in):
    browser = logged_in(boss)
    assert browser.get("/admin/password_change/").url == "/password/"
    assert browser.post("/admin/password_change/", NEW).url == "/password/"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_nothing_inline_and_loads_only_our_files(maria, logged_in, page):
    answer = logged_in(maria).get(page)
    assert answer.status_code == 200
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert not re.search(r"<style|<script|\sstyle=|\son\w+=", answer.text)
    for address in re.findall(r'<link[^>]*href="([^"]*)"', answer.text):
        with closing(Client().get(address)) as file:
            assert file.status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_no_page_is_kept_by_a_cache(maria, logged_in, page):
    assert "no-store" in logged_in(maria).get(page)["Cache-Control"]


@pytest.mark.parametrize("page", PAGES)
def test_every_field_has_a_label_and_the_page_a_heading(maria, logged_in, page):
    text = logged_in(maria).get(page).text
    assert '<html lang="en">' in text
    assert len(re.findall("<h1", text)) == 1
    for name in re.findall(r'<input type="(?:text|password)"[^>]*id="([^"]*)"', text):
        assert f'<label for="{name}"' in text
        for described_by in re.findall(rf'id="{name}"[^>]*describedby="([^"]*)"', text):
            assert f'id="{described_by}"' in text


# --- The colours


def luminance(colour):
    """The relative luminance of WCAG 2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    ]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    darker, lighter = sorted(map(luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_has_the_contrast_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_and_borders_can_be_read(scheme):
    with closing(Client().get("/static/access/pages.css")) as answer:
        css = answer.getvalue().decode()
    part = re.findall(r":root \{(.*?)\}", css, re.S)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#\w{6})", part))
    for text in ("text", "faint", "accent", "wrong"):
        for ground in ("page", "panel"):
            assert contrast(colours[text], colours[ground]) >= 4.5
    assert contrast(colours["text"], colours["warning"]) >= 4.5
    assert contrast(colours["on-accent"], colours["accent"]) >= 4.5
    for edge in ("edge", "warning-edge"):
        assert contrast(colours[edge], colours["page"]) >= 3
        assert contrast(colours[edge], colours["panel"]) >= 3
