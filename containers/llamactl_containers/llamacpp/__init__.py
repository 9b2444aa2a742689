"""llama.cpp as an engine process: TGI's, SageMaker's and OpenAI's routes over a local GGUF file."""
