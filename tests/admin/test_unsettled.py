"""A store whose hours or zone were rejected is shown as unsettled."""

import pytest

from stores.models import BusinessHours, Store, Unsettled
from tests.admin.pages import DENVER_PAGE, STORES, open_and_save, shown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("denver")]


@pytest.fixture
def unsettled(denver):
    Unsettled.objects.create(store_id="denver", missing="hours")


@pytest.mark.usefixtures("unsettled")
def test_the_page_says_what_is_missing_and_what_to_do(admin_client):
    text = shown(admin_client.get(DENVER_PAGE))
    assert "This store is unsettled: nobody knows its hours" in text


def test_the_page_of_a_settled_store_says_nothing(admin_client):
    assert "unsettled: nobody" not in shown(admin_client.get(DENVER_PAGE))


@pytest.mark.usefixtures("unsettled")
def test_the_list_can_show_only_unsettled_stores(admin_client):
    page = admin_client.get(f"{STORES}?unsettled=yes")
    assert [store.pk for store in page.context["cl"].result_list] == ["denver"]
    assert page.context["cl"].result_list[0].missing == ["hours"]
    everything = admin_client.get(STORES).context["cl"].result_list
    assert len(everything) == Store.objects.count() > 1


def test_to_tick_always_open_settles_it(admin_client, denver):
    BusinessHours.objects.filter(store="denver").delete()
    Unsettled.objects.create(store_id="denver", missing="hours")
    assert open_and_save(admin_client, DENVER_PAGE, display_name="Denver") == {}
    assert Unsettled.objects.exists()
    assert open_and_save(admin_client, DENVER_PAGE, always_open="on") == {}
    assert not Unsettled.objects.exists()


@pytest.mark.usefixtures("unsettled")
def test_saving_its_week_settles_it(admin_client):
    assert open_and_save(admin_client, DENVER_PAGE, monday="09:00-13:00") == {}
    assert not Unsettled.objects.exists()
