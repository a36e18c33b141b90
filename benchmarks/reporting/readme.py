# SPDX-License-Identifier: GPL-2.0-or-later
"""The part of README that is generated: all behind a line."""

MARK = "-" * 78 + "\n"


def with_summaries(text, sources, summaries):
    """README with another such part."""
    head, mark, _ = text.partition(MARK)
    if not mark:
        raise ValueError("README has no place for results")
    return f"{head}{mark}Made by: report --publish {' '.join(sources)}\n\n" + mark.join(summaries)


def replace(path, sources, summaries):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(with_summaries(text, sources, summaries))
