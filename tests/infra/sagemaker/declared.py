"""What the program declares for a spec, under Pulumi's mocks."""

from dataclasses import dataclass, field

import pulumi

from llamactl_infra.clouds.aws.endpoint import declare
from llamactl_infra.spec import Spec

HOST = "763104351884.dkr.ecr.us-east-1.amazonaws.com"
READY = f"{HOST}/huggingface-pytorch-tgi-inference:2.7.0-tgi3.3.6-gpu-py311-cu124-ubuntu22.04"
OWN = f"111122223333.dkr.ecr.us-east-1.amazonaws.com/llamactl/tgi@sha256:{'ab' * 32}"
ROLE = "arn:aws:iam::111122223333:role/llamactl"
GB = 10**9


def spec_of(**changes):
    """Llama 2 7B on one small instance, with the weights in a bucket."""
    told = {
        "name": "chat",
        "model": "llama-2-7b-chat",
        "cloud": "aws",
        "engine": "tgi",
        "weights": "meta-llama/Llama-2-7b-chat-hf",
        "context_tokens": 4096,
        "parallel": 8,
        "num_shard": 1,
        "region": "us-east-1",
        "instance_type": "ml.g5.2xlarge",
        "image": OWN,
        "weights_uri": "s3://weights/llama-2-7b-chat/",
        "weights_bytes": 13_476_923_672,
        "license_acceptance": "ab" * 8,
        "usd_per_hour": 1.515,
    }
    return Spec(**(told | changes))


@dataclass
class Recorder(pulumi.runtime.Mocks):
    """Keeps every declared resource, and answers as if it were made."""

    resources: list = field(default_factory=list)

    def new_resource(self, args):
        self.resources.append((args.typ, args.name, args.inputs))
        name = args.inputs.get("name", args.name)
        return [name, {**args.inputs, "arn": ROLE if "iam/role:" in args.typ else f"arn:{name}"}]

    def call(self, args):
        raise AssertionError(f"a call to the cloud at declaration: {args.token}")


def declared(spec, mocks=None):
    """Run the program; gives the resources by their type's last part and name, and the outputs."""
    recorder = mocks if mocks is not None else Recorder()
    pulumi.runtime.set_mocks(recorder, project="llamactl", stack="dev", preview=False)
    told = {}

    @pulumi.runtime.test
    def run():
        outputs = declare(spec)
        told["outputs"] = outputs
        return pulumi.Output.all(**outputs.as_mapping()).apply(
            lambda values: told.update(values=values)
        )

    run()
    return getattr(recorder, "resources", []), told["values"]


def by_type(resources, of):
    """The inputs of all resources whose type ends so."""
    return [inputs for typ, _, inputs in resources if typ.endswith(f":{of}")]


def only(resources, of):
    (found,) = by_type(resources, of)
    return found


def variant(resources):
    (found,) = only(resources, "EndpointConfiguration")["productionVariants"]
    return found
