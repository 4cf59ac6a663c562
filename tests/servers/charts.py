"""A small chart and settings for tests: one team a letter, each with a webhook channel of its own, so that the sink's
path tells who was told."""

import json


def chart(*activities, **row):
    """The chart as text. `row` changes the one row that it has when no activities are given."""
    return json.dumps(chart_data(*activities, **row), indent=2) + "\n"


def chart_data(*activities, **row):
    return {
        "version": 1,
        "teams": {
            "r-team": {"name": "R Team", "contacts": ["hook-r"]},
            "a-team": {"name": "A Team", "contacts": ["hook-a"]},
            "c-team": {"name": "C Team", "contacts": ["hook-c"]},
            "i-team": {"name": "I Team", "contacts": ["hook-i"]},
        },
        "roles": {
            "engineer": {"name": "Engineer", "team": "r-team"},
            "head": {"name": "Head", "team": "a-team"},
            "expert": {"name": "Expert", "team": "c-team"},
            "stakeholder": {"name": "Stakeholder", "team": "i-team"},
        },
        "severities": {"critical": ["critical", "page"], "warning": ["warning"], "info": ["info"]},
        "activities": list(activities) or [activity(**row)],
        "service_labels": ["model", "service"],
        "unowned": {"loop": "system", "responsible": "engineer", "accountable": "head"},
    }


def activity(identity="everything", match=None, **row):
    made = {
        "id": identity, "name": "Anything that happens", "loop": "system",
        "match": match or [['alertname != ""']],
        "responsible": "engineer", "accountable": "head", "consulted": ["expert"], "informed": ["stakeholder"],
        "runbook": "https://runbooks.example/anything",
    }
    made.update(row)
    return {name: value for name, value in made.items() if value is not None}


def hook(sink, path, **options):
    return {"kind": "webhook", "url": sink.url(path), "allow_private": True, **options}


def settings(sink, **changes):
    made = {
        "loopback_role": "admin",
        "sources": [{"name": "am", "format": "alertmanager"}],
        "channels": {
            "hook-r": hook(sink, "/r"), "hook-a": hook(sink, "/a"),
            "hook-c": hook(sink, "/c"), "hook-i": hook(sink, "/i"),
        },
    }
    made.update(changes)
    return made
