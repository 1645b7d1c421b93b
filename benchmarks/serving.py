"""How many questions a second the service answers, and how long callers wait, at several numbers of clients; memory and start-up time.

    python -m benchmarks.serving [--clients 1,16,64] [--seconds 30]

A real server process answers the sample's questions over HTTP. Each client asks one after the other, as fast as it is answered; one that
is turned away with 429 waits as long as it was told to, as the official client does, and is counted apart. What the clients themselves
cost is told beside it, since they share the cores with the server.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time

from benchmarks.load import BODIES, Connection, Reply, Server, own_processor, percentile, serving

_WARM = 10  # questions before any is counted


def main() -> None:
    parser = argparse.ArgumentParser(description="Answers a second and latency over HTTP.")
    parser.add_argument("--clients", default="1,16,64")
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    with serving() as server:
        print(f"ready {server.started:.1f} s after its start, with {server.memory():.0f} MB; {os.cpu_count()} cores")
        for clients in map(int, options.clients.split(",")):
            measure(server, clients, options.seconds)
        print(f"memory {server.memory():.0f} MB at the end, of {len(server.processes)} processes")


def measure(server: Server, clients: int, seconds: float) -> list[Reply]:
    asyncio.run(load(server, 1, _WARM * 0.3))
    mine, its, began = own_processor(), server.processor(), time.perf_counter()
    replies = asyncio.run(load(server, clients, seconds))
    took = time.perf_counter() - began
    answered = [reply.seconds for reply in replies if reply.status == 200]
    refused = sum(reply.status == 429 for reply in replies)
    failed = len(replies) - len(answered) - refused
    p50, p95, p99 = (percentile(answered, share) for share in (0.5, 0.95, 0.99))
    print(
        f"{clients:3} clients  {len(answered) / took:6.1f} answers/s  p50 {p50:7.1f}  p95 {p95:7.1f}  p99 {p99:7.1f} ms"
        f"  of {len(replies)}: {refused} turned away (429), {failed} failed"
        f"  cores used: server {(server.processor() - its) / took:.2f}, clients {(own_processor() - mine) / took:.2f}",
        flush=True,
    )
    return replies


async def load(server: Server, clients: int, seconds: float) -> list[Reply]:
    """Every client asks until the time is over; answers to what was asked before that are waited for."""
    ends, replies = time.perf_counter() + seconds, list[Reply]()

    async def client(number: int) -> None:
        connection, place = Connection(server.port), number * len(BODIES) // clients
        while time.perf_counter() < ends:
            reply = await connection.ask(BODIES[place % len(BODIES)])
            replies.append(reply)
            place += 1
            if reply.status == 429:
                await asyncio.sleep(max(0.0, min(reply.after, ends - time.perf_counter())))
        connection.close()

    await asyncio.gather(*map(client, range(clients)))
    return replies


if __name__ == "__main__":
    main()
