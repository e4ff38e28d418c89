"""Programs run as processes of their own, under the same conditions, and what they used."""

import os
import subprocess
import tempfile
import time


def environment(given):
    """Nothing of the user's own settings; as many threads for all."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LMD_")}
    threads = str(given.threads)
    kept |= dict(OMP_NUM_THREADS=threads, RAYON_NUM_THREADS=threads, HF_HUB_OFFLINE="1")
    if given.shared:
        kept["OMP_WAIT_POLICY"] = "PASSIVE"
    return kept


def run(command, given):
    """Whole and processor seconds, peak MB, what was written to stdout and stderr."""
    command = [str(part) for part in command]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=err, env=environment(given), cwd=given.scratch)
        _, status, used = os.wait4(process.pid, 0)
        whole = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = [(file.seek(0), file.read())[1] for file in (out, err)]
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}\nended with {process.returncode}:\n{texts[1]}")
    return whole, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, *texts
