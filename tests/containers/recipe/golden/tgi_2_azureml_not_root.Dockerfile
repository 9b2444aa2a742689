# tgi 2.2.0 serving Llama 2 7B Chat on Azure ML
# A thin layer: no RUN, so that it builds alike everywhere, and on any machine for this platform.
FROM registry.example:5000/mirror/tgi@sha256:3333333333333333333333333333333333333333333333333333333333333333

LABEL llamactl.engine="tgi" \
    llamactl.license="llama-2" \
    llamactl.model="llama-2-7b-chat" \
    llamactl.platform="azureml" \
    llamactl.weights="none" \
    org.opencontainers.image.base.digest="sha256:3333333333333333333333333333333333333333333333333333333333333333" \
    org.opencontainers.image.base.name="registry.example:5000/mirror/tgi:2.2.0" \
    org.opencontainers.image.description="tgi 2.2.0 serving Llama 2 7B Chat on Azure ML" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.source="https://github.com/huggingface/text-generation-inference" \
    org.opencontainers.image.title="llama-2-7b-chat on tgi" \
    org.opencontainers.image.version="2.2.0"
ENV HF_HOME="/tmp/llamactl/huggingface" \
    HOME="/tmp/llamactl" \
    HUGGINGFACE_HUB_CACHE="/tmp/llamactl/huggingface/hub" \
    LLAMACTL_ENGINE="tgi" \
    LLAMACTL_PORT="8080" \
    LOGNAME="llamactl" \
    USER="llamactl"
COPY entrypoint.sh /opt/llamactl/entrypoint.sh
COPY licenses/ /opt/llamactl/licenses/
USER 1000:1000
EXPOSE 8080
STOPSIGNAL SIGTERM
# The platform has a check of its own, with its own patience; this one is for docker ps.
HEALTHCHECK --interval=10s --timeout=2s --start-period=30m --retries=3 \
    CMD curl -fsS -o /dev/null "http://127.0.0.1:${SAGEMAKER_BIND_TO_PORT:-8080}/health" || exit 1
ENTRYPOINT ["/bin/sh", "/opt/llamactl/entrypoint.sh"]
CMD []
