"""Mocks of Pulumi that make what is declared in AWS's stand-in, each request checked before."""

from dataclasses import dataclass, field

import pulumi

from standins.aws import Aws
from standins.aws.translation import creation, snake, whole
from standins.service_model import violations


@dataclass
class Creator(pulumi.runtime.Mocks):
    """Makes every declared resource; `requests` are those that were sent."""

    aws: Aws
    requests: list = field(default_factory=list)

    def call(self, args):
        raise AssertionError(f"a call to the cloud at declaration: {args.token}")

    def new_resource(self, args):
        name, told = args.inputs.get("name", args.name), {}
        if args.custom is not False:
            kind = snake(args.typ.rpartition(":")[2])
            for each in creation(kind, whole(args.inputs)):
                told = self.send(each)
        arn = told["Role"]["Arn"] if "Role" in told else f"arn:{name}"
        return [name, {**args.inputs, "arn": arn}]

    def send(self, asked):
        """Check a request by the service's own model, and make it."""
        told = violations(asked.service, asked.operation, asked.parameters)
        if told:
            raise ValueError("; ".join(told))
        self.requests.append((asked.operation, asked.parameters))
        if asked.operation == "RegisterScalableTarget":
            self.await_rest(asked.parameters["ResourceId"].split("/")[1])
        return getattr(self.client(asked.service), snake(asked.operation))(**asked.parameters)

    def await_rest(self, name):
        """Look at an endpoint until it does nothing more, as the provider does."""
        client = self.client("sagemaker")
        while client.describe_endpoint(EndpointName=name)["EndpointStatus"].endswith("ing"):
            pass

    def client(self, service):
        return self.aws.client(service)
