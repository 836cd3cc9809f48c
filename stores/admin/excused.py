"""Excused time in the admin: added and deleted, never changed."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from rest_framework.exceptions import PermissionDenied

from stores import scope
from stores.excused import excuse, listed, refuse_foreign, remove
from stores.forms import label_of
from stores.models import ExcusedTime, UnknownStore
from stores.targets import ALL


class ExcusedTimeForm(forms.ModelForm):
    """A new stretch of time. The class of a request has its `user`."""

    class Meta:
        model = ExcusedTime
        fields = ["store_id", "label", "starts_at", "ends_at", "reason"]
        widgets = {
            "store_id": forms.TextInput,
            "label": forms.TextInput,
            "reason": forms.TextInput(attrs={"class": "vTextField"}),
        }

    def clean_store_id(self):
        return self.cleaned_data["store_id"] or None

    def clean_label(self):
        label = self.cleaned_data["label"] or None
        return label if label in (ALL, None) else label_of(label)

    def clean(self):
        try:
            refuse_foreign(self.user, ExcusedTime(**self.cleaned_data))
        except (UnknownStore, PermissionDenied) as error:
            raise ValidationError(str(error)) from error
        return super().clean()


class ExcusedTimeAdmin(admin.ModelAdmin):
    """Adds and deletes excused time, with the permission to change it."""

    form = ExcusedTimeForm
    actions = None
    list_display = ["whose", "starts_at", "ends_at", "reason", "username"]
    search_fields = ["store_id", "label", "reason"]

    def get_queryset(self, request):
        found = super().get_queryset(request)
        if (viewer := scope.viewer(request.user)) is None:
            return found
        return found.filter(pk__in=[row.excused_id for row in listed(viewer)])

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.user = request.user
        return form

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) or self.may_change(request)

    def has_add_permission(self, request):
        return self.may_change(request)

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        sees_all = obj is None or obj.store_id or scope.viewer(request.user) is None
        return bool(sees_all) and self.may_change(request)

    def may_change(self, request):
        return request.user.has_perm("stores.change_excusedtime")

    def save_model(self, request, obj, form, change):
        excuse(request.user, obj)

    def delete_model(self, request, obj):
        remove(request.user, obj.pk)
