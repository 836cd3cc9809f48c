from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("api/", include("reports.urls")),
    path("api/", include("stores.urls")),
    path("admin/", admin.site.urls),
]
handler400 = "restaurant_monitor.problems.bad_request"
handler404 = "restaurant_monitor.problems.not_found"
handler500 = "restaurant_monitor.problems.server_error"
