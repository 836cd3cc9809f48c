"""API keys in the admin: made, listed and revoked. A key itself is shown once."""

from datetime import UTC, datetime

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.template.response import TemplateResponse

from restaurant_monitor.access import accounts
from restaurant_monitor.access.admin.grants import touchable_users
from restaurant_monitor.access.keys import LONGEST_NAME, refuse_odd_name
from restaurant_monitor.access.models import ApiKey
from restaurant_monitor.jobs.admin import utc


class ApiKeyForm(forms.ModelForm):
    name = forms.CharField(
        max_length=LONGEST_NAME,
        validators=[refuse_odd_name],
        widget=AdminTextInputWidget,
        help_text="What uses the key, such as poller-west.",
    )

    class Meta:
        model = ApiKey
        fields = ["user", "name", "ends_at"]

    def clean_ends_at(self):
        moment = self.cleaned_data["ends_at"]
        if moment is not None and moment <= datetime.now(UTC):
            raise ValidationError("This is not in the future.")
        return moment


class ApiKeyAdmin(admin.ModelAdmin):
    form = ApiKeyForm
    list_display = ["prefix", "user", "name", "ends", "last_used", "revoked"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["prefix", "name", "user__username"]
    search_help_text = "The beginning of a key, its name or a username."
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ["revoke"]
    created = utc("created_at")
    ends = utc("ends_at")
    last_used = utc("last_used_at")
    revoked = utc("revoked_at")

    class Media:
        css = {"all": ["jobs/admin.css"]}

    def get_fields(self, request, obj=None):
        if obj is None:
            return ["user", "name", "ends_at"]
        return ["prefix", "user", "name", "created", "ends", "last_used", "revoked"]

    def get_readonly_fields(self, request, obj=None):
        return () if obj is None else self.get_fields(request, obj)

    def formfield_for_foreignkey(self, db_field, request, **options):
        if db_field.name == "user":
            options["queryset"] = touchable_users(request)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def lookup_allowed(self, lookup, value, request):
        is_secret = lookup.startswith("digest")
        return not is_secret and super().lookup_allowed(lookup, value, request)

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_revoke_permission(self, request):
        return request.user.has_perm("access.change_apikey")

    def save_model(self, request, obj, form, change):
        """Make the key. Its text is kept for the answer to this request alone."""
        made, request.new_key = accounts.make_key(
            request.user, obj.user, obj.name, obj.ends_at
        )
        obj.__dict__.update(made.__dict__)

    def response_add(self, request, obj, post_url_continue=None):
        """Show the key on a page. In a message, it would be stored somewhere."""
        context = self.admin_site.each_context(request) | {
            "title": "The API key is made",
            "opts": self.opts,
            "key": obj,
            "text": request.new_key,
        }
        return TemplateResponse(request, "admin/access/apikey/made.html", context)

    @admin.action(permissions=["revoke"], description="Revoke selected API keys")
    def revoke(self, request, queryset):
        keys = list(queryset.select_related("user"))
        allowed = [key for key in keys if accounts.may_touch(request.user, key.user)]
        for key in allowed:
            accounts.revoke_key(request.user, key)
            self.log_change(request, key, "Revoked.")
        self.message_user(request, f"{len(allowed)} revoked.", messages.SUCCESS)
        if kept := len(keys) - len(allowed):
            text = f"{kept} not revoked: only a superuser revokes a superuser's keys."
            self.message_user(request, text, messages.ERROR)
