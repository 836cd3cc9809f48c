"""Users and roles in the admin.

Django lets a user who may change users make superusers. Here, only superusers do, and
only they change a superuser. Users are deactivated, never deleted.
"""

from copy import copy
from functools import partial

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm
from django.core.exceptions import PermissionDenied, ValidationError

from restaurant_monitor.access import accounts
from restaurant_monitor.access.admin.grants import GrantsOfUser
from restaurant_monitor.jobs.admin import utc

PERSON = ("first_name", "last_name", "email")
RIGHTS = ("is_active", "is_staff", "groups")
RIGHTS_FROM_SUPERUSERS = ("is_superuser", "user_permissions")
DATES = ("last_login_utc", "date_joined_utc")


class AccountForm(UserChangeForm):
    by = None  # the user who changes this one

    def clean(self):
        cleaned = super().clean()
        try:
            accounts.refuse_changes(self.by, self.instance, self.changes())
        except PermissionDenied as error:
            raise ValidationError(str(error)) from error
        return cleaned

    def changes(self):
        changed = [n for n in self.changed_data if n in self.cleaned_data]
        return {name: self.cleaned_data[name] for name in changed}


class NewPasswordForm(AdminPasswordChangeForm):
    def __init__(self, by, *args, **options):
        self.by = by
        super().__init__(*args, **options)

    def save(self, commit=True):
        is_set = self.cleaned_data["set_usable_password"]
        password = self.cleaned_data["password1"] if is_set else None
        accounts.change_user(self.by, self.user, {"password": password})
        return self.user


class AccountAdmin(UserAdmin):
    form = AccountForm
    list_display = [
        "username",
        "email",
        "roles",
        "is_active",
        "is_staff",
        "is_superuser",
        "last_login_utc",
    ]
    list_filter = ["is_active", "is_staff", "is_superuser", "groups"]
    readonly_fields = DATES
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ["deactivate"]
    last_login_utc = utc("last_login")
    date_joined_utc = utc("date_joined")

    class Media:
        css = {"all": ["jobs/admin.css"]}

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="Roles")
    def roles(self, user):
        return ", ".join(sorted(group.name for group in user.groups.all())) or None

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return self.add_fieldsets
        may_change = self.has_change_permission(request, obj)
        login = ("username", "password") if may_change else ("username",)
        more = RIGHTS_FROM_SUPERUSERS if request.user.is_superuser else ()
        return [
            (None, {"fields": login}),
            ("Person", {"fields": PERSON}),
            ("Rights", {"fields": RIGHTS + more}),
            ("Dates", {"fields": DATES}),
        ]

    def get_inlines(self, request, obj):
        return [] if obj is None else [GrantsOfUser]

    def get_form(self, request, obj=None, **options):
        form = super().get_form(request, obj, **options)
        form.by = request.user
        return form

    def has_change_permission(self, request, obj=None):
        may_touch = accounts.may_touch(request.user, obj)
        return may_touch and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        if change:
            accounts.change_user(request.user, obj, form.changes())
        else:
            accounts.create_user(request.user, obj)

    def save_related(self, request, form, formsets, change):
        """Save the grants. The roles are saved with the user."""
        for formset in formsets:
            self.save_formset(request, form, formset, change)

    def save_formset(self, request, form, formset, change):
        given = formset.save(commit=False)
        for grant in formset.deleted_objects:
            accounts.take_grant(request.user, grant)
        for grant in given:
            accounts.give_grant(request.user, grant)

    def user_change_password(self, request, id, form_url=""):
        # This object serves other requests at the same time.
        page = copy(self)
        page.change_password_form = partial(NewPasswordForm, request.user)
        return super(AccountAdmin, page).user_change_password(request, id, form_url)

    @admin.action(permissions=["change"], description="Deactivate selected users")
    def deactivate(self, request, queryset):
        for user in queryset:
            try:
                accounts.change_user(request.user, user, {"is_active": False})
            except PermissionDenied as error:
                text = f"User {user} is not deactivated: {error}."
                self.message_user(request, text, messages.ERROR)
            else:
                self.log_change(request, user, "Deactivated.")
                self.message_user(
                    request, f"User {user} is deactivated.", messages.SUCCESS
                )


class RoleAdmin(GroupAdmin):
    """Roles are changed only by superusers: who changes a role can have any right."""

    def has_add_permission(self, request):
        return request.user.is_superuser

    def has_change_permission(self, request, obj=None):
        return request.user.is_superuser

    def has_delete_permission(self, request, obj=None):
        return request.user.is_superuser

    def save_model(self, request, obj, form, change):
        accounts.save_role(request.user, obj, form.cleaned_data["permissions"])

    def save_related(self, request, form, formsets, change):
        """Do nothing: the permissions are saved with the role."""

    def delete_model(self, request, obj):
        accounts.delete_role(request.user, obj)

    def delete_queryset(self, request, queryset):
        for role in queryset:
            accounts.delete_role(request.user, role)
