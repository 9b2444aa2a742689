"""The life of endpoints: creating, in service, updating, taken back, failed, deleting.

Sources: botocore, sagemaker 2017-07-24, EndpointStatus and DescribeEndpoint; Amazon SageMaker AI
developer guide, "Deployment guardrails" (an update that fails goes back by itself). README.md in
the folder above has each rule with its source and its test.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from standins.aws.account import Refused
from standins.aws.faults import LIMIT, Fault
from standins.aws.quotas import Quotas
from standins.aws.registered import CONFIGURATION, ENDPOINT, INVALID, MODEL, Registered, page

Doing = Literal["Creating", "Updating", "RollingBack", "Deleting"]
_STARTING = ("Creating", "Updating", "RollingBack")
Say = Callable[[str, str, Sequence[str]], None]
STARTED = (
    'INFO text_generation_launcher: Args { model_id: "/opt/ml/model" }',
    "INFO text_generation_router::server: Connected",
)


@dataclass
class Fleet:
    """What a configuration asks for: its variants, their images, and how many instances of each."""

    configuration: str
    variants: list[dict[str, Any]]
    images: dict[str, str]
    instances: dict[str, int]
    role: str

    def count(self, instance_type: str) -> int:
        names = [e["VariantName"] for e in self.variants if e["InstanceType"] == instance_type]
        return sum(self.instances[each] for each in names)

    def types(self) -> dict[str, str]:
        return {each["VariantName"]: each["InstanceType"] for each in self.variants}


@dataclass
class Life:
    """One endpoint. `current` is None until it has been in service once."""

    region: str
    name: str
    wanted: "Fleet"
    fault: Fault | None
    due: float
    doing: Doing | None = "Creating"
    current: "Fleet | None" = None
    deployment: Mapping[str, Any] | None = None
    is_failed: bool = False
    reason: str | None = None
    steps: int = 0
    created: float = field(default_factory=time.time)
    changed: float = field(default_factory=time.time)

    @property
    def status(self) -> str:
        return self.doing or ("Failed" if self.is_failed else "InService")


@dataclass(frozen=True)
class Scaling:
    """What SageMaker does with Application Auto Scaling: is a variant a target, and no longer."""

    is_target: Callable[[Life], bool]
    deregister: Callable[[Life], None]


class Endpoints:
    """All endpoints. A change is over `delay_s` after it was asked for.

    `problems` gets what SageMaker forbids and yet does not refuse.
    """

    def __init__(
        self,
        tags: dict[str, dict[str, str]],
        quotas: Quotas,
        say: Say,
        scaling: Scaling,
        problems: list[str],
    ) -> None:
        self.delay_s = 0.02
        self.models = Registered(MODEL, tags)
        self.configurations = Registered(CONFIGURATION, tags)
        self.known: dict[tuple[str, str], Life] = {}
        self._tags, self._quotas, self._say, self._scaling = tags, quotas, say, scaling
        self._problems = problems

    def create(self, region: str, asked: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
        name = asked["EndpointName"]
        if (region, name) in self.known:
            raise ENDPOINT.taken(region, name)
        wanted = self._fleet(region, asked["EndpointConfigName"])
        self._check_quota(region, wanted)
        arn = ENDPOINT.arn(region, name)
        self._tags[arn] = {each["Key"]: each["Value"] for each in asked.get("Tags", ())}
        life = Life(region, name, wanted, fault, self._due(fault))
        life.deployment = asked.get("DeploymentConfig")
        self.known[region, name] = life
        return {"EndpointArn": arn}

    def update(self, region: str, asked: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
        life = self._resting(region, asked["EndpointName"])
        if life.is_failed:
            raise Refused(INVALID, "Cannot update an endpoint with the status Failed.")
        if life.current is not None:
            # hashicorp/terraform-provider-aws issue 40048: the configuration in force is read too,
            # and where it is gone the update is refused by its name.
            self.configurations.describe(region, life.current.configuration)
        wanted = self._fleet(region, asked["EndpointConfigName"])
        self._check_types(life, wanted)
        self._check_quota(region, wanted)
        life.doing, life.wanted, life.fault, life.reason = "Updating", wanted, fault, None
        life.changed = time.time()
        life.due, life.steps = self._due(fault), 0
        life.deployment = asked.get("DeploymentConfig", life.deployment)
        return {"EndpointArn": ENDPOINT.arn(region, life.name)}

    def delete(self, region: str, name: str, fault: Fault | None) -> dict[str, Any]:
        life = self._resting(region, name)
        # awslabs/stable-diffusion-aws-extension issue 161: DeleteEndpoint deregisters the variant.
        self._scaling.deregister(life)
        life.doing, life.fault, life.due = "Deleting", None, self._due(fault)
        return {}

    def delete_configuration(self, region: str, name: str) -> dict[str, Any]:
        """Delete a configuration, also one in use: that is forbidden, and not refused.

        Source: botocore, DeleteEndpointConfig, "You must not delete"; terraform-provider-aws issue
        40048: it went, and the endpoint was left without.
        """
        for life in self._lives_on(region, name, lambda fleet: fleet.configuration):
            self._problems.append(f"configuration {name} was deleted while {life.name} needs it")
        return self.configurations.delete(region, name)

    def delete_model(self, region: str, name: str) -> dict[str, Any]:
        """Delete a model; whether one in use may go is not known, so that it may not here."""
        for life in self._lives_on(region, name, lambda fleet: fleet.variants[0]["ModelName"]):
            self._problems.append(f"model {name} was deleted while {life.name} needs it")
        return self.models.delete(region, name)

    def scale(self, region: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Set how many instances there are, as autoscaling does."""
        life = self._resting(region, asked["EndpointName"])
        for each in asked["DesiredWeightsAndCapacities"]:
            if life.current is not None:
                life.current.instances[each["VariantName"]] = each["DesiredInstanceCount"]
        return {"EndpointArn": ENDPOINT.arn(region, life.name)}

    def describe(self, region: str, name: str) -> dict[str, Any]:
        life = self._need(region, name)
        life.steps += 1
        told: dict[str, Any] = {
            **_summary(life),
            "EndpointConfigName": (life.current or life.wanted).configuration,
            "FailureReason": life.reason,
            "LastDeploymentConfig": life.deployment,
            "ProductionVariants": list(_variants(life.current)) or None,
        }
        if life.doing in {"Creating", "Updating"}:
            pending = {"EndpointConfigName": life.wanted.configuration, "StartTime": life.changed}
            told["PendingDeploymentSummary"] = pending
        return {key: value for key, value in told.items() if value is not None}

    def listed(self, region: str, asked: dict[str, Any]) -> dict[str, Any]:
        wanted = asked.get("StatusEquals")
        found = [
            _summary(life)
            for (where, name), life in sorted(self.known.items())
            if where == region and asked.get("NameContains", "") in name
            if wanted in (None, life.status)
        ]
        return page("Endpoints", found, asked)

    def answers(self, region: str, name: str) -> bool:
        """Tell whether it takes requests."""
        life = self.known.get((region, name))
        return life is not None and life.current is not None and life.doing != "Deleting"

    def is_in_service(self, region: str, name: str) -> bool:
        """Tell whether it is there and nothing is done to it."""
        life = self.known.get((region, name))
        return life is not None and life.status == "InService"

    def advance(self) -> None:
        """Make what is due."""
        for life in list(self.known.values()):
            steps = life.fault.steps if life.fault is not None else 0
            if life.doing is not None and time.monotonic() >= life.due and life.steps >= steps:
                self._end(life)

    def used(self, instance_type: str, region: str) -> int:
        """Count the instances of a type that there are; an update has both fleets."""
        total = 0
        for life in self.known.values():
            if life.region == region and not life.is_failed:
                fleets = [life.current, life.wanted if life.doing in _STARTING else None]
                total += sum(each.count(instance_type) for each in fleets if each is not None)
        return total

    def _end(self, life: Life) -> None:
        doing, life.doing, life.changed = life.doing, None, time.time()
        if doing == "Deleting":
            del self.known[life.region, life.name]
            del self._tags[ENDPOINT.arn(life.region, life.name)]
            return
        fault = life.fault
        if fault is not None and fault.late and fault.back_s and doing == "Updating":
            # Seen by whoever looks, terraform-provider-aws PR 49020; then as it was before.
            life.doing, life.reason = "RollingBack", fault.message
            life.due = time.monotonic() + fault.back_s
            return
        if fault is not None and fault.late:
            life.reason, life.is_failed = fault.message, doing == "Creating"
            self._say(life.region, life.name, fault.log)
            return
        life.current = life.wanted
        self._say(life.region, life.name, STARTED)

    def _due(self, fault: Fault | None) -> float:
        return time.monotonic() + max(self.delay_s, fault.delay_s if fault is not None else 0)

    def check_role(self, name: str) -> None:
        """Note where a role goes that an endpoint still needs.

        Source: botocore, DeleteEndpoint: the role must stay, "otherwise SageMaker cannot delete
        these resources".
        """
        for life in self.known.values():
            if life.wanted.role.endswith(f"/{name}"):
                self._problems.append(f"role {name} was deleted while {life.name} needs it")

    def _lives_on(self, region: str, name: str, of: Callable[[Fleet], str]) -> list[Life]:
        """Give the endpoints that run on something, or are on their way to it."""
        found = []
        for life in self.known.values():
            coming = life.wanted if life.doing in _STARTING else None
            fleets = [] if life.doing == "Deleting" else [life.current, coming]
            if life.region == region and name in [of(each) for each in fleets if each is not None]:
                found.append(life)
        return found

    def _need(self, region: str, name: str) -> Life:
        if (region, name) not in self.known:
            raise ENDPOINT.missing(region, name)
        return self.known[region, name]

    def _resting(self, region: str, name: str) -> Life:
        life = self._need(region, name)
        if life.doing is not None:
            raise Refused(INVALID, f'Cannot update in-progress endpoint "{name}".')
        return life

    def _fleet(self, region: str, configuration: str) -> Fleet:
        told = self.configurations.describe(region, configuration)
        variants = told["ProductionVariants"]
        images = {
            each["VariantName"]: self.models.describe(region, each["ModelName"])
            for each in variants
        }
        return Fleet(
            told["EndpointConfigName"],
            variants,
            {name: model["PrimaryContainer"]["Image"] for name, model in images.items()},
            {each["VariantName"]: each["InitialInstanceCount"] for each in variants},
            next(iter(images.values()))["ExecutionRoleArn"],
        )

    def _check_quota(self, region: str, fleet: Fleet) -> None:
        for kind in set(fleet.types().values()):
            limit, used = int(self._quotas.value(kind)), self.used(kind, region)
            delta = fleet.count(kind)
            if used + delta > limit:
                said = LIMIT.format(type=kind, limit=limit, used=used, delta=delta)
                raise Refused("ResourceLimitExceeded", said)

    def _check_types(self, life: Life, wanted: Fleet) -> None:
        """Refuse another type to a variant that scales, in SageMaker's own words."""
        before = (life.current or life.wanted).types()
        if before != wanted.types() and self._scaling.is_target(life):
            said = (
                f'The variant(s) "[{", ".join(before)}]" must be deregistered as scalable targets '
                "with AWS Auto Scaling before they can be removed or have their instance type "
                "updated."
            )
            raise Refused(INVALID, said)


def _variants(fleet: Fleet | None) -> Iterator[dict[str, Any]]:
    for each in fleet.variants if fleet is not None else ():
        name = each["VariantName"]
        image, count = fleet.images[name], fleet.instances[name]
        weight = each.get("InitialVariantWeight", 1.0)
        yield {
            "VariantName": name,
            "DeployedImages": [{"SpecifiedImage": image, "ResolvedImage": image}],
            "CurrentWeight": weight,
            "DesiredWeight": weight,
            "CurrentInstanceCount": count,
            "DesiredInstanceCount": count,
        }


def _summary(life: Life) -> dict[str, Any]:
    return {
        "EndpointName": life.name,
        "EndpointArn": ENDPOINT.arn(life.region, life.name),
        "CreationTime": life.created,
        "LastModifiedTime": life.changed,
        "EndpointStatus": life.status,
    }
