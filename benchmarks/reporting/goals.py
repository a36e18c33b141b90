# SPDX-License-Identifier: GPL-2.0-or-later
"""The goals, each with its figure."""
from dataclasses import dataclass

OURS = "checkpoint"
# During which the process stands still.
STOPPING = ("stop, pagemap", "stop, PAGEMAP_SCAN", "userfaultfd", "criu dump", "criu pre-dump",
            "gcore")
PEERS = STOPPING + ("fork",)
WRITES = ("write(), all at once", "write(), 1 MiB", "write(), 256 KiB")


@dataclass
class Goal:
    """@ratio of what is ours and of @other, None where one was not measured."""
    name: str
    limit: float
    ratio: float | None = None
    ours: str = ""
    other: str = ""

    @property
    def verdict(self):
        if self.ratio is None:
            return "not measured"
        return "met" if self.ratio <= self.limit else "MISSED"


def times(results):
    """How a time is written, and that of a page."""
    if results.counts_instructions:
        return (lambda count: f"{count / 1e6:.3g} million instructions",
                lambda count: f"{count:.3g} instructions")
    return (lambda nanoseconds: f"{nanoseconds / 1e6:.3g} ms",
            lambda nanoseconds: f"{nanoseconds:.3g} ns")


def best(medians, names, least=min):
    """(name, value) of the best of these, or None."""
    found = {name: medians[name] for name in names if name in medians}
    return least(found.items(), key=lambda item: item[1]) if found else None


def compare(text, name, limit, medians, names):
    """Ours against the best of others, less is better."""
    goal = Goal(name, limit)
    other = best(medians, names)
    if OURS in medians and other and other[1] > 0:
        goal.ratio = medians[OURS] / other[1]
        goal.ours = text(medians[OURS])
        goal.other = f"{text(other[1])}, {other[0]}"
    return goal


def size_nearest_a_gibibyte(results, question, **case):
    sizes = {int(row.case["mib"]) for row in results.select(question, **case)}
    return str(min(sizes, key=lambda mib: abs(mib - 1024))) if sizes else None


def writers_loss(results):
    """Throughput is better the more there is of it."""
    rates = results.medians("felt_latency", "writes a second")
    goal = Goal("throughput that a writer loses at a checkpoint a second, / the best peer", 1)
    other = best(rates, PEERS, max)
    if OURS in rates and "none" in rates and other:
        def lost(rate):
            return 1 - rate / rates["none"]
        mine, least = lost(rates[OURS]), lost(other[1])
        # Below a thousandth, loss is noise.
        goal.ratio = max(mine, 1e-3) / max(least, 1e-3)
        goal.ours = f"{100 * mine:.1f}%"
        goal.other = f"{100 * least:.1f}%, {other[0]}"
    return goal


def memory_held(results, present):
    goal = Goal(f"memory held / captured, {present} present", 0.01)
    case = {"present": present}
    held = results.medians("peak_memory", "held", **case)
    captured = results.medians("peak_memory", "captured", **case)
    if OURS in held and captured.get(OURS):
        goal.ratio = held[OURS] / captured[OURS]
        goal.ours = f"{held[OURS] / 2**20:.2f} MiB"
        goal.other = f"{captured[OURS] / 2**20:.0f} MiB"
    return goal


def goals(results):
    """All of them."""
    mib = size_nearest_a_gibibyte(results, "stall_by_size", pages="4K")
    full = results.medians("stall_by_size", "stall", mib=mib, pages="4K")
    one_percent = {"percent": "1", "pattern": "scattered"}
    inc_mib = size_nearest_a_gibibyte(results, "inc_by_dirty", **one_percent)
    inc = results.medians("inc_by_dirty", "stall", **one_percent)
    inc_total = results.medians("inc_by_dirty", "total", **one_percent)
    total = results.medians("write_out_speed", "total", on="tmpfs")
    clean = results.medians("clean_page_cost", "time a page", pages="4K")
    scans = [name for name in clean if name.startswith("PAGEMAP_SCAN")]

    time, page = times(results)

    return [
        compare(time, f"stall of a full of {mib} MiB / the best that stops", 1 / 100, full, STOPPING),
        compare(time, f"stall of a full of {mib} MiB / fork()", 1 / 2, full, ("fork",)),
        compare(time, f"stall of an inc, 1% of {inc_mib} MiB dirty / the best that stops", 1 / 20,
                inc, STOPPING),
        *(compare(time, f"total of a full, tmpfs / {name}", 1.15, total, (name,)) for name in WRITES),
        compare(time, f"total of an inc, 1% of {inc_mib} MiB dirty / the best peer", 1, inc_total,
                PEERS),
        compare(page, "a clean page in the scan of an inc / in PAGEMAP_SCAN", 1, clean, scans),
        writers_loss(results),
        memory_held(results, "all"),
        memory_held(results, "every second page"),
    ]
