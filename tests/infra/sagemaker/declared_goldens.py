"""The specs whose declared resources lie in `golden/`.

To write them anew: python tests/infra/sagemaker/declared_goldens.py, with `tests` on PYTHONPATH.
"""

import json
from pathlib import Path

from infra.sagemaker.declared import GB, READY, declared, spec_of
from llamactl_infra.spec import SageMakerSpec, Schedule

GOLDEN = Path(__file__).parent / "golden"
THIRTEEN = {
    "model": "llama-2-13b-chat",
    "weights": "meta-llama/Llama-2-13b-chat-hf",
    "instance_type": "ml.g5.12xlarge",
    "num_shard": 4,
    "weights_uri": "s3://weights/llama-2-13b-chat/",
    "weights_bytes": 26 * GB,
}
SEVENTY = {
    "model": "llama-2-70b-chat",
    "weights": "meta-llama/Llama-2-70b-chat-hf",
    "instance_type": "ml.p4d.24xlarge",
    "num_shard": 8,
    "weights_uri": "s3://jumpstart-private-cache-prod-us-east-1/meta-textgeneration/llama-2-70b-f/",
    "weights_bytes": 138 * GB,
}
KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
CLOSED = SageMakerSpec(
    subnets=("subnet-a", "subnet-b"),
    security_groups=("sg-a",),
    network_isolation=True,
    kms_key=KEY,
    capture_uri="s3://captured/chat",
    capture_percent=10,
    permissions_boundary="arn:aws:iam::111122223333:policy/boundary",
)
SPECS = {
    "llama-2-7b": spec_of(),
    "llama-2-7b-from-the-hub": spec_of(
        model="mistral-7b-instruct-v0.2",
        weights="mistralai/Mistral-7B-Instruct-v0.2",
        revision="3ad372f",
        weights_uri=None,
        image=READY,
        license_acceptance=None,
        alarms=False,
    ),
    "llama-2-13b-scaled-rolling": spec_of(
        **THIRTEEN,
        instances=2,
        min_instances=2,
        max_instances=6,
        target_concurrency=12,
        update="rolling",
        schedules=(Schedule("night", "0 20 * * 1-5", 1, 2, "Europe/Berlin"),),
        owner="Team NLP",
        expires_on="2027-01-31",
        alarm_actions=("arn:aws:sns:us-east-1:111122223333:ops",),
    ),
    "llama-2-13b-closed-canary": spec_of(
        **THIRTEEN, instances=2, update="canary", sagemaker=CLOSED, tags={"cost-center": "42"}
    ),
    "llama-2-70b-jumpstart-linear": spec_of(
        **SEVENTY, instances=2, update="linear", sagemaker=SageMakerSpec(accept_eula=True)
    ),
    "llama-2-70b-asynchronous": spec_of(
        **SEVENTY,
        max_instances=3,
        sagemaker=SageMakerSpec(
            accept_eula=True,
            async_output_uri="s3://answers/chat",
            async_error_topic="arn:aws:sns:us-east-1:111122223333:errors",
            async_concurrency=8,
            execution_role="arn:aws:iam::111122223333:role/given",
        ),
    ),
    "llama-2-7b-volume": spec_of(
        instance_type="ml.inf2.8xlarge",
        sagemaker=SageMakerSpec(kms_key=KEY, inference_ami="al2-ami-sagemaker-inference-neuron-2"),
    ),
}


def text_of(spec):
    """The declared resources and outputs, as their golden file has them."""
    resources, outputs = declared(spec)
    told = {
        f"{typ} {name}": {
            key: _readable(value) for key, value in inputs.items() if key != "__provider"
        }
        for typ, name, inputs in resources
    }
    whole = {"resources": told, "outputs": dict(outputs)}
    return json.dumps(whole, indent=2, sort_keys=True, default=str) + "\n"


def _readable(value):
    if isinstance(value, str) and value.startswith("{"):
        return json.loads(value)
    return value


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, spec in SPECS.items():
        (GOLDEN / f"{name}.json").write_text(text_of(spec))
