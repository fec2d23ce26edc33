"""nst_core.networks.machine_memory: limits of control groups and of the process count."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import torch

from nst_contract.settings import Settings
from nst_core.networks import machine_memory
from nst_core.networks.device import Placement
from nst_core.networks.machine_memory import GIB, free, free_within_limits
from tests.helpers.processes import PATIENCE, REPOSITORY

MIB = 2**20


def group(folder: Path, version: int, limit: str, used: int, files: int = 0) -> None:
    """Makes a control group as the kernel shows it."""
    folder.mkdir(parents=True, exist_ok=True)
    if version == 1:
        (folder / "memory.limit_in_bytes").write_text(f"{limit}\n")
        (folder / "memory.usage_in_bytes").write_text(f"{used}\n")
        (folder / "memory.stat").write_text(
            f"cache 5\ntotal_inactive_file {files}\ntotal_active_file 0\n"
        )
    else:
        (folder / "memory.max").write_text(f"{limit}\n")
        (folder / "memory.high").write_text("max\n")
        (folder / "memory.current").write_text(f"{used}\n")
        (folder / "memory.stat").write_text(f"anon 1\ninactive_file 0\nactive_file {files}\n")


def proc(folder: Path, cgroup: str, *mounts: str) -> Path:
    """Makes the files in which the kernel says where a process's groups are."""
    described = folder / "proc"
    described.mkdir()
    (described / "cgroup").write_text(f"3:cpuset:/elsewhere\n{cgroup}\n")
    (described / "mountinfo").write_text(
        "\n".join(["22 1 8:1 / / rw - ext4 /dev/sda1 rw", *mounts]) + "\n"
    )
    return described


def mounted(version: int, root: str, point: Path) -> str:
    escaped = str(point).replace(" ", "\\040")
    kind = "cgroup2 cgroup2 rw" if version == 2 else "cgroup cgroup rw,memory"
    return f"31 22 0:28 {root} {escaped} rw,relatime - {kind}"


def named(version: int, path: str) -> str:
    return f"0::{path}" if version == 2 else f"4:memory:{path}"


@pytest.fixture(autouse=True)
def no_ulimit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY,) * 2)


VERSIONS = pytest.mark.parametrize("version", [1, 2])


@VERSIONS
def test_a_group_leaves_its_limit_less_what_is_used_beside_files(
    version: int, tmp_path: Path
) -> None:
    point = tmp_path / "a folder"
    group(point / "job", version, str(800 * MIB), 500 * MIB, files=200 * MIB)
    described = proc(tmp_path, named(version, "/job"), mounted(version, "/", point))
    assert free_within_limits(described) == 500 * MIB


@VERSIONS
def test_the_tightest_group_above_counts(version: int, tmp_path: Path) -> None:
    no_limit = "max" if version == 2 else "9223372036854771712"
    group(tmp_path, version, no_limit, 900 * MIB)
    group(tmp_path / "slice", version, str(400 * MIB), 300 * MIB)
    group(tmp_path / "slice" / "job", version, str(800 * MIB), 100 * MIB)
    described = proc(tmp_path, named(version, "/slice/job"), mounted(version, "/", tmp_path))
    assert free_within_limits(described) == 100 * MIB


@VERSIONS
@pytest.mark.parametrize(
    ("path", "root"), [("/docker/1f", "/docker/1f"), ("/", "/"), ("/../other", "/")]
)
def test_a_container_sees_its_group_as_the_top(
    version: int, path: str, root: str, tmp_path: Path
) -> None:
    group(tmp_path, version, str(800 * MIB), 300 * MIB)
    described = proc(tmp_path, named(version, path), mounted(version, root, tmp_path))
    assert free_within_limits(described) == 500 * MIB


def test_both_versions_may_be_mounted_at_once(tmp_path: Path) -> None:
    (tmp_path / "unified").mkdir()
    group(tmp_path / "memory" / "job", 1, str(800 * MIB), 300 * MIB)
    described = proc(
        tmp_path, "4:memory:/job\n0::/job",
        mounted(2, "/", tmp_path / "unified"), mounted(1, "/", tmp_path / "memory"),
    )  # fmt: skip
    assert free_within_limits(described) == 500 * MIB


@VERSIONS
def test_no_limit_and_no_groups_are_no_limit(version: int, tmp_path: Path) -> None:
    assert free_within_limits(tmp_path / "nowhere") is None
    group(tmp_path, version, "max" if version == 2 else "9223372036854771712", 300 * MIB)
    described = proc(tmp_path, named(version, "/"), mounted(version, "/", tmp_path))
    assert free_within_limits(described) is None


def test_the_soft_limit_of_a_group_counts(tmp_path: Path) -> None:
    group(tmp_path, 2, "max", 300 * MIB)
    (tmp_path / "memory.high").write_text(f"{400 * MIB}\n")
    described = proc(tmp_path, "0::/", mounted(2, "/", tmp_path))
    assert free_within_limits(described) == 100 * MIB


def test_a_group_that_is_full_leaves_nothing(tmp_path: Path) -> None:
    group(tmp_path, 2, str(100 * MIB), 101 * MIB)
    assert free_within_limits(proc(tmp_path, "0::/", mounted(2, "/", tmp_path))) == 0


@pytest.mark.parametrize("option", ["RLIMIT_AS", "RLIMIT_DATA"])
def test_a_process_may_be_limited_as_well(option: str) -> None:
    script = (
        "import resource, psutil\n"
        "from nst_core.networks.machine_memory import free_within_limits\n"
        f"resource.setrlimit(resource.{option}, (2**33, 2**33))\n"
        "print(free_within_limits())"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True,
        timeout=PATIENCE, check=True,
    )  # fmt: skip
    # The interpreter and its libraries take some of the 8 GiB.
    assert 0 < int(run.stdout) < 2**33


def test_what_is_free_is_the_least_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_memory, "free_within_limits", lambda: None)
    assert free() > MIB
    assert free() <= psutil.virtual_memory().total
    monkeypatch.setattr(machine_memory, "free_within_limits", lambda: MIB)
    assert free() == MIB


@pytest.mark.parametrize(("device", "expected"), [("cpu", 1), ("mps", 1), ("cuda", 6), ("xpu", 6)])
def test_pictures_are_read_into_the_machines_memory_even_where_a_card_computes(
    device: str, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the memory that is asked for is the card's: 1 GiB, of 10 that the machine has free."""
    card = Placement((torch.device(device),), "float32")
    monkeypatch.setattr("nst_core.networks.device.choose_device", lambda _: card)
    monkeypatch.setattr(machine_memory, "free", lambda: 10 * GIB)
    monkeypatch.setattr(machine_memory, "most_within_limits", lambda: None)
    for asked in (device, "auto"):
        settings = Settings(device=asked, memory=1.0)
        assert machine_memory.budget_for_pictures(settings) == expected * GIB
    assert machine_memory.budget_for_pictures(Settings(device="cpu", memory=1.0)) == GIB


def test_what_a_process_has_already_counts_among_what_it_may_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine_memory, "free_within_limits", lambda: None)
    assert machine_memory.most_within_limits() is None
    monkeypatch.setattr(machine_memory, "free_within_limits", lambda: 0)
    most = machine_memory.most_within_limits()
    assert most is not None
    assert MIB < most <= psutil.virtual_memory().total
