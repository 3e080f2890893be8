"""Trains the network on data/mix, and writes checkpoints to a folder.

    train.py --minutes 60 --out run                      from random weights
    train.py --minutes 60 --out run --from run/last.pt   from a checkpoint, or from the folder of a model

OUT/last.pt is written every ten minutes and on SIGTERM, OUT/final.pt at the end. In the last quarter the learning rate
falls to 0, which is worth a point of BLEU: a model to be published is the end of a run. last.pt is not written any more
then, so that the next run can go on from a time before the fall.
"""

import argparse
import os
import signal
import time
from pathlib import Path

import sentencepiece
import torch

from corpus import Corpus, batches, read
from export import load
from network import Loss, Network, Shape

SAVED_EVERY = 600  # seconds
REPORTED_EVERY = 50  # steps
EVALUATED_EVERY = 500  # steps
AVERAGED = 0.999  # weight of the past in the running average of the weights
CLIPPED = 1.0  # norm of the gradient


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = Path(__file__).parent
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--out", type=Path, default=here / "run")
    parser.add_argument("--from", dest="start", type=Path, help="checkpoint, or folder of a model, of the same shape")
    parser.add_argument("--data", type=Path, default=here / "data", help="folder that prepare.py filled")
    parser.add_argument("--pieces", type=Path, default=here / "../models/demo-de-en/source.spm", help="SentencePiece model")
    parser.add_argument("--device", default="cpu", help="cpu or cuda; cuda is untested")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    for field, default in (("d-model", 256), ("heads", 8), ("feed-forward", 1024), ("encoder-layers", 4), ("decoder-layers", 2)):
        parser.add_argument(f"--{field}", type=int, default=default)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--tokens", type=int, default=5000, help="tokens of a batch, with padding, on the longer side")
    parser.add_argument("--rate", type=float, default=1e-3, help="highest learning rate; falls with the root of the steps")
    parser.add_argument("--warm-up", type=int, default=300, help="steps until the highest learning rate")
    parser.add_argument("--decay", type=float, default=0.25, help="last part of the run, in which the rate falls to 0")
    parser.add_argument("--round", type=int, default=40_000, help="pairs that are drawn and varied at once")
    return parser.parse_args()


class Training:
    """Weights, their running average, which is what is exported, and the optimizer."""

    def __init__(self, options, pieces):
        self.options = options
        self.shape = Shape(
            pieces.get_piece_size() + 1, options.d_model, options.heads, options.feed_forward,
            options.encoder_layers, options.decoder_layers,
        )  # fmt: skip
        self.network = Network(self.shape, options.dropout).to(options.device)
        self.step, optimizer = 0, None
        if options.start and options.start.is_dir():
            self.network.load_state_dict(load(options.start, self.shape))
        elif options.start:
            saved = torch.load(options.start, map_location=options.device)
            if saved["shape"] != self.shape.__dict__:
                raise SystemExit(f"{options.start} has another shape: {saved['shape']}")
            self.network.load_state_dict(saved["weights"])
            self.step, optimizer = saved["step"], saved["optimizer"]
        state = saved["average"] if optimizer else self.network.state_dict()
        self.average = {name: value.detach().clone() for name, value in state.items()}
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=0.0, betas=(0.9, 0.98), eps=1e-9, fused=True)
        if optimizer:
            self.optimizer.load_state_dict(optimizer)

    def rate(self, left):
        """Learning rate of the next step; `left` is the part of the run that is left."""
        warm_up = self.options.warm_up
        rate = self.options.rate * min(self.step / warm_up, (warm_up / self.step) ** 0.5)
        return rate * min(1.0, max(left / self.options.decay, 0.01))

    def learn(self, batch, left):
        """Takes one step, and returns the negative log-likelihood a token and the number of tokens."""
        self.step += 1
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate(left)
        loss, likelihood, tokens = self.network(*batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), CLIPPED)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.network.clear_padding()
        weights = self.network.state_dict()
        part = 1 - min(AVERAGED, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(list(self.average.values()), [weights[name] for name in self.average], part)
        return likelihood, tokens

    @torch.no_grad()
    def evaluate(self, held_out, pieces):
        """Returns the negative log-likelihood a token of the averaged weights, by the name of the file."""
        kept = {name: value.clone() for name, value in self.network.state_dict().items()}
        self.network.load_state_dict(self.average)
        self.network.eval()
        found = {}
        for name, pairs in held_out.items():
            whole = [self.network(*batch)[1:] for batch in self.batches(pairs, pieces, False)]
            found[name] = sum(mean * count for mean, count in whole) / sum(count for _, count in whole)
        self.network.train()
        self.network.load_state_dict(kept)
        return found

    def batches(self, pairs, pieces, training=True):
        return batches(pairs, pieces, self.options.tokens, self.options.device, training)

    def save(self, name):
        saved = dict(
            shape=self.shape.__dict__, step=self.step, weights=self.network.state_dict(),
            average=self.average, optimizer=self.optimizer.state_dict(),
        )  # fmt: skip
        new = self.options.out / f"{name}.new"
        torch.save(saved, new)
        new.replace(self.options.out / f"{name}.pt")


def main():
    options = arguments()
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    if options.device == "cpu":
        Loss.compile(options.out)
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(options.pieces))
    held_out = {file.stem: read(file) for file in sorted((options.data / "held-out").glob("*.tsv"))}
    corpus = Corpus(options.data / "mix", Path(__file__).with_name("mix.json"))
    training = Training(options, pieces)
    size = sum(parameter.numel() for parameter in training.network.parameters())
    print(f"{size / 1e6:.2f} million parameters, from step {training.step}", flush=True)

    stopped = False

    def stop(*_):
        nonlocal stopped
        stopped = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    begin = saved = reported = time.monotonic()
    left, likelihood, tokens, read_tokens = 1.0, 0.0, 0, 0
    while left > 0 and not stopped:
        for batch in training.batches(corpus.sample(options.round), pieces):
            now = time.monotonic()
            left = 1 - (now - begin) / (60 * options.minutes)
            if left <= 0 or stopped:
                break
            mean, count = training.learn(batch, left)
            likelihood, tokens = likelihood + mean * count, tokens + count
            read_tokens += count + int((batch[0] != training.network.pad).sum())
            if training.step % REPORTED_EVERY == 0:
                speed = read_tokens / (now - reported)
                print(f"step {training.step}: {likelihood / tokens:.3f} a token, {speed:.0f} tokens/s", flush=True)
                likelihood, tokens, read_tokens, reported = 0.0, 0, 0, now
            if training.step % EVALUATED_EVERY == 0:
                report(training.evaluate(held_out, pieces))
            if now - saved > SAVED_EVERY and left > options.decay:
                training.save("last")
                saved = now
    training.save("last" if stopped else "final")
    report(training.evaluate(held_out, pieces))


def report(found):
    print("  held out: " + ", ".join(f"{name} {value:.3f}" for name, value in found.items()), flush=True)


if __name__ == "__main__":
    main()
