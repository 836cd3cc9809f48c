"""The addresses of the pages of stores."""

from django.urls import path

from stores.pages import parts
from stores.pages.overview import found_stores, home

urlpatterns = [
    path("", home, name="home"),
    path("overview/stores/", found_stores, name="overview_stores"),
    path("overview/uptime/", parts.uptime, name="overview_uptime"),
    path("overview/labels/", parts.labels, name="overview_labels"),
    path("overview/worst/", parts.worst, name="overview_worst"),
    path("overview/hours/", parts.hours, name="overview_hours"),
    path("overview/month/", parts.month, name="overview_month"),
]
