from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
import threading
from datetime import datetime, timezone

import pytest

from dlrun.record import lock
from dlrun.record.lock import Busy, RunLock, Unwritable, at_work

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


def test_a_lock_that_names_a_living_process_of_another_program_is_not_held(tmp_path):
    process = hold(tmp_path)
    text = (tmp_path / "lock").read_text()
    assert at_work(tmp_path)
    process.kill()
    process.wait()
    assert not at_work(tmp_path)
    (tmp_path / "lock").write_text(text.replace(str(process.pid), str(os.getppid())))
    assert not at_work(tmp_path), "that process lives, and holds nothing"
    for damaged in ("", "[]", "{", text.replace(str(process.pid), "1e99"), text.replace(str(process.pid), '"x"')):
        (tmp_path / "lock").write_text(damaged)
        assert not at_work(tmp_path)
        with RunLock(tmp_path):
            pass


def test_a_look_makes_no_start_fail(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "LOOK_SECONDS", 0.05)
    with RunLock(tmp_path):
        pass
    looking = os.open(tmp_path / "lock", os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH)
    (tmp_path / "lock").write_text((tmp_path / "lock").read_text().replace(str(os.getpid()), str(os.getppid())))
    assert not at_work(tmp_path), "one who looks is no run"
    threading.Timer(0.1, os.close, [looking]).start()
    with RunLock(tmp_path):
        pass


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path, monkeypatch):
    def read_only(path, flags):
        raise OSError(errno.EROFS, "Read-only file system", path)

    monkeypatch.setattr(lock, "own_handle", read_only)
    with pytest.raises(Unwritable, match="Read-only file system"), RunLock(tmp_path):
        pass
