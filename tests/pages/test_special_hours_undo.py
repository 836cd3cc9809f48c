"""What was set for many stores is undone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from reports.prune import prune
from stores import editing
from stores.hours.special_dates import set_special_hours
from stores.models import (
    SpecialHoursBefore,
    SpecialHoursChange,
)
from stores.timeline.check import check
from tests.access.entries import changes, recorded
from tests.admin.pages import shown
from tests.pages.asking import opened, rows_of, text_of
from tests.pages.special_hours import (
    CLOSED,
    DAY,
    ON_DAY,
    PAGE,
    SHORT,
    address,
    change,
    send_undo,
    special,
    undo,
    week_before,
)
from tests.support import engine
from tests.support.labels import label
from tests.support.reference import HOUR, Data

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("monday")
class TestUndo:
    def test_it_restores_what_each_store_had(self):
        set_special_hours("denver", DAY, SHORT)
        set_special_hours("long", date(2023, 1, 24), [])
        before, figures = special(), week_before()
        made = change(**CLOSED)
        assert special() != before
        undo(made)
        assert special() == before
        assert week_before() == figures
        assert check() == {}

    def test_its_preview_says_what_changes(self):
        set_special_hours("denver", DAY, SHORT)
        made = change(label=["region:west", "region:east"], **ON_DAY)
        page = opened(address(made))
        assert rows_of(page)[1:] == [
            "1 closed special → 10:00-14:00 special 1 store denver",
            "1 closed special → always open no weekly hours 1 store late",
            "1 closed special → 08:00-20:00 as in the week 1 store long",
        ]
        assert "3 stores get the hours of Mon 2023-01-23 back" in shown(page)
        assert shown(page).count("Undo it for 3 stores") == 2
        assert "region:west" in shown(page)

    def test_a_second_undo_does_nothing_more(self):
        made = change(label="region:west", **ON_DAY)
        page = opened(address(made))
        assert send_undo(page).status_code == 302
        set_special_hours("denver", DAY, [])
        again = send_undo(page)
        assert again.status_code == 409
        assert "It is undone for 2 stores already." in shown(again)
        assert "Nothing is left to undo." in shown(again)
        assert '<button type="submit">Undo' not in again.text
        digest = again.context["digest"]
        with recorded() as found:
            Client().post(address(made), {"digest": digest})
        assert found == []
        assert special() == {("denver", DAY): []}
        assert "2 ✓ undone" in rows_of(opened(PAGE))[1]

    @pytest.mark.parametrize(
        "edit",
        [
            lambda: set_special_hours("late", DAY, SHORT),
            lambda: engine.load(Data(special=[("late", DAY, 10 * HOUR, 14 * HOUR)])),
            lambda: change(date="2023-01-23", times="10:00-14:00", label="n:late"),
        ],
        ids=["an edit", "a file", "a later change"],
    )
    def test_a_store_that_was_changed_since_is_named_and_stays(self, edit):
        label(late={"n": "late"})
        made = change(label="region:west", **ON_DAY)
        edit()
        page = opened(address(made))
        assert (
            "⚠ The special hours of 1 store were changed since. It stays as it is: "
            "10:00-14:00 special late"
        ) in shown(page)
        assert "Undo it for 1 store" in shown(page)
        undo(made)
        assert special() == {("late", DAY): SHORT}
        [row] = [row for row in rows_of(opened(PAGE)) if "region:west" in row]
        assert "closed 2 1 undone" in row

    def test_a_store_that_lost_its_special_hours_since_stays(self):
        made = change(label="region:west", **ON_DAY)
        set_special_hours("late", DAY, None)
        text = text_of(address(made))
        assert "always open no weekly hours late" in text
        undo(made)
        assert special() == {}

    def test_a_later_change_to_the_same_hours_counts_too(self):
        """Closed, then short, then closed again: undoing the first keeps the last."""
        first = change(**CLOSED)
        second = change(date="2023-01-23", times="10:00-14:00", stores="all")
        third = change(**CLOSED)
        assert "Nothing is left to undo." in text_of(address(first))
        for made in (third, second, first):
            undo(made)
        assert special() == {}

    def test_an_old_preview_of_it_is_refused(self):
        made = change(label="region:west", **ON_DAY)
        page = opened(address(made))
        set_special_hours("late", DAY, SHORT)
        answer = send_undo(page)
        assert answer.status_code == 409
        assert "Undo it for 1 store" in shown(answer)
        assert special() == {("late", DAY): SHORT, ("denver", DAY): []}
        assert send_undo(answer).status_code == 302
        assert special() == {("late", DAY): SHORT}

    def test_deleted_stores_are_left_out(self):
        made = change(label="region:west", **ON_DAY)
        editing.delete(["late"])
        assert "Undo it for 1 store" in text_of(address(made))
        engine.load(Data(special=[("late", DAY, None, None)]))
        undo(made)
        assert special() == {("late", DAY): []}
        assert not SpecialHoursBefore.objects.filter(store="late").exists()

    def test_a_change_whose_stores_are_all_deleted_is_gone(self):
        made = change(label="region:east", **ON_DAY)
        editing.delete(["long"])
        assert Client().get(address(made)).status_code == 404
        assert "Nothing yet." in text_of(PAGE)

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_an_unknown_change_is_not_found(self, method):
        path = f"{PAGE}6ba7b810-9dad-41d1-80b4-00c04fd430c8/"
        answer = getattr(Client(), method)(path)
        assert answer.status_code == 404
        assert "there is no change 6ba7b810" in shown(answer)

    def test_old_changes_are_pruned_and_their_hours_stay(self):
        old = change(label="region:west", **ON_DAY)
        new = change(label="region:east", **ON_DAY)
        made = datetime.now(UTC) - timedelta(days=366)
        SpecialHoursChange.objects.filter(pk=old.pk).update(changed_at=made)
        with recorded() as found:
            prune(None, None, keep_audit=365)
        assert changes(found) == [
            ("data.pruned", "changes of special hours", None, {"deleted": 1})
        ]
        assert [*SpecialHoursChange.objects.all()] == [new]
        assert [row.store_id for row in SpecialHoursBefore.objects.all()] == ["long"]
        assert len(special()) == 3
