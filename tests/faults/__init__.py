"""The fault matrix: what breaks, and what must hold then.

Each test carries `@pytest.mark.fault(number)`; the numbers are those of `FAULTS`. A table of what held is
printed at the end of a run. Long checks are marked `slow`: `make test-all` runs them.
"""

FAULTS: dict[int, str] = {
    1: "HTML in titles, names, questions and group titles",
    2: "highlights beside emoji, surrogate pairs, joined characters",
    3: "passages near 4,096 characters after escaping",
    4: "bad addresses in front matter",
    5: "forged and foreign button data",
    6: "forged deep links",
    7: "path traversal by article id",
    8: "giant and odd questions",
    9: "expressions that blow up",
    10: "floods by one, by a group, by many",
    11: "429, 502, cut connections, slowness, outages",
    12: "kill -9 at any moment",
    13: "repeated, disordered and late updates",
    14: "poison updates",
    15: "two instances with one token",
    16: "forged requests to the webhook",
    17: "the token where it must not be",
    18: "database locked, read-only, full, damaged, older",
    19: "hostile front matter",
    20: "hostile files",
    21: "near duplicates, same titles, empty bodies",
    22: "an article changed or removed under open buttons",
    23: "indexing while questions run",
    24: "clocks: zones, future dates, jumps",
    25: "kicked, blocked, muted, upgraded, topic gone",
    26: "privacy in groups and inline",
    27: "forged log lines, questions in logs",
    28: "SIGTERM under load, SIGINT twice",
    29: "what hangs, in the event loop and in threads",
}
