"""BART for ONNX Runtime, as graphs of its fused operators: the encoder, and a step of the decoder over keys and values kept.

Written by hand and not exported, so that it has what makes ONNX Runtime fast: one operator for attention, one for a residual addition
with its norm, weights that are packed when the session opens, and a memory that all beams share instead of a copy each.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

Cache = list[tuple[Tensor, Tensor]]


class Graph:
    """Collects nodes and weights."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._weights: list[Any] = []

    def add(self, operator: str, *inputs: str, outputs: tuple[str, ...] = (), domain: str = "", **attributes: Any) -> str:
        """The name of its first output."""
        names = outputs or (f"of {len(self._nodes)}",)
        self._nodes.append(helper.make_node(operator, list(inputs), list(names), f"node {len(self._nodes)}", domain=domain, **attributes))
        return names[0]

    def fused(self, operator: str, *inputs: str, outputs: tuple[str, ...] = (), **attributes: Any) -> str:
        return self.add(operator, *inputs, outputs=outputs, domain="com.microsoft", **attributes)

    def weight(self, values: Tensor | list[int]) -> str:
        array = np.array(values, np.int64) if isinstance(values, list) else values.detach().contiguous().numpy()
        self._weights.append(numpy_helper.from_array(array, f"weight {len(self._weights)}"))
        return str(self._weights[-1].name)

    def linear(self, x: str, layer: nn.Linear) -> str:
        return self.add("Add", self.add("MatMul", x, self.weight(layer.weight.t())), self.weight(layer.bias))

    def normed(self, x: str, added: str, norm: nn.LayerNorm) -> str:
        return self.fused("SkipLayerNormalization", x, added, self.weight(norm.weight), self.weight(norm.bias), epsilon=norm.eps)

    def mlp(self, x: str, layer: Any) -> str:
        return self.linear(self.add("Relu", self.linear(x, layer.fc1)), layer.fc2)

    def session(self, inputs: dict[str, list[str | int]], outputs: list[str], bits: int) -> onnxruntime.InferenceSession:
        """Inputs by name and shape; those of whole numbers are `ids`, `place` and `mask`. One thread."""
        kinds = {"ids": TensorProto.INT64, "place": TensorProto.INT64, "mask": TensorProto.INT32}
        into = [helper.make_tensor_value_info(name, kinds.get(name, TensorProto.FLOAT), shape) for name, shape in inputs.items()]
        out = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
        imports = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(helper.make_graph(self._nodes, "bart", into, out, self._weights), opset_imports=imports, ir_version=9)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            onnx.save(model, path)
            if bits == 8:
                unknown = {"DefaultTensorType": TensorProto.FLOAT}  # what follows operators whose types ONNX itself does not know
                quantize_dynamic(path, path, ["MatMul"], per_channel=True, weight_type=QuantType.QInt8, extra_options=unknown)
            return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


class Bart:
    """`model` is a BartForConditionalGeneration; `bits` 32, or 8 for matrices quantised as they are multiplied."""

    def __init__(self, model: Any, bits: int = 32) -> None:
        self._heads, self._width = model.config.encoder_attention_heads, model.config.d_model
        self._layers = len(model.model.decoder.layers)
        # Attention that has a mask is not as fast, so where there is none to need there is none.
        self._reading = {masked: self._encoder(model.model.encoder, masked, bits) for masked in (False, True)}
        self._remembering, self._stepping = self._memory(model.model.decoder, bits), self._step(model, bits)

    def read(self, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        """ids, mask (N, L) -> states (N, L, C)"""
        fed = {"ids": ids.numpy()} | ({} if mask is None else {"mask": mask.int().numpy()})
        return torch.from_numpy(self._reading[mask is not None].run(None, fed)[0])

    def remember(self, states: Tensor) -> list[Tensor]:
        """states (1, M, C) -> keys and values (1, H, M, D) of each layer"""
        return [torch.from_numpy(array) for array in self._remembering.run(None, {"states": states.numpy()})]

    def step(self, memory: list[Tensor], previous: Tensor, cache: Cache | None) -> tuple[Tensor, Cache]:
        """previous (B) -> scores (B, vocabulary), and the longer cache of (B, H, T, D)"""
        past = cache[0][0].size(2) if cache else 0
        fed = {"ids": previous[None].numpy(), "place": np.array([past])}
        nothing = np.zeros((len(previous), self._heads, 0, self._width // self._heads), np.float32)
        for i in range(self._layers):
            fed[f"keys {i}"], fed[f"values {i}"] = memory[2 * i].numpy(), memory[2 * i + 1].numpy()
            fed[f"own keys {i}"], fed[f"own values {i}"] = (t.numpy() for t in cache[i]) if cache else (nothing, nothing)
        scores, *kept = (torch.from_numpy(array) for array in self._stepping.run(None, fed))
        return scores[0], list(zip(kept[::2], kept[1::2], strict=True))

    def _encoder(self, encoder: Any, masked: bool, bits: int) -> onnxruntime.InferenceSession:
        graph = Graph()
        tokens = graph.add("Gather", graph.weight(encoder.embed_tokens.weight), "ids")
        length = graph.add("Slice", graph.add("Shape", "ids"), graph.weight([1]), graph.weight([2]))
        table = graph.weight(encoder.embed_positions.weight[encoder.embed_positions.offset :])
        places = graph.add("Unsqueeze", graph.add("Slice", table, graph.weight([0]), length, graph.weight([0])), graph.weight([0]))
        norm = encoder.layernorm_embedding
        x = graph.add("LayerNormalization", graph.add("Add", tokens, places), graph.weight(norm.weight), graph.weight(norm.bias))
        for layer in encoder.layers:
            own = layer.self_attn
            queries, keys, values = (graph.linear(x, part) for part in (own.q_proj, own.k_proj, own.v_proj))
            mask = ("", "mask") if masked else ()
            mixed = graph.fused("MultiHeadAttention", queries, keys, values, *mask, num_heads=self._heads)
            x = graph.normed(x, graph.linear(mixed, own.out_proj), layer.self_attn_layer_norm)
            x = graph.normed(x, graph.mlp(x, layer), layer.final_layer_norm)
        graph.add("Identity", x, outputs=("states",))
        return graph.session({"ids": ["N", "L"]} | ({"mask": ["N", "L"]} if masked else {}), ["states"], bits)

    def _memory(self, decoder: Any, bits: int) -> onnxruntime.InferenceSession:
        graph, outputs = Graph(), []
        by_head = graph.weight([1, -1, self._heads, self._width // self._heads])
        for i, layer in enumerate(decoder.layers):
            for name, part in (("keys", layer.encoder_attn.k_proj), ("values", layer.encoder_attn.v_proj)):
                rows = graph.add("Reshape", graph.linear("states", part), by_head)
                outputs.append(graph.add("Transpose", rows, perm=[0, 2, 1, 3], outputs=(f"{name} {i}",)))
        return graph.session({"states": [1, "M", self._width]}, outputs, bits)

    def _step(self, model: Any, bits: int) -> onnxruntime.InferenceSession:
        """Beams are rows of one sequence (1, B, C), but where they look at their own past."""
        graph, decoder, outputs = Graph(), model.model.decoder, ["scores"]
        inputs: dict[str, list[str | int]] = {"ids": [1, "B"], "place": [1]}
        of_beams, together = graph.weight([-1, 1, self._width]), graph.weight([1, -1, self._width])
        place = graph.add("Gather", graph.weight(decoder.embed_positions.weight[decoder.embed_positions.offset :]), "place")
        norm, x = decoder.layernorm_embedding, graph.add("Gather", graph.weight(decoder.embed_tokens.weight), "ids")
        x = graph.add("LayerNormalization", graph.add("Add", x, place), graph.weight(norm.weight), graph.weight(norm.bias))
        for i, layer in enumerate(decoder.layers):
            own, across = layer.self_attn, layer.encoder_attn
            rows = [graph.add("Reshape", graph.linear(x, part), of_beams) for part in (own.q_proj, own.k_proj, own.v_proj)]
            past, kept = (f"own keys {i}", f"own values {i}"), (f"kept keys {i}", f"kept values {i}")
            mixed = graph.fused("MultiHeadAttention", *rows, "", "", "", *past, num_heads=self._heads, outputs=(f"mixed {i}", *kept))
            x = graph.normed(x, graph.linear(graph.add("Reshape", mixed, together), own.out_proj), layer.self_attn_layer_norm)
            queries = graph.linear(x, across.q_proj)
            mixed = graph.fused("MultiHeadAttention", queries, f"keys {i}", f"values {i}", num_heads=self._heads)
            x = graph.normed(x, graph.linear(mixed, across.out_proj), layer.encoder_attn_layer_norm)
            x = graph.normed(x, graph.mlp(x, layer), layer.final_layer_norm)
            outputs += kept
            head = self._width // self._heads
            inputs |= {f"keys {i}": [1, self._heads, "M", head], f"values {i}": [1, self._heads, "M", head]}
            inputs |= {name: ["B", self._heads, "T", head] for name in past}
        graph.add("MatMul", x, graph.weight(model.lm_head.weight.t()), outputs=("scores",))
        return graph.session(inputs, outputs, bits)
