"""How the tests' installation is set up."""

from zoneinfo import ZoneInfo

from articles.fetching import FetchPolicy

UTC_ZONE = ZoneInfo("UTC")
POLICY = FetchPolicy(contact="https://a.example", host_delay_s=0)
