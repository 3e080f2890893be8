#!/usr/bin/env python3
"""Measures another engine as `bench engine` measures ours: a fixed number of tokens for each sentence, sorted by length.
Each engine has its own process, which imports nothing else, so that the peak of memory is that of the engine."""

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import common


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine", choices=["ctranslate2", "transformers"])
    parser.add_argument("--model", required=True, help="the engine's model directory")
    parser.add_argument("--sources", type=Path, required=True, help="a sentence a line: tokens with spaces between, or ids")
    parser.add_argument("--beams", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True, help="sentences in flight in the whole process")
    parser.add_argument("--tokens", type=int, required=True, help="tokens that every sentence is decoded to")
    parser.add_argument("--workers", type=int, default=1, help="CTranslate2: share the threads and the batch")
    arguments = parser.parse_args()

    started = time.perf_counter()
    translate = {"ctranslate2": ctranslate2, "transformers": transformers}[arguments.engine](arguments)
    loaded = time.perf_counter()
    sources = sorted(arguments.sources.read_text("utf-8").splitlines(), key=lambda line: line.count(" "))

    def timed(batch):
        begun = time.perf_counter()
        lengths = translate([line.split() for line in batch], arguments.tokens)
        assert set(lengths) == {arguments.tokens}, lengths
        return [time.perf_counter() - begun] * len(batch)

    size = max(arguments.batch // arguments.workers, 1)
    batches = [sources[at : at + size] for at in range(0, len(sources), size)]
    # The threads only wait: each worker of CTranslate2 always has a batch, and none waits for another.
    with ThreadPoolExecutor(min(arguments.workers, arguments.batch)) as pool:
        # A first run touches memory and starts threads; it is not measured.
        list(pool.map(lambda _: translate([line.split() for line in sources[:2]], 5), range(arguments.workers)))
        begun = time.perf_counter()
        latencies = [latency for batch in pool.map(timed, batches) for latency in batch]
        run = time.perf_counter() - begun
    print(common.line(loaded - started, run, len(sources) * arguments.tokens, latencies))


def ctranslate2(arguments):
    import ctranslate2

    threads = common.THREADS // arguments.workers
    translator = ctranslate2.Translator(
        arguments.model, device="cpu", compute_type="default", inter_threads=arguments.workers, intra_threads=threads
    )

    def translate(sources, tokens):
        found = translator.translate_batch(
            sources, beam_size=arguments.beams, min_decoding_length=tokens, max_decoding_length=tokens
        )
        return [len(result.hypotheses[0]) for result in found]

    return translate


def transformers(arguments):
    import torch
    from transformers import MarianMTModel

    torch.set_num_threads(common.THREADS)
    model = MarianMTModel.from_pretrained(arguments.model, dtype=torch.float32).eval()
    pad = model.config.pad_token_id

    @torch.no_grad()
    def translate(sources, tokens):
        width = max(map(len, sources))
        ids = torch.tensor([[int(id) for id in source] + [pad] * (width - len(source)) for source in sources])
        found = model.generate(
            input_ids=ids,
            attention_mask=(ids != pad).long(),
            num_beams=arguments.beams,
            min_new_tokens=tokens,
            max_new_tokens=tokens,
        )
        return [len(row) - 1 for row in found]

    return translate


if __name__ == "__main__":
    main()
