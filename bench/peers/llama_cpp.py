"""How fast llama.cpp reads and writes with a GGUF file: what `lmd doctor --llm FILE.gguf` measures of candle.

    pip install cyllama
    python bench/peers/llama_cpp.py FILE.gguf [THREADS]

The question is the one that lmd asks (`crates/lmd-local-llm/src/measure.rs`), in the template of Qwen 2.5. Its tokens and the first of
the answer are timed, then the same with 24 tokens more; the difference is what writing takes.
"""

import sys
import time

import cyllama.api as api
from cyllama import LLM, GenerationConfig

TEMPLATE = (
    "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n"
    "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
)
QUESTION = "A cat sits on a red chair to the left of a dog. " * 12 + "\nTell me about it at length."


def main() -> None:
    model, threads = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 2
    plain = api.LlamaContextParams

    class WithThreads(plain):
        def __init__(self) -> None:
            super().__init__()
            self.n_threads = self.n_threads_batch = threads

    api.LlamaContextParams = WithThreads
    llm = LLM(model, temperature=0.0, n_gpu_layers=0)
    seconds = []
    for tokens in (1, 25):
        config = GenerationConfig(max_tokens=tokens, temperature=0.0, n_ctx=1024, n_gpu_layers=0)
        began = time.perf_counter()
        said = llm._generate(TEMPLATE.format(QUESTION), config)
        seconds.append(time.perf_counter() - began)
    read, first, written = said.stats.prompt_tokens, seconds[0], seconds[1] - seconds[0]
    print(f"{read} tokens read in {first:.1f} s: {read / first:.1f} a second")
    print(f"24 tokens written in {written:.1f} s: {24 / written:.1f} a second")


main()
