"""Every change of users, roles, grants and API keys. The API, the admin and commands
use it.

`by` is the user who makes the change; None is a command, which may do everything. All
functions raise PermissionDenied. Only superusers touch a superuser, or a role: who
changes a role can have any right.
"""

from datetime import UTC, datetime

from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import transaction

from restaurant_monitor.access.audit import record
from restaurant_monitor.access.keys import create_key

ONLY_BY_SUPERUSERS = {"is_superuser", "user_permissions"}
RELATED = {"groups", "user_permissions"}
RECORDED = [
    *("username", "email", "first_name", "last_name"),
    *("is_active", "is_staff", "is_superuser"),
]
NOT_OF_ONESELF = ("is_active", "is_superuser")


@transaction.atomic
def create_user(by, user, roles=()):
    """Save a new User, whose password is set, with roles: groups."""
    refuse_superuser(by, user)
    user.save(force_insert=True)
    user.groups.set(roles)
    record("user.created", user.pk, after=described(user))


@transaction.atomic
def create_superuser(username, password):
    """Save a new User who may do everything."""
    user = User.objects.create_superuser(username, password=password)
    record("user.created", user.pk, after=described(user))


@transaction.atomic
def change_user(by, user, changes):
    """Set fields of a user by name. `groups` and `user_permissions` are collections.

    `password` is the password itself. None means that the user cannot log in.
    """
    user.refresh_from_db(from_queryset=User.objects.select_for_update())
    refuse_superuser(by, user)
    refuse_changes(by, user, changes)
    before = described(user)
    for name, value in changes.items():
        if name == "password":
            user.set_password(value)
        elif name in RELATED:
            getattr(user, name).set(value)
        else:
            setattr(user, name, value)
    user.save()
    record("user.changed", user.pk, before, described(user, "password" in changes))


@transaction.atomic
def save_role(by, role, permissions):
    """Save a new or changed role, a Group, and what it may do: Permissions."""
    refuse_role(by)
    before = None
    if not role._state.adding:
        before = described_role(Group.objects.select_for_update().get(pk=role.pk))
    role.save()
    role.permissions.set(permissions)
    action = "role.created" if before is None else "role.changed"
    record(action, role.pk, before, described_role(role))


@transaction.atomic
def delete_role(by, role):
    """Delete a role, and take back what was granted to it."""
    refuse_role(by)
    for grant in role.grant_set.all():
        take_grant(by, grant)
    users = role.user_set.order_by("username").values_list("username", flat=True)
    before = described_role(role) | {"users": list(users)}
    record("role.deleted", role.pk, before=before)
    role.delete()


@transaction.atomic
def give_grant(by, grant):
    """Save a new Grant; raise ValidationError if it is not valid or given already."""
    refuse_superuser(by, grant.user)
    grant.full_clean()
    grant.save(force_insert=True)
    record("grant.given", grant.pk, after=described_grant(grant))


@transaction.atomic
def take_grant(by, grant):
    """Delete a Grant."""
    refuse_superuser(by, grant.user)
    record("grant.taken", grant.pk, before=described_grant(grant))
    grant.delete()


@transaction.atomic
def make_key(by, user, name, ends_at=None):
    """Save a new ApiKey; return it, and the key as text. The text is not stored."""
    refuse_superuser(by, user)
    key, text = create_key(user, name, ends_at)
    record("key.made", key.pk, after=described_key(key))
    return key, text


@transaction.atomic
def revoke_key(by, key):
    """Let nobody use an ApiKey any more. It stays listed."""
    refuse_superuser(by, key.user)
    if key.revoked_at is None:
        key.revoked_at = datetime.now(UTC)
        key.save(update_fields=["revoked_at"])
        record("key.revoked", key.pk, before=described_key(key))


def may_touch(by, user):
    """Return if `by` may change a user, and the user's keys and grants."""
    return user is None or not user.is_superuser or is_superuser(by)


def is_superuser(by):
    return by is None or by.is_superuser


def refuse_superuser(by, user):
    if not may_touch(by, user):
        raise PermissionDenied("only a superuser may do this to a superuser")


def refuse_role(by):
    if not is_superuser(by):
        raise PermissionDenied("only a superuser may change a role")


def refuse_changes(by, user, changes):
    if not is_superuser(by) and ONLY_BY_SUPERUSERS & changes.keys():
        raise PermissionDenied("only a superuser may change this")
    if by is not None and by.pk == user.pk:
        for name in NOT_OF_ONESELF:
            if getattr(user, name) and changes.get(name) is False:
                raise PermissionDenied("nobody deactivates their own account")


# --- What the audit log has of a change


def described(user, has_new_password=False):
    """Return what the audit log has of a user. Of a password, only that it changed."""
    groups = user.groups.order_by("name").values_list("name", flat=True)
    single = user.user_permissions.order_by("codename")
    return {
        **{name: getattr(user, name) for name in RECORDED},
        "roles": list(groups),
        "permissions": list(single.values_list("codename", flat=True)),
        **({"password": "changed"} if has_new_password else {}),
    }


def described_role(role):
    permissions = role.permissions.order_by("codename")
    names = permissions.values_list("codename", flat=True)
    return {"name": role.name, "permissions": list(names)}


def described_grant(grant):
    names = ["store_id", "label_name", "label_value"]
    whose = {"user": grant.user, "group": grant.group}
    return {name: str(of) for name, of in whose.items() if of} | {
        name: value for name in names if (value := getattr(grant, name))
    }


def described_key(key):
    names = ["name", "prefix", "ends_at"]
    return {"user": key.user.username} | {name: getattr(key, name) for name in names}
