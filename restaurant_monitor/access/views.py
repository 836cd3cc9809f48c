"""The pages for one's own account: log in, see it, change the password."""

from datetime import UTC, datetime
from math import ceil

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.db.models import Max
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from restaurant_monitor.access.api.me import grants_of, roles_of
from restaurant_monitor.access.forms import OwnPasswordForm
from restaurant_monitor.http.errors import Busy
from restaurant_monitor.http.problems import unavailable


class ChecksPassword:
    """A page whose form checks a password. It says so if too many are being checked."""

    def post(self, request, *args, **options):
        try:
            return super().post(request, *args, **options)
        except Busy as error:
            return unavailable(request, str(error))


class Login(ChecksPassword, LoginView):
    template_name = "access/login.html"


@method_decorator(never_cache, "dispatch")
class Password(ChecksPassword, PasswordChangeView):
    form_class = OwnPasswordForm
    template_name = "access/password.html"
    success_url = reverse_lazy("account")

    def get_form_kwargs(self):
        options = super().get_form_kwargs()
        del options["user"]
        return options | {"request": self.request}

    def form_valid(self, form):
        done = super().form_valid(form)
        messages.success(
            self.request, "Your password is changed. Your other sessions have ended."
        )
        return done


@require_safe
@never_cache
@login_required
def account(request):
    """Show users what they are, may see, and use."""
    user = request.user
    context = {
        "roles": roles_of(user),
        "grants": grants_of(user),
        "sees_all": user.has_perm("access.see_all"),
        "keys": user.api_keys.order_by("-created_at"),
        "now": datetime.now(UTC),
    }
    return render(request, "access/account.html", context)


def locked_out(request, response, credentials):
    """Answer an attempt to log in after too many wrong ones: say when to try again."""
    [attempts] = AxesProxyHandler.get_implementation().get_user_attempts(
        request, credentials
    )
    last = attempts.aggregate(last=Max("attempt_time"))["last"] or datetime.now(UTC)
    ends_at = last + settings.AXES_COOLOFF_TIME
    seconds = max(1, ceil((ends_at - datetime.now(UTC)).total_seconds()))
    context = {"ends_at": ends_at, "minutes": ceil(seconds / 60)}
    page = render(request, "access/locked.html", context, status=429)
    page["Retry-After"] = str(seconds)
    add_never_cache_headers(page)
    return page
