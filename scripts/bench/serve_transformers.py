"""The pipeline of transformers behind FastAPI, as in the original program; servers.py sets the environment."""

import os

import torch
from fastapi import FastAPI
from pydantic import BaseModel
from transformers import pipeline

torch.set_num_threads(int(os.environ["THREADS"]))
translator = pipeline("translation_de_to_en", model=os.environ["MODEL_DIR"], device="cpu", dtype=torch.float32)
app = FastAPI()


class Request(BaseModel):
    text_de: str


@app.post("/translate")
def translate(request: Request):
    return {"text_en": translator(request.text_de)[0]["translation_text"]}
