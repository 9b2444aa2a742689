# vllm 0.10.2 serving Llama 2 7B Chat on SageMaker
# A thin layer: no RUN, so that it builds alike everywhere, and on any machine for this platform.
FROM docker.io/vllm/vllm-openai@sha256:607442e407b0fea97f8a132a78b787c121a996dd4de181fa08e8da06e71ec2db

LABEL com.amazonaws.sagemaker.capabilities.accept-bind-to-port="true" \
    llamactl.engine="vllm" \
    llamactl.license="llama-2" \
    llamactl.model="llama-2-7b-chat" \
    llamactl.platform="sagemaker" \
    llamactl.weights="none" \
    org.opencontainers.image.base.digest="sha256:607442e407b0fea97f8a132a78b787c121a996dd4de181fa08e8da06e71ec2db" \
    org.opencontainers.image.base.name="docker.io/vllm/vllm-openai:v0.10.2" \
    org.opencontainers.image.description="vllm 0.10.2 serving Llama 2 7B Chat on SageMaker" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.source="https://github.com/vllm-project/vllm" \
    org.opencontainers.image.title="llama-2-7b-chat on vllm" \
    org.opencontainers.image.version="0.10.2"
ENV LLAMACTL_ENGINE="vllm" \
    LLAMACTL_MODEL_DIR="/opt/ml/model" \
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
