"""The network that is trained: Marian's layout, as transformers' `MarianMTModel` computes it.

Post-norm, swish, sinusoidal positions, one embedding for the source, the target and the output. Weights are f32 and
computation is in bf16: on processors with bf16 instructions a step takes half the time.
"""

import ctypes
import math
import random
import subprocess
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

MAX_POSITIONS = 512
MASKED = -1e4  # a score that softmax turns into 0, and bf16 can hold
LABEL_SMOOTHING = 0.1


@dataclass(frozen=True)
class Shape:
    """Sizes of a network. `vocabulary` counts the padding id, which is the last one."""

    vocabulary: int
    d_model: int = 256
    heads: int = 8
    feed_forward: int = 1024
    encoder_layers: int = 4
    decoder_layers: int = 2


class Dropout(nn.Module):
    """Dropout whose masks are slices of one pool: drawing each mask anew takes a tenth of a step on a CPU."""

    POOL = 1 << 25

    def __init__(self, rate):
        super().__init__()
        self.rate, self.pool = rate, None

    def forward(self, x):
        if not self.training or self.rate == 0:
            return x
        if x.is_cuda:
            return F.dropout(x, self.rate)
        if self.pool is None or random.random() < 1e-4:
            self.pool = (torch.rand(self.POOL) > self.rate).to(x.dtype) / (1 - self.rate)
        start = random.randrange(self.POOL - x.numel())
        return x * self.pool[start : start + x.numel()].view(x.shape)


class Linear(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, x):
        return F.linear(x, self.weight.to(x.dtype), self.bias.to(x.dtype))


class Norm(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(size)), nn.Parameter(torch.zeros(size))

    def forward(self, x):
        return F.layer_norm(x, x.shape[-1:], self.weight.to(x.dtype), self.bias.to(x.dtype))


def attention(query, key, value, mask, heads):
    """Scaled dot-product attention of `[batch, length, d_model]`; `mask` is added to the scores."""
    batch, length, size = query.shape
    query, key, value = (x.view(batch, -1, heads, size // heads).transpose(1, 2) for x in (query, key, value))
    scores = torch.matmul(query * (size // heads) ** -0.5, key.transpose(-1, -2))
    weights = torch.softmax(scores + mask, -1)
    return torch.matmul(weights, value).transpose(1, 2).reshape(batch, length, size)


class Layer(nn.Module):
    """An encoder layer, or a decoder layer if `crossed`. The projections of one input are one product."""

    def __init__(self, shape, dropout, crossed):
        super().__init__()
        size, self.heads, self.dropout = shape.d_model, shape.heads, dropout
        self.qkv, self.out, self.norm = Linear(size, 3 * size), Linear(size, size), Norm(size)
        if crossed:
            self.cross_q, self.cross_kv = Linear(size, size), Linear(size, 2 * size)
            self.cross_out, self.cross_norm = Linear(size, size), Norm(size)
        self.fc1, self.fc2 = Linear(size, shape.feed_forward), Linear(shape.feed_forward, size)
        self.final_norm = Norm(size)

    def forward(self, x, mask, memory=None, memory_mask=None):
        found = attention(*self.qkv(x).chunk(3, -1), mask, self.heads)
        x = self.norm(x + self.dropout(self.out(found)))
        if memory is not None:
            found = attention(self.cross_q(x), *self.cross_kv(memory).chunk(2, -1), memory_mask, self.heads)
            x = self.cross_norm(x + self.dropout(self.cross_out(found)))
        return self.final_norm(x + self.dropout(self.fc2(F.silu(self.fc1(x)))))


def positions(size):
    """Sines, then cosines: `[MAX_POSITIONS, size]`."""
    rate = torch.pow(10000, 2 * torch.arange(size // 2).float() / size)
    angle = torch.arange(MAX_POSITIONS).float()[:, None] / rate
    return torch.cat([angle.sin(), angle.cos()], 1)


class Loss(torch.autograd.Function):
    """Cross entropy with label smoothing against the tied embedding, on a CPU.

    The softmax and its gradient are a C kernel (loss.c), a thousand rows at a time: as separate operations they take
    most of a step, and their intermediate results most of the memory.
    """

    ROWS = 1024
    kernel = None

    @classmethod
    def compile(cls, folder):
        """Compiles the kernel for this processor, once for each state of its source."""
        source, library = Path(__file__).with_name("loss.c"), folder / "loss.so"
        if not library.exists() or library.stat().st_mtime < source.stat().st_mtime:
            flags = ["-O3", "-march=native", "-ffast-math", "-fopenmp", "-shared", "-fPIC"]
            subprocess.run(["cc", *flags, str(source), "-o", str(library), "-lm"], check=True)
        cls.kernel = ctypes.CDLL(str(library.resolve())).cross_entropy

    @staticmethod
    def forward(ctx, hidden, embedding, bias, target):
        rows, address = hidden.shape[0], lambda tensor: ctypes.c_void_p(tensor.data_ptr())
        d_hidden = torch.empty_like(hidden)
        d_embedding, d_bias = torch.zeros(embedding.shape), torch.zeros(embedding.shape[0])
        smoothed, plain = ctypes.c_double(0), ctypes.c_double(0)
        bias, target = bias.contiguous(), target.contiguous()
        for start in range(0, rows, Loss.ROWS):
            part, wanted = hidden[start : start + Loss.ROWS], target[start : start + Loss.ROWS]
            logits = (part @ embedding.t()).contiguous()
            Loss.kernel(
                address(logits), address(bias), address(wanted), ctypes.c_int64(len(wanted)),
                ctypes.c_int64(embedding.shape[0]), ctypes.c_float(LABEL_SMOOTHING), ctypes.c_float(1 / rows),
                ctypes.byref(smoothed), ctypes.byref(plain),
            )  # fmt: skip
            d_hidden[start : start + Loss.ROWS] = logits @ embedding
            d_embedding += (logits.t() @ part).float()
            d_bias += logits.sum(0, dtype=torch.float32)
        ctx.save_for_backward(d_hidden, d_embedding.to(embedding.dtype), d_bias)
        likelihood = torch.tensor(plain.value / rows)
        ctx.mark_non_differentiable(likelihood)
        return torch.tensor(smoothed.value / rows), likelihood

    @staticmethod
    def backward(ctx, *_):
        # The loss is the root of the graph, so the gradient that comes in is 1.
        return *ctx.saved_tensors, None


class Network(nn.Module):
    def __init__(self, shape, dropout=0.1):
        super().__init__()
        self.shape, self.pad, self.dropout = shape, shape.vocabulary - 1, Dropout(dropout)
        self.embedding = nn.Parameter(torch.randn(shape.vocabulary, shape.d_model) * shape.d_model**-0.5)
        self.bias = nn.Parameter(torch.zeros(shape.vocabulary))
        self.clear_padding()
        self.encoder = nn.ModuleList(Layer(shape, self.dropout, False) for _ in range(shape.encoder_layers))
        self.decoder = nn.ModuleList(Layer(shape, self.dropout, True) for _ in range(shape.decoder_layers))
        self.register_buffer("positions", positions(shape.d_model).to(torch.bfloat16), persistent=False)

    def clear_padding(self):
        """Keeps the embedding of the padding id at zero: the decoder starts from it."""
        self.embedding.data[self.pad].zero_()

    def embed(self, ids, embedding):
        scaled = F.embedding(ids, embedding) * math.sqrt(self.shape.d_model)
        return self.dropout(scaled + self.positions[: ids.shape[1]])

    def forward(self, source, given, wanted):
        """Returns the loss with label smoothing, the mean negative log-likelihood, and the number of target tokens.

        `source` is `[batch, source length]`, `given` and `wanted` are `[batch, target length]`; all are padded.
        """
        embedding = self.embedding.to(torch.bfloat16)
        zeros = torch.zeros(source.shape, dtype=embedding.dtype, device=source.device)
        mask = zeros.masked_fill(source == self.pad, MASKED)[:, None, None]
        memory = self.embed(source, embedding)
        for layer in self.encoder:
            memory = layer(memory, mask)
        length = given.shape[1]
        causal = torch.full((length, length), MASKED, dtype=embedding.dtype, device=source.device).triu(1)
        hidden = self.embed(given, embedding)
        for layer in self.decoder:
            hidden = layer(hidden, causal, memory, mask)
        kept = wanted != self.pad
        hidden, wanted = hidden[kept], wanted[kept]
        if hidden.is_cuda:
            logits = (hidden @ embedding.t()).float() + self.bias
            loss = F.cross_entropy(logits, wanted, label_smoothing=LABEL_SMOOTHING)
            plain = F.cross_entropy(logits.detach(), wanted)
        else:
            loss, plain = Loss.apply(hidden, embedding, self.bias, wanted)
        return loss, plain.item(), len(wanted)
