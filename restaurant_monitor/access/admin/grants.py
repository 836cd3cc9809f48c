"""Grants in the admin: given and taken back, never changed."""

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from restaurant_monitor.access import accounts
from restaurant_monitor.access.models import Grant
from restaurant_monitor.jobs.admin import utc


def text(label, help_text):
    return forms.CharField(
        label=label,
        required=False,
        empty_value=None,
        max_length=100,
        help_text=help_text,
        widget=AdminTextInputWidget,
    )


class GrantForm(forms.ModelForm):
    """Gives a user or a role one store, or all stores with a label."""

    store_id = text("Store", "The id of one store. Empty for a label.")
    label_name = text("Label", "Its name, such as region, for all its stores.")
    label_value = text("Value of the label", "Such as west.")

    class Meta:
        model = Grant
        fields = ["user", "group", "store_id", "label_name", "label_value"]
        labels = {"group": "Role"}
        help_texts = {
            "user": "Who sees the stores. Empty for a role.",
            "group": "All users with this role see the stores.",
        }

    def _post_clean(self):
        """Check all constraints, also on the page of a user, which has no group."""
        super()._post_clean()
        if not self.errors:
            try:
                self.instance.validate_constraints()
            except ValidationError as error:
                self.add_error(None, error)


def touchable_users(request):
    """Return the users for whom the user of a request may give grants and keys."""
    users = User.objects.order_by("username")
    return users if request.user.is_superuser else users.filter(is_superuser=False)


class GrantAdmin(admin.ModelAdmin):
    form = GrantForm
    list_display = ["given_to", "what", "granted_at_utc"]
    list_display_links = ["what"]
    list_filter = ["group", "label_name", "label_value"]
    list_select_related = ["user", "group"]
    search_fields = ["user__username", "store_id"]
    search_help_text = "A username, or the id of a store."
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    granted_at_utc = utc("granted_at")

    class Media:
        css = {"all": ["jobs/admin.css"]}

    @admin.display(description="Granted to", ordering="user__username")
    def given_to(self, grant):
        return f"user {grant.user}" if grant.user else f"role {grant.group}"

    @admin.display(description="Stores")
    def what(self, grant):
        if grant.store_id is not None:
            return f"store {grant.store_id}"
        return f"all with {grant.label_name}:{grant.label_value}"

    def formfield_for_foreignkey(self, db_field, request, **options):
        if db_field.name == "user":
            options["queryset"] = touchable_users(request)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        is_allowed = obj is None or accounts.may_touch(request.user, obj.user)
        return is_allowed and super().has_delete_permission(request, obj)

    def save_model(self, request, obj, form, change):
        accounts.give_grant(request.user, obj)

    def delete_model(self, request, obj):
        accounts.take_grant(request.user, obj)

    def delete_queryset(self, request, queryset):
        for grant in queryset.select_related("user", "group"):
            accounts.take_grant(request.user, grant)


class DistinctGrants(forms.BaseInlineFormSet):
    def clean(self):
        super().clean()
        names = ("store_id", "label_name", "label_value")
        new = [form.cleaned_data for form in self.extra_forms if form.has_changed()]
        given = [tuple(map(data.get, names)) for data in new]
        if len(set(given)) < len(given):
            raise ValidationError("The same stores are granted twice.")


class GrantsOfUser(admin.TabularInline):
    """The grants of a user, on the user's page."""

    model = Grant
    form = GrantForm
    formset = DistinctGrants
    fields = ["store_id", "label_name", "label_value"]
    extra = 0
    verbose_name_plural = "Stores that the user may see, beside those of the roles"

    def has_change_permission(self, request, obj=None):
        return False

    def has_add_permission(self, request, obj):
        may_touch = accounts.may_touch(request.user, obj)
        return may_touch and super().has_add_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        may_touch = accounts.may_touch(request.user, obj)
        return may_touch and super().has_delete_permission(request, obj)
