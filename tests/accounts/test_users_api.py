"""Users in the API: who may do what to whom."""

import pytest
from django.contrib.auth.models import Group, Permission, User

from tests.accounts.people import OTHER_PASSWORD, send
from tests.api.asking import answer, check_is_problem
from tests.support.accounts import client_of, user_with

pytestmark = pytest.mark.django_db
NOT_FIELDS = [
    "is_superuser",
    "user_permissions",
    "groups",
    "id",
    "user_id",
    "pk",
    "date_joined",
    "last_login",
    "api_keys",
    "_password",
]


@pytest.fixture
def maria():
    return user_with("viewer", name="maria")


def page_of(user):
    return f"/api/users/{user.pk}"


class TestReading:
    def test_users_come_by_name_in_pages(self, client, boss, maria):
        found = answer(client.get("/api/users?page_size=2"))
        assert [row["username"] for row in found["results"]] == ["admin", "boss"]
        rest = answer(client.get(found["next"]))
        assert [row["username"] for row in rest["results"]] == ["maria"]
        assert rest["next"] is None

    def test_a_part_of_a_name_finds_them(self, client, maria):
        found = answer(client.get("/api/users?search=ARI"))["results"]
        assert [row["username"] for row in found] == ["maria"]

    def test_a_user_has_roles_and_no_password(self, client, maria):
        found = answer(client.get(page_of(maria)))
        assert found["username"] == "maria"
        assert found["roles"] == ["viewer"]
        assert found["is_superuser"] is False
        assert not any("password" in name for name in found)

    def test_nobody_is_not_found(self, client):
        check_is_problem(client.get("/api/users/999999"), 404)
        check_is_problem(client.get(f"/api/users/{10**30}"), 404)

    def test_it_needs_the_permission(self, maria, nobody):
        for method, address in (
            ("get", "/api/users"),
            ("post", "/api/users"),
            ("get", page_of(maria)),
            ("patch", page_of(maria)),
        ):
            check_is_problem(send(client_of(maria), method, address), 403)
            check_is_problem(send(nobody, method, address), 401)


class TestCreating:
    def test_a_user_can_log_in_with_the_password(self, client, logged_in):
        body = {
            "username": "new",
            "password": OTHER_PASSWORD,
            "email": "new@example.com",
            "roles": ["viewer", "editor"],
        }
        made = send(client, "post", "/api/users", body)
        assert made.status_code == 201
        assert made.json()["roles"] == ["editor", "viewer"]
        assert OTHER_PASSWORD not in made.text
        assert answer(client.get(made["Location"])) == made.json()
        user = User.objects.get(username="new")
        assert user.check_password(OTHER_PASSWORD)
        assert (user.is_staff, user.is_superuser) == (False, False)

    def test_without_a_password_nobody_can_log_in(self, client):
        assert (
            send(client, "post", "/api/users", {"username": "new"}).status_code == 201
        )
        assert not User.objects.get(username="new").has_usable_password()

    @pytest.mark.parametrize("name", ["maria", "MARIA"])
    def test_a_name_is_used_once_in_any_letter_case(self, client, maria, name):
        refused = send(client, "post", "/api/users", {"username": name})
        check_is_problem(refused, 409)

    @pytest.mark.parametrize("name", ["", " ", "a b", "a/b", "x" * 151, 1, None, "\0"])
    def test_an_odd_name_is_refused(self, client, name):
        refused = send(client, "post", "/api/users", {"username": name})
        assert list(check_is_problem(refused, 400)["errors"]) == ["username"]

    @pytest.mark.parametrize("name", ["a\u037ab", "\ufb03" * 51], ids=ascii)
    def test_a_name_is_normalized_before_it_is_validated(self, client, name):
        """The first gets a blank, the second more than 150 letters."""
        refused = send(client, "post", "/api/users", {"username": name})
        assert list(check_is_problem(refused, 400)["errors"]) == ["username"]

    @pytest.mark.parametrize(
        "password", ["short", "password1234", "19283746501", "newcomer7", ""]
    )
    def test_a_weak_password_is_refused(self, client, password):
        """Too short, known, only digits, like the name."""
        body = {"username": "newcomer", "password": password}
        refused = check_is_problem(send(client, "post", "/api/users", body), 400)
        assert list(refused["errors"]) == ["password"]
        assert not User.objects.filter(username="newcomer").exists()


class TestChanging:
    def test_each_field_changes_and_the_others_do_not(self, client, maria):
        changes = {
            "email": "m@example.com",
            "first_name": "Maria",
            "last_name": "Miller",
            "roles": ["editor"],
            "is_staff": True,
            "is_active": False,
        }
        before = answer(client.get(page_of(maria)))
        for name, value in changes.items():
            changed = answer(send(client, "patch", page_of(maria), {name: value}))
            before |= {name: value}
            assert changed == before

    def test_a_new_password_is_checked(self, client, maria):
        refused = send(client, "patch", page_of(maria), {"password": "maria1"})
        assert list(check_is_problem(refused, 400)["errors"]) == ["password"]
        done = send(client, "patch", page_of(maria), {"password": OTHER_PASSWORD})
        assert done.status_code == 200
        maria.refresh_from_db()
        assert maria.check_password(OTHER_PASSWORD)

    def test_an_unknown_role_is_refused(self, client, maria):
        refused = send(client, "patch", page_of(maria), {"roles": ["viewer", "king"]})
        problem = check_is_problem(refused, 400)
        assert problem["errors"] == {"roles": ["There is no role king."]}

    @pytest.mark.parametrize("value", [1, 0, "true", None, []])
    def test_a_flag_is_true_or_false(self, client, maria, value):
        refused = send(client, "patch", page_of(maria), {"is_staff": value})
        assert list(check_is_problem(refused, 400)["errors"]) == ["is_staff"]

    def test_users_are_not_deleted(self, client, maria):
        check_is_problem(client.delete(page_of(maria)), 405)

    def test_a_username_stays(self, client, maria):
        refused = send(client, "patch", page_of(maria), {"username": "mary"})
        check_is_problem(refused, 400)


class TestNoEscalation:
    @pytest.mark.parametrize("field", NOT_FIELDS)
    @pytest.mark.parametrize("who", ["admin", "boss"])
    def test_no_other_field_is_taken(self, request, maria, field, who):
        """Nobody makes a superuser through the API, not even a superuser."""
        client = client_of(request.getfixturevalue(who))
        for method, address, body in (
            ("patch", page_of(maria), {}),
            ("post", "/api/users", {"username": "new"}),
        ):
            refused = send(client, method, address, body | {field: True})
            problem = check_is_problem(refused, 400)
            assert problem["errors"] == {field: ["unknown"]}
        assert not User.objects.filter(username="new").exists()
        assert not User.objects.get(username="maria").is_superuser

    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"is_active": False},
            {"password": OTHER_PASSWORD},
            {"email": "mine@example.com"},
            {"roles": []},
        ],
        ids=str,
    )
    def test_only_superusers_change_a_superuser(self, client, boss, changes):
        refused = check_is_problem(send(client, "patch", page_of(boss), changes), 403)
        assert refused["detail"] == "only a superuser may do this to a superuser"
        before = boss.password
        boss.refresh_from_db()
        assert (boss.is_active, boss.email, boss.password) == (True, "", before)

    def test_a_superuser_changes_another(self, boss):
        other = user_with(name="other", is_superuser=True)
        changes = {"is_active": False, "email": "o@example.com"}
        send(client_of(boss), "patch", page_of(other), changes)
        other.refresh_from_db()
        assert (other.is_active, other.email) == (False, "o@example.com")

    @pytest.mark.parametrize("who", ["admin", "boss"])
    def test_nobody_deactivates_themselves(self, request, who):
        user = request.getfixturevalue(who)
        refused = send(client_of(user), "patch", page_of(user), {"is_active": False})
        check_is_problem(refused, 403)
        user.refresh_from_db()
        assert user.is_active

    def test_one_permission_is_not_the_other(self, maria):
        """Who may only add users changes none, and the reverse.

        Only with both can one add a user, who may have any role.
        """
        adder, changer = (user_with(name=name) for name in ("adder", "changer"))
        for user, codename in ((adder, "add_user"), (changer, "change_user")):
            user.user_permissions.set(Permission.objects.filter(codename=codename))
        changes = {"is_active": False}
        refused = send(client_of(adder), "patch", page_of(maria), changes)
        check_is_problem(refused, 403)
        for user in (adder, changer):
            sent = {"username": "new", "roles": ["admin"]}
            check_is_problem(send(client_of(user), "post", "/api/users", sent), 403)

    def test_in_open_mode_anyone_manages_users_but_no_superuser(
        self, settings, nobody, boss, maria
    ):
        settings.OPEN = True
        done = send(nobody, "patch", page_of(maria), {"roles": ["editor"]})
        assert done.status_code == 200
        changes = {"password": OTHER_PASSWORD}
        check_is_problem(send(nobody, "patch", page_of(boss), changes), 403)

    def test_roles_are_only_those_that_exist(self, client, maria):
        """The API has no address that changes a role."""
        Group.objects.create(name="custom")
        done = send(client, "patch", page_of(maria), {"roles": ["custom"]})
        assert done.json()["roles"] == ["custom"]
        for address in ("/api/groups", "/api/roles"):
            assert client.get(address).status_code == 404
