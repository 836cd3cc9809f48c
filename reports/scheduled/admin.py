"""Schedules of reports in the admin."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextInputWidget

from reports.scheduled.models import ReportSchedule
from reports.scheduled.schedules import delete_schedule, save_schedule
from reports.scheduled.sending import send_now
from restaurant_monitor.jobs.admin import utc
from stores import scope
from stores.editing import zones
from stores.forms import WantedLabelsField


class ScheduleForm(forms.ModelForm):
    name = forms.CharField(max_length=200, widget=AdminTextInputWidget)
    timezone = forms.ChoiceField(
        help_text=ReportSchedule._meta.get_field("timezone").help_text
    )
    labels = WantedLabelsField(
        required=False,
        help_text="One in each line, such as region:west. A store needs one of the "
        "values of each name. Empty: all stores.",
    )

    class Meta:
        model = ReportSchedule
        fields = [
            *("name", "period", "timezone", "hour", "labels"),
            *("seen_by", "channels"),
        ]
        widgets = {"channels": forms.CheckboxSelectMultiple}

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["timezone"].choices = [(name, name) for name in zones()]


@admin.register(ReportSchedule)
class ScheduleAdmin(admin.ModelAdmin):
    """Who sees only some stores has only schedules of these, and no other ones."""

    form = ScheduleForm
    list_display = ["name", "period", "timezone", "next"]
    actions = ["send"]
    next = utc("next_at")

    class Media:
        css = {"all": ["jobs/admin.css"]}

    def get_queryset(self, request):
        found = super().get_queryset(request)
        if scope.viewer(request.user) is None:
            return found
        return found.filter(seen_by=request.user.pk)

    def get_exclude(self, request, schedule=None):
        return [] if scope.viewer(request.user) is None else ["seen_by"]

    def save_model(self, request, schedule, form, change):
        if scope.viewer(request.user) is not None:
            schedule.seen_by = request.user
        save_schedule(schedule, form.cleaned_data["channels"])

    def delete_model(self, request, schedule):
        delete_schedule(schedule)

    def delete_queryset(self, request, schedules):
        for schedule in schedules:
            delete_schedule(schedule)

    @admin.action(description="Send the last report now", permissions=["change"])
    def send(self, request, schedules):
        for schedule in schedules:
            if written := send_now(schedule):
                text = f"{schedule.name}: {written} mails will be sent."
                self.message_user(request, text)
            else:
                text = f"{schedule.name}: there are no polls of its time."
                self.message_user(request, text, messages.WARNING)
