from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import datetime, timezone

import pytest

from dlrun.record.lock import Busy, RunLock

HOLD = """
import sys, time
from dlrun.record.lock import RunLock
with RunLock(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""

HOLD_AND_FORK = """
import os, sys, time
from dlrun.record.lock import RunLock
with RunLock(sys.argv[1]):
    if os.fork() == 0:
        print(os.getpid(), flush=True)
    time.sleep(60)
    os._exit(0)
"""


def hold(folder):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_process_is_told_who_works_there(tmp_path):
    process = hold(tmp_path)
    try:
        with pytest.raises(Busy) as refusal, RunLock(tmp_path):
            pass
        assert refusal.value.pid == process.pid
        assert refusal.value.host == os.uname().nodename
        age = datetime.now(timezone.utc) - datetime.fromisoformat(refusal.value.since)
        assert 0 <= age.total_seconds() < 60
        assert str(process.pid) in str(refusal.value) and str(tmp_path) in str(refusal.value)
    finally:
        process.kill()
        process.wait()


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    process = hold(tmp_path)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert (tmp_path / "lock").exists()
    with RunLock(tmp_path):
        assert str(os.getpid()) in (tmp_path / "lock").read_text()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
def test_a_worker_that_outlives_a_killed_run_does_not_keep_its_lock(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", HOLD_AND_FORK, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    worker = int(process.stdout.readline())
    try:
        with pytest.raises(Busy), RunLock(tmp_path):  # the worker's end of the lock being closed does not free it
            pass
        process.kill()
        process.wait()
        os.kill(worker, 0)  # the worker lives
        with RunLock(tmp_path):
            pass
    finally:
        os.kill(worker, signal.SIGKILL)


def test_the_lock_is_free_again_after_the_block_and_only_then(tmp_path):
    with RunLock(tmp_path):
        with pytest.raises(Busy), RunLock(tmp_path):
            pass
    lock = RunLock(tmp_path)
    with lock:
        pass
    lock.release()
    with RunLock(tmp_path):
        pass
