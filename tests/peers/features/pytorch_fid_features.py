"""
pytorch-fid as a peer of Evaluate: one JSON request a line on standard input, one JSON reply a line on standard output.

{"weights"}    reads the network's weights from a .safetensors; replies {"versions", "load": seconds}
{"pictures"}   its own get_activations on these files, with its own defaults (batches of 50, as many processes that read
               pictures as there are processors, eight at most); replies {"seconds", "first": vector of the first one}

Runs in a Python of the person's own that has pytorch-fid and safetensors. Nothing is fetched: the network is built empty.
"""

import importlib.metadata
import json
import os
import sys
import time

import torch
from pytorch_fid import fid_score, inception
from safetensors.torch import load_file

model = None


def opened(weights):
    global model
    began = time.perf_counter()
    inception.load_state_dict_from_url = lambda *args, **kwargs: load_file(weights)
    model = inception.InceptionV3([inception.InceptionV3.BLOCK_INDEX_BY_DIM[2048]]).eval()
    versions = {name: importlib.metadata.version(name) for name in ("torch", "pytorch-fid")}
    return {"versions": versions, "load": time.perf_counter() - began}


def measured(pictures):
    workers = min(os.cpu_count() or 1, 8)
    began = time.perf_counter()
    vectors = fid_score.get_activations(pictures, model, batch_size=50, dims=2048, device="cpu", num_workers=workers)
    return {"seconds": time.perf_counter() - began, "first": vectors[0].tolist()}


if __name__ == "__main__":
    replies, sys.stdout = sys.stdout, sys.stderr  # its progress bar and remarks go elsewhere
    for line in sys.stdin:
        request = json.loads(line)
        reply = opened(request["weights"]) if "weights" in request else measured(request["pictures"])
        print(json.dumps(reply), file=replies, flush=True)
