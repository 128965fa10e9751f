#!/usr/bin/env python3
"""Full fine-tuning of MiniLM's shape (BERT of 6 layers, 384 wide) in plain PyTorch, fp32: the peer of `attune train --task classify --method full`.

  bench/minilm_peer.py [STEPS]      prints one JSON object

Every row has as many tokens as the longest, so that PyTorch, too, has no work on padding.
"""
import json, resource, sys, time
import torch
from torch import nn
from torch.nn import functional as F

VOCABULARY, WIDTH, INNER, LAYERS, HEADS, POSITIONS, BATCH, LENGTH = 30522, 384, 1536, 6, 12, 512, 32, 64


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, eps=1e-12), nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = (y.view(b, t, HEADS, c // HEADS).transpose(1, 2) for y in self.qkv(x).split(WIDTH, 2))
        a = torch.softmax(q @ k.transpose(2, 3) / (c // HEADS) ** 0.5, -1) @ v
        x = self.norm1(x + self.out(a.transpose(1, 2).reshape(b, t, c)))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.places, self.types = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(POSITIONS, WIDTH), nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.pooler, self.head = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2)

    def forward(self, ids):
        x = self.norm(self.words(ids) + self.places(torch.arange(ids.shape[1])) + self.types(torch.zeros_like(ids)))
        for block in self.blocks:
            x = block(x)
        return self.head(torch.tanh(self.pooler(x[:, 0])))


torch.manual_seed(0)
torch.set_num_threads(2)
steps = int(sys.argv[1]) if len(sys.argv) > 1 else 6
model = Classifier()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, weight_decay=0.0)
for step in range(steps + 1):
    if step == 1:  # the first step warms up
        started = time.perf_counter()
    ids, labels = torch.randint(1000, VOCABULARY, (BATCH, LENGTH)), torch.randint(0, 2, (BATCH,))
    F.cross_entropy(model(ids), labels).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
seconds = time.perf_counter() - started
print(json.dumps({"tokens_per_s": steps * BATCH * LENGTH / seconds, "torch": torch.__version__, "threads": torch.get_num_threads(), "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10}))
