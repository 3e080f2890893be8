#!/usr/bin/env python3
"""Compares services with the demo model: POST /translate with one sentence, from 1, 8 and 64 clients at a time, with
FastAPI around CTranslate2 int8 and around the transformers pipeline; POST /v2/translate with 50 sentences, from 1 and 8
clients; with --libretranslate, LibreTranslate with 1 000 sentences, 50 a request; and ours with 64 clients while a book
runs."""

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import common
from servers import Client, libre_services, list_services, running, services

# Requests by number of clients: at least 15 seconds for most services. Every sentence is requested once.
REQUESTS = {1: 200, 8: 600, 64: 1280}
# Transformers would take minutes.
FEW = {1: 50, 8: 100, 64: 192}
# Sentences of a list, as many as DeepL takes, and lists by number of clients.
LIST = 50
LISTS = {1: 20, 8: 40}
# LibreTranslate would take minutes for more.
LIBRE_LISTS = 20
BOOK_BYTES = 1_000_000
CROWD = 64
# Start and end of the measurement of the book, in seconds, unless it ends before.
WINDOW = (3, 33)
# Each client of the crowd sends a sentence, waits for the response and rests, at most once in two seconds.
REST = 2


def main():
    arguments = common.options(__doc__, tsv="German, a tab, and English in each line")
    sentences = [german for german, _ in common.lines(arguments.tsv)]
    lists = [sentences[start : start + LIST] for start in range(0, len(sentences), LIST)]
    results = {"clients": [], "lists": [], "libretranslate": [], "book": []}
    for clients, requests in REQUESTS.items():
        few = lambda name: FEW[clients] if name.startswith("transformers") else requests
        results["clients"].append(compare(services(arguments), arguments, clients, sentences, few))
        common.save("service", results)
    for clients, requests in LISTS.items():
        results["lists"].append(compare(list_services(arguments), arguments, clients, lists, lambda _: requests))
        common.save("service", results)

    if arguments.libretranslate:
        requests = [{"q": texts, "source": "de", "target": "en"} for texts in lists[:LIBRE_LISTS]]
        found = compare(libre_services(arguments), arguments, 1, requests, lambda _: LIBRE_LISTS)
        results["libretranslate"].append(found)
        common.save("service", results)

    window = (1, 5) if arguments.quick else WINDOW
    for name, service in services(arguments).items():
        if name.startswith("ours"):
            results["book"].append({"service": name} | book(service, sentences, window))
            print(f"\nbehind a book: {results['book'][-1]}", flush=True)
            common.save("service", results)


def compare(services, arguments, clients, texts, requests):
    """Returns the figures of each service with so many clients; `requests(name)` is how many each service gets."""
    print(f"\n{clients} clients", flush=True)
    runs = {}
    for _ in range(common.repeats(arguments)):
        # A service is restarted each time, so its cache is empty.
        for name, service in services.items():
            count = 2 * clients if arguments.quick else requests(name)
            with running(service) as port:
                runs.setdefault(name, []).append(load(port, clients, texts[:count]))
            print(f"  {name}: {runs[name][-1]}", flush=True)
    return {"clients": clients, "services": {name: common.median(run) for name, run in runs.items()}}


def load(port, clients, texts):
    """Returns requests per second and latencies; each client sends one request after another."""
    waiting = iter(texts)
    lock = threading.Lock()

    def ask(_):
        latencies = []
        with Client(port) as client:
            while True:
                with lock:
                    text = next(waiting, None)
                if text is None:
                    return latencies
                latencies.append(client.translate(text))

    begun = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        latencies = [latency for own in pool.map(ask, range(clients)) for latency in own]
    return {
        "requests_per_s": len(latencies) / (time.perf_counter() - begun),
        "p50_ms": common.percentile(latencies, 0.5) * 1000,
        "p95_ms": common.percentile(latencies, 0.95) * 1000,
    }


def book(service, sentences, window):
    """Returns the sentences per second of the book, alone and with a crowd, and the latencies of the crowd."""
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
    """Sends the book and reads until the window or the book ends. Returns sentences per second in that time."""
    with Client(port) as client:
        begun = time.perf_counter()
        count = 0
        for line in client.post("/translate/stream", written(sentences)):
            since = time.perf_counter() - begun
            count += line.startswith(b"event: segment") and since >= window[0]
            if since > window[1] or line.startswith(b"event: done"):
                return count / (since - window[0])


def written(sentences):
    """Returns a book of repeated sentences, numbered so that all are different."""
    text = []
    size = 0
    for number, sentence in enumerate(itertools.cycle(sentences)):
        text.append(f"{number}) {sentence}\n")
        size += len(text[-1].encode())
        if size >= BOOK_BYTES:
            return "".join(text)


def visit(port, sentences, number, window, finished):
    """Runs a client of the crowd. Returns its latencies from the start of the window; all clients send at the same times."""
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
