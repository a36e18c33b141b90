# SPDX-License-Identifier: GPL-2.0-or-later
"""A file of results: one line of JSON each, written by support/results.cpp."""
import json
import math
import statistics
from dataclasses import dataclass, field

# How many repeats a result must have.
REPEATS = {"smoke": 1, "quick": 3, "full": 5}
# Metrics that are sums of something that is measured once.
SINGLE = {"size of all"}


class Bad(Exception):
    """The file is not what it should be."""


@dataclass
class Row:
    """One measurement."""
    question: str
    case: dict
    subject: str
    metric: str
    unit: str
    samples: list

    @property
    def median(self):
        return statistics.median(self.samples)


@dataclass
class Skip:
    """Why a measurement is missing."""
    question: str
    case: dict
    subject: str
    reason: str


@dataclass
class Results:
    environment: dict
    rows: list = field(default_factory=list)
    skips: list = field(default_factory=list)
    complete: set = field(default_factory=set)

    @property
    def counts_instructions(self):
        """A nanosecond of the guest's clock was an instruction."""
        return self.environment.get("clock") == "instructions"

    @property
    def profile(self):
        return self.environment["profile"]

    def select(self, question, metric=None, **case):
        """The rows of a question whose case has these values."""
        return [row for row in self.rows
                if row.question == question and metric in (None, row.metric)
                and all(row.case.get(key) == value for key, value in case.items())]

    def medians(self, question, metric, **case):
        """{subject: median} of them."""
        return {row.subject: row.median for row in self.select(question, metric, **case)}


def _row(line):
    samples = line["samples"]
    if not samples or not all(isinstance(x, (int, float)) and math.isfinite(x) for x in samples):
        raise Bad(f"samples that are no numbers: {line}")
    return Row(line["question"], line["case"], line["subject"], line["metric"], line["unit"],
               samples)


def parse(lines):
    """Results of lines of text."""
    results = None
    for number, text in enumerate(lines, 1):
        try:
            line = json.loads(text)
            if results is None:
                results = Results(line["environment"])
            elif "complete" in line:
                results.complete.add(line["question"])
            elif "skipped" in line:
                results.skips.append(Skip(line["question"], line["case"], line["subject"],
                                          line["skipped"]))
            else:
                results.rows.append(_row(line))
        except (ValueError, KeyError, TypeError) as error:
            raise Bad(f"line {number}: {error!r}") from error
    if results is None:
        raise Bad("it is empty")
    if results.counts_instructions:
        for row in results.rows:
            row.unit = row.unit.replace("ns", "instructions")
    return results


def load(path):
    with open(path, encoding="utf-8") as file:
        return parse(file)


def check(results, questions):
    """That each question was answered, by enough repeats."""
    enough = REPEATS.get(results.profile)
    if enough is None:
        raise Bad(f"there is no profile {results.profile!r}")
    for question in questions:
        if question not in results.complete:
            raise Bad(f"{question} was not answered to its end")
        if not results.select(question):
            raise Bad(f"{question} has no results")
    for row in results.rows:
        if row.metric not in SINGLE and len(row.samples) < enough:
            raise Bad(f"{row.question}: {row.subject}: {len(row.samples)} repeats of {enough}")
