"""Users, roles, grants and API keys in the admin: who may do what to whom."""

import re

import pytest
from django.contrib.auth.models import Group, Permission, User

from restaurant_monitor.access.keys import create_key, find_key
from restaurant_monitor.access.models import ApiKey, Grant
from tests.access.entries import authors, changes, recorded
from tests.accounts.people import OTHER_PASSWORD
from tests.admin.pages import shown
from tests.support.accounts import user_with

pytestmark = pytest.mark.django_db
USERS, GROUPS = "/admin/auth/user/", "/admin/auth/group/"
GRANTS, KEYS = "/admin/access/grant/", "/admin/access/apikey/"
NO_GRANTS = {"grant_set-TOTAL_FORMS": "0", "grant_set-INITIAL_FORMS": "0"}
NEW = {"password1": OTHER_PASSWORD, "password2": OTHER_PASSWORD}


@pytest.fixture
def maria():
    return user_with("viewer", name="maria")


@pytest.fixture
def by_admin(admin, logged_in):
    return logged_in(admin)


@pytest.fixture
def by_boss(boss, logged_in):
    return logged_in(boss)


def page_of(user):
    return f"{USERS}{user.pk}/change/"


def form_of(user, **changes):
    """What the page of a user sends."""
    sent = {
        "username": user.username,
        "email": user.email,
        "groups": [group.pk for group in user.groups.all()],
        **{name: "on" for name in ("is_active", "is_staff") if getattr(user, name)},
    }
    changed = sent | NO_GRANTS | changes
    return {name: value for name, value in changed.items() if value is not None}


def main_of(page):
    return page.text.partition('id="user_form"')[2]


def fresh(user):
    return User.objects.get(pk=user.pk)


class TestUsers:
    def test_an_admin_creates_a_user_and_gives_roles(self, by_admin):
        added = by_admin.post(
            f"{USERS}add/", {"username": "new", "usable_password": "true"} | NEW
        )
        user = User.objects.get(username="new")
        assert added.url == page_of(user)
        assert user.check_password(OTHER_PASSWORD)
        viewer = Group.objects.get(name="viewer")
        sent = form_of(user, email="n@example.com", groups=[viewer.pk])
        assert by_admin.post(page_of(user), sent).status_code == 302
        assert fresh(user).email == "n@example.com"
        assert [group.name for group in user.groups.all()] == ["viewer"]

    def test_a_user_without_a_password_is_for_programs(self, by_admin):
        sent = {"username": "robot", "usable_password": "false"}
        by_admin.post(f"{USERS}add/", sent)
        assert not User.objects.get(username="robot").has_usable_password()

    def test_a_weak_password_is_refused(self, by_admin):
        sent = {"username": "new", "usable_password": "true"}
        weak = {"password1": "12345678", "password2": "12345678"}
        page = by_admin.post(f"{USERS}add/", sent | weak)
        assert "too common" in page.text
        assert not User.objects.filter(username="new").exists()

    def test_saving_without_changes_changes_nothing(self, by_admin, maria):
        Grant.objects.create(user=maria, store_id="1")
        before = User.objects.filter(pk=maria.pk).values().get()
        sent = form_of(maria, **{"grant_set-TOTAL_FORMS": "0"})
        assert by_admin.post(page_of(maria), sent).status_code == 302
        assert User.objects.filter(pk=maria.pk).values().get() == before
        assert [group.name for group in maria.groups.all()] == ["viewer"]
        assert Grant.objects.count() == 1

    def test_users_are_deactivated_and_not_deleted(self, by_boss, maria, boss):
        assert (
            by_boss.post(f"{USERS}{maria.pk}/delete/", {"post": "yes"}).status_code
            == 403
        )
        chosen = {"_selected_action": [maria.pk, boss.pk]}
        by_boss.post(USERS, chosen | {"action": "delete_selected", "post": "yes"})
        assert User.objects.filter(pk__in=(maria.pk, boss.pk)).count() == 2
        page = by_boss.post(USERS, chosen | {"action": "deactivate"}, follow=True)
        assert "User maria is deactivated." in shown(page)
        assert "User boss is not deactivated: nobody deactivates their own" in shown(
            page
        )
        assert (fresh(maria).is_active, fresh(boss).is_active) == (False, True)

    def test_an_admin_sets_a_password(self, by_admin, maria):
        page = f"{USERS}{maria.pk}/password/"
        assert by_admin.get(page).status_code == 200
        sent = {"usable_password": "true"} | NEW
        assert by_admin.post(page, sent | {"set-password": "1"}).status_code == 302
        assert fresh(maria).check_password(OTHER_PASSWORD)
        sent = {"usable_password": "false", "unset-password": "1"}
        assert by_admin.post(page, sent).status_code == 302
        assert not fresh(maria).has_usable_password()

    def test_setting_ones_own_password_keeps_ones_session(self, by_boss, boss):
        sent = {"usable_password": "true", "set-password": "1"} | NEW
        by_boss.post(f"{USERS}{boss.pk}/password/", sent)
        assert fresh(boss).check_password(OTHER_PASSWORD)
        assert by_boss.get("/admin/").status_code == 200

    def test_the_history_has_no_password(self, by_admin, maria):
        sent = {"usable_password": "true", "set-password": "1"} | NEW
        by_admin.post(f"{USERS}{maria.pk}/password/", sent)
        page = by_admin.get(f"{USERS}{maria.pk}/history/")
        assert "Changed password" in shown(page)
        assert OTHER_PASSWORD not in page.text

    def test_grants_are_given_and_taken_on_the_page_of_a_user(self, by_admin, maria):
        Grant.objects.create(user=maria, store_id="1")
        [old] = Grant.objects.all()
        sent = {
            "grant_set-TOTAL_FORMS": "2",
            "grant_set-INITIAL_FORMS": "1",
            "grant_set-0-grant_id": str(old.pk),
            "grant_set-0-user": str(maria.pk),
            "grant_set-0-DELETE": "on",
            "grant_set-1-user": str(maria.pk),
            "grant_set-1-label_name": "region",
            "grant_set-1-label_value": "west",
        }
        assert by_admin.post(page_of(maria), form_of(maria, **sent)).status_code == 302
        [grant] = Grant.objects.all()
        assert (grant.user, grant.label_name, grant.label_value) == (
            maria,
            "region",
            "west",
        )

    @pytest.mark.parametrize(
        ("first", "second", "reason"),
        [
            ({"store_id": "1"}, {"store_id": "1"}, "granted twice"),
            ({"store_id": "old"}, {}, "this is granted already"),
            ({"store_id": "1", "label_name": "a"}, {}, "name a store, or a label"),
            ({"label_name": "region"}, {}, "name a store, or a label"),
        ],
        ids=str,
    )
    def test_an_unclear_grant_is_told(self, by_admin, maria, first, second, reason):
        Grant.objects.create(user=maria, store_id="old")
        sent = {
            "grant_set-TOTAL_FORMS": "2" if second else "1",
            **{f"grant_set-0-{name}": value for name, value in first.items()},
            **{f"grant_set-1-{name}": value for name, value in second.items()},
        }
        page = by_admin.post(page_of(maria), form_of(maria, **sent))
        assert page.status_code == 200
        assert reason in shown(page)
        assert Grant.objects.count() == 1


class TestNoEscalation:
    def test_the_page_for_an_admin_has_no_field_that_makes_a_superuser(
        self, by_admin, by_boss, maria
    ):
        for field in ("is_superuser", "user_permissions"):
            assert f'name="{field}"' not in by_admin.get(page_of(maria)).text
            assert f'name="{field}"' in by_boss.get(page_of(maria)).text

    def test_a_forged_field_is_ignored(self, by_admin, maria, admin):
        permission = Permission.objects.get(codename="delete_user")
        forged = {"is_superuser": "on", "user_permissions": [permission.pk]}
        for user in (maria, admin):
            assert (
                by_admin.post(page_of(user), form_of(user, **forged)).status_code == 302
            )
            assert not fresh(user).is_superuser
            assert not fresh(user).user_permissions.exists()
        sent = {"username": "new", "usable_password": "true"} | NEW | forged
        by_admin.post(f"{USERS}add/", sent)
        assert not User.objects.get(username="new").is_superuser

    def test_a_superuser_makes_a_superuser(self, by_boss, maria):
        by_boss.post(page_of(maria), form_of(maria, is_superuser="on"))
        assert fresh(maria).is_superuser

    def test_an_admin_only_sees_a_superuser(self, by_admin, boss):
        page = by_admin.get(page_of(boss))
        assert page.status_code == 200
        fields = re.findall(r'<(?:input|select)[^>]*name="(\w+)"', main_of(page))
        assert fields == ["csrfmiddlewaretoken"]
        assert "pbkdf2" not in page.text
        before = User.objects.filter(pk=boss.pk).values().get()
        assert by_admin.post(page_of(boss), form_of(boss)).status_code == 403
        sent = {"usable_password": "true", "set-password": "1"} | NEW
        for method in (by_admin.get, by_admin.post):
            assert method(f"{USERS}{boss.pk}/password/", sent).status_code == 403
        chosen = {"action": "deactivate", "_selected_action": [boss.pk]}
        told = by_admin.post(USERS, chosen, follow=True)
        assert "only a superuser may do this to a superuser" in shown(told)
        assert User.objects.filter(pk=boss.pk).values().get() == before

    def test_an_admin_gives_a_superuser_no_grant_and_no_key(self, by_admin, boss):
        grant = Grant.objects.create(user=boss, store_id="1")
        by_admin.post(f"{GRANTS}add/", {"user": boss.pk, "store_id": "2"})
        sent = {"user": boss.pk, "name": "mine"}
        page = by_admin.post(f"{KEYS}add/", sent)
        assert "Select a valid choice" in page.text
        assert not ApiKey.objects.exists()
        deleted = by_admin.post(f"{GRANTS}{grant.pk}/delete/", {"post": "yes"})
        assert deleted.status_code == 403
        chosen = {"action": "delete_selected", "_selected_action": [str(grant.pk)]}
        by_admin.post(GRANTS, chosen | {"post": "yes"})
        assert list(Grant.objects.all()) == [grant]

    @pytest.mark.parametrize(
        "condition",
        [
            f"{USERS}?password__startswith=",
            f"{USERS}?api_keys__digest__startswith=",
            f"{USERS}?grant__user__password__startswith=",
            f"{GROUPS}?user__password__startswith=",
            f"{GRANTS}?user__password__startswith=",
            f"{GRANTS}?group__user__password__startswith=",
            f"{KEYS}?user__password__startswith=",
            f"{KEYS}?digest__startswith=",
        ],
    )
    def test_no_filter_of_a_list_guesses_a_hash(self, by_admin, boss, condition):
        assert by_admin.get(f"{condition}m").status_code == 400

    @pytest.mark.parametrize("who", ["admin", "boss"])
    def test_nobody_deactivates_themselves(self, request, logged_in, who):
        user = request.getfixturevalue(who)
        browser = logged_in(user)
        page = browser.post(
            page_of(user), form_of(user, is_active=None, is_superuser="on")
        )
        assert "nobody deactivates their own account" in shown(page)
        assert fresh(user).is_active

    def test_a_superuser_stays_one(self, by_boss, boss):
        page = by_boss.post(page_of(boss), form_of(boss))
        assert page.status_code == 200
        assert fresh(boss).is_superuser

    def test_only_superusers_change_roles(self, admin, by_admin, by_boss):
        """Even with all permissions for groups: a role could give any right."""
        of_groups = Permission.objects.filter(codename__endswith="_group")
        admin.user_permissions.set(of_groups)
        role = Group.objects.get(name="admin")
        delete_user = Permission.objects.get(codename="delete_user")
        sent = {"name": "admin", "permissions": [delete_user.pk]}
        page = f"{GROUPS}{role.pk}/change/"
        assert by_admin.get(page).status_code == 200
        for address in (page, f"{GROUPS}add/", f"{GROUPS}{role.pk}/delete/"):
            assert by_admin.post(address, sent | {"post": "yes"}).status_code == 403
        chosen = {"action": "delete_selected", "_selected_action": [role.pk]}
        by_admin.post(GROUPS, chosen | {"post": "yes"})
        assert delete_user not in role.permissions.all()
        assert by_boss.post(page, sent).status_code == 302
        assert delete_user in role.permissions.all()

    @pytest.mark.parametrize("address", [USERS, GROUPS, GRANTS, KEYS])
    def test_other_roles_see_nothing_of_it(self, logged_in, address):
        roles = ("viewer", "editor", "operator", "poller", "all stores")
        browser = logged_in(user_with(*roles, name="other", is_staff=True))
        for page in (address, f"{address}add/"):
            assert browser.get(page).status_code == 403
            assert browser.post(page, {}).status_code == 403


class TestRoles:
    """What a role may do is a right of all its users: each change has its entry."""

    @staticmethod
    def ids_of(*permissions):
        found = Permission.objects.filter(codename__in=permissions)
        return [permission.pk for permission in found]

    def test_a_role_is_made_and_changed(self, by_boss):
        with recorded() as entries:
            sent = {"name": "cook", "permissions": self.ids_of("view_store")}
            by_boss.post(f"{GROUPS}add/", sent)
            role = Group.objects.get(name="cook")
            page = f"{GROUPS}{role.pk}/change/"
            sent |= {"permissions": self.ids_of("view_store", "see_all")}
            by_boss.post(page, sent)
            by_boss.post(page, sent)
        before, after = ["view_store"], ["see_all", "view_store"]
        cook = {"name": "cook", "permissions": before}
        assert changes(entries) == [
            ("role.created", str(role.pk), None, cook),
            (
                "role.changed",
                str(role.pk),
                {"permissions": before},
                {"permissions": after},
            ),
        ]
        assert authors(entries) == ["boss", "boss"]
        assert [p.codename for p in role.permissions.order_by("codename")] == after

    @pytest.mark.parametrize("by_action", [True, False])
    def test_with_a_deleted_role_its_grants_are_taken(self, by_boss, maria, by_action):
        role = Group.objects.create(name="cook")
        maria.groups.add(role)
        Grant.objects.create(group=role, store_id="1")
        address, sent = f"{GROUPS}{role.pk}/delete/", {"post": "yes"}
        if by_action:
            address = GROUPS
            sent |= {"action": "delete_selected", "_selected_action": [role.pk]}
        with recorded() as entries:
            assert by_boss.post(address, sent).status_code == 302
        taken, deleted = changes(entries)
        assert (taken[0], taken[2]) == (
            "grant.taken",
            {"group": "cook", "store_id": "1"},
        )
        before = {"name": "cook", "permissions": [], "users": ["maria"]}
        assert deleted == ("role.deleted", str(role.pk), before, None)
        assert not Group.objects.filter(name="cook").exists()


class TestGrants:
    def test_a_grant_is_given_listed_found_and_taken(self, by_admin, maria):
        viewer = Group.objects.get(name="viewer")
        by_admin.post(f"{GRANTS}add/", {"user": maria.pk, "store_id": "1"})
        label = {"label_name": "region", "label_value": "west"}
        by_admin.post(f"{GRANTS}add/", {"group": viewer.pk} | label)
        page = shown(by_admin.get(GRANTS))
        assert "user maria store 1" in page
        assert "role viewer all with region:west" in page
        assert (
            "role viewer"
            not in shown(by_admin.get(f"{GRANTS}?q=maria")).split("Filter")[0]
        )
        [grant] = Grant.objects.filter(user=maria)
        assert by_admin.get(f"{GRANTS}{grant.pk}/change/").status_code == 200
        assert by_admin.post(f"{GRANTS}{grant.pk}/change/", label).status_code == 403
        by_admin.post(f"{GRANTS}{grant.pk}/delete/", {"post": "yes"})
        [left] = Grant.objects.all()
        assert left.group == viewer
        chosen = {"action": "delete_selected", "_selected_action": [str(left.pk)]}
        by_admin.post(GRANTS, chosen | {"post": "yes"})
        assert not Grant.objects.exists()

    def test_an_unclear_grant_is_told(self, by_admin, maria):
        page = shown(by_admin.post(f"{GRANTS}add/", {}))
        assert "name a user or a group, and not both" in page
        assert "name a store, or a label with its value, and not both" in page
        assert not Grant.objects.exists()


class TestKeys:
    def make(self, browser, user, **fields):
        return browser.post(f"{KEYS}add/", {"user": user.pk, "name": "poller"} | fields)

    def test_a_key_is_shown_once_and_works(self, by_admin, maria):
        page = self.make(by_admin, maria)
        assert page.status_code == 200
        assert "no-store" in page["Cache-Control"]
        [text] = re.findall(r"rm_\w{8}_\w{42}", page.text)
        assert find_key(text).user == maria
        [key] = ApiKey.objects.all()
        for address in (KEYS, f"{KEYS}{key.pk}/change/", f"{KEYS}{key.pk}/history/"):
            later = by_admin.get(address)
            assert later.status_code == 200
            assert text.rpartition("_")[2] not in later.text
            assert key.digest not in later.text

    def test_a_key_may_have_an_end_in_the_future(self, by_admin, maria):
        ends = {"ends_at_0": "2020-01-01", "ends_at_1": "00:00:00"}
        assert "This is not in the future." in self.make(by_admin, maria, **ends).text
        self.make(by_admin, maria, **ends | {"ends_at_0": "2099-01-01"})
        assert ApiKey.objects.get().ends_at.year == 2099

    def test_keys_are_revoked_and_neither_changed_nor_deleted(self, by_admin, maria):
        key, text = create_key(maria, "poller")
        page = f"{KEYS}{key.pk}/"
        assert by_admin.post(f"{page}change/", {"name": "x"}).status_code == 403
        assert by_admin.post(f"{page}delete/", {"post": "yes"}).status_code == 403
        chosen = {"action": "revoke", "_selected_action": [str(key.pk)]}
        assert "1 revoked." in shown(by_admin.post(KEYS, chosen, follow=True))
        assert find_key(text) is None
        assert "Revoked." in shown(by_admin.get(f"{page}history/"))

    def test_only_a_superuser_revokes_the_key_of_one(self, by_admin, by_boss, boss):
        key, text = create_key(boss, "poller")
        chosen = {"action": "revoke", "_selected_action": [str(key.pk)]}
        assert "1 not revoked" in shown(by_admin.post(KEYS, chosen, follow=True))
        assert find_key(text) is not None
        by_boss.post(KEYS, chosen)
        assert find_key(text) is None


@pytest.mark.parametrize("address", [USERS, GROUPS, GRANTS, KEYS])
def test_a_list_makes_few_queries_however_long_it_is(
    by_boss, maria, address, django_assert_max_num_queries
):
    for number in range(30):
        user = User.objects.create(username=f"user {number}")
        user.groups.set(Group.objects.all())
        Grant.objects.create(user=user, store_id="1")
        create_key(user, "poller")
    by_boss.get(address)
    with django_assert_max_num_queries(7):
        assert by_boss.get(address).status_code == 200


def test_the_tables_of_the_limit_are_not_shown(by_boss):
    assert "axes" not in by_boss.get("/admin/").text.lower()
    assert by_boss.get("/admin/axes/accessattempt/").status_code == 404
