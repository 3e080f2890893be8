"""The product and CTranslate2, each as its users run it: documents in, translations out."""

import http.client
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import common
from servers import Client, running
from translation import Translation, assemble

CLIENTS = 8
BEAMS = json.loads((common.DEMO / "generation_config.json").read_text())["num_beams"]
# The end of a sentence as a short script would have it.
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


def ours(texts):
    """Translations by the backend with the demo model, several at a time, and what they cost."""
    service = [common.PROGRAMS / "backend"], {"MODEL_DIR": common.DEMO, "MODEL_THREADS": common.THREADS}
    with running(service) as port, ThreadPoolExecutor(CLIENTS) as pool:
        before = counters(port)
        begun = time.perf_counter()
        translations = list(pool.map(lambda text: ask(port, text), texts))
        seconds = time.perf_counter() - begun
        return translations, {"seconds": seconds} | {
            name: count - before[name] for name, count in counters(port).items()
        }


def ask(port, text):
    """One document through `POST /translate/stream`."""
    with Client(port) as client:
        segments = []
        for line in client.post("/translate/stream", text):
            if line.startswith(b"event:"):
                event = line.split(b":", 1)[1].strip()
            elif line.startswith(b"data:"):
                data = json.loads(line[5:])
                if event == b"segment":
                    segments.append(data)
                elif event == b"error":
                    raise RuntimeError(data)
                else:
                    return assemble(text, segments)
    raise RuntimeError("the stream ended early")


def counters(port):
    """Sentences and tokens that the service has translated since it started."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    value = lambda name: next(int(line.split()[1]) for line in lines if line.startswith(f"{name} "))
    return {"sentences": value("backend_sentences_total"), "tokens": value("backend_target_tokens_total")}


def ctranslate2(texts):
    """Translations by CTranslate2 with the same weights: line by line, sentence by sentence, nothing else."""
    import ctranslate2
    import sentencepiece

    translator = ctranslate2.Translator(str(common.ct2(common.DEMO, "int8")), intra_threads=common.THREADS)
    source, target = (
        sentencepiece.SentencePieceProcessor(model_file=str(common.DEMO / f"{side}.spm"))
        for side in ("source", "target")
    )
    begun = time.perf_counter()
    lines = [[SENTENCE_END.split(line.strip()) if line.strip() else [] for line in text.split("\n")] for text in texts]
    sentences = [sentence for text in lines for line in text for sentence in line]
    tokens = [source.encode(sentence, out_type=str) + ["</s>"] for sentence in sentences]
    found = translator.translate_batch(tokens, beam_size=BEAMS, max_batch_size=32)
    english = iter([target.decode(result.hypotheses[0]) for result in found])
    translations = [Translation("\n".join(" ".join(next(english) for _ in line) for line in text)) for text in lines]
    seconds = time.perf_counter() - begun
    # The end mark is a token too, as the service counts.
    written = sum(len(result.hypotheses[0]) + 1 for result in found)
    return translations, {"seconds": seconds, "sentences": len(sentences), "tokens": written}


def convert():
    """Makes the CTranslate2 conversion of the demo model, if it is not there."""
    import prepare

    common.WORK.mkdir(parents=True, exist_ok=True)
    prepare.convert(common.DEMO, "int8")
