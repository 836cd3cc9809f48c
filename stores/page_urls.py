"""The addresses of the pages of stores."""

from django.urls import path

from stores.pages.overview import found_stores, home

urlpatterns = [
    path("", home, name="home"),
    path("overview/stores/", found_stores, name="overview_stores"),
]
