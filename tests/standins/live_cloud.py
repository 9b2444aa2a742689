"""A cloud that says what a test has it say."""

from dataclasses import dataclass, field

from llamactl_catalog.errors import LlamactlError
from llamactl_infra.live.cloud import Account, LiveEndpoint, Orphan

RUNNING = LiveEndpoint("running", instances=1)


@dataclass
class LiveCloudStandIn:
    """What is there is in `seen`, told one after the other, the last again and again.

    `left` is what `remains` names, likewise. An error in their place is raised. `asked` has the
    names of what was asked, `looked_for` what was to be looked for. `refuses` is the error of who
    is not let in at all. `lost` is an endpoint that no state has.
    """

    seen: list = field(default_factory=lambda: [RUNNING])
    left: list = field(default_factory=lambda: [()])
    kept_back: tuple = ()
    lost: Orphan | None = None
    lines: tuple = ()
    key: str | None = None
    differs: tuple = ()
    asked: list = field(default_factory=list)
    looked_for: list = field(default_factory=list)
    refuses: LlamactlError | None = None
    digest: str | None = None
    readers: tuple = ()

    def __call__(self, cloud):
        """Open it: it stands for the function that opens clouds."""
        self.asked.append(cloud)
        return self

    def account(self, meant=None):
        if self.refuses is not None:
            raise self.refuses
        return Account("aws", "111122223333", "tester")

    def checks(self, spec, standing=None):
        return iter(())

    def image_digest(self, reference):
        return self.digest

    def endpoint(self, spec):
        self.asked.append("endpoint")
        return _told(self.seen)

    def differences(self, spec):
        return self.differs

    def log(self, spec, *, tail, follow):
        yield from self.lines if tail is None else self.lines[-tail:]

    def api_key(self, spec):
        return self.key

    def remains(self, spec, held):
        self.looked_for.append(tuple(held))
        return _told(self.left)

    def weights_readers(self, place, region):
        return self.readers

    def orphan(self, spec):
        return self.lost

    def remove_orphan(self, spec):
        self.asked.append("remove orphan")
        self.lost = None

    def held_back(self, spec, held):
        return self.kept_back


def _told(answers):
    answer = answers.pop(0) if len(answers) > 1 else answers[0]
    if isinstance(answer, LlamactlError):
        raise answer
    return answer
