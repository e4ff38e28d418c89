"""Kills the server (-9) at random moments with jobs queued and starts it again. Nothing that was accepted may be lost, nothing
may be in the gallery twice, the database must open every time, and what was interrupted must become the same bytes.

    python bench/serve/kills.py [--kills 100] [--seed 1]
"""

import argparse
import hashlib
import json
import random
import time

from server import Server, smallest


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    server = Server().start()
    accepted, refused, begun = {}, 0, time.monotonic()
    for kill in range(options.kills):
        for _ in range(chance.randrange(1, 4)):
            seed = len(accepted)
            status, body = server.post("/api/v1/images", smallest(seed, n=2))
            if status == 202:
                accepted[json.loads(body)["id"]] = seed
            elif status == 429:
                refused += 1
            else:
                raise SystemExit(f"an order was answered with {status}: {body[:300]}")
        time.sleep(chance.uniform(0.0, 0.6))
        server.kill()
        server.start()
    while server.json("/api/v1/jobs?status=queued&limit=1")["jobs"] or server.json("/api/v1/jobs?status=generating&limit=1")["jobs"]:
        time.sleep(0.2)
    lost, wrong = [], []
    for job in accepted:
        kept = json.loads(server.get(f"/api/v1/jobs/{job}")[1])
        if "error" in kept and "status" not in kept:
            lost.append(job)
        elif kept["status"] != "completed" or len(kept["pictures"]) != 2:
            wrong.append((job, kept["status"], len(kept["pictures"])))
    pictures, before = [], ""
    while True:
        page = server.json(f"/api/v1/gallery?limit=200{before}")
        pictures += page["pictures"]
        if "next" not in page:
            break
        before = f"&before={page['next']}"
    places = [(one["job"], one["seed"]) for one in pictures]
    twice = len(places) - len(set(places))
    differs, sampled = 0, chance.sample(pictures, min(20, len(pictures)))
    for one in sampled:
        kept = server.get(one["url"])[1]
        _, body = server.post("/api/v1/images", smallest(one["seed"]))
        job = json.loads(body)["id"]
        while (again := server.json(f"/api/v1/jobs/{job}"))["status"] not in ("completed", "failed"):
            time.sleep(0.02)
        drawn = server.get(again["pictures"][0]["url"])[1]
        differs += hashlib.sha256(kept).digest() != hashlib.sha256(drawn).digest()
    print(f"{options.kills} kills in {time.monotonic() - begun:.0f} s: {len(accepted)} jobs accepted ({refused} more refused, the queue was full), {len(lost)} lost, "
          f"{len(wrong)} not completed {wrong[:3]}, {len(pictures)} pictures, {twice} twice, "
          f"{differs} of {len(sampled)} drawn again to other bytes")
    ended = server.stop()
    print(f"SIGTERM: exit code {ended}")
    raise SystemExit(1 if lost or wrong or twice or differs or ended or len(pictures) != 2 * len(accepted) else 0)


if __name__ == "__main__":
    main()
