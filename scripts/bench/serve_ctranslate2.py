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


class Request(BaseModel):
    text_de: str


@app.post("/translate")
def translate(request: Request):
    tokens = source.encode(request.text_de, out_type=str) + ["</s>"]
    found = translator.translate_batch([tokens], beam_size=int(os.environ["BEAMS"]))
    return {"text_en": target.decode(found[0].hypotheses[0])}
