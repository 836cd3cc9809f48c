"""The table of the documentation has the permissions of each role."""

import re

import pytest
from django.contrib.auth.models import Group

from tests.support.processes import PROJECT

ROW = re.compile(r"^\| (`[a-z]+\.[a-z]+_.*) \| .* \| (.*) \|$", re.MULTILINE)


@pytest.mark.django_db
def test_the_table_has_the_permissions_of_each_role():
    shown = {
        (permission, role)
        for permissions, roles in ROW.findall((PROJECT / "docs" / "api.md").read_text())
        for permission in re.findall("`(.*?)`", permissions)
        for role in roles.split(", ")
    }
    names = ("permissions__content_type__app_label", "permissions__codename", "name")
    found = Group.objects.values_list(*names)
    assert shown == {(f"{app}.{codename}", role) for app, codename, role in found}
