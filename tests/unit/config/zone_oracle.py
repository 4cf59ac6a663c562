"""Who is on call around every change of every clock, by Python's zoneinfo: what test_zones.c compares Onus with.

Written from docs/chart.md alone: shifts and hours are counted on the wall's clock; each local time has one moment, the
first at which a clock in that zone shows it or has passed it. A line names the zones whose clocks are changed alike,
then comes one line a rotation, times in seconds:

    zones ZONE ZONE ...
    BEGINS SHIFT FROM_MINUTE UNTIL_MINUTE ASKED_FROM PERSON:UNTIL ...

BEGINS is local, as if it were UTC. PERSON is a place in the rotation, - for nobody; each turn begins where the last one
ended, the first one at ASKED_FROM.
"""

import collections
import datetime
import functools
import os
import zoneinfo

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86400, 7 * 86400
FIRST, END = 1704067200, 2145916800  # 2024 to 2037
PEOPLE = 3
SHIFTS = (HOUR, 8 * HOUR, 12 * HOUR, DAY, WEEK)
EPOCH = datetime.datetime(1970, 1, 1)


def offset(zone, moment):
    return int(datetime.datetime.fromtimestamp(moment, zone).utcoffset().total_seconds())


def first_other(zone, low, high):
    """The first second after low at which the offset is not low's; high has another."""
    before = offset(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset(zone, middle) == before else (low, middle)
    return high


def changes(zone):
    offsets = [datetime.datetime.fromtimestamp(day, zone).utcoffset() for day in range(FIRST, END, DAY)]
    for i, before in enumerate(offsets[:-1]):
        if offsets[i + 1] != before:
            yield first_other(zone, FIRST + i * DAY, FIRST + (i + 1) * DAY)


@functools.lru_cache(maxsize=100_000)
def moment(zone, local):
    """The first second at which a clock there shows `local` (the first of two), or has leaped over it."""
    naive = EPOCH + datetime.timedelta(seconds=local)
    utc = local - int(naive.replace(tzinfo=zone, fold=0).utcoffset().total_seconds())
    if utc + offset(zone, utc) == local:
        return utc
    return first_other(zone, utc - DAY, utc)  # a moment after the leap, by zoneinfo's rule for fold=0


def whole_turns(zone, begins, shift, window):
    """(from, until, person) of all shifts that touch the window."""
    first = max(0, (window[0] + offset(zone, window[0]) - 4 * HOUR - begins) // shift)
    number, start = first, moment(zone, begins + first * shift)
    if first == 0:
        yield window[0] - 1, start, None
    while start < window[1]:
        number += 1
        end = moment(zone, begins + number * shift)
        yield start, end, (number - 1) % PEOPLE
        start = end


def covered(zone, hours, window):
    """The spans that the hours of each day cover."""
    if hours == (0, 1440):
        return [(window[0], window[1])]
    length = (hours[1] - hours[0]) % 1440
    midnights = range((window[0] // DAY - 3) * DAY, window[1] + 2 * DAY, DAY)
    starts = [midnight + hours[0] * MINUTE for midnight in midnights]
    return [(moment(zone, start), moment(zone, start + length * MINUTE)) for start in starts]


def turns(zone, begins, shift, hours, window):
    found, at = [], window[0]

    def add(person, until):
        nonlocal at
        until = min(until, window[1])
        if until <= at:
            return
        if found and found[-1][0] == person:
            found[-1] = (person, until)
        else:
            found.append((person, until))
        at = until

    spans = covered(zone, hours, window)
    for start, end, person in whole_turns(zone, begins, shift, window):
        for opens, closes in spans:
            if opens < end and closes > start:
                add(None, max(opens, start))
                add(person, min(closes, end))
        add(None, end)
    return found


def beginnings(low, high, shift):
    """Local times on and around what the clock leaps over or shows twice (low to high), some many shifts ago."""
    inside = (low + high) // 2
    ago = low - low % DAY - (400 * DAY // shift) * shift
    for at in (low - HOUR, low - 7 * MINUTE, low, low + MINUTE, inside, high - MINUTE, high, high + MINUTE, high + HOUR):
        yield at - shift
    yield from (low, inside, high)
    yield from (ago + low % DAY, ago + inside % DAY, ago + high % DAY, ago)


def hours_around(low, high):
    minutes = [at // MINUTE % 1440 for at in (low - HOUR, low, (low + high) // 2, high, high + HOUR)]
    for i, opens in enumerate(minutes):
        for closes in minutes[i + 1:]:
            yield opens, closes or 1440
            if closes != 0:
                yield closes, opens or 1440


def rotations(change, before, after):
    low, high = sorted((change + before, change + after))
    for shift in SHIFTS:
        around = 5 * HOUR if shift == HOUR else shift + 3 * HOUR
        for begins in beginnings(low, high, shift):
            yield begins, shift, (0, 1440), (change - around, change + around)
    for hours in hours_around(low, high):
        yield low - low % DAY - WEEK, DAY, hours, (change - 2 * DAY, change + 2 * DAY)


def alike():
    """The names of the zones by their changes: (moment, offset before, offset after) each."""
    by_file, found = collections.defaultdict(list), collections.defaultdict(list)
    for name in sorted(zoneinfo.available_timezones() - {"Factory", "localtime"}):
        path = next(filter(os.path.exists, (os.path.join(folder, name) for folder in zoneinfo.TZPATH)))
        with open(path, "rb") as file:
            by_file[file.read()].append(name)
    for names in by_file.values():
        zone = zoneinfo.ZoneInfo(names[0])
        made = tuple((change, offset(zone, change - 1), offset(zone, change)) for change in changes(zone))
        if made:
            found[made] += names
    return found


def main():
    for made, names in alike().items():
        zone = zoneinfo.ZoneInfo(names[0])
        moment.cache_clear()
        print("zones", *names)
        for begins, shift, hours, window in (found for change in made for found in rotations(*change)):
            told = turns(zone, begins, shift, hours, window)
            words = [f"{'-' if person is None else person}:{until}" for person, until in told]
            print(begins, shift, *hours, window[0], *words)


main()
