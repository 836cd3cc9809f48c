"""The form of one's own password."""

from django.contrib.auth import authenticate
from django.contrib.auth.forms import PasswordChangeForm
from django.core.exceptions import ValidationError

from restaurant_monitor.access import accounts


class OwnPasswordForm(PasswordChangeForm):
    """Counts a wrong old password as an attempt to log in.

    Otherwise, whoever finds an open session could guess the password without a limit.
    """

    def __init__(self, request, *args, **options):
        self.request = request
        super().__init__(request.user, *args, **options)

    def clean_old_password(self):
        password = self.cleaned_data["old_password"]
        name = self.user.get_username()
        if authenticate(self.request, username=name, password=password) is None:
            wrong = self.error_messages["password_incorrect"]
            raise ValidationError(wrong, code="password_incorrect")
        return password

    def save(self, commit=True):
        changes = {"password": self.cleaned_data["new_password1"]}
        accounts.change_user(self.user, self.user, changes)
        return self.user
