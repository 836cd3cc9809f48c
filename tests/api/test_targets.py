"""Uptime targets: what is left of a month's budget, by hand, and who may set them."""

import pytest

from restaurant_monitor.access.models import AuditEntry
from stores.models import UptimeTarget
from stores.targets import set_target
from stores.timeline.prune import prune_polls
from tests.api.asking import cells, check_is_problem, client
from tests.support import engine
from tests.support.accounts import client_of, user_with
from tests.support.labels import label
from tests.support.reference import HOUR, Data, parse_instant

pytestmark = pytest.mark.django_db

# February 2021 has four weeks. "west" is open for ten hours each day. Up to the evening
# of the 5th it was up for 35 hours, down for 5 on the 3rd, and unobserved on the 5th;
# 230 are to come. "east" is always open, in Tokyo: 125 unobserved hours, then 547.
FEBRUARY = Data(
    [
        ("west", True, parse_instant("2021-02-01 10:00:00 UTC")),
        ("west", True, parse_instant("2021-02-02 10:00:00 UTC")),
        ("west", False, parse_instant("2021-02-03 10:00:00 UTC")),
        ("west", True, parse_instant("2021-02-03 15:00:00 UTC")),
        ("west", True, parse_instant("2021-02-05 20:00:00 UTC")),
    ],
    [("west", day, 10 * HOUR, 20 * HOUR) for day in range(7)],
    [("west", "UTC"), ("east", "Asia/Tokyo")],
)


@pytest.fixture
def february():
    engine.load(FEBRUARY)
    label(west={"region": "west"}, east={"region": "east"})


def targets(client=client, **asked):
    answer = client.get("/api/targets", asked)
    assert answer.status_code == 200
    return answer.json()


def only_target(**asked):
    [found] = targets(**asked)["targets"]
    return found


def hours(target, *names):
    return [target[f"{name}_seconds"] / 3600 for name in names]


class TestBudgets:
    def test_the_budget_is_a_part_of_the_time_that_is_observed_or_to_come(
        self, february
    ):
        set_target("region:west", 98)
        found = only_target()
        assert hours(found, "up", "down", "unobserved", "future") == [35, 5, 10, 230]
        assert hours(found, "budget", "left") == pytest.approx([5.4, 0.4])
        assert (found["stores"], found["uptime_percent"]) == (1, 87.5)
        assert not found["is_gone"]

    # One hour in eight was down: so are 1.25 hours of each date to come.
    @pytest.mark.parametrize(
        ("percent", "is_gone", "gone_on"),
        [
            (99.9, True, "2021-02-03"),
            (98, False, "2021-02-06"),
            (90, False, "2021-02-23"),
            (87.5, False, None),  # just enough: 5 and 28.75 hours of 33.75
            (80, False, None),
        ],
    )
    def test_it_says_when_the_budget_is_gone_at_this_pace(
        self, february, percent, is_gone, gone_on
    ):
        set_target("region:west", percent)
        found = only_target()
        assert (found["is_gone"], found["gone_on"]) == (is_gone, gone_on)

    def test_stores_that_nobody_observed_spend_nothing(self, february):
        set_target("region:east", 99)
        found = only_target()
        assert hours(found, "up", "down", "unobserved", "future") == [0, 0, 125, 547]
        assert hours(found, "budget", "left") == pytest.approx([5.47, 5.47])
        assert (found["uptime_percent"], found["gone_on"]) == (None, None)

    def test_a_target_of_all_stores_sums_their_time(self, february):
        set_target("all", 98)
        found = only_target()
        assert hours(found, "up", "down", "unobserved", "future") == [35, 5, 135, 777]
        assert hours(found, "budget") == pytest.approx([16.34])
        # 5 hours up to the 5th, then 3.625, 4.25 and 4.25 hours a date.
        assert found["gone_on"] == "2021-02-08"

    def test_other_months_are_read_too(self, february):
        set_target("region:west", 98)
        before, after = (only_target(month=month) for month in ("2021-01", "2021-03"))
        assert hours(before, "unobserved", "future", "budget") == [310, 0, 0]
        assert hours(after, "unobserved", "future") == [0, 310]
        assert hours(after, "budget") == pytest.approx([6.2])
        assert targets(month="2021-03")["first_day"] == "2021-03-01"

    def test_dates_whose_polls_were_pruned_do_not_count(self, february):
        set_target("region:west", 98)
        late = ("west", True, parse_instant("2021-02-12 20:00:00 UTC"))
        engine.load(Data([late], [], []))
        list(prune_polls(9))  # the first two dates
        assert targets()["first_day"] == "2021-02-03"
        found = hours(only_target(), "up", "down", "unobserved", "future")
        assert found == [15, 5, 80, 160]

    def test_only_stores_with_the_asked_label_count(self, february):
        set_target("all", 98)
        found = only_target(label="region:east")
        assert (found["stores"], hours(found, "future")) == (1, [547])

    def test_a_target_of_a_label_that_no_store_has_is_listed(self, february):
        set_target("region:north", 98)
        found = only_target()
        assert (found["stores"], found["budget_seconds"]) == (0, 0)

    def test_without_a_poll_there_is_a_409(self):
        answer = client.get("/api/targets")
        assert answer.status_code == 409

    def test_they_can_be_read_as_csv(self, february):
        set_target("region:west", 98)
        answer = client.get("/api/targets", headers={"accept": "text/csv"})
        names, values = cells(answer)
        row = dict(zip(names, values, strict=True))
        assert (row["label"], row["budget_seconds"]) == ("region:west", "19440.0")


class TestSetting:
    def put(self, client=client, **target):
        return client.put("/api/targets", target, format="json")

    def test_it_is_set_changed_and_removed(self):
        assert self.put(label="Region:west", target_percent=99).status_code == 200
        answer = self.put(label="region:west", target_percent=99.5)
        assert answer.json() == {"label": "region:west", "target_percent": 99.5}
        [found] = UptimeTarget.objects.all()
        assert (found.label, float(found.percent)) == ("region:west", 99.5)
        gone = "/api/targets?label=region:west"
        assert client.delete(gone).status_code == 204
        assert not UptimeTarget.objects.exists()
        check_is_problem(client.delete(gone), 404)

    def test_each_change_is_in_the_audit_log(self):
        for percent in (99, 99, 98, None):
            set_target("all", percent)
        entries = AuditEntry.objects.order_by("pk").values_list("before", "after")
        [made, changed, removed] = entries
        assert made[0] is None
        assert removed[1] is None
        assert [float(part["percent"]) for part in changed] == [99, 98]

    @pytest.mark.parametrize(
        ("target", "field"),
        [
            ({"label": "west", "target_percent": 99}, "label"),
            ({"label": "all", "target_percent": 100}, "target_percent"),
            ({"label": "all", "target_percent": 0}, "target_percent"),
            ({"label": "all", "target_percent": 99.999}, "target_percent"),
            ({"label": "all"}, "target_percent"),
            ({"target_percent": 99}, "label"),
            ({"label": "all", "target_percent": 99, "month": "2021-02"}, "month"),
        ],
    )
    def test_a_wrong_target_is_refused(self, target, field):
        problem = check_is_problem(self.put(**target), 400)
        assert list(problem["errors"]) == [field]

    @pytest.mark.parametrize("month", ["2021-13", "2021", "2021-02-01", "1969-12"])
    def test_a_wrong_month_is_refused(self, month):
        check_is_problem(client.get("/api/targets", {"month": month}), 400)


class TestScope:
    def test_a_user_sees_the_targets_of_granted_stores(self, settings, february):
        settings.OPEN = False
        for name in ("all", "region:west", "region:east", "region:north"):
            set_target(name, 98)
        seen = targets(client_of(user_with("viewer", stores=["west"])))["targets"]
        assert [(row["label"], row["stores"]) for row in seen] == [
            ("all", 1),
            ("region:west", 1),
        ]
        assert hours(seen[0], "future") == [230]
