"""Why a port could not be had, in the words of the launch protocol."""

import errno

import pytest

from llamactl_containers.llamacpp.process import bind_failure


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.EADDRINUSE, "port-taken"),
        (errno.EACCES, "port-forbidden"),
        (errno.EADDRNOTAVAIL, "internal"),
    ],
)
def test_the_reason_says_what_the_user_can_do(number, reason):
    assert bind_failure(OSError(number, "no")) == reason
