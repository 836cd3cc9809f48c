"""The addresses of the pages for one's own account."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from restaurant_monitor.access.views import Login, Password, account

urlpatterns = [
    path("login/", Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("password/", Password.as_view(), name="password"),
    path("account/", account, name="account"),
]
