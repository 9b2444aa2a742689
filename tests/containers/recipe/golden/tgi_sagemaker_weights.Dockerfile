# tgi 3.3.6 serving Llama 2 7B Chat on SageMaker
# A thin layer: no RUN, so that it builds alike everywhere, and on any machine for this platform.
FROM registry.example:5000/mirror/tgi@sha256:3333333333333333333333333333333333333333333333333333333333333333

LABEL com.amazonaws.sagemaker.capabilities.accept-bind-to-port="true" \
    llamactl.acceptance="acc-1" \
    llamactl.engine="tgi" \
    llamactl.license="llama-2" \
    llamactl.model="llama-2-7b-chat" \
    llamactl.platform="sagemaker" \
    llamactl.weights="/opt/llamactl/model" \
    org.opencontainers.image.base.digest="sha256:3333333333333333333333333333333333333333333333333333333333333333" \
    org.opencontainers.image.base.name="registry.example:5000/mirror/tgi:2.2.0" \
    org.opencontainers.image.description="tgi 3.3.6 serving Llama 2 7B Chat on SageMaker" \
    org.opencontainers.image.licenses="Apache-2.0 AND LicenseRef-scancode-llama-2-license-2023" \
    org.opencontainers.image.source="https://github.com/huggingface/text-generation-inference" \
    org.opencontainers.image.title="llama-2-7b-chat on tgi" \
    org.opencontainers.image.version="3.3.6"
ENV GRACEFUL_TERMINATION_TIMEOUT="25" \
    LLAMACTL_ENGINE="tgi" \
    LLAMACTL_MODEL_DIR="/opt/llamactl/model" \
    LLAMACTL_PORT="8080"
COPY entrypoint.sh /opt/llamactl/entrypoint.sh
COPY licenses/ /opt/llamactl/licenses/
# It is root: SageMaker asks for it.
USER 0:0
EXPOSE 8080
STOPSIGNAL SIGTERM
# The platform has a check of its own, with its own patience; this one is for docker ps.
HEALTHCHECK --interval=10s --timeout=2s --start-period=30m --retries=3 \
    CMD curl -fsS -o /dev/null "http://127.0.0.1:${SAGEMAKER_BIND_TO_PORT:-8080}/ping" || exit 1
ENTRYPOINT ["/bin/sh", "/opt/llamactl/entrypoint.sh"]
CMD []
COPY --from=weights --chmod=0644 --chown=0:0 ["config.json", "model.safetensors", "/opt/llamactl/model/"]
