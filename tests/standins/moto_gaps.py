"""What moto leaves out of SageMaker's endpoints, put in while its server runs.

Instance types newer than 2021, `UpdateEndpoint`, and the error of a name that is taken.
"""

from contextlib import contextmanager

import botocore.session
from moto.core.responses import ActionResult
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import FakeEndpointConfig, SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse


@contextmanager
def closed_gaps():
    """Put them in, and take them out at the end."""
    made = SageMakerModelBackend.create_endpoint
    known = FakeEndpointConfig.validate_instance_type
    model = botocore.session.Session().get_service_model("sagemaker")
    types = model.shape_for("ProductionVariantInstanceType").enum

    def validate_instance_type(_self, instance_type):
        if instance_type not in types:
            raise ValidationError(message=f"Value '{instance_type}' at 'instanceType'")

    def create_endpoint(self, endpoint_name, endpoint_config_name, tags):
        if endpoint_name in self.endpoints:
            raise ValidationError(
                message=f"Cannot create already existing endpoint {endpoint_name}"
            )
        return made(self, endpoint_name, endpoint_config_name, tags)

    def update_endpoint(self):
        endpoints = self.sagemaker_backend.endpoints
        name = self._get_param("EndpointName")
        if name not in endpoints:
            raise ValidationError(message=f"Could not find endpoint {name}")
        configuration = self._get_param("EndpointConfigName")
        if configuration not in self.sagemaker_backend.endpoint_configs:
            raise ValidationError(message=f"Could not find endpoint configuration {configuration}")
        endpoints[name].endpoint_config_name = configuration
        return ActionResult({"EndpointArn": endpoints[name].arn})

    FakeEndpointConfig.validate_instance_type = validate_instance_type
    SageMakerModelBackend.create_endpoint = create_endpoint
    SageMakerResponse.update_endpoint = update_endpoint
    try:
        yield
    finally:
        FakeEndpointConfig.validate_instance_type = known
        SageMakerModelBackend.create_endpoint = made
        del SageMakerResponse.update_endpoint
