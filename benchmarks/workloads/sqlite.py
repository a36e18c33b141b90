# SPDX-License-Identifier: GPL-2.0-or-later
"""A table of MIB, of which a transaction changes a hundred rows, again and again."""
import os
import random
import sqlite3


def work(database, directory, mib):
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute(f"PRAGMA cache_size = {-2 * mib * 1024}")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, payload BLOB)")
    rows = mib * 1024
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO t VALUES (?, ?)",
                           ((n, os.urandom(1000)) for n in range(rows)))
    connection.execute("COMMIT")
    with open(f"{directory}/pid", "w", encoding="ascii") as file:
        file.write(f"{os.getpid()}\n")
    random.seed(1)
    while True:
        connection.execute("BEGIN")
        for _ in range(100):
            connection.execute("UPDATE t SET payload = ? WHERE id = ?",
                               (os.urandom(1000), random.randrange(rows)))
        connection.execute("COMMIT")
