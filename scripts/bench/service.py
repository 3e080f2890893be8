#!/usr/bin/env python3
"""Whole services with the demo model: POST /translate, a sentence each, under 1, 8 and 64 clients at a time, against
FastAPI around CTranslate2 int8 and around the transformers pipeline; and ours with 64 clients behind a book."""

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import common
from servers import Client, running, services

# Requests by clients: a quarter of a minute or more for most services. Every sentence is asked for once.
REQUESTS = {1: 200, 8: 600, 64: 1280}
# Transformers would take minutes.
FEW = {1: 50, 8: 100, 64: 192}
BOOK_BYTES = 1_000_000
CROWD = 64
# Seconds from which and to which the book's rate is taken, unless it ends before.
WINDOW = (3, 33)
# Each of the crowd sends a sentence, waits for the answer and rests: never twice in the two seconds that it may take.
REST = 2


def main():
    arguments = common.options(__doc__, tsv="German, a tab, and English in each line")
    sentences = [german for german, _ in common.lines(arguments.tsv)]
    results = {"clients": [], "book": []}
    for clients, requests in REQUESTS.items():
        print(f"\n{clients} clients", flush=True)
        runs = {}
        for _ in range(common.repeats(arguments)):
            # A service starts afresh each time: none has seen a sentence.
            for name, service in services(arguments).items():
                count = FEW[clients] if name.startswith("transformers") else requests
                count = 2 * clients if arguments.quick else count
                with running(service) as port:
                    runs.setdefault(name, []).append(load(port, clients, sentences[:count]))
                print(f"  {name}: {runs[name][-1]}", flush=True)
        results["clients"].append({"clients": clients, "services": {name: common.median(run) for name, run in runs.items()}})
        common.save("service", results)

    window = (1, 5) if arguments.quick else WINDOW
    for name, service in services(arguments).items():
        if name.startswith("ours"):
            results["book"].append({"service": name} | book(service, sentences, window))
            print(f"\nbehind a book: {results['book'][-1]}", flush=True)
            common.save("service", results)


def load(port, clients, sentences):
    """Requests a second and latencies, all clients asking one after another."""
    waiting = iter(sentences)
    lock = threading.Lock()

    def ask(_):
        latencies = []
        with Client(port) as client:
            while True:
                with lock:
                    sentence = next(waiting, None)
                if sentence is None:
                    return latencies
                latencies.append(client.translate(sentence))

    begun = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        latencies = [latency for own in pool.map(ask, range(clients)) for latency in own]
    return {
        "requests_per_s": len(latencies) / (time.perf_counter() - begun),
        "p50_ms": common.percentile(latencies, 0.5) * 1000,
        "p95_ms": common.percentile(latencies, 0.95) * 1000,
    }


def book(service, sentences, window):
    """The book's sentences a second, alone and with a crowd, and how long the crowd waits."""
    with running(service) as port:
        alone = read(port, sentences, window)
    with running(service) as port, ThreadPoolExecutor(CROWD + 1) as pool:
        finished = threading.Event()
        crowd = [pool.submit(visit, port, sentences, number, window, finished) for number in range(CROWD)]
        try:
            together = read(port, sentences, window)
        finally:
            finished.set()
        latencies = [latency for visitor in crowd for latency in visitor.result()]
    return {
        "alone_per_s": alone,
        "together_per_s": together,
        "short_requests": len(latencies),
        "short_p50_ms": common.percentile(latencies, 0.5) * 1000,
        "short_max_ms": max(latencies) * 1000,
    }


def read(port, sentences, window):
    """Sends the book and listens until the window is over, or the book; sentences a second in that time."""
    with Client(port) as client:
        begun = time.perf_counter()
        count = 0
        for line in client.post("/translate/stream", written(sentences)):
            since = time.perf_counter() - begun
            count += line.startswith(b"event: segment") and since >= window[0]
            if since > window[1] or line.startswith(b"event: done"):
                return count / (since - window[0])


def written(sentences):
    """A book: sentence after sentence, over and over, numbered so that none comes again."""
    text = []
    size = 0
    for number, sentence in enumerate(itertools.cycle(sentences)):
        text.append(f"{number}) {sentence}\n")
        size += len(text[-1].encode())
        if size >= BOOK_BYTES:
            return "".join(text)


def visit(port, sentences, number, window, finished):
    """One of the crowd: its latencies, from the window's start on; all send at the same times."""
    latencies = []
    finished.wait(window[0])
    with Client(port) as client:
        for turn in itertools.count():
            if finished.is_set():
                return latencies
            latencies.append(client.translate(sentences[(turn * CROWD + number) % len(sentences)] + f" [{turn}]"))
            finished.wait(REST)


if __name__ == "__main__":
    main()
