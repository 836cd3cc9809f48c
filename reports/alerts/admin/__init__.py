"""Channels, rules and messages of alerts in the admin."""

from django.contrib import admin, messages
from django.template.response import TemplateResponse

from reports.alerts import rules
from reports.alerts.admin.forms import ChannelForm, RuleForm
from reports.alerts.channels import NotSent, new_secret, send_test
from reports.alerts.models import AlertChannel, AlertMessage, AlertRule
from reports.alerts.outbox import send_again
from restaurant_monitor.jobs.admin import utc
from stores import scope

TEST = "_test"  # the button that also sends a test


class OfAlerts(admin.ModelAdmin):
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    class Media:
        css = {"all": ["jobs/admin.css"]}

    def get_deleted_objects(self, objs, request):
        """Name only these: with them go messages and alerts, which may be many."""
        return [str(obj) for obj in objs], {}, set(), []


@admin.register(AlertChannel)
class ChannelAdmin(OfAlerts):
    form = ChannelForm
    list_display = ["name", "kind", "address"]
    fields = ["name", "kind", "address", "new_secret"]
    change_form_template = "admin/reports/alertchannel/change_form.html"

    def get_readonly_fields(self, request, obj=None):
        return ["kind"] if obj else []

    def lookup_allowed(self, lookup, value, request):
        is_secret = lookup.startswith("secret")
        return not is_secret and super().lookup_allowed(lookup, value, request)

    def save_model(self, request, obj, form, change):
        """Save a channel. A new webhook without a secret gets one."""
        if secret := form.cleaned_data["new_secret"]:
            obj.secret = secret
        elif obj.kind == AlertChannel.Kind.WEBHOOK and not obj.secret:
            obj.secret = request.new_secret = new_secret()
        rules.save_channel(obj)

    def delete_model(self, request, obj):
        rules.delete_channel(obj)

    def delete_queryset(self, request, queryset):
        for channel in queryset:
            rules.delete_channel(channel)

    def response_add(self, request, obj, post_url_continue=None):
        """Show a new secret on a page. In a message, it would be stored somewhere."""
        self.test_if_asked(request, obj)
        if not hasattr(request, "new_secret"):
            return super().response_add(request, obj, post_url_continue)
        context = self.admin_site.each_context(request) | {
            "title": "The channel is made",
            "opts": self.opts,
            "channel": obj,
            "secret": request.new_secret,
        }
        return TemplateResponse(
            request, "admin/reports/alertchannel/made.html", context
        )

    def response_change(self, request, obj):
        self.test_if_asked(request, obj)
        return super().response_change(request, obj)

    def test_if_asked(self, request, channel):
        if TEST not in request.POST:
            return
        try:
            send_test(channel)
        except NotSent as error:
            self.message_user(request, f"Test not sent: {error}", messages.ERROR)
        else:
            self.message_user(request, "A test was sent.", messages.SUCCESS)


class OfAllStores(OfAlerts):
    """Pages that may tell of any store: only for those who see them all."""

    def sees_all(self, request):
        return scope.viewer(request.user) is None

    def has_module_permission(self, request):
        return self.sees_all(request) and super().has_module_permission(request)

    def has_view_permission(self, request, obj=None):
        return self.sees_all(request) and super().has_view_permission(request, obj)

    def has_add_permission(self, request):
        return self.sees_all(request) and super().has_add_permission(request)

    def has_change_permission(self, request, obj=None):
        return self.sees_all(request) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return self.sees_all(request) and super().has_delete_permission(request, obj)


@admin.register(AlertRule)
class RuleAdmin(OfAllStores):
    form = RuleForm
    fields = RuleForm.Meta.fields
    list_display = ["name", "kind", "of", "minutes", "muted"]
    list_filter = ["kind"]
    search_fields = ["name", "store_id"]
    search_help_text = "The name of a rule, or the id of its store."
    muted = utc("muted_until")

    def get_readonly_fields(self, request, obj=None):
        return ["kind"] if obj else []  # the texts of its alerts depend on it

    @admin.display(description="Stores")
    def of(self, rule):
        if rule.store_id:
            return rule.store_id
        return ", ".join(rule.labels) or "all"

    def save_model(self, request, obj, form, change):
        rules.save_rule(obj, form.cleaned_data["channels"])

    def delete_model(self, request, obj):
        rules.delete_rule(obj)

    def delete_queryset(self, request, queryset):
        for rule in queryset:
            rules.delete_rule(rule)


@admin.register(AlertMessage)
class MessageAdmin(OfAllStores):
    """What was sent, or could not be sent. Dead messages can be sent again."""

    list_display = ["subject", "channel", "state", "created", "attempts", "error"]
    list_filter = ["state", "channel"]
    list_select_related = ["channel"]
    fields = [
        *("message_id", "subject", "body", "channel", "event", "state"),
        *("created", "attempts", "next", "sent", "error"),
    ]
    readonly_fields = fields
    actions = ["send_again"]
    created = utc("created_at")
    next = utc("next_at")
    sent = utc("sent_at")

    def get_queryset(self, request):
        """A list of reports would read all their workbooks."""
        return super().get_queryset(request).defer("html", "attachment")

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.action(permissions=["change"], description="Send dead messages again")
    def send_again(self, request, queryset):
        number = send_again(queryset)
        self.message_user(request, f"{number} are sent again.", messages.SUCCESS)
