"""Who owns a file on Windows, where Python does not say.

Owners alone are compared, as git does for `safe.directory`; access lists are not read. A file of
this user, of the administrators or of the system is no stranger's; nor is one on a file system
without owners (FAT, exFAT), which shows as everyone's.
"""

import sys
from pathlib import Path

# Source: Microsoft, "Well-known SIDs", read 2026-11.
_SYSTEM = frozenset(
    {
        "S-1-5-18",  # the system
        "S-1-5-32-544",  # the administrators
        "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",  # TrustedInstaller
        "S-1-1-0",  # everyone: where there are no owners
    }
)
# Constants of winnt.h and accctrl.h.
_SE_FILE_OBJECT = 1
_OWNER_SECURITY_INFORMATION = 1
_TOKEN_QUERY = 8
_TOKEN_USER = 1


def stranger(path: Path) -> str | None:
    """Name the owner of a file if it is another user; None: this user or the system owns it."""
    try:
        owner = _owner(path)
        return None if owner in _SYSTEM or owner == _this_user() else owner
    except OSError as error:  # whoever may not even see the owner cannot trust it
        return f"an owner who is hidden ({error.strerror or error})"


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _advapi32 = ctypes.WinDLL("advapi32", use_last_error=True)
    _kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
    _kernel32.LocalFree.argtypes = [ctypes.c_void_p]
    _kernel32.GetCurrentProcess.restype = wintypes.HANDLE
    _kernel32.CloseHandle.argtypes = [wintypes.HANDLE]
    _advapi32.GetNamedSecurityInfoW.argtypes = [
        wintypes.LPCWSTR,
        ctypes.c_int,
        wintypes.DWORD,
        *[ctypes.POINTER(ctypes.c_void_p)] * 5,
    ]
    _advapi32.GetNamedSecurityInfoW.restype = wintypes.DWORD
    _advapi32.ConvertSidToStringSidW.argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p)]
    _advapi32.OpenProcessToken.argtypes = [
        wintypes.HANDLE,
        wintypes.DWORD,
        ctypes.POINTER(wintypes.HANDLE),
    ]
    _advapi32.GetTokenInformation.argtypes = [
        wintypes.HANDLE,
        ctypes.c_int,
        ctypes.c_void_p,
        wintypes.DWORD,
        ctypes.POINTER(wintypes.DWORD),
    ]

    def _owner(path: Path) -> str:
        sid, descriptor = ctypes.c_void_p(), ctypes.c_void_p()
        code = _advapi32.GetNamedSecurityInfoW(
            str(path),
            _SE_FILE_OBJECT,
            _OWNER_SECURITY_INFORMATION,
            ctypes.byref(sid),
            None,
            None,
            None,
            ctypes.byref(descriptor),
        )
        if code:
            raise ctypes.WinError(code)
        try:
            return _text(sid)
        finally:
            _kernel32.LocalFree(descriptor)

    def _this_user() -> str:
        token = wintypes.HANDLE()
        process = _kernel32.GetCurrentProcess()
        if not _advapi32.OpenProcessToken(process, _TOKEN_QUERY, ctypes.byref(token)):
            raise ctypes.WinError(ctypes.get_last_error())
        try:
            size = wintypes.DWORD()
            _advapi32.GetTokenInformation(token, _TOKEN_USER, None, 0, ctypes.byref(size))
            buffer = ctypes.create_string_buffer(size.value)
            told = _advapi32.GetTokenInformation(
                token, _TOKEN_USER, buffer, size.value, ctypes.byref(size)
            )
            if not told:
                raise ctypes.WinError(ctypes.get_last_error())
            # TOKEN_USER begins with the pointer to the SID.
            return _text(ctypes.c_void_p.from_buffer(buffer))
        finally:
            _kernel32.CloseHandle(token)

    def _text(sid: ctypes.c_void_p) -> str:
        text = ctypes.c_void_p()
        if not _advapi32.ConvertSidToStringSidW(sid, ctypes.byref(text)):
            raise ctypes.WinError(ctypes.get_last_error())
        try:
            return ctypes.wstring_at(text.value or 0)
        finally:
            _kernel32.LocalFree(text)

else:

    def _owner(path: Path) -> str:
        raise OSError(f"{path}: Windows alone has such owners")

    def _this_user() -> str:
        raise OSError("Windows alone has such users")
