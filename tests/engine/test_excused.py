"""Excused time against the reference, on generated data: in every sum."""

from collections import defaultdict
from datetime import timedelta
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.compute import compute_now
from reports.models import ReportRow
from reports.output import figures as rounded_figures
from reports.output import write_csv
from stores.models import ExcusedTime
from stores.timeline import rollup, uptime
from stores.timeline.reading import reading
from stores.timeline.rollup import Ranges
from tests.api.generated import as_printed, generated, periods_between
from tests.engine.test_rollup import down_times, figures, labelled
from tests.support import engine, reference
from tests.support.excused import excuse, excuses_of
from tests.support.labels import label
from tests.support.reference import HOUR, MICROSECOND, MINUTE, Figures

pytestmark = pytest.mark.django_db

KINDS = ("up", "down", "unobserved", "excused")
LENGTHS = [timedelta(hours=n) for n in (1, 3, 30, 200)] + [MICROSECOND]
fewer = settings(generated, max_examples=12)


@st.composite
def excused(draw):
    """A dataset with labels, a range, and stretches of excused time that overlap."""
    data, labels, since, until, as_of = draw(labelled())
    targets = [{"store_id": store_id} for store_id in labels]
    targets += [{"label": text} for text in ("region:west", "location:x", "all")]
    moments = [since, until, as_of, *(observed_at for _, _, observed_at in data.polls)]
    stretches = st.builds(
        lambda of, at, nudge, length: (of, at + nudge, at + nudge + length),
        st.sampled_from(targets),
        st.sampled_from(moments),
        st.integers(-40, 40).map(lambda n: n * timedelta(minutes=37)),
        st.sampled_from(LENGTHS),
    )
    found = draw(st.lists(stretches, min_size=1, max_size=4))
    return data, labels, since, until, as_of, found


def added(*many):
    """The sum of Figures."""
    return Figures(
        *(sum((getattr(one, k) for one in many), timedelta(0)) for k in KINDS)
    )


@fewer
@given(excused())
def test_sums_of_many_stores_and_of_one_equal_the_reference(example):
    data, labels, since, until, as_of, stretches = example
    asked = Ranges(since, until, None).compared()
    spans = {"": (since, until), "previous_": (asked.previous_since, since)}
    with engine.rolled_back():
        engine.load(data)
        label(**labels)
        excuse(*stretches)
        excuses = {s: excuses_of(s, labels[s], stretches) for s in labels}
        with reading(as_of):
            total, by_store = rollup.by_store(asked)
            _, by_label = rollup.by_label_and_day(asked, "region")
            _, by_day = rollup.by_label_and_day(asked, by_day=True)
            _, by_place = rollup.by_location(asked)
            of_hours, by_hour = rollup.by_weekday_hour(asked)
            [window] = rollup.by_window([asked])
            worst = rollup.worst_stores(asked, limit=99)
            singles = {s: uptime.cut(s, since, until).by_day() for s in labels}
            hours = [uptime.cut(s, since, until).by_weekday_hour() for s in labels]
    for before, span in spans.items():
        periods = {s: periods_between(data, s, *span) for s in labels}
        net = {s: reference.without_excused(periods[s], excuses[s]) for s in labels}
        kept = {s: reference.not_excused(periods[s], excuses[s]) for s in labels}
        assert figures(total, before) == as_printed(added(*net.values()))
        assert figures(of_hours, before) == as_printed(added(*net.values()))
        assert figures(window, before) == as_printed(added(*net.values()))
        check_groups(by_store, by_label, labels, net, before)
        check_places(by_place, labels, net, kept, before)
    check_days(data, labels, excuses, (since, until), by_day, singles)
    check_hours(by_hour, hours)
    check_worst(worst, data, labels, excuses, (since, until))


def check_groups(by_store, by_label, labels, net, before):
    """Stores and regions have the net figures of the reference."""
    for row in by_store:
        assert figures(row, before) == as_printed(net[row.store_id])
    for row in by_label:
        mine = [net[s] for s in labels if labels[s].get("region") == row.value]
        assert figures(row, before) == as_printed(added(*mine))


def check_places(by_place, labels, net, kept, before):
    """Where a store is excused, it is neither down nor otherwise."""
    for row in by_place:
        mine = [s for s in labels if labels[s].get("location") == row.value]
        assert figures(row, before) == as_printed(added(*(net[s] for s in mine)))
        expected = (None, None)
        if row.value is not None:
            expected = down_times({s: kept[s] for s in mine})
        assert expected == (
            getattr(row, f"{before}any_down_seconds"),
            getattr(row, f"{before}all_down_seconds"),
        )


def check_days(data, labels, excuses, span, by_day, singles):
    """By day, all stores together and each on its own are as the reference says."""
    together = defaultdict(list)
    for store_id in labels:
        periods = defaultdict(list)
        for period in periods_between(data, store_id, *span):
            periods[period.day].append(period)
        net = {
            day: reference.without_excused(found, excuses[store_id])
            for day, found in periods.items()
        }
        total, days = singles[store_id]
        assert figures(total) == as_printed(added(*net.values()))
        for row in days:
            assert figures(row) == as_printed(net.get(row.day, Figures()))
        for day, found in net.items():
            together[day].append(found)
    for row in by_day:
        assert figures(row) == as_printed(added(*together[row.day]))


def check_hours(together, of_stores):
    """The hours of all stores are the sums of those of each store."""
    for place, row in enumerate(together):
        for kind in ("business", *KINDS):
            found = [
                round(getattr(hours[place], f"{kind}_seconds") * 10**6)
                for hours in of_stores
            ]
            assert round(getattr(row, f"{kind}_seconds") * 10**6) == sum(found)


def check_worst(worst, data, labels, excuses, span):
    """Stores that were down only in excused time are not among the worst."""
    net = {
        s: reference.without_excused(periods_between(data, s, *span), excuses[s])
        for s in labels
    }
    assert [row.store_id for row in worst] == sorted(
        (s for s in net if net[s].down), key=lambda s: (-net[s].down, s.encode())
    )
    for row in worst:
        assert figures(row) == as_printed(net[row.store_id])


@fewer
@given(excused())
def test_reports_have_the_figures_with_and_without_excused_time(example):
    data, labels, _, _, as_of, stretches = example
    with engine.rolled_back():
        engine.load(data)
        label(**labels)
        plain = csv_of(compute_now(as_of))
        excuse(*stretches)
        report = compute_now(as_of)
        assert csv_of(report) == plain
        rows = {r.store_id: r for r in ReportRow.objects.filter(report_id=report.pk)}
        csv = csv_of(report, exclude_excused=True).decode().splitlines()
        with reading(as_of):
            shown = {r.store_id: r for r in rounded_figures(report, True)}
            first = next(iter(labels))
            windows, _ = uptime.windows(first, as_of)
        ExcusedTime.objects.all().delete()
        assert csv_of(report, exclude_excused=True).decode().splitlines() == csv
    excuses = excuses_of(first, labels[first], stretches)
    check_windows(windows, data, first, excuses, as_of)
    expected = {}
    for store_id in labels:
        excuses = excuses_of(store_id, labels[store_id], stretches)
        expected[store_id] = {}
        for window, length in reference.WINDOWS.items():
            periods = periods_between(data, store_id, as_of - length, as_of)
            net = reference.without_excused(periods, excuses)
            expected[store_id][window] = net
            assert net_of(rows[store_id], window) == net
            unit = MINUTE if window == "hour" else HOUR
            name = f"excused_last_{window}_{'minutes' if window == 'hour' else 'hours'}"
            printed = reference.printed(net.excused, unit)
            assert str(getattr(shown[store_id], name)) == printed
    assert [line.rsplit(",", 6)[1:] for line in csv[1:]] == [
        row[1:] for row in reference.csv_rows(expected)[1:]
    ]


def check_windows(windows, data, store_id, excuses, as_of):
    """The windows of the page of a store are rounded as those of a report."""
    for row, hours in zip(windows, (1, 24, 168, 720), strict=True):
        length, unit = timedelta(hours=hours), MINUTE if hours == 1 else HOUR
        for before, end in (("", as_of), ("previous_", as_of - length)):
            periods = periods_between(data, store_id, end - length, end)
            net = reference.without_excused(periods, excuses)
            for kind in KINDS:
                found = str(getattr(row, before + kind))
                assert found == reference.printed(getattr(net, kind), unit)


def csv_of(report, **options):
    file = BytesIO()
    write_csv(report, file, **options)
    return file.getvalue()


def net_of(row, window):
    """The figures of a row without its excused time."""
    nothing = timedelta(0)
    excused = {k: getattr(row, f"excused_{k}_{window}") or nothing for k in KINDS[:-1]}
    net = {k: getattr(row, f"{k}_{window}") - excused[k] for k in KINDS[:-1]}
    return Figures(**net, excused=sum(excused.values(), nothing))
