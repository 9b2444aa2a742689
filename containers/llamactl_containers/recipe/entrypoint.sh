#!/bin/sh
# Starts the engine of this image in the place of this script, so that signals reach the engine.
# Arguments are ignored: SageMaker passes `serve`. All is set by environment:
#
#   NUM_SHARD            GPUs to split the model over; SM_NUM_GPUS is read too. Never left to the engine.
#   MODEL_ID             a Hub repository or a folder; HF_MODEL_ID is read too. Unset: the weights
#                        below LLAMACTL_MODEL_DIR or AZUREML_MODEL_DIR.
#   REVISION             a commit of that repository; HF_MODEL_REVISION is read too.
#   HF_TOKEN_FILE        a file that holds a token of the Hub, for gated weights.
#   LLAMACTL_ARGUMENTS   arguments of the engine, one a line.
#   LLAMACTL_ENGINE, LLAMACTL_PORT are the image's own.
#
# It leaves with 66 where there are no weights, with 78 where a setting is wrong, else as the engine.
set -eu

fail() {
    printf 'llamactl: %s\n' "$2" >&2
    exit "$1"
}

find_weights() {
    found=
    for config in "$1"/config.json "$1"/*/config.json "$1"/*/*/config.json; do
        [ -f "$config" ] || continue
        [ -z "$found" ] || fail 66 "more than one model below $1; set MODEL_ID to one of them"
        found=${config%/config.json}
    done
    [ -n "$found" ] || fail 66 "no config.json below $1: no weights are there"
    MODEL_ID=$found
}

# The platform asks who calls before it lets a request through. An engine's own key would lock it out.
unset API_KEY VLLM_API_KEY

NUM_SHARD=${NUM_SHARD:-${SM_NUM_GPUS:-}}
case $NUM_SHARD in
    '') fail 78 'NUM_SHARD is not set: how many GPUs is the model split over?' ;;
    *[!0-9]* | 0*) fail 78 "NUM_SHARD is '$NUM_SHARD', not a number of GPUs" ;;
esac

if [ -n "${HF_TOKEN_FILE:-}" ]; then
    [ -r "$HF_TOKEN_FILE" ] || fail 78 "HF_TOKEN_FILE: $HF_TOKEN_FILE cannot be read"
    HF_TOKEN=$(cat -- "$HF_TOKEN_FILE")
    [ -n "$HF_TOKEN" ] || fail 78 "HF_TOKEN_FILE: $HF_TOKEN_FILE is empty"
    export HF_TOKEN
fi

MODEL_ID=${MODEL_ID:-${HF_MODEL_ID:-}}
REVISION=${REVISION:-${HF_MODEL_REVISION:-}}
if [ -z "$MODEL_ID" ]; then
    folder=${LLAMACTL_MODEL_DIR:-${AZUREML_MODEL_DIR:-}}
    [ -n "$folder" ] || fail 66 'no weights: set MODEL_ID, or have the platform mount a model'
    [ -d "$folder" ] || fail 66 "no weights: there is no folder $folder"
    find_weights "$folder"
fi
case $MODEL_ID in
    /*)
        # Nothing is asked of the Hub where the weights are here.
        export HF_HUB_OFFLINE=1
        REVISION=
        ;;
esac
if [ -z "$REVISION" ]; then
    unset REVISION
else
    export REVISION
fi
export NUM_SHARD MODEL_ID

# Where several containers share a machine, SageMaker names the port.
port=${SAGEMAKER_BIND_TO_PORT:-${LLAMACTL_PORT:-8080}}

export USAGE_STATS=off DISABLE_USAGE_STATS=true VLLM_NO_USAGE_STATS=1 DO_NOT_TRACK=1
export HF_HUB_DISABLE_TELEMETRY=1

set --
if [ -n "${LLAMACTL_ARGUMENTS:-}" ]; then
    newline='
'
    before=$IFS
    IFS=$newline
    set -f
    # shellcheck disable=SC2086 # cut up at line ends, that is the point
    set -- $LLAMACTL_ARGUMENTS
    set +f
    IFS=$before
fi

# The home of a user without an account, and what the Hub's client keeps, must be writable.
mkdir -p -- "${HOME:-/tmp}" "${HF_HOME:-/tmp}"

# The driver's libraries are mounted as the container starts: the linker has not seen them yet.
if [ "$(id -u)" = 0 ]; then
    ldconfig 2>/dev/null || :
fi

case ${LLAMACTL_ENGINE:-} in
    tgi)
        [ ! -d /usr/src/.venv/bin ] || PATH=/usr/src/.venv/bin:$PATH
        # HOSTNAME is the address that TGI binds; the container's own name is none.
        export PATH PORT="$port" HOSTNAME=0.0.0.0
        exec text-generation-launcher "$@"
        ;;
    vllm)
        exec vllm serve "$MODEL_ID" --host 0.0.0.0 --port "$port" "$@"
        ;;
    *)
        fail 78 "LLAMACTL_ENGINE is '${LLAMACTL_ENGINE:-}', not tgi or vllm"
        ;;
esac
