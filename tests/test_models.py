"""What the model promises: it learns, it does not look ahead, it quotes verbatim, and a killed run loses nothing."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from models import checkpoint, grow
from models.batching import collate, lay_out, places
from models.decode import decode
from models.encoding import encode
from models.examples import Example, read_examples, write_examples
from models.fit import FitConfig, Rule, Run, fit
from models.inference import Inference
from models.objectives import program_loss
from models.stream import Augmentation, Chances, Mixing, Source, Stream, thinned
from models.tokenizer import MARKS, Tokenizer
from models.transformer import Attention, Memory, ModelConfig, Pairs, Transformer
from tools.evidence import Column, ColumnInfo, Evidence, ForeignKey, Passage, Schema, Span, TableInfo, Value
from tools.language import OPERATIONS

ANIMALS = ("red fox", "blue whale", "green parrot", "grey wolf")


def reading_example(index: int) -> Example:
    rng = random.Random(index)
    asked, other = rng.sample(ANIMALS, 2)
    text = f"The {asked} sleeps in the Old Barn. The {other} sleeps near the river."
    start = text.index("Old Barn")
    evidence = Evidence(f"Where does the {asked} sleep?", (Passage("p", "Animals", text),))
    return Example(evidence, ("quote", Span(0, start, start + 8), "end"), "squad", str(index % 3))


def database_example(index: int) -> Example:
    columns = (ColumnInfo("age", "number"), ColumnInfo("full_name", "text", ("Ann", "Bob")), ColumnInfo("city", "text"))
    wanted = columns[index % 3]
    question = f"What is the {wanted.name.replace('_', ' ')} of Ann?"
    evidence = Evidence(question, (Schema("db", (TableInfo("people", columns),)),))
    where = ("where", "eq", Column("people", "full_name"), Value("people", "full_name", "Ann"))
    program = ("query", "select", Column("people", wanted.name, wanted.type), *where, "end", "give", "r1")
    return Example(evidence, program, "practice", "db")


EXAMPLES = [reading_example(i) for i in range(8)] + [database_example(i) for i in range(3)]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    texts = [e.evidence.question for e in EXAMPLES] + [b.text for e in EXAMPLES for b in e.evidence.blocks if isinstance(b, Passage)]
    return Tokenizer.train([*texts, "age full name city people Ann Bob"], vocabulary=200)


def tiny(tokenizer: Tokenizer, **changes: int | float) -> Transformer:
    torch.manual_seed(0)
    config = ModelConfig(tokenizer.size, channels=32, heads=2, encoder_layers=2, decoder_layers=1, dropout=0.0)
    return Transformer(replace(config, **changes))


def batch_of(examples: Sequence[Example], tokenizer: Tokenizer):
    encoded = [encode(e.evidence, tokenizer) for e in examples]
    return collate(encoded, [e.targets(x.program) for e, x in zip(encoded, examples, strict=True)], tokenizer.mark("pad"))


class OneBatch:
    def __init__(self, batch) -> None:
        self.batch = batch

    def at(self, step: int):
        return self.batch


@pytest.fixture(scope="module")
def trained(tokenizer: Tokenizer) -> Transformer:
    model = tiny(tokenizer)
    fit(model, program_loss, OneBatch(batch_of(EXAMPLES, tokenizer)), FitConfig(steps=150, learning_rate=5e-3, warmup=10, average=0.9))
    return model.eval()


def test_one_batch_can_be_learned_by_heart(trained: Transformer, tokenizer: Tokenizer) -> None:
    loss, metrics = program_loss(trained, batch_of(EXAMPLES, tokenizer))
    assert loss.item() < 0.02
    assert metrics["exact"] == 1.0


def test_work_in_bfloat16_learns_too_and_leaves_the_weights_in_float32(tokenizer: Tokenizer) -> None:
    model, batch = tiny(tokenizer), OneBatch(batch_of(EXAMPLES, tokenizer))
    config = FitConfig(steps=150, learning_rate=5e-3, warmup=10, average=0.9, precision="bfloat16")
    fit(model, program_loss, batch, config)
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert program_loss(model.eval(), batch.batch)[1]["exact"] == 1.0


def test_a_pair_reads_the_same_alone_and_among_others(tokenizer: Tokenizer) -> None:
    model = tiny(tokenizer).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    groups = [batch_of(examples, tokenizer).groups[0] for examples in (EXAMPLES[:8], EXAMPLES[8:])]
    together = model.encoder(groups)
    alone = torch.cat([model.encoder([pairs]) for pairs in groups])
    assert torch.allclose(together, alone, atol=1e-5)
    first = Pairs(*(getattr(groups[0], field.name)[:1] for field in fields(Pairs)))
    assert torch.allclose(model.encoder([first]), together[: first.tokens.numel()], atol=1e-5)


@pytest.mark.parametrize(("precision", "tolerance"), [(torch.float32, 1e-4), (torch.bfloat16, 0.3)])
def test_answering_computes_what_training_does(tokenizer: Tokenizer, precision: torch.dtype, tolerance: float) -> None:
    model = tiny(tokenizer, decoder_layers=2).eval()
    for parameter in model.parameters():  # gains and scales that are one, and projections that are zero, would hide where they go
        torch.nn.init.normal_(parameter, mean=0.2, std=0.2)
    network = Inference(model, precision)
    blocks = tuple(block for example in EXAMPLES[6:9] for block in example.evidence.blocks)
    several = Evidence("Where does the red fox sleep, and how old is Ann?", blocks)
    for evidence in (*(example.evidence for example in EXAMPLES), several):
        encoded = encode(evidence, tokenizer)
        groups, positions = lay_out([encoded], tokenizer.mark("pad"))
        where = places([encoded], positions)
        with torch.inference_mode():
            rows = (tensor.expand(3, -1) for tensor in (where.positions, where.padding))
            memory = model.remember(model.encoder(groups), *rows)
            reading = network.read(encoded, tokenizer.mark("pad"))
            torch.testing.assert_close(reading.states, memory.states[0], atol=tolerance, rtol=0)
            wide, narrow = None, None
            for previous in ([len(OPERATIONS)] * 3, [0, 5, len(OPERATIONS) + 1], [len(OPERATIONS) + 4, 7, len(OPERATIONS) + 2]):
                operations, pointers, wide = model.decode(memory, torch.tensor(previous)[:, None], wide)
                scores, narrow = network.step(reading, torch.tensor(previous), narrow)
                expected = torch.cat((operations[:, 0], pointers[:, 0]), -1)
                torch.testing.assert_close(scores, expected, atol=tolerance * expected.abs().max().item(), rtol=0)


def test_decoding_gives_back_what_was_learned(trained: Transformer, tokenizer: Tokenizer) -> None:
    for example in EXAMPLES:
        assert decode(Inference(trained), tokenizer, example.evidence)[0].program == example.program


def test_a_span_is_the_exact_source_text(trained: Transformer, tokenizer: Tokenizer) -> None:
    text = "Ünïcode — “the GREY wolf”  sleeps\tin the Old Barn; naïve café №5."
    evidence = Evidence("Where does the grey wolf sleep?", (Passage("p", "", text),))
    encoded = encode(evidence, tokenizer)
    for slot in (s for s in encoded.slots if "SPAN" in s.kinds and s.opens):
        program = ("quote", Span(0, slot.start, len(text)), "end")
        ids = encoded.targets(program)
        assert ids is not None
        first, last = (encoded.slots[i - len(OPERATIONS)] for i in ids[1:3])
        assert text[first.start : last.end] == text[slot.start :]
    best = decode(Inference(trained), tokenizer, evidence)[0].program
    spans = [t for t in best if isinstance(t, Span)]
    assert all(0 <= s.start < s.end <= len(text) for s in spans)


def remembered(model: Transformer, examples: Sequence[Example], tokenizer: Tokenizer) -> tuple[Memory, torch.Tensor]:
    """What the decoder looks at and the programs it is fed, of the largest part of a batch."""
    batch = batch_of(examples, tokenizer)
    part = max(batch.parts, key=lambda part: len(part.previous))
    return model.remember(model.encoder(batch.groups), part.places.positions, part.places.padding), part.previous


def test_attention_to_same_words_has_the_gradient_that_its_formula_has() -> None:
    generator = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64).requires_grad_()

    pairs, heads, length, width = 2, 3, 5, 4
    q, k, v = (normal(pairs, length, heads, width) for _ in range(3))
    gain, same = normal(heads, 1, 1), (normal(pairs, 1, length, length) > 0.5).double()
    blocked = torch.zeros(pairs, 1, 1, length, dtype=torch.float64)
    blocked[1, ..., -2:] = -torch.inf
    attention = Attention(ModelConfig(vocabulary=1, channels=heads * width, heads=heads))

    def attended(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, gain: torch.Tensor) -> torch.Tensor:
        return attention.attend(q, k, v, blocked, (gain, same))

    scores = torch.einsum("nlhd,nmhd->nhlm", q, k) + blocked + gain * same
    expected = torch.einsum("nhlm,nmhd->nlhd", scores.softmax(-1), v).flatten(2)
    torch.testing.assert_close(attended(q, k, v, gain), expected)
    assert torch.autograd.gradcheck(attended, (q, k, v, gain))


def test_the_decoder_never_looks_ahead(tokenizer: Tokenizer) -> None:
    model = tiny(tokenizer).eval()
    for parameter in model.parameters():  # zero-initialised projections would hide a leak
        torch.nn.init.normal_(parameter, std=0.2)
    memory, previous = remembered(model, EXAMPLES, tokenizer)
    changed = previous.clone()
    changed[:, 3:] = 0
    before, after = model.decode(memory, previous), model.decode(memory, changed)
    assert torch.equal(before[0][:, :3], after[0][:, :3])
    assert not torch.equal(before[0][:, 3:], after[0][:, 3:])


def test_cached_decoding_equals_uncached(tokenizer: Tokenizer) -> None:
    model = tiny(tokenizer).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    memory, previous = remembered(model, EXAMPLES, tokenizer)
    whole, pointers, _ = model.decode(memory, previous)
    cache = None
    for step in range(previous.size(1)):
        operations, pointed, cache = model.decode(memory, previous[:, step : step + 1], cache)
        torch.testing.assert_close(operations[:, 0], whole[:, step], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(pointed[:, 0], pointers[:, step], atol=1e-4, rtol=1e-4)


def test_evidence_means_the_same_in_any_order_of_blocks(trained: Transformer, tokenizer: Tokenizer) -> None:
    example, other = EXAMPLES[0], Passage("q", "Rivers", "The river is long and slow.")
    (passage,) = example.evidence.blocks
    there = decode(Inference(trained), tokenizer, replace(example.evidence, blocks=(passage, other)))[0]
    back = decode(Inference(trained), tokenizer, replace(example.evidence, blocks=(other, passage)))[0]
    assert there.log_probability == pytest.approx(back.log_probability, abs=1e-4)


def test_saved_and_loaded_gives_identical_outputs(trained: Transformer, tokenizer: Tokenizer, tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "model", trained, trained.config, tokenizer, {"size": "tiny"})
    config, _ = checkpoint.read_config(tmp_path / "model")
    loaded = Transformer(config).eval()
    checkpoint.load_weights(tmp_path / "model", loaded)
    again = checkpoint.read_tokenizer(tmp_path / "model")
    for example in EXAMPLES:
        assert decode(Inference(loaded), again, example.evidence) == decode(Inference(trained), tokenizer, example.evidence)


@pytest.mark.parametrize("missing", ["config.json", "weights.safetensors", "tokenizer.json"])
def test_a_damaged_checkpoint_is_one_plain_sentence(trained: Transformer, tokenizer: Tokenizer, tmp_path: Path, missing: str) -> None:
    directory = tmp_path / "model"
    checkpoint.save(directory, trained, trained.config, tokenizer, {"size": "tiny"})
    for damage in (lambda f: f.write_bytes(f.read_bytes()[: f.stat().st_size // 2]), Path.unlink):
        damage(directory / missing)
        with pytest.raises(checkpoint.CheckpointError, match="checkpoint"):
            config, _ = checkpoint.read_config(directory)
            checkpoint.read_tokenizer(directory)
            checkpoint.load_weights(directory, Transformer(config))


def test_weights_of_an_older_language_answer_as_before_and_never_say_what_is_new(
    trained: Transformer, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    now, then = tmp_path / "now", tmp_path / "then"
    checkpoint.save(now, trained, trained.config, tokenizer, {})
    shutil.copytree(now, then)
    weights, new = load_file(now / "weights.safetensors"), OPERATIONS.index("via")
    for name in [name for name in weights if name.split(".")[-2] in ("operation", "operation_head")]:
        weights[name] = torch.cat((weights[name][:new], weights[name][new + 1 :]))
    save_file(weights, then / "weights.safetensors")
    about = json.loads((then / "config.json").read_text())
    (then / "config.json").write_text(json.dumps({**about, "language_version": 1}))
    old = Transformer(trained.config)
    checkpoint.load_weights(then, old)
    rows = [row for row in range(len(OPERATIONS)) if row != new]
    assert torch.equal(old.operation_head.weight[rows], trained.operation_head.weight[rows])
    assert torch.equal(old.operation.weight[[*rows, len(OPERATIONS)]], trained.operation.weight[[*rows, len(OPERATIONS)]])
    assert old.operation_head.bias[new] < -20


def test_no_text_becomes_a_special_token(tokenizer: Tokenizer) -> None:
    spellings = [f"{a}{mark}{b}" for mark in MARKS for a, b in (("<", ">"), ("[", "]"), ("", ""), ("<|", "|>"))]
    for text in [*spellings, "\x00\x01", "".join(map(chr, range(1, 3000)))]:
        assert all(id < tokenizer.text_size for id in tokenizer.encode(text).ids)


def test_a_checkpoint_can_go_a_part_of_the_way_that_was_learned(tokenizer: Tokenizer, tmp_path: Path) -> None:
    config = ModelConfig(tokenizer.size, channels=16, heads=2, encoder_layers=1, decoder_layers=1)
    begun, learned = Transformer(config), Transformer(config)
    for name, network in (("begun", begun), ("learned", learned)):
        checkpoint.save(tmp_path / name, network, config, tokenizer, {})
    between = Transformer(config)
    for share in (0.25, 1.0):
        checkpoint.export(tmp_path / "learned", tmp_path / "between", tmp_path / "begun", share)
        checkpoint.load_weights(tmp_path / "between", between)
        for before, after, kept in zip(begun.parameters(), learned.parameters(), between.parameters(), strict=True):
            torch.testing.assert_close(kept, before + share * (after - before), atol=2e-3, rtol=1e-3)  # float16


def test_a_shipped_checkpoint_is_half_the_size_and_says_the_same(trained: Transformer, tokenizer: Tokenizer, tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "run", trained, trained.config, tokenizer, {"size": "tiny"})
    checkpoint.export(tmp_path / "run", tmp_path / "shipped")
    whole, half = ((tmp_path / name / "weights.safetensors").stat().st_size for name in ("run", "shipped"))
    assert half < 0.6 * whole
    shape, _ = checkpoint.read_config(tmp_path / "shipped")
    model = Transformer(shape).eval()
    checkpoint.load_weights(tmp_path / "shipped", model)
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    for example in EXAMPLES:
        assert decode(Inference(model), tokenizer, example.evidence)[0].program == example.program


def test_a_batch_is_worth_what_its_examples_are_worth_alone(tokenizer: Tokenizer) -> None:
    """Encoding pairs in groups and decoding programs in parts changes nothing but the time it takes."""
    model = tiny(tokenizer).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    long = Passage("q", "Rivers", "The river is long and slow. " * 5)
    crowded = replace(EXAMPLES[0].evidence, blocks=(*EXAMPLES[0].evidence.blocks, long))
    examples = [*EXAMPLES, replace(EXAMPLES[0], evidence=crowded)]
    batch = batch_of(examples, tokenizer)
    assert len(batch.parts) > 1 and len(batch.groups) > 1
    alone = [program_loss(model, batch_of([example], tokenizer))[0].item() for example in examples]
    steps = [len(encode(e.evidence, tokenizer).targets(e.program) or ()) for e in examples]
    mean = sum(loss * count for loss, count in zip(alone, steps, strict=True)) / sum(steps)
    assert program_loss(model, batch)[0].item() == pytest.approx(mean, rel=1e-4)


def test_thinned_evidence_still_holds_what_the_program_points_at(tokenizer: Tokenizer) -> None:
    columns = tuple(ColumnInfo(name, "number") for name in ("id", "age", "weight", "pen"))
    people = TableInfo("people", (*columns, ColumnInfo("name", "text", ("Ann",))))
    schema = Schema(
        "db",
        (TableInfo("pens", columns), people, *(TableInfo(f"t{i}", columns) for i in range(8))),
        (ForeignKey("people", "pen", "pens", "id"),),
    )
    rivals = tuple(Passage(str(i), "Rivals", "The whale is old.") for i in range(8))
    spoken = reading_example(1)
    query = ("query", "select", Column("pens", "age", "number"), "where", "eq", Column("people", "name"), Value("people", "name", "Ann"))
    quote = ("quote", replace(spoken.program[1], block=5), "end")
    blocks = (*rivals[:5], *spoken.evidence.blocks, *rivals[5:], schema)
    shorter = 0
    for seed in range(30):
        read = thinned(replace(spoken, evidence=replace(spoken.evidence, blocks=blocks), program=quote), random.Random(seed))
        assert encode(read.evidence, tokenizer).targets(read.program) is not None
        (span,) = (t for t in read.program if isinstance(t, Span))
        passage = read.evidence.blocks[span.block]
        assert isinstance(passage, Passage) and passage.text[span.start : span.end] == "Old Barn"
        asked = thinned(
            replace(spoken, evidence=replace(spoken.evidence, blocks=blocks), program=(*query, "end", "give", "r1")), random.Random(seed)
        )
        (left,) = (b for b in asked.evidence.blocks if isinstance(b, Schema))
        names = {(t.name, c.name) for t in left.tables for c in t.columns}
        assert {("pens", "age"), ("people", "name"), ("people", "pen"), ("pens", "id")} <= names  # the key that joins them, too
        shorter += len(read.evidence.blocks) < len(blocks) and len(left.tables) < len(schema.tables)
    assert shorter > 25


def test_a_near_miss_takes_the_place_of_what_was_quoted(tmp_path: Path) -> None:
    example = reading_example(0)
    answered = example.evidence.question.removeprefix("Where does the ").removesuffix(" sleep?")
    texts = [
        "Rain fell on the hills.",
        f"The {answered} eats in the morning and does not sleep.",
        f"The {answered} does sleep, it seems, in the Old Barn.",
    ]
    others = [replace(example, evidence=replace(example.evidence, blocks=(Passage("p", "Animals", text),))) for text in texts]
    write_examples(tmp_path / "squad.train.jsonl", [example, *others])
    augment = Augmentation({"squad": Source(tmp_path / "squad.train.jsonl")})
    shown = []
    for seed in range(60):
        deprived = augment(example, Chances(crowd=0.0, deprive=1.0), random.Random(seed))
        assert deprived.program == ("unknown",)
        shown += [block.text for block in deprived.evidence.blocks if isinstance(block, Passage)]
    assert set(shown) == {texts[0], texts[1]}  # neither the passage itself nor another that says the same
    assert shown.count(texts[1]) > shown.count(texts[0]) > 0


@pytest.mark.parametrize("rule", ["muon", "adamw"])
def test_a_killed_run_ends_with_the_same_weights(tokenizer: Tokenizer, tmp_path: Path, rule: Rule) -> None:
    write_examples(tmp_path / "squad.train.jsonl", [reading_example(i) for i in range(40)])
    write_examples(tmp_path / "practice.train.jsonl", [database_example(i) for i in range(40)])
    assert [e.program for e in read_examples(tmp_path / "squad.train.jsonl")][:1] == [reading_example(0).program]
    config = FitConfig(steps=24, rule=rule, learning_rate=3e-3, warmup=4, save_seconds=0.0)

    def stream() -> Stream:
        sources = {name: Source(tmp_path / f"{name}.train.jsonl") for name in ("squad", "practice")}
        return Stream(sources, {"squad": 1, "practice": 1}, tokenizer, steps=24, batch=4, mixing=Mixing())

    whole = fit(tiny(tokenizer, dropout=0.1), program_loss, stream(), config)

    class Killed(Exception):
        pass

    held: list[tuple[dict[str, torch.Tensor], Run]] = []

    def keep_then_die(model: torch.nn.Module, run: Run) -> None:
        held.append(({k: v.clone() for k, v in model.state_dict().items()}, Run({k: v.clone() for k, v in run.tensors.items()}, run.state)))
        if run.state["step"] == 17:
            raise Killed

    with pytest.raises(Killed):
        fit(tiny(tokenizer, dropout=0.1), program_loss, stream(), config, save=keep_then_die)
    weights, run = held[-1]
    resumed = tiny(tokenizer, dropout=0.1)
    resumed.load_state_dict(weights)
    fit(resumed, program_loss, stream(), config, resume=run)
    for name, parameter in whole.state_dict().items():
        assert torch.equal(parameter, resumed.state_dict()[name]), name


# --- A network that grows -------------------------------------------------------------------------------------------

LARGER = {"channels": 48, "heads": 3, "encoder_layers": 3, "decoder_layers": 2}


def test_a_grown_network_says_the_same_programs_with_the_same_probabilities(trained: Transformer, tokenizer: Tokenizer) -> None:
    torch.manual_seed(1)
    larger = grow.grown(trained, replace(trained.config, **LARGER)).eval()
    for example in EXAMPLES:
        said, again = (decode(Inference(model), tokenizer, example.evidence, beams=3) for model in (trained, larger))
        assert [c.program for c in again] == [c.program for c in said]
        assert [c.log_probability for c in again] == pytest.approx([c.log_probability for c in said], abs=5e-3)


def test_what_is_new_in_a_grown_network_learns(trained: Transformer, tokenizer: Tokenizer) -> None:
    torch.manual_seed(1)
    larger = grow.grown(trained, replace(trained.config, **LARGER))
    begun = {name: parameter.detach().clone() for name, parameter in larger.named_parameters()}
    fit(
        larger, program_loss, OneBatch(batch_of(EXAMPLES, tokenizer)),
        FitConfig(steps=8, learning_rate=3e-3, weight_decay=0.0, warmup=1, average=0.0),
    )  # fmt: skip
    moved = {name: parameter.detach() != begun[name] for name, parameter in larger.named_parameters() if parameter.ndim == 2}
    for name, parameter in trained.named_parameters():
        if name in moved:
            moved[name][tuple(map(slice, parameter.shape))] = False  # what was there before does not count
    assert [name for name, changed in moved.items() if not changed.any()] == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"channels": 48}, "heads of 24 channels cannot take those of 16"),
        ({"channels": 16, "heads": 1}, "channels cannot go from 32 to 16"),
        ({"decoder_layers": 0}, "decoder_layers cannot go from 1 to 0"),
    ],
)
def test_a_network_only_grows(trained: Transformer, changes: dict[str, int], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        grow.grown(trained, replace(trained.config, **changes))


def test_a_grown_checkpoint_is_one_to_train_from(tokenizer: Tokenizer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = ModelConfig(tokenizer.size, channels=64, heads=2, encoder_layers=1, decoder_layers=1)
    checkpoint.save(tmp_path / "least", Transformer(config), config, tokenizer, {"size": "least"})
    grow.main([str(tmp_path / "least"), str(tmp_path / "larger"), "--size", "small"])
    shape, about = checkpoint.read_config(tmp_path / "larger")
    checkpoint.load_weights(tmp_path / "larger", Transformer(shape))
    assert (shape.channels, about["size"]) == (256, "small") and "256 channels, 4 + 2 layers" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="There is no checkpoint at"):
        grow.main([str(tmp_path / "nothing"), str(tmp_path / "larger")])
