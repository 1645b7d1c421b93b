"""What the service does under ten times the load that it can bear: prompt 429s and nothing else, in memory that does not grow.

    python -m benchmarks.overload [--minutes 10] [--times 10]

First its capacity is measured, with just as many clients as it has places. Then requests come at ten times that rate, whether they are
answered or not. Ends with status 1 where anything but 200 and 429 came back, or memory grew by more than a twentieth between the second
quarter of the time and the last.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections import Counter

from benchmarks.load import BODIES, Connection, Reply, Server, own_processor, percentile, serving
from benchmarks.serving import load

_PLACES = 32 + 2  # of the queue as it ships, and of two cores
_GROWTH = 1.05
_LINES = 10  # that tell how it goes on


def main() -> None:
    parser = argparse.ArgumentParser(description="Ten times the capacity.")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--times", type=float, default=10.0)
    options = parser.parse_args()
    with serving(WORKERS=2, QUEUE=_PLACES - 2) as server:
        asyncio.run(load(server, 4, 3.0))
        began = time.perf_counter()
        replies = asyncio.run(load(server, _PLACES, 10.0))
        capacity = sum(reply.status == 200 for reply in replies) / (time.perf_counter() - began)
        rate = options.times * capacity
        print(f"capacity {capacity:.1f} answers/s; now {rate:.0f} requests/s for {options.minutes:g} minutes", flush=True)
        good = asyncio.run(overload(server, rate, 60 * options.minutes))
    sys.exit(0 if good else 1)


async def overload(server: Server, rate: float, seconds: float) -> bool:
    """Whether all went as it should."""
    replies, memory, idle, tasks = list[Reply](), list[float](), list[Connection](), set[asyncio.Task[None]]()
    broken: Counter[str] = Counter()
    mine, its, began = own_processor(), server.processor(), time.perf_counter()

    async def one(number: int) -> None:
        connection = idle.pop() if idle else Connection(server.port)
        try:
            replies.append(await connection.ask(BODIES[number % len(BODIES)]))
        except (OSError, asyncio.IncompleteReadError) as error:
            broken[type(error).__name__] += 1
            connection.close()
        idle.append(connection)

    sent, told = 0, 0
    while (passed := time.perf_counter() - began) < seconds:
        while sent < passed * rate:
            task = asyncio.create_task(one(sent))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            sent += 1
        if passed >= len(memory):  # once a second
            memory.append(server.memory())
        if passed >= told * seconds / _LINES:
            told += 1
            print(f"{passed:5.0f} s  {memory[-1]:6.1f} MB  {len(tasks)} requests under way", flush=True)
        await asyncio.sleep(0.002)
    await asyncio.gather(*tasks)
    took = time.perf_counter() - began
    for connection in idle:
        connection.close()
    return _told(replies, broken, memory, took, (server.processor() - its) / took, (own_processor() - mine) / took)


def _told(replies: list[Reply], broken: Counter[str], memory: list[float], took: float, server: float, clients: float) -> bool:
    counts = Counter(reply.status for reply in replies)
    for status in sorted(counts):
        times = [reply.seconds for reply in replies if reply.status == status]
        p50, p99, slowest = (percentile(times, share) for share in (0.5, 0.99, 1.0))
        print(f"status {status}: {counts[status]} ({counts[status] / took:.1f}/s)  p50 {p50:.1f}  p99 {p99:.1f}  slowest {slowest:.1f} ms")
    quarter = max(1, len(memory) // 4)
    early, late = statistics.median(memory[quarter : 2 * quarter] or memory), statistics.median(memory[-quarter:])
    print(f"memory {early:.1f} MB in the second quarter, {late:.1f} MB in the last (× {late / early:.3f})")
    print(f"cores used: server {server:.2f}, clients {clients:.2f}; connections that broke: {dict(broken) or 'none'}")
    return not broken and set(counts) <= {200, 429} and late <= _GROWTH * early


if __name__ == "__main__":
    main()
