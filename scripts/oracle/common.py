"""Shared code of the oracle scripts: Hugging Face transformers as the reference for token ids.

Needs torch, transformers==4.57.* (5.x ties weights incorrectly) and sentencepiece, installed in a virtual environment.
"""

import torch
from transformers import MarianMTModel


def load(directory):
    """Returns the model of the oracle in f32."""
    return MarianMTModel.from_pretrained(directory, dtype=torch.float32).eval()


def batch(sources, pad):
    """Returns source ids as a padded batch with its mask."""
    width = max(map(len, sources))
    ids = torch.tensor([source + [pad] * (width - len(source)) for source in sources])
    mask = torch.tensor([[1] * len(source) + [0] * (width - len(source)) for source in sources])
    return {"input_ids": ids, "attention_mask": mask}


@torch.no_grad()
def generate(model, sources, beams, max_length, **options):
    """Returns the target ids of the oracle without start token and padding."""
    pad, eos = model.generation_config.pad_token_id, model.generation_config.eos_token_id
    out = model.generate(**batch(sources, pad), num_beams=beams, max_length=max_length, **options)
    targets = []
    for row in out[:, 1:].tolist():
        targets.append(row[: row.index(eos) + 1] if eos in row else row)
    return targets


@torch.no_grad()
def score(model, source, target, max_length):
    """Returns the score of a finished hypothesis in beam search, and the log-probabilities by position.

    The score is the log-probability, from one pass of the model over the entire target, divided by the length to the
    power of the penalty.
    """
    settings = model.generation_config
    start = settings.decoder_start_token_id
    inputs = batch([source], settings.pad_token_id)
    logits = model(**inputs, decoder_input_ids=torch.tensor([[start] + target[:-1]])).logits[0]
    log_probabilities = logits.log_softmax(-1)
    for word in settings.bad_words_ids or []:
        if len(word) == 1:
            log_probabilities[:, word[0]] = -torch.inf
    if settings.renormalize_logits:
        log_probabilities = log_probabilities.log_softmax(-1)
    terms = log_probabilities.gather(1, torch.tensor(target)[:, None])[:, 0]
    if len(target) == max_length - 1 and settings.forced_eos_token_id is not None:
        terms[-1] = 0.0
    return (terms.double().sum() / len(target) ** (settings.length_penalty or 1.0)).item(), log_probabilities
