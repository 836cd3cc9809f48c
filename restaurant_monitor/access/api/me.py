"""Who a client is, and what it may do."""

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from restaurant_monitor.access.api.grants import GrantAnswer, row
from restaurant_monitor.access.models import Grant
from restaurant_monitor.access.open import Anyone, is_open
from restaurant_monitor.access.permissions import ANY_USER, needs
from restaurant_monitor.http.docs import answers
from restaurant_monitor.http.reading import NoParameters, query


class UsedKey(serializers.Serializer):
    prefix = serializers.CharField()
    name = serializers.CharField()
    ends_at = serializers.DateTimeField(allow_null=True, help_text="Null means never.")


class MeAnswer(serializers.Serializer):
    username = serializers.CharField(
        help_text="Without an account, in open mode: `open mode`."
    )
    open_mode = serializers.BooleanField(
        help_text="Whether the service is in open mode: whoever is on this machine may "
        "do everything, without an account."
    )
    is_superuser = serializers.BooleanField()
    roles = serializers.ListField(child=serializers.CharField())
    permissions = serializers.ListField(child=serializers.CharField())
    sees_all = serializers.BooleanField(
        help_text="Whether you see all stores, without a grant."
    )
    grants = GrantAnswer(many=True, help_text="Yours, and those of your roles.")
    key = UsedKey(allow_null=True, help_text="Null without an API key.")


def grants_of(user):
    """Return the grants of a user and of the user's roles, newest first."""
    theirs = Q(user=user.pk) | Q(group__in=user.groups.all())
    found = Grant.objects.filter(theirs).select_related("user", "group")
    return found.order_by("-granted_at", "-grant_id")


def roles_of(user):
    return list(user.groups.order_by("name").values_list("name", flat=True))


@needs(GET=ANY_USER)
class Me(APIView):
    @extend_schema(summary="Get who you are", responses=answers(MeAnswer))
    @query(NoParameters)
    def get(self, request, params):
        """Get your user, roles, permissions and grants, and the API key that you use.

        In open mode there may be no user.
        """
        user, key = request.user, request.auth
        grants = [] if isinstance(user, Anyone) else grants_of(user)
        content = {
            "username": user.get_username(),
            "open_mode": is_open(request),
            "is_superuser": user.is_superuser,
            "roles": roles_of(user),
            "permissions": sorted(user.get_all_permissions()),
            "sees_all": user.has_perm("access.see_all"),
            "grants": [row(grant)._asdict() for grant in grants],
            "key": key and {n: getattr(key, n) for n in ("prefix", "name", "ends_at")},
        }
        return Response(content)
