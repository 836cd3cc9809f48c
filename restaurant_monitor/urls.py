from functools import partial

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView

from restaurant_monitor.http.docs import Docs
from restaurant_monitor.jobs.admin import queue_page

to = partial(RedirectView.as_view, query_string=True)
urlpatterns = [
    path("", include("restaurant_monitor.access.urls")),
    path("", include("stores.page_urls")),
    path("api/", include("restaurant_monitor.access.api_urls")),
    path("api/", include("reports.urls")),
    path("api/", include("stores.urls")),
    path("api/", include("reports.other_urls")),
    path("", include("reports.other_urls")),
    path("", include("reports.page_urls")),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", Docs.as_view(), name="docs"),
    path("admin/queue/", admin.site.admin_view(queue_page), name="queue"),
    # The admin has no pages of its own for these.
    path("admin/login/", to(pattern_name="login")),
    path("admin/password_change/", to(pattern_name="password")),
    path("admin/", admin.site.urls),
]
handler400 = "restaurant_monitor.http.problems.bad_request"
handler403 = "restaurant_monitor.http.problems.forbidden"
handler404 = "restaurant_monitor.http.problems.not_found"
handler500 = "restaurant_monitor.http.problems.server_error"
