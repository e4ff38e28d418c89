"""Many clients at once on layouts and on requests that are wrong in many ways, while a picture is drawn. Needs aiohttp.

    python bench/serve/load.py [--clients 200] [--seconds 60] [--streams 1000] [--jobs 1000]

Prints rates, latencies as clients and as the server's own histogram see them, statuses, and memory before and after.
"""

import argparse
import asyncio
import collections
import json
import random
import re
import time

import aiohttp
from server import Server, smallest

SENTENCES = [
    "a red ball to the left of a blue cube", "two cats and a dog on a beach", "three green apples on a table",
    "a bird above a tree", "a realistic photo of a car without people", "eine Katze neben einem Hund", "x" * 300,
]
LAYOUT = {"objects": [{"caption": "a cat", "box": [0.1, 0.1, 0.4, 0.4]}], "background": "a room"}


def requests(chance):
    """A request and the statuses that are right for it."""
    kind = chance.randrange(10)
    sentence = chance.choice(SENTENCES)
    if kind < 4:
        return "POST", "/api/v1/layouts", {"prompt": sentence}, {200, 422}
    if kind == 4:
        return "POST", "/api/v1/layouts/validate", {"prompt": sentence, "layout": LAYOUT}, {200}
    if kind == 5:
        return "POST", "/api/v1/layouts/revise", {"layout": LAYOUT, "instruction": "move the cat to the right"}, {200}
    return chance.choice([
        ("POST", "/api/v1/layouts", {"prompt": ""}, {400}),
        ("POST", "/api/v1/layouts", {"prompt": 7}, {422}),
        ("POST", "/api/v1/images", {"prompt": "a cat", "steps": 10**6}, {400}),
        ("POST", "/api/v1/images", {"prompt": "a cat", "unknown": 1}, {422}),
        ("POST", "/api/v1/images", b"{" * 5000, {400}),
        ("POST", "/api/v1/images", {"prompt": "a" * 3_000_000}, {413}),
        ("GET", "/api/v1/jobs/018f0000-0000-7000-8000-000000000000", None, {404}),
        ("GET", "/api/v1/pictures/..%2f..%2fetc", None, {404}),
        ("GET", "/nowhere", None, {404}),
        ("PATCH", "/health", None, {405}),
        ("GET", "/api/v1/gallery?limit=9999", None, {400}),
    ])


async def client(session, url, until, chance, seen):
    while time.monotonic() < until:
        method, path, body, right = requests(chance)
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        begun = time.monotonic()
        try:
            async with session.request(method, url + path, data=data, headers={"Content-Type": "application/json"}) as answer:
                await answer.read()
                status = answer.status
        except aiohttp.ClientError as error:
            # A body that is refused early may end in a reset of the connection; the answer is lost then.
            status = 413 if 413 in right else type(error).__name__
        seen.append((path, status, status in right, time.monotonic() - begun))


async def hammer(server, clients, seconds):
    seen, until = [], time.monotonic() + seconds
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        await asyncio.gather(*(client(session, server.url, until, random.Random(i), seen) for i in range(clients)))
    return seen


async def streams(server, count):
    """Opens so many event streams of a waiting job, and tells how much memory they take."""
    draw = smallest(1, method="lmd", steps=150, n=10, width=256, height=256)
    # What a drawing takes is taken before anything is measured.
    first = json.loads(server.post("/api/v1/images", draw | {"steps": 4, "n": 1})[1])["id"]
    while server.json(f"/api/v1/jobs/{first}")["status"] in ("queued", "generating"):
        time.sleep(0.2)
    server.post("/api/v1/images", draw)
    waiting = json.loads(server.post("/api/v1/images", draw)[1])["id"]
    time.sleep(15)
    before = server.rss()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None)) as session:
        opened = []
        for _ in range(count):
            answer = await session.get(f"{server.url}/api/v1/jobs/{waiting}/events")
            await answer.content.readline()
            opened.append(answer)
        await asyncio.sleep(2)
        after = server.rss()
        for answer in opened:
            answer.close()
    for job in server.json("/api/v1/jobs?limit=10")["jobs"]:
        server.request("DELETE", f"/api/v1/jobs/{job['id']}")
    print(f"{count} idle event streams: {after - before:.0f} MB more (from {before:.0f} to {after:.0f} MB)")


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def histogram(text, share):
    """The bound below which this share of requests lies, by the server's own histogram, in milliseconds."""
    buckets = re.findall(r'lmd_http_request_seconds_bucket\{le="([^"]+)"\} (\d+)', text)
    total = int(buckets[-1][1])
    return next(float(bound) * 1000 for bound, count in buckets if int(count) >= share * total)


def load(options):
    server = Server().start()
    server.post("/api/v1/layouts", {"prompt": "a cat"})
    server.post("/api/v1/images", smallest(1, method="lmd", steps=150, n=10, width=256, height=256))
    time.sleep(3)
    before = server.rss()
    # What is grown by then is buffers and the allocator's; what grows after it would be a leak.
    seen = asyncio.run(hammer(server, options.clients, options.seconds / 2))
    halfway = server.rss()
    seen += asyncio.run(hammer(server, options.clients, options.seconds / 2))
    after = server.rss()
    took = [one[3] * 1000 for one in seen]
    statuses = collections.Counter(str(one[1]) for one in seen)
    wrong = collections.Counter((one[0][:40], str(one[1])) for one in seen if not one[2])
    failures = sum(count for status, count in statuses.items() if status[0] not in "24")
    text = server.get("/metrics")[1].decode()
    print(f"{options.clients} clients for {options.seconds} s, one drawing under way: {len(seen)} requests, "
          f"{len(seen) / options.seconds:.0f} per second; statuses {dict(sorted(statuses.items()))}")
    print(f"  as clients see it (one Python process on the same cores): p50 {quantile(took, .5):.1f} ms, p99 {quantile(took, .99):.1f} ms")
    print(f"  as the server's histogram sees it: p50 <= {histogram(text, .5):g} ms, p99 <= {histogram(text, .99):g} ms")
    print(f"  memory {before:.0f} MB before, {halfway:.0f} halfway, {after:.0f} after; not as expected: {dict(wrong) or 'none'}")
    for job in server.json("/api/v1/jobs?limit=10")["jobs"]:
        server.request("DELETE", f"/api/v1/jobs/{job['id']}")
    server.stop()
    return failures or wrong


def jobs(count):
    """So many jobs of the smallest size in a row, and how much memory grows after the first hundred or so."""
    server = Server().start()
    begun, first = time.monotonic(), 0.0
    for number in range(count):
        while (answer := server.post("/api/v1/images", smallest(number)))[0] == 429:
            time.sleep(0.05)
        if answer[0] != 202:
            raise SystemExit(f"{answer}")
        # By now as many were drawn as make all threads and buffers; at most 65 of these wait.
        if number == 300:
            first = server.rss()
    while server.json("/api/v1/jobs?status=queued&limit=1")["jobs"]:
        time.sleep(0.2)
    last = server.rss()
    print(f"{count} jobs of the smallest size in {time.monotonic() - begun:.0f} s: memory from {first:.0f} (after 235 or more) to {last:.0f} MB")
    server.stop()
    return last - first > 20


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=1000)
    options = parser.parse_args()
    bad = False
    if options.clients:
        bad |= bool(load(options))
    if options.streams:
        server = Server().start()
        asyncio.run(streams(server, options.streams))
        server.stop()
    if options.jobs:
        bad |= jobs(options.jobs)
    raise SystemExit(bad)


if __name__ == "__main__":
    main()
