"""A context for tests that need no registry."""

from llamactl_containers.recipe.context import BaseImage, BuildContext, ContextFile

TAG = "tgi-3.3.6-azureml-0123456789abcdef"


def small_context() -> BuildContext:
    base = BaseImage("registry.example/tgi", "3.3.6", f"sha256:{'b' * 64}")
    return BuildContext(
        image_name="llamactl/llama-2-7b-chat",
        tag_prefix="tgi-3.3.6-azureml",
        base=base,
        files=(
            ContextFile("Dockerfile", f"FROM {base.reference}\n".encode()),
            ContextFile("licenses/TERMS.txt", b"terms\n"),
        ),
        labels={"llamactl.model": "llama-2-7b-chat", "llamactl.license": "llama-2"},
    )
