"""Functions of kernel32.dll that Python's library does not reach, with their types."""

from __future__ import annotations

import ctypes
import sys
from ctypes import wintypes

assert sys.platform == "win32"  # noqa: S101 (for the type checker)

ERROR_ACCESS_DENIED = 5
ERROR_SHARING_VIOLATION = 32
ERROR_LOCK_VIOLATION = 33
ERROR_BROKEN_PIPE = 109
ERROR_ALREADY_EXISTS = 183
ERROR_IO_PENDING = 997

INVALID_HANDLE = ctypes.c_void_p(-1).value

_library = ctypes.WinDLL("kernel32", use_last_error=True)


class Overlapped(ctypes.Structure):
    """OVERLAPPED, as far as it says where in a file."""

    _fields_ = (
        ("internal", ctypes.c_void_p),
        ("internal_high", ctypes.c_void_p),
        ("offset", wintypes.DWORD),
        ("offset_high", wintypes.DWORD),
        ("event", wintypes.HANDLE),
    )


class MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX."""

    _fields_ = (
        ("length", wintypes.DWORD),
        ("load", wintypes.DWORD),
        ("total", ctypes.c_ulonglong),
        ("available", ctypes.c_ulonglong),
        ("total_page_file", ctypes.c_ulonglong),
        ("available_page_file", ctypes.c_ulonglong),
        ("total_virtual", ctypes.c_ulonglong),
        ("available_virtual", ctypes.c_ulonglong),
        ("available_extended_virtual", ctypes.c_ulonglong),
    )


class JobLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION, flattened."""

    _fields_ = (
        ("process_time", ctypes.c_longlong),
        ("job_time", ctypes.c_longlong),
        ("flags", wintypes.DWORD),
        ("least_working_set", ctypes.c_size_t),
        ("most_working_set", ctypes.c_size_t),
        ("active_processes", wintypes.DWORD),
        ("affinity", ctypes.c_size_t),
        ("priority", wintypes.DWORD),
        ("scheduling", wintypes.DWORD),
        ("io", ctypes.c_ulonglong * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    )


# Called by Windows in a thread of its own; returns whether that is all that happens.
ControlHandler = ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.DWORD)

close_handle = _library.CloseHandle
close_handle.argtypes = (wintypes.HANDLE,)

create_file = _library.CreateFileW
create_file.restype = wintypes.HANDLE
create_file.argtypes = (
    wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, ctypes.c_void_p, wintypes.DWORD,
    wintypes.DWORD, wintypes.HANDLE,
)  # fmt: skip

lock_file = _library.LockFileEx
lock_file.argtypes = (
    wintypes.HANDLE, wintypes.DWORD, wintypes.DWORD, wintypes.DWORD, wintypes.DWORD,
    ctypes.POINTER(Overlapped),
)  # fmt: skip

create_event = _library.CreateEventW
create_event.restype = wintypes.HANDLE
create_event.argtypes = (ctypes.c_void_p, wintypes.BOOL, wintypes.BOOL, wintypes.LPCWSTR)

file_type = _library.GetFileType
file_type.argtypes = (wintypes.HANDLE,)

peek_named_pipe = _library.PeekNamedPipe
peek_named_pipe.argtypes = (
    wintypes.HANDLE, ctypes.c_void_p, wintypes.DWORD, ctypes.c_void_p,
    ctypes.POINTER(wintypes.DWORD), ctypes.c_void_p,
)  # fmt: skip

current_process = _library.GetCurrentProcess
current_process.restype = wintypes.HANDLE

set_priority_class = _library.SetPriorityClass
set_priority_class.argtypes = (wintypes.HANDLE, wintypes.DWORD)

memory_status = _library.GlobalMemoryStatusEx
memory_status.argtypes = (ctypes.POINTER(MemoryStatus),)

get_dll_directory = _library.GetDllDirectoryW
get_dll_directory.argtypes = (wintypes.DWORD, wintypes.LPWSTR)

set_dll_directory = _library.SetDllDirectoryW
set_dll_directory.argtypes = (wintypes.LPCWSTR,)

create_job = _library.CreateJobObjectW
create_job.restype = wintypes.HANDLE
create_job.argtypes = (ctypes.c_void_p, wintypes.LPCWSTR)

set_job_information = _library.SetInformationJobObject
set_job_information.argtypes = (
    wintypes.HANDLE, ctypes.c_int, ctypes.POINTER(JobLimits), wintypes.DWORD,
)  # fmt: skip

assign_to_job = _library.AssignProcessToJobObject
assign_to_job.argtypes = (wintypes.HANDLE, wintypes.HANDLE)

set_control_handler = _library.SetConsoleCtrlHandler
set_control_handler.argtypes = (ControlHandler, wintypes.BOOL)


def last_error(name: str | None = None) -> OSError:
    """Returns what the last of these functions has failed for, as Python's own kind of error."""
    number = ctypes.get_last_error()
    return OSError(None, ctypes.FormatError(number).strip(), name, number)
