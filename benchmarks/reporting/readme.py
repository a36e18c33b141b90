# SPDX-License-Identifier: GPL-2.0-or-later
"""The part of README that is generated: all behind a line."""

MARK = "-" * 78 + "\n"


def with_summary(text, source, summary):
    """README with another such part."""
    head, mark, _ = text.partition(MARK)
    if not mark:
        raise ValueError("README has no place for results")
    return f"{head}{mark}Made by: report --publish {source}\n\n{summary}"


def replace(path, source, summary):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(with_summary(text, source, summary))
