"""The network under its own inference, beside the same shape under Hugging Face's `generate`, CTranslate2 and ONNX Runtime.

    make engines          # an environment of their own, since the service needs none of them; or, where the packages are:
    python -m benchmarks.engines [--rounds 12]

The shape: vocabulary 14,000, 192 wide, 4 layers of encoder and 2 of decoder, 6 heads, MLPs four times as wide. What is read is an evidence
of the sample workspace, the question of its exam whose eight passages and schema come nearest to 1,280 tokens; what is written are 12
steps of 8 beams. One evidence at a time, one thread, every engine once a round in an order drawn anew, medians.

The others run BART of this shape with weights drawn at random, ours the model that ships, of which BART differs:

- in what is read: BART's encoder lets every token look at every other, ours only at those of the same block. So the others are measured
  both ways, on the whole as one sequence and on the blocks in the groups that ours reads them in (CTranslate2 does not take them so);
- in what is written: BART scores 14,000 words a step, ours some sixty operations and as many pointers as there are tokens;
- inside: BART has biases and learned positions; ours turns queries and keys, normalises them, and looks for equal words.

Reading is what the encoder takes; ours also lays out what is read and makes the keys and values that all steps look at, which the others do
when they write. CTranslate2 has no such call of its own. None of the searches for 12 steps has a mask, and none ends early. The last row is
what the service does: `decode`, from the text of the evidence to programs, with its grammar, as many steps and beams as it takes. Before
anything is timed, all others that compute in float32 must say the same as `generate` does in it, token for token.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import ctranslate2  # noqa: E402
import torch  # noqa: E402
from ctranslate2.converters.transformers import BartLoader  # noqa: E402
from torch import Tensor  # noqa: E402
from transformers import BartConfig, BartForConditionalGeneration  # noqa: E402
from transformers.modeling_outputs import BaseModelOutput  # noqa: E402

from benchmarks.batching import sample_evidences  # noqa: E402
from benchmarks.engines_onnx import Bart  # noqa: E402
from models.answerer import Answerer  # noqa: E402
from models.batching import lay_out  # noqa: E402
from models.decode import decode  # noqa: E402
from models.encoding import encode  # noqa: E402
from models.fit import fast_precision  # noqa: E402
from models.inference import Inference  # noqa: E402
from models.transformer import Pairs  # noqa: E402
from tools.language import OPERATIONS  # noqa: E402

TOKENS, STEPS, BEAMS, VOCABULARY = 1_280, 12, 8, 14_000
START = 2  # of BART's decoder; it is the end, too, which is ruled out here
WARM = 2  # rounds that are not counted: kernels are made for shapes that are new

Cache = list[tuple[Tensor, Tensor]]
Step = Callable[[Tensor, Cache | None], tuple[Tensor, Cache]]


@dataclass
class Engine:
    """`read` is the encoder alone, None where an engine has no such call; `answer` reads and writes, and returns the best beam."""

    name: str
    read: Callable[[], Any] | None
    answer: Callable[[], Any]
    times: dict[str, list[float]] = field(default_factory=lambda: {"read": [], "answer": []})

    def run(self, counted: bool) -> None:
        for what, work in (("read", self.read), ("answer", self.answer)):
            if work is not None:
                began = time.perf_counter()
                work()
                if counted:
                    self.times[what].append(1000 * (time.perf_counter() - began))

    @property
    def median(self) -> float:
        return statistics.median(self.times["answer"])


def search(step: Step, start: int, shift: int = 0, forbidden: int | None = None) -> list[int]:
    """Plain beam search: the best of BEAMS sequences of STEPS ids. Ids from `start` on are `shift` more as decoder input."""
    previous, scores, cache = torch.tensor([start]), torch.zeros(1, 1), None
    written: list[list[int]] = [[]]
    for _ in range(STEPS):
        logits, longer = step(previous, cache)
        likely = logits.log_softmax(-1)
        if forbidden is not None:
            likely[:, forbidden] = -torch.inf
        best = (scores + likely).flatten().topk(BEAMS)
        rows, ids = best.indices // logits.size(1), best.indices % logits.size(1)
        cache, scores = [(keys[rows], values[rows]) for keys, values in longer], best.values[:, None]
        written = [written[row] + [id] for row, id in zip(rows.tolist(), ids.tolist(), strict=True)]
        previous = ids + shift * (ids >= start)
    return written[0]


def bart() -> BartForConditionalGeneration:
    config = BartConfig(
        vocab_size=VOCABULARY, d_model=192, encoder_layers=4, decoder_layers=2, encoder_attention_heads=6, decoder_attention_heads=6,
        encoder_ffn_dim=768, decoder_ffn_dim=768, max_position_embeddings=2_048, activation_function="relu", dropout=0.0, init_std=0.1,
        forced_eos_token_id=None,
    )  # fmt: skip
    torch.manual_seed(0)
    return BartForConditionalGeneration(config).eval()


def generate(model: BartForConditionalGeneration, name: str, ids: Tensor, blocks: Sequence[Pairs], positions: Tensor) -> list[Engine]:
    """Hugging Face's engine, on the whole and on blocks."""
    encoder, settings = model.get_encoder(), {"num_beams": BEAMS, "min_new_tokens": STEPS, "max_new_tokens": STEPS, "do_sample": False}

    def read_blocks() -> Tensor:
        states = [encoder(pairs.tokens, attention_mask=(~pairs.padding).long()).last_hidden_state.flatten(0, 1) for pairs in blocks]
        return torch.cat(states)[positions][None]

    def answer(**read: Any) -> list[int]:
        return model.generate(attention_mask=torch.ones_like(ids), **read, **settings)[0, 1:].tolist()  # type: ignore[no-any-return]

    return [
        Engine(name, lambda: encoder(ids), lambda: answer(input_ids=ids)),
        Engine(name, read_blocks, lambda: answer(encoder_outputs=BaseModelOutput(last_hidden_state=read_blocks()))),
    ]


def ctranslate(model: BartForConditionalGeneration, kind: str, ids: Tensor) -> Engine:
    words = ["<s>", "<pad>", "</s>", "<unk>", *(f"word{i}" for i in range(4, VOCABULARY))]
    model.config.normalize_before = False  # which the converter asks for
    spec = BartLoader().get_model_spec(model)
    spec.register_source_vocabulary(words)
    spec.register_target_vocabulary(words)
    spec.config.bos_token, spec.config.eos_token, spec.config.unk_token, spec.config.decoder_start_token = "<s>", "</s>", "<unk>", "</s>"
    with tempfile.TemporaryDirectory() as folder:
        spec.validate()
        spec.optimize()
        spec.save(folder)
        translator = ctranslate2.Translator(folder, device="cpu", compute_type=kind, inter_threads=1, intra_threads=1)
    text, id_of = [words[id] for id in ids[0].tolist()], {word: id for id, word in enumerate(words)}
    limits = {"min_decoding_length": STEPS, "max_decoding_length": STEPS, "max_input_length": 0}

    def answer() -> list[int]:
        return [id_of[word] for word in translator.translate_batch([text], beam_size=BEAMS, **limits)[0].hypotheses[0]]

    return Engine(f"CTranslate2, {kind}", None, answer)


def onnx(model: BartForConditionalGeneration, bits: int, ids: Tensor, blocks: Sequence[Pairs], positions: Tensor) -> list[Engine]:
    network, name = Bart(model, bits), f"ONNX Runtime, {'float32' if bits == 32 else 'int8'}"

    def read_blocks() -> Tensor:
        return torch.cat([network.read(pairs.tokens, ~pairs.padding).flatten(0, 1) for pairs in blocks])[positions][None]

    def write(states: Tensor) -> list[int]:
        memory = network.remember(states)
        return search(lambda previous, cache: network.step(memory, previous, cache), START, forbidden=START)

    return [
        Engine(name, lambda: network.read(ids), lambda: write(network.read(ids))),
        Engine(name, read_blocks, lambda: write(read_blocks())),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="The network's own inference beside other engines.")
    parser.add_argument("--rounds", type=int, default=12)
    options = parser.parse_args()
    torch.set_num_threads(1)
    answerer = Answerer.load()
    tokenizer, pad = answerer.tokenizer, answerer.tokenizer.mark("pad")
    pairs = [(evidence, encode(evidence, tokenizer)) for evidence in sample_evidences(120)]
    evidence, encoded = min(pairs, key=lambda pair: abs(TOKENS - sum(len(p.tokens) for p in pair[1].pairs)))
    groups, (places,) = lay_out([encoded], pad)
    positions = torch.tensor(places)
    for group in groups:
        group.tokens = 4 + group.tokens % (VOCABULARY - 4)  # ours has a few more, and BART's first four are marks
    ids = torch.cat([group.tokens.flatten() for group in groups])[positions][None]

    model = bart()
    with torch.inference_mode():
        engines = [generate(model, "generate, float32", ids, groups, positions), onnx(model, 32, ids, groups, positions)]
        whole, blocks = ([of[way] for of in engines] for way in (0, 1))
        whole.append(ctranslate(model, "float32", ids))
        for way in (whole, blocks):
            said = [engine.answer() for engine in way]
            assert all(other == said[0] for other in said), f"{[e.name for e in way]} say {said}"
        engines = [generate(bart().bfloat16(), "generate, bfloat16", ids, groups, positions), onnx(model, 8, ids, groups, positions)]
        whole, blocks = ([*rows, *(of[way] for of in engines)] for way, rows in ((0, whole), (1, blocks)))
        whole.append(ctranslate(model, "int8", ids))
        blocks += _ours(answerer, evidence)
        for turn in range(WARM + options.rounds):
            for engine in random.sample(whole + blocks, len(whole + blocks)):
                engine.run(counted=turn >= WARM)

    lengths = ", ".join(f"{len(g.tokens)} × {g.tokens.size(1)}" for g in groups)
    print(f"{ids.numel()} tokens, in groups of blocks {lengths}; {STEPS} steps of {BEAMS} beams; medians of {options.rounds} rounds\n")
    print("| | reading, ms | in all, ms | faster than `generate` in float32 on the whole | on blocks |\n|---|---|---|---|---|")
    for title, rows in (("every token looks at every other", whole), ("tokens look at those of their block", blocks)):
        print(f"| **{title}** | | | | |")
        for engine in rows:
            reading = f"{statistics.median(engine.times['read']):.1f}" if engine.read else ""
            ratios = " | ".join(f"× {base.median / engine.median:.1f}" for base in (whole[0], blocks[0]))
            print(f"| {engine.name} | {reading} | {engine.median:.1f} | {ratios} |")


def _ours(answerer: Answerer, evidence: Any) -> list[Engine]:
    encoded, pad = encode(evidence, answerer.tokenizer), answerer.tokenizer.mark("pad")
    networks = {name: Inference(answerer.model, getattr(torch, name)) for name in ("float32", "bfloat16")}

    def engine(name: str, network: Inference) -> Engine:
        def answer() -> list[int]:
            reading = network.read(encoded, pad)
            return search(lambda previous, cache: network.step(reading, previous, cache), len(OPERATIONS), shift=1)

        return Engine(f"ours, {name}", lambda: network.read(encoded, pad), answer)

    precision = fast_precision("cpu")
    served = Engine(
        f"ours, {precision}, `decode` as served", None, lambda: decode(networks[precision], answerer.tokenizer, evidence, BEAMS)
    )
    return [*(engine(name, network) for name, network in networks.items()), served]


if __name__ == "__main__":
    main()
