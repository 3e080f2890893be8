"""CTranslate2 behind FastAPI, in the usual way; servers.py sets the environment."""

import os

import ctranslate2
import sentencepiece
from fastapi import FastAPI
from pydantic import BaseModel

workers = int(os.environ["WORKERS"])
translator = ctranslate2.Translator(
    os.environ["CT2_DIR"], inter_threads=workers, intra_threads=int(os.environ["THREADS"]) // workers
)
source, target = (
    sentencepiece.SentencePieceProcessor(model_file=f"{os.environ['MODEL_DIR']}/{side}.spm") for side in ("source", "target")
)
app = FastAPI()


class Text(BaseModel):
    text_de: str


class Texts(BaseModel):
    text: list[str]


@app.post("/translate")
def translate(request: Text):
    return {"text_en": translated([request.text_de])[0]}


@app.post("/v2/translate")
def translate_list(request: Texts):
    return {"translations": [{"text": text} for text in translated(request.text)]}


def translated(texts):
    tokens = [source.encode(text, out_type=str) + ["</s>"] for text in texts]
    found = translator.translate_batch(tokens, beam_size=int(os.environ["BEAMS"]))
    return [target.decode(one.hypotheses[0]) for one in found]
