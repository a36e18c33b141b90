# SPDX-License-Identifier: GPL-2.0-or-later
"""Plain text of results."""
from reporting import goals as the_goals

UNITS = {"ns": (1e-6, "ms"), "instructions": (1e-6, "million instructions"),
         "bytes": (2**-20, "MiB")}

# (title, question, metric, case that a table is about, key of its columns)
TABLES = [
    ("1. Stall of a full, by MiB in 4 KiB pages", "stall_by_size", "stall", {"pages": "4K"}, "mib"),
    ("   Stall of a full, by MiB in huge pages", "stall_by_size", "stall", {"pages": "huge"},
     "mib"),
    ("2. Stall of an inc, by percent of pages dirty anywhere", "inc_by_dirty", "stall",
     {"pattern": "scattered"}, "percent"),
    ("   Total of an inc, by percent of pages dirty anywhere", "inc_by_dirty", "total",
     {"pattern": "scattered"}, "percent"),
    ("   Total of an inc, 1% dirty, by where", "inc_by_dirty", "total", {"percent": "1"},
     "pattern"),
    ("3. Size of what is saved, by percent of pages dirty anywhere", "image_size", "size",
     {"pattern": "scattered"}, "percent"),
    ("4. Writes a second of a thread that writes at random", "felt_latency", "writes a second", {},
     None),
    ("   Time of one write that one in a thousand exceeds", "felt_latency", "p99.9", {}, None),
    ("   Longest write", "felt_latency", "max", {}, None),
    ("   First write to a page, by pages", "first_write", "time a page", {}, "pages"),
    ("5. Total of a full, by where it is written", "write_out_speed", "total", {}, "on"),
    ("6. Extra memory at its peak, by what the process does", "peak_memory", "peak", {},
     "process"),
    ("7. A page that did not change, by pages", "clean_page_cost", "time a page", {}, "pages"),
    ("8. Stall of a full, by mappings", "address_space_shape", "stall",
     {"what": "mappings", "kind": "full"}, "number"),
    ("   Stall of an inc, by mappings", "address_space_shape", "stall",
     {"what": "mappings", "kind": "inc"}, "number"),
    ("   Stall of a full, by threads", "address_space_shape", "stall",
     {"what": "threads", "kind": "full"}, "number"),
    ("   Stall of an inc, by GiB reserved", "address_space_shape", "stall",
     {"what": "reserved GiB", "kind": "inc"}, "number"),
    ("9. Stall in programs that do real work", "workloads", "stall", {}, "program"),
    ("   Total", "workloads", "total", {}, "program"),
    ("   Size of all images", "workloads", "size of all", {}, "program"),
    ("10. Work with images", "image_work", "time", {}, None),
]


def number(value):
    """Three digits that count."""
    if value and abs(value) < 1000:
        return f"{value:.3g}"
    return f"{value:.0f}"


def scaled(unit):
    return UNITS.get(unit, (1, unit))


def columns(rows, key):
    """The values of a key, in the order in which they were measured."""
    return list(dict.fromkeys(row.case.get(key, "") for row in rows))


def table(results, title, question, metric, case, key):
    """Medians: a line for each subject, a column for each value of @key."""
    rows = results.select(question, metric, **case)
    if not rows:
        return ""
    scale, unit = scaled(rows[0].unit)
    names = columns(rows, key)
    width = max(11, *(len(name) + 2 for name in names))
    lines = [f"{title}, {unit}"]
    lines.append(f"  {'':34}" + "".join(f"{name:>{width}}" for name in names))
    for subject in dict.fromkeys(row.subject for row in rows):
        cells = {row.case.get(key, ""): number(row.median * scale) for row in rows
                 if row.subject == subject}
        lines.append(f"  {subject:34}" + "".join(f"{cells.get(name, '-'):>{width}}"
                                                 for name in names))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def goal_table(results):
    """Each goal with its figure."""
    lines = []
    for goal in the_goals.goals(results):
        lines.append(f"  {goal.verdict:13}{goal.name}")
        if goal.ratio is not None:
            lines.append(f"  {'':13}{goal.ratio:.4f}, at most {goal.limit:.4g}"
                         f" ({goal.ours} against {goal.other})")
    return "\n".join(lines) + "\n"


def environment(results):
    return "".join(f"  {key:14}{value}\n" for key, value in results.environment.items())


def left_out(results):
    """Every reason once."""
    reasons = dict.fromkeys(f"{skip.subject}: {skip.reason}" for skip in results.skips)
    return "".join(f"  {reason}\n" for reason in reasons)


def summary(results):
    """What README has."""
    parts = [environment(results), "Goals\n\n" + goal_table(results)]
    parts += [text for row in TABLES if (text := table(results, *row))]
    if skipped := left_out(results):
        parts.append("Left out\n" + skipped)
    return "\n".join(parts)


def everything(results):
    """Each result with its median, least and greatest."""
    lines, question = [], None
    for row in results.rows:
        if row.question != question:
            question = row.question
            lines.append(f"\n{question:82}{'median':>12}{'min':>12}{'max':>12}")
        scale, unit = scaled(row.unit)
        case = "".join(f"{key} {value}, " for key, value in row.case.items())
        cells = (row.median, min(row.samples), max(row.samples))
        lines.append(f"  {case + row.subject + ': ' + row.metric:80}"
                     + "".join(f"{number(value * scale):>12}" for value in cells) + " " + unit)
    return environment(results) + "\n".join(lines) + "\n"
