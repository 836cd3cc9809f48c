"""Uptime targets in the admin."""

from django import forms
from django.contrib import admin

from stores.forms import label_of
from stores.models import UptimeTarget
from stores.targets import ALL, set_target


class TargetForm(forms.ModelForm):
    class Meta:
        model = UptimeTarget
        fields = ["label", "percent"]
        widgets = {"label": forms.TextInput}

    def clean_label(self):
        label = self.cleaned_data["label"]
        return label if label == ALL else label_of(label)


class UptimeTargetAdmin(admin.ModelAdmin):
    """Adds, changes and removes targets, all with the permission to change them."""

    form = TargetForm
    list_display = ["label", "percent"]

    def get_readonly_fields(self, request, target=None):
        return ["label"] if target else []

    def has_add_permission(self, request):
        return self.has_change_permission(request)

    def has_delete_permission(self, request, target=None):
        return self.has_change_permission(request)

    def save_model(self, request, target, form, change):
        set_target(target.label, target.percent)

    def delete_model(self, request, target):
        set_target(target.label, None)

    def delete_queryset(self, request, targets):
        for target in targets:
            set_target(target.label, None)
