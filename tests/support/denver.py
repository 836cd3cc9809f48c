"""Two stores: one in Denver, open three hours a week, and one always open."""

from tests.support.reference import HOUR, Data, parse_instant

# Monday 09:00 to 12:00 in Denver is 16:00Z to 19:00Z.
DENVER = Data(
    [
        ("denver", True, parse_instant("2023-01-23 17:14:00 UTC")),
        ("denver", False, parse_instant("2023-01-23 18:15:00 UTC")),
        ("late", True, parse_instant("2023-01-23 20:00:00 UTC")),
    ],
    [("denver", 0, 9 * HOUR, 12 * HOUR)],
    [("denver", "America/Denver"), ("late", "UTC")],
)
