# SPDX-License-Identifier: GPL-2.0-or-later
"""Plots, by gnuplot, as SVG."""
import subprocess

from reporting.tables import columns, scaled

HEAD = """set terminal svg noenhanced size 800,500 dynamic background "white" font "sans-serif,13"
set output "{path}"
set title "{title}"
set ylabel "{unit}"
set logscale y
set format y "%g"
set key outside right
set grid
"""

# (name, title, question, metric, case, key of the x axis, its label)
LINES = [
    ("stall_by_size", "Stall of a full, 4 KiB pages", "stall_by_size", "stall", {"pages": "4K"},
     "mib", "MiB"),
    ("stall_by_size_huge", "Stall of a full, huge pages", "stall_by_size", "stall",
     {"pages": "huge"}, "mib", "MiB"),
    ("inc_stall", "Stall of an inc", "inc_by_dirty", "stall", {"pattern": "scattered"}, "percent",
     "% of pages dirty"),
    ("inc_total", "Total of an inc", "inc_by_dirty", "total", {"pattern": "scattered"}, "percent",
     "% of pages dirty"),
    ("image_size", "Size of what is saved", "image_size", "size", {"pattern": "scattered"},
     "percent", "% of pages dirty"),
    ("mappings", "Stall of an inc, by mappings", "address_space_shape", "stall",
     {"what": "mappings", "kind": "inc"}, "number", "mappings"),
]
BARS = [
    ("workload_sizes", "All images of a program", "workloads", "size of all", "program"),
    ("workload_stalls", "Stall in programs that do real work", "workloads", "stall", "program"),
]
LATENCIES = ("p50", "p99", "p99.9", "max")


def block(name, lines):
    return f"${name} << EOD\n" + "".join(line + "\n" for line in lines) + "EOD\n"


def lines_script(results, path, title, question, metric, case, key, label):
    """A line for each subject, over numbers, from least to greatest."""
    rows = [row for row in results.select(question, metric, **case) if float(row.case[key]) > 0]
    if len(columns(rows, key)) < 2:
        return None
    scale, unit = scaled(rows[0].unit)
    script = HEAD.format(path=path, title=title, unit=unit)
    script += f'set xlabel "{label}"\nset logscale x\n'
    plots = []
    for n, subject in enumerate(dict.fromkeys(row.subject for row in rows)):
        script += block(f"d{n}", (f"{row.case[key]} {row.median * scale} "
                                  f"{min(row.samples) * scale} {max(row.samples) * scale}"
                                  for row in rows if row.subject == subject))
        plots.append(f'$d{n} using 1:2:3:4 with yerrorlines lw 2 title "{subject}"')
    return script + "plot " + ", \\\n  ".join(plots) + "\n"


def bars_script(results, path, title, question, metric, key):
    """Groups of bars, one of each subject."""
    rows = results.select(question, metric)
    if not rows:
        return None
    scale, unit = scaled(rows[0].unit)
    subjects = list(dict.fromkeys(row.subject for row in rows))
    names = columns(rows, key)
    value = {(row.case[key], row.subject): row.median * scale for row in rows}
    script = HEAD.format(path=path, title=title, unit=unit)
    script += "set style data histogram\nset style fill solid 0.7\nset xtics rotate by -30\n"
    script += block("d", (f'"{name}" ' + " ".join(str(value.get((name, subject), "NaN"))
                                                   for subject in subjects) for name in names))
    return script + "plot " + ", ".join(
        f'$d using {n + 2}:xtic(1) title "{subject}"' for n, subject in enumerate(subjects)) + "\n"


def latency_script(results, path):
    """What one write took, by which share of all that exceed it."""
    subjects = dict.fromkeys(row.subject for row in results.select("felt_latency", "p50"))
    if not subjects:
        return None
    script = HEAD.format(path=path, title="A write by a thread of a process that is saved each second",
                         unit="microseconds")
    script += "set xtics (" + ", ".join(f'"{name}" {n}' for n, name in enumerate(LATENCIES)) + ")\n"
    plots = []
    for n, subject in enumerate(subjects):
        script += block(f"d{n}", (
            f"{m} {results.medians('felt_latency', name)[subject] / 1e3}"
            for m, name in enumerate(LATENCIES)))
        plots.append(f'$d{n} with linespoints lw 2 title "{subject}"')
    return script + "plot " + ", \\\n  ".join(plots) + "\n"


def scripts(results, directory):
    """{name: what gnuplot is to do}, of all for which there are results."""
    made = {row[0]: lines_script(results, f"{directory}/{row[0]}.svg", *row[1:]) for row in LINES}
    made |= {row[0]: bars_script(results, f"{directory}/{row[0]}.svg", *row[1:]) for row in BARS}
    made["latency"] = latency_script(results, f"{directory}/latency.svg")
    return {name: script for name, script in made.items() if script}


def draw(results, directory):
    for script in scripts(results, directory).values():
        subprocess.run(["gnuplot"], input=script, text=True, check=True)
