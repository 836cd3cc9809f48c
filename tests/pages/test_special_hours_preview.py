"""The page of special hours says what would change, and changes nothing."""

import re
from datetime import UTC, datetime, time, timedelta

import pytest
from django.test import Client

from stores import editing
from stores.hours.special_dates import set_special_hours
from stores.models import (
    SpecialHours,
    SpecialHoursChange,
)
from tests.access.entries import recorded
from tests.admin.pages import shown
from tests.pages.asking import link_called, opened, rows_of, text_of
from tests.pages.special_hours import (
    ALL,
    CHRISTMAS,
    CLOSED,
    DAY,
    ON_DAY,
    PAGE,
    SHORT,
    ids_of_checked,
)
from tests.support import engine
from tests.support.labels import label
from tests.support.reference import HOUR, Data

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("monday")
class TestPreview:
    def test_it_groups_the_stores_whose_hours_change_alike(self):
        set_special_hours("denver", DAY, SHORT)
        page = opened(PAGE, **CLOSED)
        assert rows_of(page)[1:] == [
            "2 always open no weekly hours → closed special 2 stores late unseen",
            "1 10:00-14:00 special → closed special 1 store denver",
            "1 08:00-20:00 as in the week → closed special 1 store long",
            "1 closed as in the week → closed special, the same times 1 store shut",
        ]
        assert "Preview of Mon 2023-01-23" in shown(page)
        assert "Change 5 stores" in shown(page)
        assert link_called("denver", page) == "/stores/denver/"

    def test_its_first_lines_say_how_many_stores_change(self):
        """Of the five stores, `shut` is closed on Mondays, and `long` on the date."""
        set_special_hours("long", DAY, [])
        text = text_of(PAGE, **CLOSED)
        assert (
            "3 of 5 stores get other hours on Mon 2023-01-23. All are chosen." in text
        )
        assert (
            "1 more has the same hours in its week. It gets them as a special date"
            in text
        )
        assert "1 store is so already." in text
        assert text.count("Change 4 stores") == 2
        assert text.index("Change 4 stores") < text.index("Hours now")

    def test_its_first_line_names_the_labels(self):
        text = text_of(PAGE, label=["region:west", "brand:Bella"], **ON_DAY)
        assert (
            "1 of 5 stores gets other hours on Mon 2023-01-23. Chosen are those with "
            "region:west brand:Bella ." in text
        )

    def test_the_form_shows_what_is_asked_for(self):
        page = opened(PAGE, times="10:00-14:00", label="region:west", date="2023-01-23")
        assert ids_of_checked(page) == ["open", "labelled"]
        assert ids_of_checked(opened(PAGE, **CLOSED)) == ["closed", "all"]

    def test_nothing_is_chosen_at_first(self):
        assert ids_of_checked(opened(PAGE)) == []

    def test_it_changes_nothing(self):
        with recorded() as found:
            opened(PAGE, **CLOSED)
        assert found == []
        assert not SpecialHours.objects.exists()
        assert not SpecialHoursChange.objects.exists()

    def test_stores_that_have_these_hours_already_do_not_change(self):
        set_special_hours("long", DAY, [(time(9), time(17)), (time(18), time(0))])
        page = opened(
            PAGE, date="2023-01-23", stores="all", times="18:00-24:00, 09:00-17:00"
        )
        assert "1 store is so already." in shown(page)
        assert "Change 4 stores" in shown(page)
        assert "09:00-17:00, 18:00-24:00 special" in rows_of(page)[1]

    def test_as_in_the_week_shows_the_hours_of_the_weekday(self):
        set_special_hours("denver", DAY, SHORT)
        set_special_hours("late", DAY, SHORT)
        page = opened(PAGE, date="2023-01-23", hours="week", stores="all")
        assert rows_of(page)[1:] == [
            "1 10:00-14:00 special → 09:00-12:00 as in the week 1 store denver",
            "1 10:00-14:00 special → always open no weekly hours 1 store late",
        ]
        assert "3 stores are so already." in shown(page)

    @pytest.mark.parametrize(
        ("labels", "names"),
        [
            (["region:west"], "denver late"),
            (["Region:west", "region:east", ""], "denver late long"),
            (["region:west", "brand:Bella"], "denver"),
            (["region:north"], ""),
        ],
    )
    def test_labels_choose_the_stores(self, labels, names):
        page = opened(PAGE, label=labels, **ON_DAY)
        links = re.findall(r'href="/stores/([^/"]+)/"', page.text)
        assert " ".join(sorted(links)) == names
        assert ("You see no store like this" in shown(page)) == (not names)

    def test_a_store_with_rejected_hours_is_named_as_such(self):
        editing.Unsettled.objects.create(store_id="late", missing="hours")
        [row] = [row for row in rows_of(opened(PAGE, **CLOSED)) if "late" in row]
        assert row == (
            "1 not known the rows of its week were rejected → closed special "
            "1 store late"
        )

    def test_of_many_stores_the_first_are_named(self):
        engine.load(Data(zones=[(f"new {n:02}", "UTC") for n in range(23)]))
        page = opened(PAGE, **CLOSED)
        first = rows_of(page)[1]  # late, new 00 to new 22, unseen
        assert first.startswith("25 always open")
        assert first.endswith("new 18 and 5 more")

    def test_of_many_kinds_of_hours_the_largest_are_shown(self):
        """25 stores with hours of their own, and two that are always open."""
        hours = [(f"new {n:02}", 0, n * HOUR // 2, 21 * HOUR) for n in range(25)]
        engine.load(Data(hours=hours))
        page = opened(PAGE, **CLOSED)
        rows = rows_of(page)[1:]
        assert len(rows) == 21
        assert rows[0].startswith("2 always open")
        # 30 stores in all, of which 21 are shown.
        assert rows[-1] == "9 more stores with other hours change, too."

    def test_it_says_if_the_date_has_begun(self):
        """In Tokyo, tomorrow may have begun already: 1970 and 2050 are certain."""
        begun = text_of(PAGE, **CLOSED)
        assert "The date has begun for all these stores." in begun
        assert "computed again for them" in begun
        assert "has not begun for any" in text_of(PAGE, **CHRISTMAS)

    def test_a_date_can_have_begun_for_some_stores_only(self):
        """Between Kiritimati (UTC+14) and Pago Pago (UTC-11), 25 hours pass."""
        engine.load(
            Data(zones=[("far", "Pacific/Kiritimati"), ("west", "Pacific/Pago_Pago")])
        )
        label(far={"half": "x"}, west={"half": "x"})
        today = (datetime.now(UTC) + timedelta(hours=14)).date()
        text = text_of(PAGE, date=today.isoformat(), hours="closed", label="half:x")
        assert "The date has begun for 1 of these stores." in text

    @pytest.mark.parametrize(
        ("asked", "reason"),
        [
            (CLOSED | {"date": "2023-02-30"}, "date: Date has wrong format"),
            (CLOSED | {"date": "1969-12-31"}, "year must be from 1970"),
            ({"hours": "closed", "stores": "all"}, "date: This field is required"),
            (ALL, "hours: Choose closed, open at these hours, or as in the week."),
            (ALL | {"hours": "open"}, "times: Give hours such as"),
            (ALL | {"times": ","}, "times: Give hours such as"),
            (ALL | {"times": "9-17"}, "is not a time like 09:00"),
            (CLOSED | {"times": "09:00-17:00"}, "times: Empty them, or choose open"),
            (ALL | {"hours": "week", "times": "09:00-17:00"}, "times: Empty them"),
            (ALL | {"hours": "09:00-17:00"}, "is not a valid choice"),
            (ON_DAY, "stores: Choose all stores, or give a label."),
            (ON_DAY | {"stores": "labels"}, "stores: Choose all stores, or give"),
            (CLOSED | {"label": "region:west"}, "label: Empty the labels, or choose"),
            (ON_DAY | {"label": "west"}, "label: 'west' is not a label"),
            (CLOSED | {"colour": "red"}, "colour: unknown"),
        ],
    )
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_bad_form_is_refused_with_the_reason(self, asked, reason, method):
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        answer = getattr(Client(), method)(f"{PAGE}?{query}")
        assert answer.status_code == 400
        assert reason in shown(answer).replace("&#x27;", "'")
        assert f'value="{asked.get("times", "")}"' in answer.text
        assert not SpecialHours.objects.exists()
