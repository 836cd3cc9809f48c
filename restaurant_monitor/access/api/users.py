"""Users: list, create and change them. They are deactivated, never deleted."""

from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError as Invalid
from django.db.models import F, OuterRef
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import ViewSet

from restaurant_monitor.access import accounts
from restaurant_monitor.access.permissions import needs
from restaurant_monitor.http.bodies import read_json
from restaurant_monitor.http.docs import answers
from restaurant_monitor.http.errors import Conflict
from restaurant_monitor.http.paging import Page, page_of
from restaurant_monitor.http.reading import (
    FlagField,
    NoParameters,
    Strict,
    TextField,
    query,
)
from restaurant_monitor.http.tables import columns_of

# --- Requests


class UsersQuery(Page):
    search = serializers.CharField(
        required=False,
        default="",
        max_length=150,
        help_text="A part of a username, in any letter case.",
    )


class UserChange(Strict):
    email = serializers.EmailField(required=False, allow_blank=True, max_length=254)
    first_name = TextField(required=False, allow_blank=True, max_length=150)
    last_name = TextField(required=False, allow_blank=True, max_length=150)
    roles = serializers.ListField(
        child=TextField(max_length=150),
        required=False,
        max_length=100,
        help_text="All roles that the user has from now on.",
    )
    is_active = FlagField(
        required=False,
        help_text="An inactive user can do nothing: sessions and API keys end too.",
    )
    is_staff = FlagField(required=False, help_text="Whether the admin lets them in.")
    password = TextField(
        required=False,
        max_length=1000,
        trim_whitespace=False,
        help_text="Their sessions end with the old one.",
    )

    def validate_roles(self, names):
        found = {group.name: group for group in Group.objects.filter(name__in=names)}
        if unknown := sorted({*names} - {*found}):
            raise ValidationError([f"There is no role {name}." for name in unknown])
        return list(found.values())


class UsernameField(TextField):
    """A username. It is normalized first, as in the admin, and then validated."""

    def to_internal_value(self, data):
        return User.normalize_username(super().to_internal_value(data))


class NewUser(UserChange):
    username = UsernameField(max_length=150, validators=[UnicodeUsernameValidator()])


# --- Answers


class UserAnswer(serializers.Serializer):
    user_id = serializers.IntegerField()
    username = serializers.CharField()
    email = serializers.CharField(allow_blank=True)
    first_name = serializers.CharField(allow_blank=True)
    last_name = serializers.CharField(allow_blank=True)
    roles = serializers.ListField(child=serializers.CharField())
    is_active = serializers.BooleanField()
    is_staff = serializers.BooleanField(help_text="Whether the admin lets them in.")
    is_superuser = serializers.BooleanField(
        help_text="A superuser may do everything. Only superusers change this, in the "
        "admin."
    )
    created_at = serializers.DateTimeField()
    last_login_at = serializers.DateTimeField(
        allow_null=True, help_text="With a password, not with an API key."
    )


@extend_schema_serializer(many=False)  # an object with the list in it
class UsersAnswer(serializers.Serializer):
    next = serializers.URLField(allow_null=True, help_text="The next page.")
    results = UserAnswer(many=True)


COLUMNS = columns_of(UserAnswer)


def listed():
    """Return all users as rows of an answer."""
    roles = Group.objects.filter(user=OuterRef("pk")).order_by("name").values("name")
    columns = {
        "user_id": F("pk"),
        "roles": ArraySubquery(roles),
        "created_at": F("date_joined"),
        "last_login_at": F("last_login"),
    }
    return User.objects.annotate(**columns).values_list(*COLUMNS, named=True)


def answer(request, user_id, status=200):
    content = listed().get(pk=user_id)._asdict()
    headers = {}
    if status == 201:
        headers["Location"] = reverse("user", args=[user_id], request=request)
    return Response(content, status=status, headers=headers)


def find(user_id):
    """Return a User; raise NotFound."""
    for user in User.objects.filter(pk=user_id):
        return user
    raise NotFound(f"there is no user {user_id}"[:200])


def refuse_known(username):
    """Raise Conflict if another username differs at most in letter case."""
    if User.objects.filter(username__iexact=username).exists():
        raise Conflict("there is a user with this name")


def refuse_weak(password, user):
    try:
        validate_password(password, user)
    except Invalid as error:
        raise ValidationError({"password": error.messages}) from error


# --- The endpoints


@needs(GET="auth.view_user", POST="auth.add_user", PATCH="auth.change_user")
class Users(ViewSet):
    parser_classes = (JSONParser,)

    @extend_schema(summary="List users", responses=answers(UsersAnswer))
    @query(UsersQuery)
    def list(self, request, params):
        """List users by username, with their roles."""
        found = listed().filter(username__icontains=params.search).order_by("username")
        if params.cursor:
            found = found.filter(username__gt=params.cursor[0])
        rows = found[: params.page_size + 1]
        return page_of(request, params, rows, COLUMNS, ["username"])

    @extend_schema(
        summary="Create a user",
        request=NewUser,
        responses=answers(UserAnswer, 409, 413, status=201),
    )
    @query(NoParameters)
    def create(self, request, params):
        """Add a user. Without a password, they can only use API keys.

        It needs the permission to change users too, because it can give roles.
        """
        if not request.user.has_perm("auth.change_user"):
            raise PermissionDenied("this needs the permission auth.change_user")
        fields = vars(read_json(NewUser, request))
        roles, password = fields.pop("roles", ()), fields.pop("password", None)
        user = User(**fields)
        refuse_known(user.username)
        if password is not None:
            refuse_weak(password, user)
        user.set_password(password)
        accounts.create_user(request.user, user, roles)
        return answer(request, user.pk, status=201)

    @extend_schema(summary="Get a user", responses=answers(UserAnswer, 404))
    @query(NoParameters)
    def retrieve(self, request, params, user_id):
        """Get a user with their roles."""
        return answer(request, find(user_id).pk)

    @extend_schema(
        summary="Change a user",
        request=UserChange,
        responses=answers(UserAnswer, 404, 413),
    )
    @query(NoParameters)
    def partial_update(self, request, params, user_id):
        """Change a user, or deactivate one. Users are never deleted.

        Only superusers change a superuser. Nobody deactivates themselves.
        """
        user = find(user_id)
        changes = vars(read_json(UserChange, request))
        if "password" in changes:
            refuse_weak(changes["password"], user)
        if "roles" in changes:
            changes["groups"] = changes.pop("roles")
        accounts.change_user(request.user, user, changes)
        return answer(request, user.pk)
