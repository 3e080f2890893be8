"""Writes the averaged weights of a checkpoint as a model folder in the layout of OPUS-MT, in f16.

    export.py run/final.pt FOLDER
"""

import argparse
import json
import shutil
from pathlib import Path

import sentencepiece
import torch
from safetensors.torch import load_file, save_file

HERE = Path(__file__).parent
# Names of a layer's parts: here, and in transformers. The parts of one product are separate there.
PARTS = {
    "qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "out": ("self_attn.out_proj",),
    "norm": ("self_attn_layer_norm",),
    "cross_q": ("encoder_attn.q_proj",),
    "cross_kv": ("encoder_attn.k_proj", "encoder_attn.v_proj"),
    "cross_out": ("encoder_attn.out_proj",),
    "cross_norm": ("encoder_attn_layer_norm",),
    "fc1": ("fc1",),
    "fc2": ("fc2",),
    "final_norm": ("final_layer_norm",),
}


def names(shape):
    """Yields the name of every tensor here, and its names in transformers."""
    yield "embedding", ("model.shared.weight",)
    yield "bias", ("final_logits_bias",)
    for side, layers in (("encoder", shape["encoder_layers"]), ("decoder", shape["decoder_layers"])):
        for layer in range(layers):
            for part, theirs in PARTS.items():
                if side == "decoder" or not part.startswith("cross"):
                    for kind in ("weight", "bias"):
                        yield (
                            f"{side}.{layer}.{part}.{kind}",
                            tuple(f"model.{side}.layers.{layer}.{name}.{kind}" for name in theirs),
                        )


def load(folder, shape):
    """Reads the weights of a model folder for `Network.load_state_dict`."""
    tensors = load_file(folder / "model.safetensors")
    weights = {ours: torch.cat([tensors[name].float() for name in theirs]) for ours, theirs in names(shape.__dict__)}
    weights["bias"] = weights["bias"].view(-1)
    return weights


def tensors(average, shape):
    """The tensors of a model folder, in f16."""
    found = {}
    for ours, theirs in names(shape):
        value = average[ours][None] if ours == "bias" else average[ours]
        found |= zip(theirs, value.to(torch.float16).chunk(len(theirs)))
    return {name: value.contiguous().clone() for name, value in found.items()}


def settings(shape):
    """The settings files of a model folder, by name."""
    pad = shape["vocabulary"] - 1
    ids = dict(
        pad_token_id=pad, bos_token_id=0, eos_token_id=0, forced_eos_token_id=0, decoder_start_token_id=pad,
        bad_words_ids=[[pad]], num_beams=4, max_length=512,
    )  # fmt: skip
    sizes = {
        f"{side}_{name}": value
        for side in ("encoder", "decoder")
        for name, value in (
            ("layers", shape[f"{side}_layers"]),
            ("attention_heads", shape["heads"]),
            ("ffn_dim", shape["feed_forward"]),
        )
    }
    config = dict(
        architectures=["MarianMTModel"], model_type="marian", vocab_size=pad + 1, decoder_vocab_size=pad + 1,
        d_model=shape["d_model"], activation_function="swish", scale_embedding=True, static_position_embeddings=True,
        normalize_embedding=False, normalize_before=False, add_final_layer_norm=False, max_position_embeddings=512,
        is_encoder_decoder=True, share_encoder_decoder_embeddings=True, tie_word_embeddings=True, use_cache=True,
        dropout=0.1, attention_dropout=0.0, activation_dropout=0.0, init_std=0.02, torch_dtype="float16", **sizes, **ids,
    )  # fmt: skip
    return {
        "config": config,
        "generation_config": dict(ids, renormalize_logits=True),
        "tokenizer_config": dict(
            source_lang="de", target_lang="en", model_max_length=512, separate_vocabs=False, tokenizer_class="MarianTokenizer"
        ),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pieces", type=Path, default=HERE / "../models/demo-de-en/source.spm")
    options = parser.parse_args()
    saved = torch.load(options.checkpoint, map_location="cpu")
    shape, folder = saved["shape"], options.folder
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors(saved["average"], shape), folder / "model.safetensors", metadata={"format": "pt"})
    for name, value in settings(shape).items():
        (folder / f"{name}.json").write_text(json.dumps(value, indent=2) + "\n")
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(options.pieces))
    ids = {pieces.id_to_piece(id): id for id in range(pieces.get_piece_size())} | {"<pad>": pieces.get_piece_size()}
    (folder / "vocab.json").write_text(json.dumps(ids, ensure_ascii=False, indent=0) + "\n")
    for side in ("source", "target"):
        shutil.copyfile(options.pieces, folder / f"{side}.spm")
    print(f"step {saved['step']} is in {folder}; next: cargo run --release -p bench -- calibrate")


if __name__ == "__main__":
    main()
