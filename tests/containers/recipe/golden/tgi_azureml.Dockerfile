# tgi 3.3.6 serving Llama 2 7B Chat on Azure ML
# A thin layer: no RUN, so that it builds alike everywhere, and on any machine for this platform.
FROM ghcr.io/huggingface/text-generation-inference:3.3.6

LABEL llamactl.engine="tgi" \
    llamactl.license="llama-2" \
    llamactl.model="llama-2-7b-chat" \
    llamactl.platform="azureml" \
    llamactl.weights="none" \
    org.opencontainers.image.base.name="ghcr.io/huggingface/text-generation-inference:3.3.6" \
    org.opencontainers.image.description="tgi 3.3.6 serving Llama 2 7B Chat on Azure ML" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.source="https://github.com/huggingface/text-generation-inference" \
    org.opencontainers.image.title="llama-2-7b-chat on tgi" \
    org.opencontainers.image.version="3.3.6"
ENV GRACEFUL_TERMINATION_TIMEOUT="25" \
    LLAMACTL_ENGINE="tgi" \
    LLAMACTL_PORT="8080"
COPY entrypoint.sh /opt/llamactl/entrypoint.sh
COPY licenses/ /opt/llamactl/licenses/
# It is root: its Python lies below /root, which no other user may enter.
USER 0:0
EXPOSE 8080
STOPSIGNAL SIGTERM
# The platform has a check of its own, with its own patience; this one is for docker ps.
HEALTHCHECK --interval=10s --timeout=2s --start-period=30m --retries=3 \
    CMD curl -fsS -o /dev/null "http://127.0.0.1:${SAGEMAKER_BIND_TO_PORT:-8080}/health" || exit 1
ENTRYPOINT ["/bin/sh", "/opt/llamactl/entrypoint.sh"]
CMD []
