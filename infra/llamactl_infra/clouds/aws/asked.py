"""What a spec asks of SageMaker, as values alone: what is declared by it, and compared with it."""

from dataclasses import dataclass

from llamactl_catalog.errors import InvalidInput
from llamactl_infra.clouds.aws.names import role_name
from llamactl_infra.spec import SageMakerSpec, Spec


@dataclass(frozen=True, slots=True)
class Asked:
    """The spec of one endpoint, with what an endpoint cannot be without."""

    spec: Spec
    own: SageMakerSpec
    region: str
    instance_type: str
    image: str

    @property
    def role(self) -> str:
        """Name the execution role without a call: by its ARN if it is given, else by its name."""
        given = self.own.execution_role
        return given if given is not None else role_name(self.spec.name, self.region)


def asked_of(spec: Spec) -> Asked:
    """Give what a spec asks for.

    Raises:
        InvalidInput: it names no region, no instance type or no image.
    """
    if spec.region is None or spec.instance_type is None or spec.image is None:
        raise InvalidInput("an endpoint needs a region, an instance type and an image")
    own = spec.sagemaker if spec.sagemaker is not None else SageMakerSpec()
    return Asked(spec, own, spec.region, spec.instance_type, spec.image)
