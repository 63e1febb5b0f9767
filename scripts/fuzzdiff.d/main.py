# SPDX-License-Identifier: MIT
# The command line: batches over a few processes, then shrinking, then a report.
import argparse
import collections
import concurrent.futures
import os
import shutil
import sys
import tempfile
import time
import warnings

import coverage
import run
import shrink

OUT = os.path.join(run.ROOT, "build", "fuzzdiff")
SIZE = 100


def batch_of(area, seed, first, count):
    """Runs programs first to first + count of an area; the ones that differ alone, too."""
    folder = tempfile.mkdtemp(prefix="fuzzdiff-")
    try:
        programs = {n: run.program(area, "%s:%d" % (seed, n))[0] for n in range(first, first + count)}
        batch = run.Batch(programs, folder)
        ours, theirs = batch.run("aio"), batch.run("cpython")
        found, skipped = [], 0
        for n, source in programs.items():
            skipped += theirs[n][0] != "ok"
            if not run.differs(ours[n], theirs[n]):
                continue
            a, b = run.one(source, folder)
            alone = run.differs(a, b)
            if not alone:
                a, b = ours[n], theirs[n]
                # What only happens after other programs: keep it if it happens again.
                if batch.run("aio")[n] != a or batch.run("cpython")[n] != b:
                    continue
            found.append((area, "%s:%d" % (seed, n), alone, source, a, b))
        return count, skipped, found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def seeds():
    with open(os.path.join(run.HERE, "seeds"), encoding="utf-8") as f:
        return [line.strip() for line in f if line.strip() and line[0] != "#"]


def plan(names, seed_list, count):
    """(area, seed, first, count) until there are enough programs: each seed gives each area its share."""
    share = -(-count // (len(names) * len(seed_list)))
    jobs = []
    for seed in seed_list:
        for name in names:
            for first in range(0, share, SIZE):
                jobs.append((name, seed, first, min(SIZE, share - first)))
    return jobs


def measure(names, seed_list, count):
    cover = coverage.Coverage()
    for area, seed, first, n in plan(names, seed_list, count):
        for i in range(first, first + n):
            cover.add(*run.program(area, "%s:%d" % (seed, i)))
    return 0 if cover.report(sys.stdout) else 1


def save(name, source, a, b, original):
    os.makedirs(OUT, exist_ok=True)
    base = os.path.join(OUT, name)
    for suffix, text in ((".aio", run.standalone(source)), (".got", a[1] + ("[%s]\n" % a[0] if a[0] != "ok" else "")),
            (".want", b[1]), (".orig", original)):
        with open(base + suffix, "w", encoding="utf-8", errors="surrogatepass") as f:
            f.write(text)


def minimize(task):
    area, seed, alone, source, a, b, seconds = task
    folder = tempfile.mkdtemp(prefix="fuzzdiff-")
    try:
        small = source
        if alone and seconds:
            small, a, b = shrink.shrink(source, folder, seconds)
        name = area + "-" + seed.replace(":", "-")
        save(name, small, a, b, source)
        return name, small, a, b
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def report(found, pool, args):
    """Shrinks and prints a few of each kind."""
    kinds = collections.defaultdict(list)
    for item in found:
        kinds[(item[0], run.signature(item[4], item[5]))].append(item)
    order = sorted(kinds.items(), key=lambda kv: -len(kv[1]))
    tasks = []
    for kind, items in order[:args.show]:
        for item in items[:2 if kind[1] == ("value", "value") else 1]:
            tasks.append((len(items), item + (0 if args.no_shrink else args.shrink_time,)))
    for (number, item), (name, small, a, b) in zip(tasks, pool.map(minimize, [t for _, t in tasks])):
        p, q = run.first_difference(a, b)
        print("---- %s  (%d alike%s)" % (name, number, "" if item[2] else ", only after other programs"))
        print(small.rstrip() if len(small) < 3000 else small[:3000] + "...")
        print("aio:     " + p[:300] + ("  [%s]" % a[0] if a[0] != "ok" else ""))
        print("CPython: " + q[:300], flush=True)
    if len(order) > args.show:
        print("... and %d more kinds" % (len(order) - args.show))


def main():
    warnings.simplefilter("ignore")
    known = run.areas()
    parser = argparse.ArgumentParser(prog="fuzzdiff", description="compares aio with CPython 3.13 on random programs")
    parser.add_argument("--count", type=int, default=10000, help="how many programs")
    parser.add_argument("--seed", help="one seed, instead of those in scripts/fuzzdiff.d/seeds")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", help="areas, by comma: " + " ".join(known))
    parser.add_argument("--coverage", action="store_true", help="count what is generated, run nothing")
    parser.add_argument("--show", type=int, default=25, help="how many kinds of difference to shrink and print")
    parser.add_argument("--shrink-time", type=float, default=20, help="seconds for each")
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("--print", metavar="AREA:SEED:NUMBER", help="print one program, run nothing")
    args = parser.parse_args()
    if sys.version_info[:2] != (3, 13):
        sys.exit("fuzzdiff: this is Python %d.%d; aio is compared with 3.13 alone" % sys.version_info[:2])
    if args.print:
        area, _, seed = args.print.partition(":")
        print(run.standalone(run.program(area, seed)[0]), end="")
        return 0
    names = args.only.split(",") if args.only else list(known)
    seed_list = [args.seed] if args.seed else seeds()
    if args.coverage:
        return measure(names, seed_list, args.count)
    jobs = plan(names, seed_list, args.count)
    done = skipped = 0
    found = []
    began = time.monotonic()
    with concurrent.futures.ProcessPoolExecutor(args.jobs) as pool:
        for future in [pool.submit(batch_of, *job) for job in jobs]:
            n, s, more = future.result()
            done, skipped = done + n, skipped + s
            found += more
            if sys.stderr.isatty():
                print("\r%d programs, %d differ" % (done, len(found)), end="", file=sys.stderr, flush=True)
        took = time.monotonic() - began
        report(found, pool, args)
    per_area = collections.Counter(item[0] for item in found)
    if found:
        print("by area: " + ", ".join("%s %d" % kv for kv in per_area.most_common()))
    print("%d programs, %d differ, %d too long for both; %.0f s, %.0f a second" % (done, len(found), skipped, took,
            done / took))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
