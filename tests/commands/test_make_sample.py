"""The sample of make_sample: its content, and the figures after loading it."""

import csv
import re
from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

import sql
from stores.ingest.staging import FILE_NAMES
from stores.timeline.check import check
from stores.timeline.refresh import refresh
from tests.support import engine, reference

pytestmark = pytest.mark.django_db
FIXTURES = settings.BASE_DIR / "fixtures"
SAMPLED = {kind: name for kind, name in FILE_NAMES.items() if kind != "special"}
NAMES = sorted(SAMPLED.values())
TIMESTAMP = re.compile(r"2023-01-\d\d \d\d:\d\d:\d\d(\.\d{0,5}[1-9])? UTC")


def make(folder, **options):
    call_command("make_sample", folder, verbosity=0, **options)
    return folder


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def lines(folder, name):
    return set((folder / name).read_text().splitlines())


def rows(folder, kind):
    with (folder / SAMPLED[kind]).open(newline="") as file:
        return list(csv.DictReader(file))


def stores(folder, kind):
    return {row["store_id"] for row in rows(folder, kind)}


def polls_of_stores(folder):
    """The polls per store, oldest first, as (instant, status)."""
    polls = defaultdict(list)
    for row in rows(folder, "status"):
        instant = reference.parse_instant(row["timestamp_utc"])
        polls[row["store_id"]].append((instant, row["status"]))
    return {store_id: sorted(found) for store_id, found in polls.items()}


@pytest.fixture
def sample(tmp_path):
    return make(tmp_path / "sample", stores=400, days=8)


class TestBytes:
    def test_the_same_options_give_the_same_files(self, tmp_path):
        one = contents(make(tmp_path / "one", stores=50, days=3, seed=7))
        assert contents(make(tmp_path / "two", stores=50, days=3, seed=7)) == one
        assert sorted(one) == NAMES

    def test_the_defaults_give_the_fixtures(self, tmp_path):
        made = contents(make(tmp_path))
        assert made == {name: (FIXTURES / name).read_bytes() for name in NAMES}

    def test_another_seed_gives_other_files(self, tmp_path):
        one = contents(make(tmp_path / "one", seed=1))
        two = contents(make(tmp_path / "two", seed=-2))
        assert all(one[name] != two[name] for name in NAMES)

    def test_more_stores_and_days_only_add(self, tmp_path):
        few = make(tmp_path / "few", stores=40, days=2)
        many = make(tmp_path / "many", stores=60, days=8)
        for name in NAMES:
            assert lines(few, name) < lines(many, name)


class TestPolls:
    def test_rows_are_written_as_in_the_real_file(self, sample):
        for row in rows(sample, "status"):
            assert re.fullmatch(r"[1-9]\d{10,18}", row["store_id"])
            assert TIMESTAMP.fullmatch(row["timestamp_utc"])
        lengths = Counter(len(store_id) for store_id in polls_of_stores(sample))
        assert lengths[19] > lengths[18] > 0

    def test_active_ones_come_first(self, sample):
        statuses = [row["status"] for row in rows(sample, "status")]
        assert statuses == sorted(statuses)
        assert set(statuses) == {"active", "inactive"}

    def test_about_130_a_store_and_week(self, sample):
        counts = [len(polls) * 7 / 8 for polls in polls_of_stores(sample).values()]
        assert 125 < sum(counts) / len(counts) < 135
        assert min(counts) > 80
        assert max(counts) < 180

    def test_up_to_three_an_hour_and_never_two_at_one_instant(self, sample):
        hours = Counter()
        for store_id, polls in polls_of_stores(sample).items():
            instants = [instant for instant, _ in polls]
            hours.update((store_id, t.date(), t.hour) for t in instants)
            assert len(set(instants)) == len(instants)
        assert set(hours.values()) == {1, 2, 3}

    def test_one_date_has_no_polls(self, sample):
        polls = polls_of_stores(sample).values()
        found = {instant.date() for some in polls for instant, _ in some}
        assert found == {date(2023, 1, day) for day in (18, 19, 20, 21, 22, 24, 25)}

    def test_a_quarter_is_inactive(self, sample):
        statuses = Counter(row["status"] for row in rows(sample, "status"))
        assert 0.2 < statuses["inactive"] / statuses.total() < 0.3

    def test_outages_last(self, sample):
        polls = polls_of_stores(sample).values()
        pairs = [(a[1], b[1]) for some in polls for a, b in pairwise(some)]
        # Independent polls with the same share would differ in three of eight pairs.
        assert sum(a != b for a, b in pairs) / len(pairs) < 0.06

    def test_some_stores_are_always_up_and_some_mostly_down(self, sample):
        statuses = [
            Counter(status for _, status in polls)
            for polls in polls_of_stores(sample).values()
        ]
        shares = [found["inactive"] / found.total() for found in statuses]
        assert 0.05 < sum(share == 0 for share in shares) / len(shares) < 0.25
        assert 0.02 < sum(share > 0.6 for share in shares) / len(shares) < 0.15


class TestHoursAndZones:
    def test_some_stores_are_not_in_every_file(self, sample):
        kinds = ("status", "hours", "timezones")
        polls, hours, zones = (stores(sample, kind) for kind in kinds)
        everyone = polls | hours | zones
        assert len(everyone) == 400
        assert len(everyone - hours) == 80
        assert len(everyone - zones) == len(everyone - polls) == 30
        for one, two, three in [
            (polls, hours, zones),
            (hours, zones, polls),
            (zones, polls, hours),
        ]:
            assert len(one - two - three) == 10

    def test_hours_are_cut_at_midnight_as_in_the_real_file(self, sample):
        found = rows(sample, "hours")
        assert all(row["end_time_local"] > row["start_time_local"] for row in found)
        ends = Counter(row["end_time_local"] for row in found)
        assert {"23:59:59", "23:59:00", "02:00:00"} < set(ends)
        assert 0.2 < (ends["23:59:59"] + ends["23:59:00"]) / len(found) < 0.5

    def test_one_to_three_rows_a_day_and_closed_weekdays(self, sample):
        counts = Counter((row["store_id"], row["day"]) for row in rows(sample, "hours"))
        assert set(counts.values()) == {1, 2, 3}
        days = Counter(store_id for store_id, _ in counts)
        assert 0.1 < sum(count < 7 for count in days.values()) / len(days) < 0.3

    def test_zones_are_mostly_american(self, sample):
        zones = Counter(row["timezone_str"] for row in rows(sample, "timezones"))
        american = sum(zones[zone] for zone in zones if zone.startswith("America/"))
        assert zones.most_common(1)[0][0] == "America/New_York"
        assert 0.9 < american / zones.total() < 1
        assert {"Asia/Beirut", "Asia/Kolkata", "America/St_Johns"} < set(zones)


class TestLabelsAndNames:
    def test_stores_with_polls_and_a_zone_have_five_labels_and_a_name(self, sample):
        labelled = stores(sample, "status") & stores(sample, "timezones")
        names = Counter(row["name"] for row in rows(sample, "labels"))
        expected = ("brand", "region", "market", "platform", "location")
        assert names == dict.fromkeys(expected, len(labelled))
        assert stores(sample, "labels") == stores(sample, "names") == labelled

    def test_the_region_fits_the_time_zone(self, sample):
        zones = {
            row["store_id"]: row["timezone_str"] for row in rows(sample, "timezones")
        }
        found = defaultdict(set)
        for row in rows(sample, "labels"):
            if row["name"] == "region":
                found[zones[row["store_id"]]].add(row["value"])
        assert found["America/New_York"] == {"east"}
        assert found["America/Los_Angeles"] == {"west"}
        assert found["America/Chicago"] == {"central"}
        assert found["Asia/Beirut"] == {"abroad"}


class TestEngine:
    def test_it_loads_without_a_reject(self, sample):
        summary = engine.load_folder(sample)
        assert summary.rejected == 0
        for kind in SAMPLED:
            assert summary.counts[kind].new == len(rows(sample, kind))
        assert summary.warnings == []

    def test_the_timeline_checks_find_no_error(self, sample):
        engine.load_folder(sample)
        refresh()
        assert check() == {}

    def test_figures_equal_the_reference(self, tmp_path):
        folder = make(tmp_path / "sample", stores=60, days=8, seed=5)
        engine.load_folder(folder)
        assert engine.figures() == reference.figures(reference.read_csvs(folder))


class TestFiles:
    def test_it_refuses_to_overwrite(self, tmp_path):
        (tmp_path / "timezones.csv").write_text("mine")
        with pytest.raises(CommandError, match=r"timezones\.csv"):
            make(tmp_path)
        assert contents(tmp_path) == {"timezones.csv": b"mine"}

    def test_it_overwrites_with_force(self, tmp_path):
        (tmp_path / "timezones.csv").write_text("mine")
        make(tmp_path, force=True)
        assert contents(tmp_path)["timezones.csv"].startswith(b"store_id,timezone_str")

    def test_an_interrupted_run_leaves_nothing(self, tmp_path, monkeypatch):
        def interrupted(name, file, **parameters):
            file.write(b"half a line")
            if name == "sample/timezones":
                raise KeyboardInterrupt

        monkeypatch.setattr(sql, "copy_out", interrupted)
        with pytest.raises(KeyboardInterrupt):
            make(tmp_path)
        assert contents(tmp_path) == {}

    def test_an_impossible_folder_is_an_error(self, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(CommandError, match="file"):
            make(tmp_path / "file" / "sample")

    @pytest.mark.parametrize(
        "numbers", [{"stores": 0}, {"days": 0}, {"days": 19_001}, {"seed": 2**63}]
    )
    def test_invalid_numbers_are_an_error(self, tmp_path, numbers):
        [name] = numbers
        with pytest.raises(CommandError, match=f"--{name} must"):
            make(tmp_path, **numbers)

    def test_it_prints_what_it_did(self, tmp_path, capsys):
        call_command("make_sample", tmp_path)
        output = capsys.readouterr().out.splitlines()
        assert output[:5] == [f"writing {name}" for name in SAMPLED.values()]
        assert re.fullmatch(rf"Wrote 0\.\d MB to {tmp_path} in \d+\.\d s\.", output[5])
