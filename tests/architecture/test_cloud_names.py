"""Cloud behavior stays in the modules that are there for it; no other module's code names a cloud.

Comments and docstrings may explain; names, imports and texts of the code may not.
"""

import ast
import re
from collections.abc import Iterator

from architecture.sources import package_files, relative

CLOUD = re.compile(r"aws|amazon|sagemaker|jumpstart|azure|boto|gcp|google_cloud", re.IGNORECASE)
MAY_NAME_CLOUDS = {
    "containers/llamactl_containers/buckets/blob.py": "one cloud's object storage",
    "containers/llamactl_containers/buckets/s3.py": "one cloud's object storage",
    "containers/llamactl_containers/buckets/s3_bucket.py": "one cloud's object storage",
    "containers/llamactl_containers/weights/meta.py": "how the signature of a URL says its end",
    "containers/llamactl_containers/builders/acr_tasks.py": "one cloud's builds",
    "containers/llamactl_containers/builders/codebuild.py": "one cloud's builds",
    "containers/llamactl_containers/builders/codebuild_policy.py": "one cloud's builds",
    "containers/llamactl_containers/builders/codebuild_setup.py": "one cloud's builds",
    "containers/llamactl_containers/registries/acr.py": "one cloud's registry",
    "containers/llamactl_containers/registries/ecr.py": "one cloud's registry",
    "catalog/llamactl_catalog/model.py": "the places that weights come from",
    "gateway/llamactl_gateway/aws_identity.py": "one cloud's credentials",
    "gateway/llamactl_gateway/azure_endpoint.py": "one cloud's endpoints",
    "gateway/llamactl_gateway/azure_refusals.py": "one cloud's endpoints",
    "gateway/llamactl_gateway/endpoint.py": "which client answers for which cloud",
    "gateway/llamactl_gateway/entra_identity.py": "one cloud's credentials",
    "gateway/llamactl_gateway/sagemaker_endpoint.py": "one cloud's endpoints",
    "gateway/llamactl_gateway/sagemaker_refusals.py": "one cloud's endpoints",
    "infra/llamactl_infra/drafts/aws.py": "one cloud's part in a spec",
    "infra/llamactl_infra/drafts/azure.py": "one cloud's part in a spec",
    "infra/llamactl_infra/drafts/default_bucket.py": "one cloud's bucket for weights",
    "infra/llamactl_infra/drafts/draft.py": "which cloud's part is taken",
    "infra/llamactl_infra/given_settings.py": "which settings of the spec are a cloud's own",
    "gateway/llamactl_gateway/ways_in.py": "how each cloud's endpoints are asked",
    "infra/llamactl_infra/azure_ml_spec.py": "one cloud's own settings",
    "infra/llamactl_infra/live/cloud.py": "which module asks which cloud",
    "infra/llamactl_infra/prices/aws.py": "one cloud's price list",
    "infra/llamactl_infra/prices/azure.py": "one cloud's price list",
    "infra/llamactl_infra/prices/azure_sizes.py": "one cloud's list of sizes",
    "infra/llamactl_infra/prices/listings.py": "which clouds have a list of sizes",
    "infra/llamactl_infra/prices/refresh.py": "the closed set of clouds with a price list",
    "infra/llamactl_infra/program.py": "which program declares for which cloud",
    "infra/llamactl_infra/stacks/backends.py": "which backend URL names whose object storage",
    "infra/llamactl_infra/stacks/causes.py": "whose causes of failures are known",
    "infra/llamactl_infra/stacks/twins.py": "which module names what for which cloud",
    "infra/llamactl_infra/stacks/unchanged.py": "which packages declare for the clouds",
    "infra/llamactl_infra/stacks/pending.py": "how each cloud's resources are found again",
    "infra/llamactl_infra/stacks/plugins.py": "which plug-in of the engine is whose",
    "infra/llamactl_infra/sagemaker_spec.py": "one cloud's own settings",
    "infra/llamactl_infra/spec.py": "the closed set of clouds",
}
PACKAGES_OF_ONE_CLOUD = (
    "infra/llamactl_infra/clouds/aws/",
    "infra/llamactl_infra/clouds/azure/",
    "infra/llamactl_infra/live/aws/",
    "infra/llamactl_infra/live/azure/",
)


def code_texts(tree: ast.Module) -> Iterator[str]:
    """Every name and text of the code that is no docstring and no help of a command."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in docstrings:
                yield text
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                yield name
            case ast.ImportFrom(module=str(name)):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                yield name


def modules_that_name_clouds() -> set[str]:
    return {
        relative(path)
        for path in package_files()
        if not relative(path).startswith(PACKAGES_OF_ONE_CLOUD)
        and any(map(CLOUD.search, code_texts(ast.parse(path.read_text("utf-8")))))
    }


def test_only_the_modules_meant_for_it_name_a_cloud():
    assert modules_that_name_clouds() - set(MAY_NAME_CLOUDS) == set()


def test_the_list_holds_no_module_that_stopped_naming_clouds():
    assert set(MAY_NAME_CLOUDS) - modules_that_name_clouds() == set()
