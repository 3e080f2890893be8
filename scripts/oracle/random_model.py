#!/usr/bin/env python3
"""Makes a Marian model with random weights and another shape than the demo model, for comparing arithmetic:

    python scripts/oracle/random_model.py DIR
    python scripts/oracle/compare.py DIR --count 200 --max-length 65

Needs the packages listed in common.py.
"""

import argparse
from pathlib import Path

import torch
from transformers import MarianConfig, MarianMTModel


def make(seed=0, **changes):
    """Returns a random model; `changes` override the shape that is used in full runs."""
    shape = {
        "vocab_size": 500,
        "d_model": 64,
        "encoder_layers": 3,
        "decoder_layers": 2,
        "encoder_attention_heads": 4,
        "decoder_attention_heads": 4,
        "encoder_ffn_dim": 160,
        "decoder_ffn_dim": 96,
        "activation_function": "relu",
        "max_position_embeddings": 128,
        "init_std": 0.3,
        "scale_embedding": True,
    } | changes
    pad = shape["vocab_size"] - 1
    config = MarianConfig(
        **shape,
        static_position_embeddings=True,
        pad_token_id=pad,
        eos_token_id=0,
        bos_token_id=0,
        decoder_start_token_id=pad,
        forced_eos_token_id=0,
        bad_words_ids=[[pad]],
        num_beams=4,
        max_length=65,
    )
    torch.manual_seed(seed)
    model = MarianMTModel(config).eval()
    # Biases and normalisation are initialised with zeros and ones, which would hide faults.
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias") or "layer_norm" in name:
                parameter.add_(torch.randn_like(parameter) * 0.1)
        model.final_logits_bias.normal_()
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    make().save_pretrained(parser.parse_args().directory)
